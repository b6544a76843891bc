from __future__ import annotations

from typing import Any

import pytest

from compiler import build_schema, check_spec
from compiler.schema import Schema
from grammar import parse_spec
from tests.support.expecting import acme, expect, expect_accounts

ACCOUNTS = "accord 1\naccounts { where Type = 'Customer' }\n"


def picklist(*values: tuple[str, str, bool]) -> list[dict[str, Any]]:
    return [{"value": value, "label": label, "active": active} for value, label, active in values]


def org(*fields: dict[str, Any], **others: list[dict[str, Any]]) -> Schema:
    """An org with these fields on Account, and other objects by name."""
    account = {"name": "Account", "fields": [{"name": "Type", "type": "string"}, *fields]}
    return build_schema([account, *({"name": name, "fields": of} for name, of in others.items())])


TYPES = org(
    {
        "name": "Tier__c",
        "type": "picklist",
        "picklistValues": picklist(("T1", "Gold", True), ("T2", "Silver", True), ("T9", "Lead", False)),
    },
    {
        "name": "Uses__c",
        "type": "multipicklist",
        "picklistValues": picklist(("AN", "Analytics", True), ("AU", "Automation", True)),
    },
    {"name": "OwnerId", "type": "reference", "referenceTo": ["User"]},
    {"name": "RecordTypeId", "type": "reference", "referenceTo": ["RecordType"]},
    {"name": "Score__c", "type": "double", "calculated": True},
    {"name": "Notes__c", "type": "textarea", "length": 32000},
    {"name": "Secret__c", "type": "encryptedstring"},
    User=[{"name": "Name", "type": "string"}, {"name": "IsActive", "type": "boolean"}],
    RecordType=[{"name": "Name", "type": "string"}, {"name": "DeveloperName", "type": "string"}],
)


def test_a_misspelt_field_is_named():
    """The field is underlined, and the near one offered."""
    found = expect(ACCOUNTS + "renewal from Renewal_Dat__c\n", acme()).error("E0202").underlines("Renewal_Dat__c")

    assert found.helps("did you mean `Renewal_Date__c`?").alone().fixed().endswith("from Renewal_Date__c\n")


def test_a_label_finds_its_field():
    """Who writes what the page of a record shows is told the API name."""
    schema = org({"name": "ARR__c", "type": "currency", "label": "Annual recurring revenue"})

    expect_accounts("Annual_recurring_revenu > 0", schema).error("E0202").helps("did you mean `ARR__c`?")


def test_a_lookup_is_followed_by_its_relationship():
    """`OwnerId.Name` names the field where the relationship is meant."""
    found = expect_accounts("OwnerId.Name = 'x'", TYPES).error("E0203").underlines("OwnerId").alone()

    assert found.fixed() == "accord 1\naccounts { where Owner.Name = 'x' }\n"


def test_a_field_is_unknown_once():
    """What is unknown is not checked further."""
    expect_accounts("Typ > null", acme()).error("E0202").underlines("Typ").alone()


def test_a_mistake_in_a_definition_is_reported_there_alone():
    """Wherever the definition is used, nothing is said again."""
    spec = ACCOUNTS + (
        "define active on Contract where Statu = 'Activated'\n"
        'metric "A" from count() of Contract via AccountId where active\n'
        'metric "B" from count() of Contract via AccountId where active\n'
    )

    expect(spec, acme()).error("E0202").underlines("Statu").alone()


def test_a_definition_that_does_not_parse_may_be_used():
    """Its uses are not reported as unknown."""
    spec = ACCOUNTS + "define active on Contract where Status =\ncontacts none\n"
    spec += 'metric "A" from count() of Contract via AccountId where active\n'

    expect(spec, acme()).error("E0101").underlines("contacts").alone()


def test_a_misspelt_use_does_not_leave_the_definition_unused():
    """One slip is one message."""
    spec = "accord 1\naccounts { where activ }\ndefine active on Account where Type = 'Customer'\n"

    expect(spec, acme()).error("E0204").underlines("activ").alone()


def test_a_circle_of_definitions_is_reported_once():
    """The first of them is underlined, the others are labelled."""
    spec = "accord 1\naccounts { where a }\ndefine a on Account where b\ndefine b on Account where a\n"

    expect(spec, acme()).error("E0206").underlines("a").points_at("b").alone()


def test_a_checkbox_alone_is_no_condition():
    """A boolean field needs `= true`, which the fix writes."""
    found = expect(ACCOUNTS + "opportunities { where IsWon }\n", acme()).error("E0204").underlines("IsWon").alone()

    expect(found.fixed(), acme()).nothing()


def test_a_definition_with_the_name_of_a_field_is_noticed():
    """Readers would take one for the other."""
    spec = "accord 1\naccounts { where industry }\ndefine industry on Account where Type = 'Customer'\n"

    expect(spec, acme()).warning("W0506").underlines("industry").says("`Industry`").alone()


def test_guards_may_name_what_did_not_parse():
    """A guard on an owner kind is not unknown because the kind has a mistake."""
    spec = ACCOUNTS + "owners { csm from }\nguards { csm filled on at least 90% of customers }\n"

    expect(spec, acme()).error("E0101").underlines("}").alone()


@pytest.mark.parametrize(
    ("guard", "name"),
    [
        ("columns may leave at most 10%", "columns"),
        ("support_cases may leave at most 10%", "support_cases"),
        ("contacts may leave at most 10%", "contacts"),
    ],
)
def test_guards_on_tables_that_the_spec_does_not_make_are_refused(guard: str, name: str):
    """A table of Accord's that holds no records, or one that is switched off, would never lose a row."""
    spec = ACCOUNTS + f"contacts none\nguards {{ {guard} }}\n"

    expect(spec).error("E0209").underlines(name).says(f"no table `{name}`").alone()


def test_a_second_guard_on_the_same_is_refused():
    """Of two limits for one table only one could hold; a label and its table's name are the same."""
    spec = (
        ACCOUNTS + 'object Contract as "Big Contracts" on account via AccountId\n'
        'guards {\n  "Big Contracts" may leave at most 10%\n  big_contracts may leave at most 20%\n}\n'
    )

    expect(spec).error("E0502").underlines("big_contracts may leave at most 20%").alone()


@pytest.mark.parametrize(
    ("condition", "code", "underlined", "fixed"),
    [
        ("Tier__c = 'Gold'", "W0301", "'Gold'", "Tier__c = 'T1'"),
        ("Tier__c IN ('T1', 'silver')", "W0301", "'silver'", "Tier__c IN ('T1', 'T2')"),
        ("Tier__c = 'T11'", "W0302", "'T11'", "Tier__c = 'T1'"),
        ("Uses__c INCLUDES ('AN;Automation')", "W0301", "'AN;Automation'", "Uses__c INCLUDES ('AN;AU')"),
    ],
)
def test_picklists_are_compared_with_their_values(condition: str, code: str, underlined: str, fixed: str):
    """A label, or what is nearly a value, is reported and corrected."""
    found = expect_accounts(condition, TYPES).warning(code).underlines(underlined).alone()

    assert found.fixed() == f"accord 1\naccounts {{ where {fixed} }}\n"


def test_an_inactive_value_is_noticed():
    """A value that is switched off is found on old records only."""
    expect_accounts("Tier__c = 'T9'", TYPES).warning("W0302").says("no longer").alone()


@pytest.mark.parametrize("condition", ["Tier__c = 't1'", "Tier__c = null", "Tier__c = ''", "Tier__c LIKE 'Gold%'"])
def test_good_values_of_picklists_pass(condition: str):
    """Values in any case, null, and LIKE, which looks at labels, are all right."""
    expect_accounts(condition, TYPES).nothing()


def test_an_id_in_a_filter_is_noticed():
    """It names a record of one org; a path that names the record in words is offered."""
    expect_accounts("OwnerId = '005000000000001AAA'", TYPES).warning("W0401").helps("`Owner.Name").alone()
    expect_accounts("RecordTypeId = '012000000000001'", TYPES).warning("W0401").helps(
        "`RecordType.DeveloperName"
    ).alone()


def test_the_label_of_a_record_type_is_noticed():
    """`RecordType.Name` can be renamed; the last name of the path is underlined."""
    expect_accounts("RecordType.Name = 'x'", TYPES).warning("W0402").underlines("Name").helps(
        "RecordType.DeveloperName"
    )


def test_the_developer_name_of_a_record_type_passes():
    """It is the recommended form, so not even a note is made of its being a path."""
    expect_accounts("RecordType.DeveloperName = 'x'", TYPES).nothing()


@pytest.mark.parametrize(
    ("condition", "underlined"), [("Score__c > 1", "Score__c"), ("Owner.IsActive = true", "Owner.IsActive")]
)
def test_filters_that_change_by_themselves_are_noted(condition: str, underlined: str):
    """A formula and a field of another object get a note that says what Accord does about them."""
    expect_accounts(condition, TYPES).note("N0402").underlines(underlined).helps("each run asks Salesforce").alone()


def test_a_note_is_made_once_a_filter():
    """A formula that stands twice in a filter is noted once."""
    found = expect_accounts("Score__c > 1 AND Score__c < 9", TYPES).note("N0402")

    assert len(found.diagnostics) == 1


@pytest.mark.parametrize("condition", ["Notes__c LIKE '%x%'", "Notes__c = null", "Secret__c = 'x'"])
def test_long_and_encrypted_text_cannot_be_filtered(condition: str):
    """Whatever the operator is, the field is refused, and nothing else is said."""
    expect_accounts(condition, TYPES).error("E0401").underlines(condition.split()[0]).alone()


@pytest.mark.parametrize(
    "later",
    [
        "Type = 'Customer' AND ARR__c > 0",
        "ARR__c > 0 AND Type = 'Customer'",
        "(ARR__c > 0) AND (Type = 'Customer')",
        "type = 'Customer' AND arr__c > 0",
    ],
)
def test_a_type_that_repeats_an_earlier_filter_is_noticed(later: str):
    """Order, parentheses and letter case do not make a filter another one."""
    spec = f"accord 1\naccounts {{\n  customer where Type = 'Customer' AND ARR__c > 0\n  prospect where {later}\n}}\n"

    expect(spec, acme()).warning("W0505").underlines(later).points_at("Type = 'Customer' AND ARR__c > 0").alone()


def test_records_on_contacts_need_contacts():
    """`contacts none` leaves nothing for an object on contacts to hang on."""
    spec = ACCOUNTS + 'contacts none\nobject Training__c as "Trainings" on contact via Contact__c\n'

    expect(spec, acme()).error("E0511").underlines("contact").points_at("contacts none").alone()


AMOUNTS = [
    {"name": "Amount", "type": "currency"},
    {"name": "Seats__c", "type": "double"},
    {"name": "CloseDate", "type": "date"},
    {"name": "CurrencyIsoCode", "type": "picklist"},
    {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]},
]
SEVERAL_CURRENCIES = org(
    Opportunity=AMOUNTS,
    CurrencyType=[
        {"name": name, "type": kind}
        for name, kind in (("IsoCode", "string"), ("ConversionRate", "double"), ("IsCorporate", "boolean"))
    ],
)


@pytest.mark.parametrize("function", ["sum", "max", "min", "average"])
def test_amounts_of_several_currencies_need_one(function: str):
    """An aggregate that mixes currencies says which one it is in."""
    spec = ACCOUNTS + f"arr from {function}(Amount) of Opportunity via AccountId\n"

    expect(spec, SEVERAL_CURRENCIES).error("E0312").underlines("Amount").helps("in corporate currency").alone()


@pytest.mark.parametrize(
    "source",
    [
        "sum(Amount) of Opportunity via AccountId in corporate currency",
        "latest(Amount) of Opportunity via AccountId by CloseDate",
        "sum(Seats__c) of Opportunity via AccountId",
        "count() of Opportunity via AccountId",
    ],
)
def test_other_aggregates_need_no_currency(source: str):
    """With a currency, of plain numbers, and of one record's amount there is no question."""
    expect(ACCOUNTS + f"arr from {source}\n", SEVERAL_CURRENCIES).nothing("E0312", "E0211")


def test_one_records_amount_is_converted_to_no_currency():
    """`latest` keeps the currency of its record: to name another would give the amount a wrong one."""
    spec = ACCOUNTS + 'arr from latest(Amount) of Opportunity via AccountId by CloseDate in "EUR" currency\n'

    expect(spec, SEVERAL_CURRENCIES).error("E0211").underlines('in "EUR" currency').says("`latest`").alone()


RATES_HIDDEN = org(Opportunity=AMOUNTS)


def test_hidden_rates_do_not_make_one_currency_of_several():
    """Fields CurrencyIsoCode tell of several currencies even where the connected user may not see CurrencyType."""
    source = "arr from sum(Amount) of Opportunity via AccountId"

    expect(ACCOUNTS + f"{source}\n", RATES_HIDDEN).error("E0312").alone()
    expect(ACCOUNTS + f"{source} in corporate currency\n", RATES_HIDDEN).error("E0211").says("`CurrencyType`").alone()


def test_the_operator_is_underlined_and_its_value_left_alone():
    """An operator that does not suit the type is one mistake."""
    expect_accounts("ARR__c LIKE '1%'", acme()).error("E0306").underlines("LIKE").alone()


def test_a_link_to_the_wrong_object_shows_the_way():
    """Where no lookup leads to the parent, one by way of another object is offered."""
    spec = ACCOUNTS + 'object Training__c as "Trainings" on account via Contact__c\n'

    expect(spec, acme()).error("E0304").underlines("Contact__c").helps("`Contact__r.AccountId`").alone()


def test_a_city_finds_its_time_zone():
    """`Berlin` is `Europe/Berlin`."""
    found = expect(ACCOUNTS + 'schedule every day at 02:00 in "Berlin"\n').error("E0210").alone()

    assert '"Europe/Berlin"' in found.fixed()


def test_leaving_out_the_key_is_refused_in_its_own_words():
    """`except Id` says that the Id always comes, not that it does not."""
    expect("accord 1\naccounts { where Type = 'Customer' except Id }\n", acme()).warning("W0502").says("always comes")


def test_an_unreadable_value_is_not_checked_again():
    """A variable of Apex has no type, and is in no picklist."""
    expect_accounts("ARR__c > :amount AND Tier__c = :tier", TYPES).error("E0116").underlines(":amount")
    expect_accounts("Tier__c = :tier AND CreatedDate > :day", TYPES).nothing("E0305", "W0302", "E0310")


@pytest.mark.parametrize(
    ("condition", "later", "earlier"),
    [
        ("Type = 'a' AND Type = 'b'", "Type = 'b'", "Type = 'a'"),
        ("Type IN ('a', 'b') AND Type = 'c'", "Type = 'c'", "Type IN ('a', 'b')"),
        ("Type = 'a' AND Type != 'A'", "Type != 'A'", "Type = 'a'"),
        ("Type IN ('a', 'b') AND Type NOT IN ('b', 'a', 'c')", "Type NOT IN ('b', 'a', 'c')", "Type IN ('a', 'b')"),
        ("Type = null AND Type != null", "Type != null", "Type = null"),
        ("Type = '' AND Type LIKE 'a%'", "Type LIKE 'a%'", "Type = ''"),
        ("ARR__c > 5 AND ARR__c < 3", "ARR__c < 3", "ARR__c > 5"),
        ("ARR__c > 5 AND ARR__c <= 5.0", "ARR__c <= 5.0", "ARR__c > 5"),
        ("ARR__c = null AND ARR__c > 0", "ARR__c > 0", "ARR__c = null"),
        ("ARR__c = 1 AND Name = 'x' AND (ARR__c > 1)", "ARR__c > 1", "ARR__c = 1"),
        (
            "Renewal_Date__c > 2026-02-01 AND Renewal_Date__c < 2026-01-01",
            "Renewal_Date__c < 2026-01-01",
            "Renewal_Date__c > 2026-02-01",
        ),
        (
            "Renewal_Date__c < LAST_N_DAYS:30 AND Renewal_Date__c >= TODAY",
            "Renewal_Date__c >= TODAY",
            "Renewal_Date__c < LAST_N_DAYS:30",
        ),
        (
            "CreatedDate > 2026-01-01T00:00:00Z AND CreatedDate < 2026-01-01T01:00:00+02:00",
            "CreatedDate < 2026-01-01T01:00:00+02:00",
            "CreatedDate > 2026-01-01T00:00:00Z",
        ),
        (
            "CALENDAR_YEAR(CreatedDate) = 2024 AND CALENDAR_YEAR(CreatedDate) = 2025",
            "CALENDAR_YEAR(CreatedDate) = 2025",
            "CALENDAR_YEAR(CreatedDate) = 2024",
        ),
    ],
)
def test_two_comparisons_that_cannot_hold_together(condition: str, later: str, earlier: str):
    """Of two that contradict each other, the later one is underlined and the earlier one labelled."""
    expect_accounts(condition, acme()).warning("W0403").underlines(later).points_at(earlier)


@pytest.mark.parametrize(
    "condition",
    [
        "Type = 'a' OR Type = 'b'",
        "Type != 'a' AND Type != 'b'",
        "Type IN ('a', 'b') AND Type != 'a'",
        "Type LIKE 'a%' AND Type LIKE '%b'",
        "Type = null AND Type NOT IN ('a')",
        "ARR__c >= 5 AND ARR__c <= 5",
        "ARR__c > 5 AND ARR__c < 6",
        "Renewal_Date__c > TODAY AND Renewal_Date__c < 2020-01-01",
        "Renewal_Date__c = THIS_MONTH AND Renewal_Date__c > TODAY",
        "Renewal_Date__c = LAST_N_DAYS:30 AND Renewal_Date__c <= TODAY",
        "Interested_In__c = 'a' AND Interested_In__c = 'b'",
        "(NOT (Type = 'a' AND Type = 'b'))",
        "Parent.Type = 'a' AND Type = 'b'",
    ],
)
def test_what_may_hold_is_not_called_a_contradiction(condition: str):
    """Only what can never match is reported; where it depends on the day, nothing is said."""
    expect_accounts(condition, acme()).nothing("W0403")


def test_a_definition_may_contradict_what_stands_beside_it():
    """The comparison beside the definition is underlined, the one in it labelled."""
    spec = "accord 1\naccounts { where big AND ARR__c < 10 }\ndefine big on Account where ARR__c > 100\n"

    expect(spec, acme()).warning("W0403").underlines("ARR__c < 10").points_at("ARR__c > 100").alone()


def test_what_a_definition_says_itself_is_reported_there():
    """A contradiction inside of a definition is not repeated where it is used."""
    spec = "accord 1\naccounts { where odd }\ndefine odd on Account where ARR__c > 100 AND ARR__c < 10\n"

    expect(spec, acme()).warning("W0403").underlines("ARR__c < 10").alone()


def test_without_a_schema_what_needs_none_is_checked():
    """Names of Salesforce are left open, the spec's own are not."""
    spec = "accord 1\naccounts { where Whatever__c = 1 }\nguards { contracts may leave at most 10% }\n"

    expect(spec).error("E0209").underlines("contracts").alone()


@pytest.mark.parametrize(
    "condition",
    [
        "Type = 'x' AND Type = 'y'",
        "Type > null",
        "Nothing__c = 1 OR Parent.Parent.Nothing__c LIKE 3",
        "Id IN (SELECT Id FROM Nowhere WHERE a = 1)",
        "CALENDAR_YEAR(Type) = 'x'",
    ],
)
def test_checking_never_raises(condition: str):
    """Whatever is wrong is said, not raised."""
    assert check_spec(parse_spec(f"accounts {{ where {condition} }}").tree, acme()).diagnostics


def test_fields_may_have_the_names_of_keywords():
    """What follows leaves no doubt that `From` is a field here."""
    found = parse_spec("accord 1\naccounts { where From = 'x' AND (Where = 1 OR Test = null) }\n").diagnostics

    assert found == ()


def test_a_filter_longer_than_a_query_may_be_is_refused():
    """Salesforce takes 100,000 characters, whatever they say."""
    values = ", ".join(f"'{number:06d}'" for number in range(11_000))
    spec = f"accord 1\naccounts {{ where Name IN ({values}) }}\n"
    schema = build_schema([{"name": "Account", "fields": [{"name": "Name", "type": "string"}]}])

    assert [d.code for d in check_spec(parse_spec(spec).tree, schema).diagnostics] == ["E0422"]


def test_a_call_that_its_line_does_not_close_ends_with_the_line():
    """What stands below is read, and the message stays on one line."""
    found = parse_spec("accord 1\naccounts { where A = today(\n}\ncontacts none\n").diagnostics

    assert found
    assert all("\n" not in d.message for d in found)


@pytest.mark.parametrize(
    ("labels", "underlined", "says"),
    [
        (("Active accounts",), '"Active accounts"', "two tables `active_accounts`"),
        (
            ("Subs", "Active subs"),
            '"Active subs"',
            "two tables `active_subs`: this one and the view of the active rows",
        ),
        (("Active subs", "Subs"), '"Subs"', "two tables `active_subs`: this one and `Active subs`"),
    ],
)
def test_views_of_active_rows_have_names_too(labels: tuple[str, ...], underlined: str, says: str):
    """Each table of records comes with a view, which no other table may be called."""
    objects = "\n".join(f'object Subscription__c as "{label}" on account via Account__c' for label in labels)
    found = expect(f"accord 1\naccounts {{ where Type = 'Customer' }}\n{objects}\n")
    found.error("E0507").alone().underlines(underlined).says(says)


def test_the_place_of_a_row_is_no_metric():
    """DuckDB has a column of that name in every table, whether it is shown or not."""
    spec = "accord 1\naccounts { where Type = 'Customer' }\nmetric \"RowID\" from count() of Contact via AccountId\n"
    expect(spec, acme()).error("E0507").alone().underlines('"RowID"').says("two columns `rowid`")
