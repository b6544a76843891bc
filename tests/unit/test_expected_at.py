from __future__ import annotations

import pytest

from grammar import expected_at

STATEMENTS = {"accounts", "owners", "arr", "renewal", "metric", "define", "object", "cases", "guards", "test"}


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("accounts ", {"{"}),
        ("accounts { ", {"where", "customer", "prospect", "partner", "fields", "also", "except", "on", "}"}),
        ("accounts { on ", {"leaving"}),
        ("accounts { on leaving ", {"keep", "remove"}),
        ("accounts { where (Type = 'a' ", {"AND", "OR", ")"}),
        ("accounts { where Type IN ('a'", {",", ")"}),
        ("accounts { where ", {"(", "NOT"}),
        ("owners { csm from OwnerId ", {"of", "else", "}", "skip"}),
        ("schedule ", {"every"}),
        ("schedule every ", {"hour", "day", "week"}),
        ("guards { accounts may ", {"leave", "move"}),
        ("cases { lookback 90 ", {"days"}),
        ("cases { sentiment ", {"on", "off"}),
        ("object X ", {"as"}),
        ('object X as "Y" on ', {"account", "contact"}),
        ("chatter on accounts ", {",", "{"}),
        ("writeback account { conflicts ", {"hold", "salesforce", "statisfy"}),
        ("test \"x\" on 2026-01-01 { given A { Id: 'a' ", {"}", ","}),
    ],
)
def test_the_words_that_may_follow(before: str, words: set[str]):
    """Exactly the words of the language that the parser would take are named."""
    assert set(expected_at(before, len(before)).words) == words


@pytest.mark.parametrize(
    ("before", "kinds"),
    [
        ("accounts { where ", {"a field", "a definition"}),
        ("accounts { where Type = ", {"a value"}),
        ("accounts { also ", {"a field"}),
        ("owners { ", {"an owner kind"}),
        ("object ", {"an object"}),
        ('test "x" on ', {"a date such as 2026-01-15"}),
    ],
)
def test_the_kinds_of_things_that_may_follow(before: str, kinds: set[str]):
    """What is no fixed word is named in words for people."""
    assert set(expected_at(before, len(before)).kinds) == kinds


def test_statements_may_follow_a_statement():
    """Behind what is complete stands what may continue it, and every statement."""
    text = "arr from sum(A) of B via C "
    found = set(expected_at(text, len(text)).words)

    assert found > STATEMENTS
    assert found > {"by", "in", "where", "else"}


def test_a_definition_may_turn_out_to_be_a_field():
    """Behind a bare name an operator may follow, or AND, or the next item."""
    text = "accounts { where Type "
    found = set(expected_at(text, len(text)).words)

    assert found > {"=", "LIKE", "NOT IN", "AND", "OR", "customer", "}"}


def test_the_word_being_typed_does_not_count():
    """At the end of a word and inside of it, what could stand in its place is named."""
    text = "accounts { whe"

    assert expected_at(text, len(text)) == expected_at("accounts { ", 11)
    assert expected_at(text, len(text) - 2) == expected_at("accounts { ", 11)


def test_what_stands_behind_does_not_count():
    """Only the text before the place decides."""
    text = "accounts { where Type = 'a' } arr none"

    assert expected_at(text, 11) == expected_at("accounts { ", 11)


@pytest.mark.parametrize("before", ["# a comment ", "accounts { where Type = 'Cust", 'metric "Open '])
def test_nothing_is_expected_inside_of_quotes_and_comments(before: str):
    """There the author is free."""
    assert expected_at(before, len(before)) == ((), ())


def test_earlier_mistakes_do_not_matter():
    """A mistake in an item before leaves the answer as it is."""
    text = "accounts {\n  customer wher Type\n  "

    assert set(expected_at(text, len(text)).words) >= {"customer", "prospect", "}"}


def test_conditions_and_queries_can_be_asked_too():
    """The same question for SOQL alone."""
    assert set(expected_at("Type = 'a' ", 11, "condition").words) == {"AND", "OR"}
    assert "from" in expected_at("SELECT Id ", 10, "query").words
