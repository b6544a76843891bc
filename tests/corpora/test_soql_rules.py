"""Each rule of SOQL that `check_query` knows, on both sides: a query that breaks it, and its neighbours that do not."""

from __future__ import annotations

import pytest

from tests.corpora.judging import described, judge_condition, judge_query

BROKEN = [
    # Functions: what they take and where they stand.
    ("E0141", "SELECT MAX() FROM Account"),
    ("E0141", "SELECT MAX('x') FROM Account"),
    ("E0141", "SELECT COUNT_DISTINCT(Name, Type) FROM Account"),
    ("E0141", "SELECT toLabel(Type, Rating) FROM Account"),
    ("E0141", "SELECT DISTANCE(Loc__c, GEOLOCATION(1, 2), 'ft') FROM A"),
    ("E0141", "SELECT DISTANCE(Loc__c, GEOLOCATION(1, 2)) FROM A"),
    ("E0141", "SELECT DISTANCE(Loc__c, Other__c, 'km') FROM A"),
    ("E0141", "SELECT DISTANCE(Loc__c, GEOLOCATION(x, y), 'km') FROM A"),
    ("E0141", "SELECT FIELDS(SOME) FROM Account LIMIT 1"),
    ("E0141", "SELECT FIELDS() FROM Account LIMIT 1"),
    ("E0141", "SELECT Id FROM Account WHERE GEOLOCATION(1, 2) < 5"),
    ("E0208", "SELECT Id FROM Account WHERE YEAR(CreatedDate) = 2024"),
    ("E0208", "SELECT UPPER(Name) FROM Account"),
    ("E0208", "SELECT COUNT(Id) FROM Account GROUP BY Name, ROLLUP(Type)"),
    ("E0410", "SELECT Id FROM Account WHERE COUNT(Id) > 1"),
    ("E0410", "SELECT Id FROM Account WHERE SUM(AnnualRevenue) > 1"),
    ("E0410", "SELECT Id FROM Account WHERE FORMAT(AnnualRevenue) = '1'"),
    ("E0410", "SELECT Id FROM Account WHERE GROUPING(Type) = 1"),
    ("E0410", "SELECT Id FROM Account WHERE convertCurrency(AnnualRevenue) > 1"),
    ("E0410", "SELECT Id FROM Account WHERE convertTimezone(CreatedDate) > 2024-01-01T00:00:00Z"),
    ("E0410", "SELECT Id FROM Account ORDER BY convertCurrency(AnnualRevenue)"),
    ("E0410", "SELECT Id FROM Account ORDER BY toLabel(Type)"),
    ("E0410", "SELECT Id FROM Account ORDER BY FORMAT(AnnualRevenue)"),
    ("E0410", "SELECT COUNT(Id) FROM Account GROUP BY MAX(Type)"),
    ("E0410", "SELECT COUNT(Id) FROM Account GROUP BY DISTANCE(Loc__c, GEOLOCATION(1, 2), 'km')"),
    ("E0410", "SELECT COUNT(Id) FROM Account GROUP BY GROUPING(Type)"),
    ("E0410", "SELECT MAX(SUM(AnnualRevenue)) FROM Account"),
    ("E0410", "SELECT CALENDAR_YEAR(MAX(CreatedDate)) FROM Account"),
    ("E0410", "SELECT Type, GROUPING(Type) FROM Account GROUP BY Type"),
    ("E0410", "SELECT Type, GROUPING(Rating) FROM Account GROUP BY ROLLUP(Type)"),
    ("E0410", "SELECT GROUPING(Type) FROM Account"),
    ("E0410", "SELECT FORMAT(FORMAT(AnnualRevenue)) FROM Account"),
    # Groups.
    ("E0411", "SELECT Name, Type FROM Account GROUP BY Name"),
    ("E0411", "SELECT Id FROM Account GROUP BY Name"),
    ("E0411", "SELECT Owner.Name, COUNT(Id) FROM Account GROUP BY OwnerId"),
    ("E0411", "SELECT Name FROM Account GROUP BY Name HAVING Type = 'x'"),
    ("E0411", "SELECT Name FROM Account GROUP BY Name ORDER BY Type"),
    ("E0411", "SELECT MAX(CreatedDate) FROM Account ORDER BY Name"),
    ("E0411", "SELECT Id FROM Account ORDER BY COUNT(Id)"),
    ("E0411", "SELECT WEEK_IN_YEAR(CreatedDate) FROM Account"),
    ("E0411", "SELECT CALENDAR_YEAR(CreatedDate), COUNT(Id) FROM Account GROUP BY CALENDAR_MONTH(CreatedDate)"),
    ("E0411", "SELECT FORMAT(AnnualRevenue), COUNT(Id) FROM Account GROUP BY Name"),
    ("E0412", "SELECT SUM(Amount) FROM Opportunity LIMIT 5"),
    ("E0413", "SELECT COUNT(Id) FROM Account GROUP BY CUBE(Name, Type, Industry, Rating)"),
    ("E0142", "SELECT COUNT(), Name FROM Account GROUP BY Name"),
    ("E0142", "SELECT COUNT() total FROM Account"),
    ("E0142", "SELECT Name FROM Account GROUP BY Name HAVING COUNT() > 1"),
    ("E0142", "SELECT Name FROM Account GROUP BY Name ORDER BY COUNT()"),
    ("E0402", "SELECT Name FROM Account GROUP BY Name HAVING Name IN (SELECT AccountId FROM Contact)"),
    ("E0426", "SELECT Name FROM Opportunity GROUP BY Name HAVING SUM(Amount) > USD5000"),
    # The SELECT list.
    ("E0140", "SELECT MAX(Name) last FROM Account"),
    ("E0140", "SELECT MAX(Name) group FROM Account"),
    ("E0414", "SELECT Account.Name n FROM Contact"),
    ("E0414", "SELECT DISTINCT Name FROM Account"),
    ("E0414", "SELECT Id, (SELECT LastName surname FROM Contacts) FROM Account"),
    ("E0415", "SELECT Name, name FROM Account"),
    ("E0415", "SELECT Name, Account.Name FROM Account"),
    ("E0415", "SELECT a.Name, Name FROM Account a"),
    ("E0415", "SELECT Status, toLabel(Status) FROM Case"),
    ("E0415", "SELECT MAX(Name) x, MIN(Name) X FROM Account"),
    ("E0415", "SELECT FIELDS(ALL), Id FROM Account LIMIT 10"),
    ("E0415", "SELECT FIELDS(CUSTOM), ARR__c FROM Account LIMIT 10"),
    ("E0415", "SELECT FIELDS(ALL), FIELDS(CUSTOM) FROM Account LIMIT 10"),
    ("E0416", "SELECT FIELDS(ALL) FROM Account LIMIT 201"),
    ("E0416", "SELECT FIELDS(CUSTOM) FROM Account WHERE Name = 'x'"),
    # Child queries and TYPEOF.
    ("E0417", "SELECT Id, (SELECT COUNT(Id) FROM Contacts GROUP BY AccountId) FROM Account"),
    ("E0417", "SELECT Id, (SELECT Id FROM Contacts OFFSET 5) FROM Account LIMIT 2"),
    ("E0417", "SELECT Name, (SELECT Id FROM Contacts) FROM Account GROUP BY Name"),
    ("E0417", f"SELECT {', '.join(f'(SELECT Id FROM C{n}__r)' for n in range(21))} FROM Account"),
    ("E0417", f"SELECT {'(SELECT Id, ' * 5}Name{' FROM C__r)' * 5} FROM A__c"),
    ("E0418", "SELECT TYPEOF What WHEN Account THEN Phone END, COUNT(Id) FROM Event"),
    ("E0418", "SELECT What.Name, TYPEOF What WHEN Account THEN Phone END FROM Event"),
    ("E0418", "SELECT TYPEOF What WHEN Account THEN Phone WHEN account THEN Name END FROM Event"),
    # Filters.
    ("E0402", "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)"),
    ("E0402", "SELECT Id FROM Account WHERE NOT (Id IN (SELECT AccountId FROM Contact))"),
    ("E0402", "SELECT Id FROM Account WHERE ParentId IN (SELECT Id FROM account WHERE Type = 'x')"),
    ("E0419", "SELECT Id FROM A WHERE DISTANCE(L__c, GEOLOCATION(1, 2), 'km') >= 5"),
    ("E0419", "SELECT Id FROM A WHERE DISTANCE(L__c, GEOLOCATION(1, 2), 'km') != 5"),
    ("E0422", f"SELECT Id FROM Account WHERE Name = '{'x' * 4001}'"),
    ("E0425", "SELECT Id FROM Account WHERE Name LIKE 5"),
    ("E0425", "SELECT Id FROM Account WHERE Name LIKE null"),
    ("E0111", r"SELECT Id FROM Account WHERE Name IN ('50\%')"),
    ("E0119", "SELECT Id FROM Opportunity WHERE CloseDate = 2023-02-29"),
    ("E0119", "SELECT Id FROM Opportunity WHERE CloseDate = 1699-12-31"),
    # What functions give, compared with something else.
    ("E0305", "SELECT Name FROM Opportunity GROUP BY Name HAVING SUM(Amount) > 'x'"),
    ("E0305", "SELECT Name FROM Opportunity GROUP BY Name HAVING COUNT(Id) = TODAY"),
    ("E0305", "SELECT Id FROM Opportunity WHERE CALENDAR_YEAR(CloseDate) = '2024'"),
    ("E0305", "SELECT Id FROM Opportunity WHERE CALENDAR_YEAR(CloseDate) = THIS_YEAR"),
    ("E0305", "SELECT Id FROM Case WHERE CALENDAR_MONTH(CreatedDate) = 2024-01-01"),
    ("E0305", "SELECT Id FROM Case WHERE DAY_ONLY(CreatedDate) = '2024-01-01'"),
    ("E0305", "SELECT Id FROM Case WHERE DAY_ONLY(CreatedDate) > 2024-01-01T00:00:00Z"),
    ("E0305", "SELECT Id FROM Case WHERE HOUR_IN_DAY(CreatedDate) IN (9, 10:00:00Z)"),
    ("E0305", "SELECT Id FROM A WHERE DISTANCE(L__c, GEOLOCATION(1, 2), 'km') < '5'"),
    # Places and numbers that do not exist.
    ("E0141", "SELECT Id FROM A WHERE DISTANCE(L__c, GEOLOCATION(91, 2), 'km') < 5"),
    ("E0141", "SELECT Id FROM A WHERE DISTANCE(L__c, GEOLOCATION(1, -180.5), 'km') < 5"),
    # Paths and groups.
    ("E0128", "SELECT Account . Name FROM Contact"),
    ("E0128", "SELECT Id FROM Contact WHERE Account. Owner.Name = 'x'"),
    ("E0128", "SELECT Id FROM Contact ORDER BY Account .Name"),
    ("E0143", "SELECT Name FROM Account HAVING COUNT(Id) > 1"),
    ("E0143", "SELECT COUNT(Id) FROM Case WHERE IsClosed = true HAVING COUNT(Id) > 5"),
    # Clauses and limits.
    ("E0125", "SELECT Id FROM Account OFFSET 2001"),
    ("E0113", "SELECT Id FROM Account LIMIT -1"),
    ("E0421", "SELECT Id FROM Account USING SCOPE everithing"),
    ("E0422", f"SELECT Id FROM A ORDER BY {', '.join(f'F{n}__c' for n in range(33))}"),
    ("E0422", f"SELECT {', '.join(f'P{n}__r.Name' for n in range(56))} FROM A"),
    ("E0422", f"SELECT {', '.join(f'Field_{n:05}__c' for n in range(7000))} FROM A"),
    ("E0403", "SELECT a.b.c.d.e.f.Name FROM X"),
    ("E0403", "SELECT Id FROM X ORDER BY a__r.b__r.c__r.d__r.e__r.f__r.Name"),
    ("E0424", "SELECT Id FROM Account, Contact"),
    ("E0424", "SELECT Id FROM Contact c, b.Account a"),
    ("E0101", "SELECT Id FROM Account FOR VIEW FOR REFERENCE"),
    ("E0101", "SELECT Limit FROM Account"),
]

KEPT = [
    "SELECT CALENDAR_YEAR(CloseDate), SUM(Amount) FROM Opportunity GROUP BY CloseDate",
    "SELECT Id FROM Case WHERE DAY_ONLY(convertTimezone(CreatedDate)) = 2024-01-01",
    "SELECT Id FROM Case WHERE CALENDAR_YEAR(ClosedDate) != null AND HOUR_IN_DAY(CreatedDate) IN (9, 10)",
    "SELECT Name FROM Opportunity GROUP BY Name HAVING MAX(CloseDate) > TODAY AND COUNT_DISTINCT(OwnerId) >= 2",
    "SELECT Id FROM A WHERE DISTANCE(L__c, GEOLOCATION(-90, 180), 'mi') > 5.5",
    "SELECT Id FROM Account WHERE AnnualRevenue > = 5 AND AnnualRevenue < = 9 AND Type ! = 'x'",
    "SELECT Name, Format, Count__c, Data__c, Scope FROM Report WHERE Format = 'PDF' AND Count = 1 AND Distance > 2",
    "SELECT Id FROM Case WHERE Order__c = 5 AND Group__r.Name = 'x' AND Limit__c > 2",
    "SELECT Id FROM Account WHERE Name = 'a -- b' AND Site = 'https://x // y' AND Fax = '/* z */'",
    "select id,name from account where (type='a'and industry='b')or(type='c')limit 5",
    "SELECT Field, OldValue FROM AccountHistory WHERE Account.Type = 'Customer' ORDER BY CreatedDate DESC",
    "SELECT Id, (SELECT Id, (SELECT Id, (SELECT Id FROM D__r) FROM C__r) FROM B__r) FROM A__c",
    "SELECT FORMAT(MAX(Amount)) top FROM Opportunity",
    "SELECT MAX(convertCurrency(Amount)) FROM Opportunity",
    "SELECT Type, GROUPING(Type) g FROM Account GROUP BY CUBE(Type, Rating) HAVING GROUPING(Rating) = 0",
    "SELECT Type t, COUNT(Id) n FROM Account GROUP BY Type ORDER BY n",
    "SELECT toLabel(Type), COUNT(Id) FROM Account GROUP BY Type",
    "SELECT a.Type, COUNT(a.Id) FROM Account a GROUP BY Account.Type ORDER BY Type",
    "SELECT CALENDAR_YEAR(CreatedDate) y, COUNT(Id) FROM Account GROUP BY CALENDAR_YEAR(CreatedDate)",
    "SELECT calendar_year(createddate) FROM Account GROUP BY CALENDAR_YEAR(CreatedDate)",
    "SELECT COUNT() FROM Account WHERE Name != null LIMIT 10",
    "SELECT Name FROM Account GROUP BY Name HAVING MAX(AnnualRevenue) > 5 OR Name LIKE 'A%'",
    "SELECT Status, toLabel(Status) shown, FORMAT(CreatedDate) FROM Case",
    "SELECT Name, Owner.Name, Parent.Name, Parent.Owner.Name FROM Account",
    "SELECT FIELDS(STANDARD) FROM Account",
    "SELECT FIELDS(STANDARD), ARR__c, Owner.Name FROM Account",
    "SELECT FIELDS(ALL) FROM Account WHERE Id = '001000000000001AAA'",
    "SELECT FIELDS(CUSTOM), Name FROM Account LIMIT 200",
    "SELECT Id, (SELECT Id FROM Contacts LIMIT 1 OFFSET 3) FROM Account LIMIT 1",
    f"SELECT {'(SELECT Id, ' * 4}Name{' FROM C__r)' * 4} FROM A__c",
    "SELECT Who.Name, TYPEOF What WHEN Account THEN Phone, Owner.Name ELSE Name END FROM Event",
    "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id NOT IN (SELECT AccountId FROM Case)",
    "SELECT Id FROM Account WHERE Name LIKE '50\\%' AND DAY_ONLY(convertTimezone(CreatedDate)) > 2024-01-01",
    f"SELECT Id FROM Account WHERE Name = '{'x' * 4000}'",
    "SELECT Id FROM Account offset OFFSET 2000",
    "SELECT Id FROM Account order ORDER BY Name DESC NULLS LAST LIMIT +5",
    "SELECT Id FROM Account all",
    "SELECT Group.Name, Order.Name FROM Case__c WHERE Group = 'x' AND Order.Id != null",
    "SELECT Id FROM Account USING SCOPE MineAndMyGroups",
    "SELECT Id FROM Account WITH Network = '0DBx' ORDER BY Name",
    "SELECT Id FROM Account FOR REFERENCE UPDATE VIEWSTAT",
    "SELECT a.b.c.d.e.Name FROM X",
    "SELECT o.Name FROM Contact c, c.Account a, a.Owner o WHERE o.IsActive = true",
    "SELECT Id FROM Account WHERE Name='a'AND(Type='b'OR(NOT Type='c'))LIMIT 1",
    "SELECT Id FROM Account WHERE CloseDate = LAST_N_DAYS : 3",
]

AGAINST_THE_SCHEMA = [
    ("E0201", "SELECT Id FROM Nowhere__c"),
    ("E0202", "SELECT Nmae FROM Account"),
    ("E0202", "SELECT MAX(Nmae) FROM Account"),
    ("E0202", "SELECT (SELECT Emial FROM Contacts) FROM Account"),
    ("E0202", "SELECT Name FROM Account ORDER BY Nmae"),
    ("E0202", "SELECT What.Amount FROM Event"),
    ("E0202", "SELECT TYPEOF What WHEN Account THEN Amount END FROM Event"),
    ("E0202", "SELECT c.Emial FROM Contact c"),
    ("E0203", "SELECT Ower.Name FROM Account"),
    ("E0203", "SELECT OwnerId.Name FROM Account"),
    ("E0203", "SELECT TYPEOF Wat WHEN Account THEN Phone END FROM Event"),
    ("E0212", "SELECT (SELECT Id FROM Contact) FROM Account"),
    ("E0305", "SELECT Id FROM Opportunity WHERE Amount = '5'"),
    ("E0305", "SELECT Id FROM Opportunity WHERE CloseDate = 2024-01-01T00:00:00Z"),
    ("E0305", "SELECT Name FROM Opportunity GROUP BY Name HAVING MAX(CloseDate) > 5"),
    ("E0306", "SELECT AVG(CloseDate) FROM Opportunity"),
    ("E0306", "SELECT MAX(IsClosed) FROM Opportunity"),
    ("E0306", "SELECT toLabel(CloseDate) FROM Opportunity"),
    ("E0306", "SELECT convertCurrency(Probability) FROM Opportunity"),
    ("E0306", "SELECT HOUR_IN_DAY(CloseDate) FROM Opportunity GROUP BY HOUR_IN_DAY(CloseDate)"),
    ("E0306", "SELECT Id FROM Account ORDER BY DISTANCE(Name, GEOLOCATION(1, 2), 'km')"),
    ("E0310", "SELECT Id FROM Contact WHERE AccountId = 'Acme'"),
    ("E0401", "SELECT Id FROM Account WHERE BillingAddress != null"),
    ("E0402", "SELECT Id FROM Account WHERE Name IN (SELECT AccountId FROM Contact)"),
    ("E0402", "SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)"),
    ("E0402", "SELECT Id FROM Contact WHERE AccountId IN (SELECT ContactId FROM Case)"),
    ("E0427", "SELECT Id FROM Account ORDER BY Description"),
    ("E0428", "SELECT AnnualRevenue FROM Account GROUP BY AnnualRevenue"),
    ("E0428", "SELECT BillingAddress FROM Account GROUP BY BillingAddress"),
    ("E0429", "SELECT TYPEOF Who WHEN Account THEN Phone END FROM Event"),
]

FITS_THE_SCHEMA = [
    "SELECT Id, Name, Parent.Owner.Email, (SELECT Account.Name FROM Contacts WHERE Email != null) FROM Account",
    "SELECT account.name, c.Owner.Name FROM Contact c ORDER BY c.LastName",
    "SELECT u.Name FROM Contact c, c.Account.Owner u WHERE u.IsActive = true AND c.Email LIKE '%@example.com'",
    "SELECT TYPEOF What WHEN Account THEN Phone, Owner.Name WHEN Opportunity THEN Amount ELSE Name END FROM Event",
    "SELECT StageName s, SUM(Amount) FROM Opportunity GROUP BY StageName HAVING SUM(Amount) > 5 ORDER BY SUM(Amount)",
    "SELECT MAX(CloseDate), MIN(Name), COUNT(Id), COUNT(AccountId) FROM Opportunity",
    "SELECT Id FROM Account WHERE Id IN (SELECT a.AccountId FROM Contact a WHERE a.Email != null)",
    "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Account.Contacts)",
    "SELECT Id FROM Contact WHERE AccountId IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)",
    "SELECT Id FROM Event WHERE WhatId IN (SELECT Id FROM Account) AND What.Type = 'Account'",
    "SELECT Id FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(37.7, -122.4), 'mi') < 20",
    "SELECT Id, BillingAddress, Owner.Profile.Name FROM Account",
    "SELECT Name, (SELECT Id, (SELECT Id FROM Cases) FROM Contacts) FROM Account",
]


@pytest.mark.parametrize(("code", "text"), BROKEN, ids=lambda value: value[:60])
def test_a_broken_rule_is_named(code: str, text: str):
    """The query is refused for the rule that it breaks, and for nothing else."""
    assert {d.code for d in judge_query(text)} == {code}


@pytest.mark.parametrize("text", KEPT, ids=lambda text: text[:60])
def test_a_neighbour_of_a_rule_passes(text: str):
    """What keeps the rules, though only just, is accepted."""
    assert judge_query(text) == []


@pytest.mark.parametrize(("code", "text"), AGAINST_THE_SCHEMA, ids=lambda value: value[:60])
def test_what_the_org_does_not_have_is_named(code: str, text: str):
    """The query is refused for the one thing that does not fit the schema; without a schema it would pass."""
    assert judge_query(text) == []
    assert {d.code for d in judge_query(text, described())} == {code}


@pytest.mark.parametrize("text", FITS_THE_SCHEMA, ids=lambda text: text[:60])
def test_what_fits_the_schema_passes(text: str):
    """A query of fields and objects that the org has is accepted."""
    assert judge_query(text, described()) == []


def test_a_condition_is_checked_for_its_object():
    """The same condition is right for one object and wrong for another."""
    text = "AccountId IN (SELECT Id FROM Account)"

    assert judge_condition(text, "Contact", described()) == []
    assert {d.code for d in judge_condition(text, "Account", described())} == {"E0202", "E0402"}
