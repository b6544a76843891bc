"""Filters as reports, formulas, SQL and spreadsheets write them: what is said, where, and what a fix makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from compiler import build_schema
from console.checking import check
from console.fixing import fix_spec
from grammar.diagnostics import Severity
from grammar.source import Source

ACCOUNT: list[dict[str, Any]] = [
    {"name": "Name", "type": "string", "label": "Account Name"},
    {"name": "Type", "type": "picklist", "label": "Account Type"},
    {"name": "ARR__c", "type": "currency", "label": "ARR"},
    {"name": "Industry", "type": "picklist"},
    {"name": "AnnualRevenue", "type": "currency", "label": "Annual Revenue"},
    {"name": "Renewal_Date__c", "type": "date", "label": "Renewal Date"},
    {"name": "Products__c", "type": "multipicklist"},
    {"name": "OwnerId", "type": "reference", "referenceTo": ["User"], "label": "Owner ID"},
    {"name": "CSM__c", "type": "reference", "referenceTo": ["User"]},
    {"name": "RecordTypeId", "type": "reference", "referenceTo": ["RecordType"]},
    {"name": "Description", "type": "textarea", "length": 32000},
    {"name": "BillingAddress", "type": "address"},
    {"name": "BillingCity", "type": "string", "label": "Billing City"},
    {"name": "Phone", "type": "phone"},
    {"name": "Website", "type": "url"},
    {"name": "Fax", "type": "phone"},
    {"name": "Jigsaw", "type": "string"},
]
USER: list[dict[str, Any]] = [
    {"name": "Name", "type": "string", "label": "Full Name"},
    {"name": "ManagerId", "type": "reference", "referenceTo": ["User"]},
]
CONTACT: list[dict[str, Any]] = [
    {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]},
    {"name": "Email", "type": "email"},
]
SCHEMA = build_schema(
    [
        {"name": "Account", "fields": ACCOUNT},
        {"name": "User", "fields": USER},
        {"name": "Contact", "fields": CONTACT},
        {"name": "RecordType", "fields": [{"name": "DeveloperName", "type": "string"}]},
        *({"name": name, "fields": CONTACT[:1]} for name in ("Case", "Contract", "Opportunity")),
    ]
)


# The filter, the code of the first finding, what it underlines, and the filter when all fixes are applied.
MENDED = [
    (
        "Type = 'Customer' AND Industry IN ('Banking' 'Energy')",
        "E0110",
        "'Energy'",
        "Type = 'Customer' AND Industry IN ('Banking', 'Energy')",
    ),
    ("Type == 'Customer'", "E0109", "==", "Type = 'Customer'"),
    ("Type IS NULL", "E0109", "IS NULL", "Type = null"),
    ("Type is not null", "E0109", "is not null", "Type != null"),
    ("ISBLANK(Type)", "E0208", "ISBLANK(Type)", "Type = null"),
    ("NOT ISBLANK(Type)", "E0208", "ISBLANK(Type)", "NOT Type = null"),
    ('Type = "Customer"', "E0108", '"Customer"', "Type = 'Customer'"),
    ("Type = ‘Customer’", "E0108", "‘Customer’", "Type = 'Customer'"),
    ("Type = “Customer”", "E0108", "“Customer”", "Type = 'Customer'"),
    ("Type = `Customer`", "E0108", "`Customer`", "Type = 'Customer'"),
    ("Type = 'Customer’", "E0108", "'Customer’", "Type = 'Customer'"),
    ("Name contains 'Acme'", "E0109", "contains", "Name LIKE '%Acme%'"),
    ("Name CONTAINS Acme", "E0109", "CONTAINS", "Name LIKE '%Acme%'"),
    ("Name starts with 'Acme'", "E0109", "starts with", "Name LIKE 'Acme%'"),
    ("Name does not contain 'Test'", "E0109", "does not contain", "(NOT Name LIKE '%Test%')"),
    ("Type = Customer", "E0118", "Customer", "Type = 'Customer'"),
    ("Type = Customer - Direct", "E0118", "Customer - Direct", "Type = 'Customer - Direct'"),
    ("Account Type = 'Customer'", "E0202", "Account Type", "Type = 'Customer'"),
    ("Account Name = 'Acme'", "E0202", "Account Name", "Name = 'Acme'"),
    ("Annual Revenue > 5", "E0202", "Annual Revenue", "AnnualRevenue > 5"),
    ("Owner Name = 'Jane'", "E0202", "Owner Name", "Owner.Name = 'Jane'"),
    ("Account Owner = 'Jane'", "E0202", "Account Owner", "Owner.Name = 'Jane'"),
    ("Owner.FullName = 'Jane'", "E0202", "FullName", "Owner.Name = 'Jane'"),
    ("Type = 'Customer' && ARR__c > 5", "E0109", "&&", "Type = 'Customer' AND ARR__c > 5"),
    ("Type = 'Customer' || ARR__c > 5", "E0109", "||", "Type = 'Customer' OR ARR__c > 5"),
    ("! IsDeleted", "E0109", "!", "NOT  IsDeleted = true"),
    ("IsDeleted", "E0204", "IsDeleted", "IsDeleted = true"),
    ("NOT IsDeleted", "E0204", "IsDeleted", "NOT IsDeleted = true"),
    ("IsDeleted = 0", "E0305", "0", "IsDeleted = false"),
    ("IsDeleted IS FALSE", "E0109", "IS", "IsDeleted = FALSE"),
    ("Type <> ('A','B')", "E0109", "<>", "Type NOT IN ('A','B')"),
    ("Type = ('A','B')", "E0109", "=", "Type IN ('A','B')"),
    ("Type = 'A' OR 'B'", "E0124", "'B'", "Type = 'A' OR Type = 'B'"),
    ("Type = 'A', 'B'", "E0109", "=", "Type IN ('A', 'B')"),
    ("Type IN 'A'", "E0129", "'A'", "Type IN ('A')"),
    ("Type IN ['A','B']", "E0129", "[", "Type IN ('A','B')"),
    ("Type NOT IN 'A'", "E0129", "'A'", "Type NOT IN ('A')"),
    ("Type not equal to 'A'", "E0109", "not equal to", "Type != 'A'"),
    ("Type equals 'A'", "E0109", "equals", "Type = 'A'"),
    ("CreatedDate > '2024-01-01'", "E0305", "'2024-01-01'", "CreatedDate > 2024-01-01T00:00:00Z"),
    ("CreatedDate > 2024-01-01", "E0305", "2024-01-01", "CreatedDate > 2024-01-01T00:00:00Z"),
    ("CreatedDate > 2024/01/02", "E0119", "2024/01/02", "CreatedDate > 2024-01-02T00:00:00Z"),
    ("CreatedDate > TODAY()", "E0127", "TODAY()", "CreatedDate > TODAY"),
    ("CreatedDate > TODAY() - 30", "E0127", "TODAY() - 30", "CreatedDate > N_DAYS_AGO:30"),
    ("CreatedDate > LAST 30 DAYS", "E0126", "LAST 30 DAYS", "CreatedDate > LAST_N_DAYS:30"),
    ("CreatedDate = LAST_30_DAYS", "E0126", "LAST_30_DAYS", "CreatedDate = LAST_N_DAYS:30"),
    ("CreatedDate = THIS QUARTER", "E0126", "THIS QUARTER", "CreatedDate = THIS_QUARTER"),
    ("CreatedDate > DATE(2024,1,1)", "E0119", "DATE(2024,1,1)", "CreatedDate > 2024-01-01T00:00:00Z"),
    ("CreatedDate >= 2024-01-01T00:00:00", "E0119", "2024-01-01T00:00:00", "CreatedDate >= 2024-01-01T00:00:00Z"),
    ("CreatedDate > LAST_N_DAYS(30)", "E0126", "LAST_N_DAYS(30)", "CreatedDate > LAST_N_DAYS:30"),
    ("YEAR(CreatedDate) = 2024", "E0208", "YEAR", "CALENDAR_YEAR(CreatedDate) = 2024"),
    ("ARR__c > $5000", "E0113", "$5000", "ARR__c > 5000"),
    ("ARR__c > 5,000", "E0113", "5,000", "ARR__c > 5000"),
    ("ARR__c > €5000", "E0113", "€5000", "ARR__c > 5000"),
    ("ARR__c > 5k", "E0113", "5k", "ARR__c > 5000"),
    ("ARR__c > '5000'", "E0305", "'5000'", "ARR__c > 5000"),
    ("ARR__c > 5000 USD", "E0113", "5000 USD", "ARR__c > USD5000"),
    ("ARR__c => 5", "E0109", "=>", "ARR__c >= 5"),
    ("ARR__c =< 5", "E0109", "=<", "ARR__c <= 5"),
    ("5 < ARR__c", "E0109", "5 < ARR__c", "ARR__c > 5"),
    ("0 < ARR__c < 10", "E0109", "0 < ARR__c < 10", "(ARR__c > 0 AND ARR__c < 10)"),
    ("ARR__c between 5 and 10", "E0109", "between", "(ARR__c >= 5 AND ARR__c <= 10)"),
    ("ARR__c > 5%", "E0113", "5%", "ARR__c > 5"),
    ("ARR__c > 10M", "E0113", "10M", "ARR__c > 10000000"),
    ("AND Type = 'A'", "E0124", "AND", " Type = 'A'"),
    ("Type = 'A' OR OR Industry = 'b'", "E0124", "OR", "Type = 'A' OR  Industry = 'b'"),
    ("(Type = 'A'", "E0103", "(", "(Type = 'A')"),
    ("Type = 'A')", "E0112", ")", "Type = 'A'"),
    ("((Type = 'A') AND (ARR__c > 5)", "E0103", "(", "((Type = 'A') AND (ARR__c > 5))"),
    ("ISPICKVAL(Type, 'Customer')", "E0208", "ISPICKVAL(Type, 'Customer')", "Type = 'Customer'"),
    ("NOT(ISPICKVAL(Type, 'Customer'))", "E0208", "ISPICKVAL(Type, 'Customer')", "NOT(Type = 'Customer')"),
    ("AND(Type = 'A', Industry = 'B')", "E0109", "AND", "(Type = 'A' AND Industry = 'B')"),
    ("OR(Type = 'A', Industry = 'B')", "E0109", "OR", "(Type = 'A' OR Industry = 'B')"),
    ("CONTAINS(Name, 'Acme')", "E0208", "CONTAINS(Name, 'Acme')", "Name LIKE '%Acme%'"),
    ("BEGINS(Name, 'Acme')", "E0208", "BEGINS(Name, 'Acme')", "Name LIKE 'Acme%'"),
    ("TEXT(Type) = 'A'", "E0208", "TEXT", "Type = 'A'"),
    ("INCLUDES(Products__c, 'A')", "E0208", "INCLUDES(Products__c, 'A')", "Products__c INCLUDES ('A')"),
    ("LOWER(Name) = 'acme'", "E0208", "LOWER", "Name = 'acme'"),
    ("Products__c INCLUDES 'A'", "E0129", "'A'", "Products__c INCLUDES ('A')"),
    ("Type INCLUDES ('A')", "E0306", "INCLUDES", "Type IN ('A')"),
    ("WHERE Type = 'A'", "E0117", "WHERE", "Type = 'A'"),
    ("where where Type = 'A'", "E0117", "where where", "Type = 'A'"),
    ("SELECT Id FROM Account WHERE Type = 'A'", "E0117", "SELECT Id FROM Account WHERE", "Type = 'A'"),
    (
        "SELECT Id FROM Account WHERE Type = 'A' ORDER BY Name LIMIT 10",
        "E0117",
        "SELECT Id FROM Account WHERE",
        "Type = 'A'",
    ),
    ("Type = 'A' LIMIT 10", "E0117", "LIMIT 10", "Type = 'A'"),
    ("Type = 'A';", "E0101", ";", "Type = 'A'"),
    ("Type = 'A' -- only customers", "E0101", "-- only customers", "Type = 'A' # only customers"),
    ("Type = 'A' /* only */", "E0101", "/* only */", "Type = 'A' # only"),
    ("Type = 'A' // only", "E0101", "// only", "Type = 'A' # only"),
    ("Type = N/A", "E0118", "N/A", "Type = 'N/A'"),
    ("Name = 'O'Brien'", "E0104", "'", "Name = 'O\\'Brien'"),
    ("Name = 'O''Brien'", "E0104", "'", "Name = 'O\\'Brien'"),
    ("Name LIKE Acme%", "E0118", "Acme%", "Name LIKE 'Acme%'"),
    ("Name LIKE '%Acme%' OR LIKE '%Beta%'", "E0124", "LIKE", "Name LIKE '%Acme%' OR Name LIKE '%Beta%'"),
    ("Type LIKE ('A%', 'B%')", "E0109", "('A%', 'B%')", "(Type LIKE 'A%' OR Type LIKE 'B%')"),
    ("Type NOT LIKE 'A%'", "E0109", "NOT LIKE", "(NOT Type LIKE 'A%')"),
    ("NOT Type LIKE 'A%' AND ARR__c > 5", "E0107", "NOT", "(NOT Type LIKE 'A%') AND ARR__c > 5"),
    ("ARR_c > 5", "E0202", "ARR_c", "ARR__c > 5"),
    ("ARR > 5", "E0202", "ARR", "ARR__c > 5"),
    ("Annual_Revenue__c > 5", "E0202", "Annual_Revenue__c", "AnnualRevenue > 5"),
    ("Billing City = 'Rome'", "E0202", "Billing City", "BillingCity = 'Rome'"),
    ("Website = www.x.com", "E0118", "www.x.com", "Website = 'www.x.com'"),
    ("Phone = 555-1234", "E0118", "555-1234", "Phone = '555-1234'"),
    ("Type = 'A' AND\u200b Industry = 'B'", "E0101", "\u200b", "Type = 'A' AND Industry = 'B'"),
    ("Type=“A” and Industry=“B”", "E0108", "“A”", "Type='A' and Industry='B'"),
    ("Type IN ('A', 'B', )", "E0101", ",", "Type IN ('A', 'B' )"),
    ("Type IN (A, B)", "E0118", "A", "Type IN ('A', 'B')"),
    ("Type IN ('A' OR 'B')", "E0129", "OR", "Type IN ('A' , 'B')"),
    ("Type IN ('A'; 'B')", "E0129", ";", "Type IN ('A', 'B')"),
    ("Type ≠ 'A'", "E0109", "≠", "Type != 'A'"),
    ("ARR__c ≥ 5", "E0109", "≥", "ARR__c >= 5"),
    ("ARR__c ≤ 5", "E0109", "≤", "ARR__c <= 5"),
    ("Type = 'A' AND AND Industry = 'B'", "E0124", "AND", "Type = 'A' AND  Industry = 'B'"),
    ("CSM__c.Name = 'Jane'", "E0203", "CSM__c", "CSM__r.Name = 'Jane'"),
    ("Type = TRUE", "E0305", "TRUE", "Type = 'true'"),
    ("ARR__c = 'null'", "E0305", "'null'", "ARR__c = null"),
    ("Renewal_Date__c < NEXT 90 DAYS", "E0126", "NEXT 90 DAYS", "Renewal_Date__c < NEXT_N_DAYS:90"),
    ("Renewal_Date__c = next quarter", "E0126", "next quarter", "Renewal_Date__c = NEXT_QUARTER"),
    ("Renewal_Date__c = 'TODAY'", "E0305", "'TODAY'", "Renewal_Date__c = TODAY"),
    ("Renewal_Date__c IN LAST_N_DAYS:30", "E0129", "LAST_N_DAYS:30", "Renewal_Date__c IN (LAST_N_DAYS:30)"),
    ("Renewal_Date__c = LAST_N_DAY:30", "E0126", "LAST_N_DAY:30", "Renewal_Date__c = LAST_N_DAYS:30"),
    ("Renewal_Date__c = LAST_N_DAYS 30", "E0126", "LAST_N_DAYS 30", "Renewal_Date__c = LAST_N_DAYS:30"),
    ("Renewal_Date__c > 31.12.2024", "E0119", "31.12.2024", "Renewal_Date__c > 2024-12-31"),
    ("Renewal_Date__c > 12-31-2024", "E0119", "12-31-2024", "Renewal_Date__c > 2024-12-31"),
    ("Renewal_Date__c >= 2024-1-1", "E0119", "2024-1-1", "Renewal_Date__c >= 2024-01-01"),
]

# Where only the author knows what is meant there is no fix, and the place is exact.
TOLD = [
    ("Owner = 'Jane'", "E0202", "Owner"),
    ("IsDeleted = No", "E0118", "No"),
    ("CreatedDate > 01/02/2024", "E0119", "01/02/2024"),
    ("CreatedDate > NOW()", "E0127", "NOW()"),
    ("CreatedDate > LAST_N_DAYS:30d", "E0101", "d"),
    ("CreatedDate = 2024-02-30", "E0119", "2024-02-30"),
    ("ARR__c >= 5 <= 10", "E0101", "<="),
    ("ARR__c + 5 > 10", "E0101", "+"),
    ("Type = 'A' AND", "E0124", "}"),
    ("Type = 'A' Industry = 'B'", "E0130", "Industry"),
    ("Type = 'A', Industry = 'B'", "E0130", ","),
    ("Type = 'A' AND Industry = 'B' OR ARR__c > 5", "E0106", "OR"),
    ("(1 AND 2) OR 3", "E0124", "1"),
    ("1 AND 2", "E0124", "1"),
    ("LEN(Name) > 5", "E0208", "LEN"),
    ("IF(Type = 'A', true, false)", "E0101", "="),
    ("[SELECT Id FROM Account WHERE Type = 'A']", "E0124", "["),
    ("Type = :type", "E0116", ":type"),
    ("Type = {!type}", "E0101", "{"),
    ("Type = @type", "E0101", "@"),
    ("Name = 'Acme", "E0104", "'"),
    ("EXISTS (SELECT Id FROM Contact)", "E0109", "EXISTS"),
    ("Id IN (SELECT AccountId FROM Contact) OR Type = 'A'", "E0402", "(SELECT AccountId FROM Contact)"),
    ("RecordType = 'Customer'", "E0202", "RecordType"),
    ("OwnerId = 'Jane Doe'", "E0310", "'Jane Doe'"),
    ("Parent = null", "E0202", "Parent"),
    ("Owner.Manager = 'X'", "E0202", "Manager"),
    ("Description LIKE '%vip%'", "E0401", "Description"),
    ("BillingAddress = 'x'", "E0401", "BillingAddress"),
    ("BillingAddress.City = 'x'", "E0203", "BillingAddress"),
    ("Contact.Email != null", "E0203", "Contact"),
    ("Contacts.Email != null", "E0203", "Contacts"),
    ("Type IN ()", "E0115", "()"),
    ("Type = 'A' and/or Industry = 'B'", "E0124", "/"),
    ("Type = 'A' + Industry = 'B'", "E0101", "+"),
    ("CSM__c = 'Jane'", "E0310", "'Jane'"),
    ("Renewal_Date__c < TODAY + 30", "E0127", "TODAY + 30"),
    ("Renewal_Date__c = 2024", "E0305", "2024"),
]
SPECS = [
    ("accord 1\naccounts {\n  where Type = 'A'\n", "E0102", "{", "accord 1\naccounts {\n  where Type = 'A'\n}\n"),
    ("accord 1\naccounts {\n  Type = 'A'\n}\n", "E0101", "Type", "accord 1\naccounts {\n  where Type = 'A'\n}\n"),
    ("accord 1\naccounts { where = Type = 'A' }\n", "E0101", "=", "accord 1\naccounts { where  Type = 'A' }\n"),
    ("accord 1\naccounts { where: Type = 'A' }\n", "E0101", ":", "accord 1\naccounts { where Type = 'A' }\n"),
    (
        "accord 1\naccounts { where \"Type = 'A'\" }\n",
        "E0101",
        "\"Type = 'A'\"",
        "accord 1\naccounts { where Type = 'A' }\n",
    ),
    (
        "accord 1\naccounts { customer: Type = 'A' }\n",
        "E0101",
        ":",
        "accord 1\naccounts { customer where Type = 'A' }\n",
    ),
    (
        "accord 1\naccounts { customer Type = 'A' }\n",
        "E0101",
        "Type",
        "accord 1\naccounts { customer where Type = 'A' }\n",
    ),
    (
        "accord 1\naccounts { customer where Type = 'A'; prospect where Type = 'B' }\n",
        "E0101",
        ";",
        "accord 1\naccounts { customer where Type = 'A' prospect where Type = 'B' }\n",
    ),
    (
        "accord 1\naccounts { customer where Type = 'A', prospect where Type = 'B' }\n",
        "E0101",
        ",",
        "accord 1\naccounts { customer where Type = 'A' prospect where Type = 'B' }\n",
    ),
    (
        "accord 1\naccounts { customers where Type = 'A' }\n",
        "E0122",
        "customers",
        "accord 1\naccounts { customer where Type = 'A' }\n",
    ),
    ("accord 1\naccounts { where Type = 'A' } }\n", "E0112", "}", "accord 1\naccounts { where Type = 'A' } \n"),
    (
        "accord 1\naccounts { where Type = 'A' except Fax Jigsaw }\n",
        "E0110",
        "Jigsaw",
        "accord 1\naccounts { where Type = 'A' except Fax, Jigsaw }\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' except Fax and Jigsaw }\n",
        "E0110",
        "and",
        "accord 1\naccounts { where Type = 'A' except Fax, Jigsaw }\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' except Fax, Jigsaw, }\n",
        "E0101",
        ",",
        "accord 1\naccounts { where Type = 'A' except Fax, Jigsaw }\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' also Fax as Telefax }\n",
        "E0101",
        "Telefax",
        "accord 1\naccounts { where Type = 'A' also Fax as \"Telefax\" }\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\narr = ARR__c\n",
        "E0101",
        "=",
        "accord 1\naccounts { where Type = 'A' }\narr  from ARR__c\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\narr ARR__c\n",
        "E0101",
        "ARR__c",
        "accord 1\naccounts { where Type = 'A' }\narr from ARR__c\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\nowners { csm: CSM__c }\n",
        "E0101",
        ":",
        "accord 1\naccounts { where Type = 'A' }\nowners { csm from CSM__c }\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\nowners { csm = CSM__c }\n",
        "E0101",
        "=",
        "accord 1\naccounts { where Type = 'A' }\nowners { csm  from CSM__c }\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\nschedule every day at 2:00\n",
        "E0119",
        "2:00",
        "accord 1\naccounts { where Type = 'A' }\nschedule every day at 02:00\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\nschedule every day at 02:00 in Europe/Berlin\n",
        "E0101",
        "Europe/Berlin",
        "accord 1\naccounts { where Type = 'A' }\nschedule every day at 02:00 in \"Europe/Berlin\"\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\nschedule every day at 02:00 in \"Berlin\"\n",
        "E0210",
        '"Berlin"',
        "accord 1\naccounts { where Type = 'A' }\nschedule every day at 02:00 in \"Europe/Berlin\"\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\ncases { lookback: 90 days }\n",
        "E0101",
        ":",
        "accord 1\naccounts { where Type = 'A' }\ncases { lookback 90 days }\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\nguards { accounts may leave at most 10 }\n",
        "E0101",
        "10",
        "accord 1\naccounts { where Type = 'A' }\nguards { accounts may leave at most 10% }\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\nguards { accounts may leave at most 10 percent }\n",
        "E0101",
        "10",
        "accord 1\naccounts { where Type = 'A' }\nguards { accounts may leave at most 10% }\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\nobject Contract as Contracts on account via AccountId\n",
        "E0101",
        "Contracts",
        "accord 1\naccounts { where Type = 'A' }\nobject Contract as \"Contracts\" on account via AccountId\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' }\nobject Contract as \"Contracts\" on accounts via AccountId\n",
        "E0122",
        "accounts",
        "accord 1\naccounts { where Type = 'A' }\nobject Contract as \"Contracts\" on account via AccountId\n",
    ),
    (
        "accord 1\naccounts { where Type = 'A' } // customers\n",
        "E0101",
        "// customers",
        "accord 1\naccounts { where Type = 'A' } # customers\n",
    ),
]


def spec(condition: str) -> str:
    return f"accord 1\naccounts {{\n  where {condition}\n}}\n"


def checked(text: str, code: str, underlined: str) -> str:
    """What `--fix` makes of a spec whose first finding has that code at that place; no error may be left then."""
    before = check(Source(text, "a.accord"), SCHEMA)
    first = next(d for d in before.diagnostics if d.severity is Severity.ERROR)

    assert (first.code, text[first.span.start : first.span.end]) == (code, underlined)

    after, _ = fix_spec(before, SCHEMA)

    assert [d for d in after.diagnostics if d.severity is Severity.ERROR] == []
    return after.source.text


@pytest.mark.parametrize(("condition", "code", "underlined", "fixed"), MENDED)
def test_a_filter_is_understood_and_mended(condition: str, code: str, underlined: str, fixed: str):
    """The first finding names the mistake at its place, and the fixes leave a filter without errors."""
    assert checked(spec(condition), code, underlined) == spec(fixed)


@pytest.mark.parametrize(("condition", "code", "underlined"), TOLD)
def test_a_filter_that_only_its_author_can_mend(condition: str, code: str, underlined: str):
    """There is one error, at its place, without an echo; it says what to do, and guesses nothing."""
    text = spec(condition)
    found = [d for d in check(Source(text, "a.accord"), SCHEMA).diagnostics if d.severity is Severity.ERROR]

    assert [(d.code, text[d.span.start : d.span.end], d.fix) for d in found] == [(code, underlined, None)]
    assert found[0].help


@pytest.mark.parametrize(("text", "code", "underlined", "fixed"), SPECS)
def test_a_spec_is_understood_and_mended(text: str, code: str, underlined: str, fixed: str):
    """The same for what stands around filters."""
    assert checked(text, code, underlined) == fixed
