"""The statements about other objects: `contacts`, `opportunities`, `object`, `cases`, `chatter`, `writeback`."""

from __future__ import annotations

from typing import Literal

from grammar import syntax_errors as errors
from grammar.cursor import Cursor
from grammar.parse_accounts import link
from grammar.parse_block import block, keyword, name, selection, separated, text, words_start
from grammar.parse_comparison import Dialect
from grammar.parse_path import field_path
from grammar.parse_schedule import every
from grammar.parse_soql import condition
from grammar.source import Span
from grammar.spec_tree import (
    Cases,
    Chatter,
    Conflicts,
    Conversation,
    CustomObject,
    Every,
    FieldSelection,
    Invalid,
    Lookback,
    Name,
    Related,
    Sentiment,
    Where,
    Writeback,
    WritebackField,
    WritebackFields,
)
from grammar.tokens import Kind

RECORD_ITEMS = ("where", "fields", "also", "except")
CASE_ITEMS = ("where", "lookback", "conversation", "fields", "also", "except", "sentiment")
CHATTER_ITEMS = ("every", "lookback", "where")
LONGEST_LOOKBACK = 365
WRITEBACK_ITEMS = ("fields", "conflicts")


def _where(cursor: Cursor, start: int) -> Where:
    return Where(condition(cursor, Dialect.SPEC), cursor.since(start))


def _record_items(cursor: Cursor) -> tuple[Where | FieldSelection | Invalid, ...]:
    starts = words_start(*RECORD_ITEMS)

    def item(cursor: Cursor) -> Where | FieldSelection:
        begin = cursor.token
        word = keyword(cursor, "an item of this block", RECORD_ITEMS)
        return _where(cursor, begin.start) if word == "where" else selection(cursor, word, begin, RECORD_ITEMS)

    return block(cursor, item, starts)


def related(cursor: Cursor) -> Related:
    """`contacts { ... }`, `opportunities { ... }`, or `none`."""
    word = cursor.take()
    table: Literal["contacts", "opportunities"] = "contacts" if word.lower == "contacts" else "opportunities"
    if cursor.accept_word("none"):
        return Related(table, True, (), cursor.since(word.start))
    return Related(table, False, _record_items(cursor), cursor.since(word.start))


def custom_object(cursor: Cursor) -> CustomObject:
    """`object X as "Name" on account|contact via Link [{ ... }]`."""
    start = cursor.take().start
    sobject = name(cursor, "an object")
    cursor.expect_word("as")
    label = text(cursor, "a display name in double quotes")
    cursor.expect_word("on")
    word = cursor.choice("the parent", "account", "contact")
    parent: Literal["account", "contact"] = "account" if word == "account" else "contact"
    parent_span = cursor.last.span
    via = link(cursor)
    begin = cursor.index
    items = _record_items(cursor) if cursor.at_sign("{") else ()
    if not items:
        cursor.dropped += range(begin, cursor.index)
    return CustomObject(sobject, label, parent, via, items, cursor.since(start), parent_span)


def lookback(cursor: Cursor, start: int) -> Lookback:
    """`lookback N days`, `lookback` being taken already."""
    number = cursor.expect_kind(Kind.NUMBER, "a number of days")
    if cursor.token.is_word("day"):
        cursor.take()
    else:
        cursor.expect_word("days")
    days = int(number.text) if number.text.isdigit() and len(number.text) <= len(str(LONGEST_LOOKBACK)) else 0
    if not 1 <= days <= LONGEST_LOOKBACK:
        cursor.report(errors.out_of_range(number.span, "the lookback in days", "1", str(LONGEST_LOOKBACK)))
        days = min(max(days, 1), LONGEST_LOOKBACK)
    return Lookback(days, cursor.since(start))


def cases(cursor: Cursor) -> Cases:
    """`cases { ... }`."""
    start = cursor.take().start
    starts = words_start(*CASE_ITEMS)

    def item(cursor: Cursor) -> Where | Lookback | Conversation | FieldSelection | Sentiment:
        begin = cursor.token
        match word := keyword(cursor, "an item of `cases`", CASE_ITEMS):
            case "where":
                return _where(cursor, begin.start)
            case "lookback":
                return lookback(cursor, begin.start)
            case "conversation":
                chosen = cursor.choice("the conversation", "case_comments", "email_messages")
                source: Literal["case_comments", "email_messages"]
                source = "case_comments" if chosen == "case_comments" else "email_messages"
                return Conversation(source, cursor.since(begin.start))
            case "sentiment":
                on = cursor.choice("sentiment", "on", "off") == "on"
                return Sentiment(on, cursor.since(begin.start))
            case _:
                return selection(cursor, word, begin, CASE_ITEMS)

    items = block(cursor, item, starts)
    return Cases(items, cursor.since(start))


def _table(cursor: Cursor) -> Name:
    # Not `name`: behind a comma, `opportunities {` is no statement.
    token = cursor.expect_kind(Kind.NAME, "accounts or opportunities")
    return Name(token.text, token.span)


def chatter(cursor: Cursor) -> Chatter:
    """`chatter on accounts, opportunities { ... }`."""
    start = cursor.take().start
    cursor.expect_word("on")
    tables = separated(cursor, _table, lambda _: False)
    starts = words_start(*CHATTER_ITEMS)

    def item(cursor: Cursor) -> Every | Lookback | Where:
        begin = cursor.token
        match keyword(cursor, "an item of `chatter`", CHATTER_ITEMS):
            case "every":
                return every(cursor, begin.start)
            case "lookback":
                return lookback(cursor, begin.start)
            case _:
                return _where(cursor, begin.start)

    items = block(cursor, item, starts)
    return Chatter(tables, items, cursor.since(start))


def _writeback_field(cursor: Cursor) -> WritebackField:
    path = field_path(cursor)
    key = text(cursor, "the name in Statisfy in double quotes") if cursor.accept_word("from") else None
    return WritebackField(path, key, Span(path.span.start, cursor.last.end))


def writeback(cursor: Cursor) -> Writeback:
    """`writeback X { fields F [from "Key"], ...  conflicts ... }`."""
    start = cursor.take().start
    sobject = name(cursor, "an object")
    starts = words_start(*WRITEBACK_ITEMS)

    def item(cursor: Cursor) -> WritebackFields | Conflicts:
        begin = cursor.token
        if keyword(cursor, "an item of `writeback`", WRITEBACK_ITEMS) == "fields":
            fields = separated(cursor, _writeback_field, starts, WRITEBACK_ITEMS)
            return WritebackFields(fields, cursor.since(begin.start))
        chosen = cursor.choice("the rule for conflicts", "hold", "salesforce", "statisfy")
        policy: Literal["hold", "salesforce", "statisfy"]
        policy = "hold" if chosen == "hold" else "salesforce" if chosen == "salesforce" else "statisfy"
        return Conflicts(policy, cursor.since(begin.start))

    items = block(cursor, item, starts)
    return Writeback(sobject, items, cursor.since(start))
