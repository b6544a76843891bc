"""The same mistake thousands of times in a row: the parser answers, whatever is repeated."""

from __future__ import annotations

import pytest

from grammar import parse_condition, parse_query, parse_spec

MANY = 1200
REPEATED = [
    "AND ",
    "AND OR ",
    "NOT ! ",
    "!",
    "(",
    "f(",
    "AND(a = 1, ",
    "OR(AND(",
    "ISBLANK(",
    "(SELECT ",
    "a IN (SELECT b FROM c ",
    "a = 1, ",
    "a = 1 b = 2 ",
    "a = 'x' OR 'b' ",
    "a > 5 AND < 5 ",
    "a contains ",
    "a is ",
    "5 < ",
    "a IN [",
    "a LIKE (",
    "a = ",
    "a = -",
    "a = $",
    "a = last ",
    "a.",
    "a . ",
    "'x' OR ",
    "‘",
    "`",
    "/*",
    "-- ",
    "\u200b",
    "a\u200b = 1 AND ",
    "accounts { where x = 1\n",
    "{",
    "}",
    "define a on B where ",
    "accounts { customer Type = 1, ",
]


@pytest.mark.parametrize("piece", REPEATED)
def test_repeating_a_mistake_crashes_nothing(piece: str):
    """A spec, a condition and a query made of one piece end in diagnostics, not in an exception."""
    text = piece * MANY

    assert parse_spec(f"accord 1\naccounts {{ where {text}").diagnostics
    assert parse_spec(text).diagnostics
    assert parse_condition(text).diagnostics
    assert parse_query(f"SELECT Id FROM Account WHERE {text}").diagnostics
