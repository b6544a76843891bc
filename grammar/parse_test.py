"""`test` blocks: rows in, rows out."""

from __future__ import annotations

from grammar import syntax_errors as errors
from grammar.cursor import Cursor
from grammar.date_literals import COUNTED, PLAIN
from grammar.parse_block import block, keyword, name, text, words_start
from grammar.parse_path import field_path
from grammar.parse_value import parse_value
from grammar.soql_tree import Value
from grammar.source import Span
from grammar.spec_tree import Expect, Given, Name, Pair, Test
from grammar.tokens import Kind, Token

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
        if keyword(cursor, "an item of `test`", ("given", "expect")) == "given":
            sobject = name(cursor, "an object")
            return Given(sobject, _record(cursor, begin), cursor.since(begin.start))
        table = name(cursor, "what is expected: account, contact ...")
        key = parse_value(cursor)
        if cursor.accept_word("absent"):
            return Expect(table, key, True, (), cursor.since(begin.start))
        return Expect(table, key, False, _record(cursor, begin), cursor.since(begin.start))

    items = block(cursor, item, words_start("given", "expect"))
    return Test(title, day, currency, items, cursor.since(start))


def _record(cursor: Cursor, item: Token) -> tuple[Pair, ...]:
    opening = cursor.expect_sign("{")
    pairs: list[Pair] = []
    while not cursor.at_sign("}"):
        token = cursor.token
        if pairs and not cursor.accept_sign(","):
            if token.kind not in (Kind.NAME, Kind.TEXT) or cursor.peek().text != ":":
                if token.kind is Kind.END or token.is_word("given") or token.is_word("expect"):
                    cursor.note_expected()
                    cursor.report(errors.unclosed_block(opening, token))
                    return tuple(pairs)
                raise cursor.fail()
            cursor.report(errors.missing_comma(token, cursor.last.span))
        pairs.append(_pair(cursor))
    following = cursor.peek()
    goes_on = following.text == "}" or following.is_word("given") or following.is_word("expect")
    if not goes_on and cursor.token.first and cursor.column(cursor.token) < cursor.column(item):
        # A brace is missing, and by its place this one closes the test: it is the record that lacks its own.
        cursor.report(errors.unclosed_block(opening, cursor.token))
    else:
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
