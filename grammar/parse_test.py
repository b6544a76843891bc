"""`test` blocks: rows in, rows out."""

from __future__ import annotations

from grammar.cursor import Cursor
from grammar.date_literals import COUNTED, PLAIN
from grammar.parse_block import block, name, text, words_start
from grammar.parse_soql import field_path
from grammar.parse_value import parse_value
from grammar.soql_tree import Value
from grammar.source import Span
from grammar.spec_tree import Expect, Given, Name, Pair, Test
from grammar.tokens import Kind

_VALUE_WORDS = frozenset({"TRUE", "FALSE", "NULL"}) | PLAIN | COUNTED


def test_block(cursor: Cursor) -> Test:
    """`test "..." on DATE [in "CUR"] { given ... expect ... }`."""
    start = cursor.take().start
    title = text(cursor, "what the test shows, in double quotes")
    cursor.expect_word("on")
    # parse_value checks that the day exists.
    cursor.at_kind(Kind.DATE, "a date such as 2026-01-15")
    if cursor.token.kind is not Kind.DATE:
        raise cursor.fail()
    day = cursor.token.text
    parse_value(cursor)
    currency = text(cursor, "a currency code") if cursor.accept_word("in") else None

    def item(cursor: Cursor) -> Given | Expect:
        begin = cursor.token
        if cursor.expect_word("given", "expect").lower == "given":
            sobject = name(cursor, "an object")
            return Given(sobject, _record(cursor), cursor.since(begin.start))
        table = name(cursor, "what is expected: account, contact ...")
        key = parse_value(cursor)
        if cursor.accept_word("absent"):
            return Expect(table, key, True, (), cursor.since(begin.start))
        return Expect(table, key, False, _record(cursor), cursor.since(begin.start))

    items = block(cursor, item, words_start("given", "expect"))
    return Test(title, day, currency, items, cursor.since(start))


def _record(cursor: Cursor) -> tuple[Pair, ...]:
    cursor.expect_sign("{")
    pairs: list[Pair] = []
    while not cursor.at_sign("}"):
        if pairs:
            cursor.expect_sign(",")
        pairs.append(_pair(cursor))
    cursor.take()
    return tuple(pairs)


def _pair(cursor: Cursor) -> Pair:
    key = text(cursor, "a name") if cursor.token.kind is Kind.TEXT else field_path(cursor, "a field")
    cursor.expect_sign(":")
    token = cursor.token
    value: Value | Name
    if token.kind is Kind.NAME and token.text.upper() not in _VALUE_WORDS:
        cursor.take()
        value = Name(token.text, token.span)
    else:
        value = parse_value(cursor)
    return Pair(key, value, Span(key.span.start, value.span.end))
