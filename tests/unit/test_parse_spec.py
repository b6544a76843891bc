from __future__ import annotations

import pytest

from grammar import parse_condition, parse_spec
from grammar.soql_tree import Comparison, DateLiteral, FieldPath, StringValue, Use
from grammar.source import NOWHERE
from grammar.spec_tree import Accounts, AccountValue, Aggregate, CustomObject, Invalid, Owners, Related
from tests.support.expecting import expect, expect_condition

ACCOUNTS = "accord 1\naccounts { where Type = 'Customer' }\n"


def statement(text: str) -> object:
    parsed = parse_spec(text)
    assert not parsed.diagnostics
    (found,) = parsed.tree.statements
    return found


def test_keywords_are_read_in_any_case():
    """`Accounts`, `WHERE` and `Customer` are the same as in lower case."""
    assert statement("ACCOUNTS { Customer WHERE Type = 'x' }") == statement("accounts { customer where Type = 'x' }")


def test_line_breaks_do_not_matter():
    """A statement may stand in one line or in many."""
    text = "object Contract as \"Contracts\" on account via AccountId { where Status = 'x' fields Name, Status }"

    assert statement(text.replace(" ", "\n")) == statement(text)


@pytest.mark.parametrize("name", ["Type", "Test", "Status", "On", "Else", "Fields", "Via", "Object"])
def test_a_field_may_have_the_name_of_a_keyword(name: str):
    """Names that are words of the language elsewhere are fields like any others."""
    accounts = statement(f"accounts {{ where {name} = 'x' fields {name}, Name }}")

    assert isinstance(accounts, Accounts)
    assert accounts.items[1].fields[0].path == FieldPath((name,), NOWHERE)


def test_a_bare_name_is_a_definition():
    """`where active` uses the definition `active`."""
    contacts = statement("contacts { where active }")

    assert isinstance(contacts, Related)
    assert contacts.items[0].condition == Use("active", NOWHERE)


def test_a_definition_may_stand_before_a_quoted_owner_kind():
    """A condition ends before the next kind, even if that is in quotes."""
    owners = statement('owners { csm from UserId of T via A where active "Lead" from OwnerId }')

    assert isinstance(owners, Owners)
    assert [item.kind for item in owners.items] == ["csm", "Lead"]


def test_where_stands_behind_the_currency():
    """`in ... currency` stands between the link and the condition."""
    arr = statement('arr from sum(A) of B via C by D in "EUR" currency where active else 0')

    assert isinstance(arr, AccountValue)
    assert isinstance(arr.source, Aggregate)
    assert arr.source.currency is not None
    assert arr.source.currency.code == "EUR"


def test_an_object_needs_no_block():
    """Without a block all records come, with all their fields."""
    found = statement('object Training__c as "Trainings" on contact via Contact__c')

    assert isinstance(found, CustomObject)
    assert (found.parent, found.items) == ("contact", ())


def test_date_literals_are_read_in_any_case():
    """`last_n_days:30` is LAST_N_DAYS with 30."""
    parsed = parse_condition("CreatedDate = last_n_days:30")

    assert parsed.tree == Comparison(
        FieldPath(("CreatedDate",), NOWHERE), "=", DateLiteral("LAST_N_DAYS", 30, NOWHERE), NOWHERE
    )


def test_escapes_are_read():
    """A text stands for what its escapes mean; what was written is kept beside it."""
    parsed = parse_condition(r"Name = 'Bob\'s \\ \u00e4\n'")

    assert isinstance(parsed.tree, Comparison)
    assert isinstance(parsed.tree.right, StringValue)
    assert parsed.tree.right.value == "Bob's \\ ä\n"


def test_a_mistake_stays_in_its_statement():
    """The statements around a mistake are read as if it were not there."""
    parsed = parse_spec("arr from\nrenewal from Renewal_Date__c\ncontacts none\n")

    assert [type(s) for s in parsed.tree.statements] == [Invalid, AccountValue, Related]


def test_a_mistake_stays_in_its_item():
    """The items around a mistake are read too."""
    parsed = parse_spec("accounts {\n  customer where Type =\n  prospect where Type = 'b'\n  except Fax\n}\n")
    (accounts,) = parsed.tree.statements

    assert isinstance(accounts, Accounts)
    assert [type(item).__name__ for item in accounts.items] == ["Invalid", "AccountFilter", "FieldSelection"]


def test_a_missing_brace_ends_the_block_where_the_next_statement_begins():
    """What follows a block without its end is not part of it."""
    parsed = parse_spec("accounts {\n  where Type = 'a'\narr from ARR__c\n")

    assert [type(s) for s in parsed.tree.statements] == [Accounts, AccountValue]


def test_a_missing_brace_is_underlined_where_the_block_begins():
    """The opening brace is underlined, and the second label shows what follows the block."""
    expect("accord 1\naccounts {\n  where Type = 'a'\narr from ARR__c\n").error("E0102").underlines("{").points_at(
        "arr"
    )


def test_closing_the_block_is_offered():
    """The fix of a missing brace writes it."""
    spec = "accord 1\naccounts {\n  where Type = 'a'\narr from ARR__c\n"

    expect(expect(spec).error("E0102").alone().fixed()).nothing()


def test_a_record_without_its_brace_is_found_by_its_place():
    """If a brace stands where the test's own would stand, the record is the one that lacks its end."""
    spec = ACCOUNTS + "test \"x\" on 2026-01-15 {\n  given Account { Id: 'a'\n}\n"

    expect(spec).error("E0102").underlines("{").points_at("}").alone()


@pytest.mark.parametrize(
    ("condition", "written", "instead"),
    [
        ("Type == 'x'", "==", "`=`"),
        ("Type = 'x' && Name = 'y'", "&&", "`AND`"),
        ("Type = 'x' || Name = 'y'", "||", "`OR`"),
        ("Name IS NULL", "IS NULL", "`= null`"),
        ("Name IS NOT NULL", "IS NOT NULL", "`!= null`"),
        ("Name NOT LIKE 'x%'", "NOT LIKE", "`(NOT Name LIKE 'x%')`"),
        ("X__c NOT INCLUDES ('a')", "NOT INCLUDES", "`EXCLUDES`"),
        ("X__c BETWEEN 1 AND 2", "BETWEEN", "`(X__c >= 1 AND X__c <= 2)`"),
    ],
)
def test_operators_of_other_languages_are_translated(condition: str, written: str, instead: str):
    """What SQL or Apex would write is named, and the fix writes it in SOQL."""
    found = expect_condition(condition).error("E0109").underlines(written).helps(instead).alone()

    expect_condition(found.fixed()).nothing()


def test_curly_quotes_are_understood():
    """Quotes that a word processor has made are one mistake, with a fix."""
    found = expect_condition("Type = ‘Customer’").error("E0108").underlines("‘Customer’").alone()

    assert found.fixed() == "Type = 'Customer'"


def test_an_apostrophe_ends_a_value():
    """`'Bob's'` ends behind Bob: the second quote is underlined."""
    found = expect_condition("Name = 'Bob's'").error("E0104").underlines("'").helps(r"\'")

    assert found.diagnostics[0].span == (11, 12)


def test_thousands_are_one_number():
    """`1,000,000` is one mistake with one fix, not a list."""
    found = expect_condition("ARR__c > 1,000,000.50 AND Type = 'x'").error("E0113").underlines("1,000,000.50").alone()

    assert found.fixed() == "ARR__c > 1000000.50 AND Type = 'x'"


def test_values_of_a_list_are_no_thousands():
    """In a list, a comma separates."""
    expect_condition("X__c IN (1,000)").nothing()


@pytest.mark.parametrize(
    "written",
    [
        "WHERE Type = 'x'",
        "SELECT Id FROM Account WHERE Type = 'x'",
        "SELECT Id, (SELECT Id FROM Contacts WHERE Name = 'y') FROM Account WHERE Type = 'x' ORDER BY Name LIMIT 5",
        "Type = 'x' ORDER BY Name DESC",
        "Type = 'x' LIMIT 10",
        "WHERE (Type = 'x') GROUP BY Type",
    ],
)
def test_a_pasted_query_is_one_mistake(written: str):
    """A query around a condition is understood, and the fix keeps the condition."""
    found = expect_condition(written).error("E0117").alone()

    expect_condition(found.fixed()).nothing()
    assert found.fixed().strip("()") == "Type = 'x'"


def test_a_pasted_query_without_a_condition_is_named():
    """There is nothing to keep of a query without WHERE."""
    expect_condition("SELECT Id FROM Account").error("E0117").underlines("SELECT Id FROM Account").alone()


def test_a_missing_word_is_named_before_what_follows():
    """`move most` lacks its `at`; the fix writes it."""
    spec = ACCOUNTS + "guards { arr may move most 25% }\n"
    found = expect(spec).error("E0101").underlines("most").says("`at` is missing").alone()

    expect(found.fixed()).nothing()


def test_a_name_without_quotes_is_taken_as_the_name():
    """`as Open cases on account` lacks quotes and nothing else."""
    spec = ACCOUNTS + "object Contract as Open contracts on account via AccountId\n"
    found = expect(spec).error("E0101").underlines("Open contracts").helps('`"Open contracts"`').alone()

    expect(found.fixed()).nothing()


def test_a_percentage_needs_its_sign():
    """The number is underlined, not what follows it."""
    spec = ACCOUNTS + "guards {\n  accounts may leave at most 10\n  arr may move at most 25%\n}\n"
    found = expect(spec).error("E0101").underlines("10").alone()

    expect(found.fixed()).nothing()


def test_what_is_missing_at_the_end_of_a_line_points_back():
    """Where the next line shows that something is missing, the end of the line before is labelled too."""
    expect("accord 1\nowners {\n  csm from\n}\n").error("E0101").underlines("}").points_at("from")


def test_a_misspelt_item_ends_a_list():
    """`conflict hold` behind a list is a misspelt item, not two more fields."""
    spec = ACCOUNTS + "writeback account { fields Industry conflict hold }\n"

    expect(spec).error("E0122").underlines("conflict").helps("`conflicts`").alone()


def test_invisible_characters_are_named():
    """A character that nobody can see is named by its number and can be removed."""
    found = expect_condition("Type\u200b = 'x'").error("E0101").says("U+200B").alone()

    assert found.fixed() == "Type = 'x'"


def test_a_semicolon_is_left_out():
    """Nothing ends with a semicolon."""
    found = expect("accord 1\naccounts { where Type = 'x'; }\n").error("E0101").underlines(";").alone()

    expect(found.fixed()).nothing()


def test_huge_numbers_are_refused_and_not_computed():
    """Numbers with thousands of digits are out of range, wherever a number counts something."""
    digits = "9" * 5000

    expect_condition(f"CreatedDate = LAST_N_DAYS:{digits}").error("E0125").underlines(digits)
    expect(f"accord {digits}\n").error("E0114").underlines(digits)
    expect(f"accord 1\ncases {{ lookback {digits} days }}").error("E0125").underlines(digits)


def test_deep_nesting_is_refused():
    """A hundred levels are enough; the parser does not break at thousands."""
    expect_condition("(" * 5000 + "Type = 'x'" + ")" * 5000).error("E0123").alone()


def test_positions_count_code_points():
    """An emoji before a mistake counts as one."""
    found = expect_condition("Name = '😀' AND Typ == 'x'").error("E0109").underlines("==")

    assert found.diagnostics[0].span == (19, 21)


def test_a_definition_may_stand_before_another_item():
    """The words behind a definition's use are the next item, also where an operator's word is among them."""
    text = 'accord 1\nchatter on accounts { where recent every hour in "UTC" lookback 9 days }\n'

    assert parse_spec(text).diagnostics == ()
