"""The statements about accounts: `accounts`, `owners`, `arr`, `renewal`, `metric`, `define`."""

from __future__ import annotations

import re
from typing import Literal, get_args

from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.date_literals import COUNTED, PLAIN
from grammar.parse_block import block, keyword, name, selection, text, words_start
from grammar.parse_comparison import Dialect
from grammar.parse_operator import is_operator
from grammar.parse_path import field_path
from grammar.parse_soql import condition
from grammar.parse_value import parse_value, string_value
from grammar.shapes import AGGREGATE, ITEMS, STATEMENTS
from grammar.soql_tree import Condition, FieldPath, Value
from grammar.source import Span
from grammar.spec_tree import (
    AccountFilter,
    Accounts,
    AccountValue,
    Aggregate,
    Currency,
    Define,
    FieldSelection,
    Link,
    Metric,
    NoValue,
    OnLeaving,
    OwnerChild,
    OwnerRule,
    Owners,
    SkipInactive,
)
from grammar.statement_starts import begins_statement
from grammar.tokens import Kind

ACCOUNT_ITEMS = ("where", "customer", "prospect", "partner", "fields", "also", "except", "on")
_CONDITION = re.compile(r"[=<>]|\s(like|in|includes)\s", re.IGNORECASE)
AggregateName = Literal["sum", "max", "min", "latest", "earliest", "average", "count"]
AGGREGATES: tuple[str, ...] = get_args(AggregateName)


def where(cursor: Cursor) -> Condition:
    """`where C`."""
    token, following = cursor.token, cursor.peek()
    if token.kind is Kind.NAME and not token.is_word("where") and (is_operator(following) or following.text == "."):
        cursor.report(errors.missing_word("where", token, ITEMS["where"]))
    else:
        cursor.expect_word("where")
    if cursor.token.text in (":", "="):
        cursor.dropped.append(cursor.index)
        cursor.report(errors.sign_behind_word(cursor.take(), "where"))
    if cursor.token.kind is Kind.TEXT and _CONDITION.search(cursor.token.text):
        raise SyntaxFail(errors.quoted_condition(cursor.token))
    return condition(cursor, Dialect.SPEC)


def link(cursor: Cursor) -> Link:
    """`via Field`, `via Path.To.Field`, `via F = G`."""
    start = cursor.expect_word("via").end
    child = field_path(cursor)
    parent = field_path(cursor) if cursor.accept_sign("=") else None
    return Link(child, parent, Span(child.span.start if start else 0, cursor.last.end))


def accounts(cursor: Cursor) -> Accounts:
    """`accounts { ... }`."""
    start = cursor.take().start
    starts = words_start(*ACCOUNT_ITEMS)

    def item(cursor: Cursor) -> AccountFilter | FieldSelection | OnLeaving:
        begin = cursor.token
        if cursor.at_word("where"):
            return AccountFilter("all", where(cursor), cursor.since(begin.start))
        match word := keyword(cursor, "an item of `accounts`", ACCOUNT_ITEMS):
            case "where":
                return AccountFilter("all", condition(cursor, Dialect.SPEC), cursor.since(begin.start))
            case "customer" | "prospect" | "partner":
                return AccountFilter(word, where(cursor), cursor.since(begin.start))
            case "on":
                cursor.expect_word("leaving")
                policy = cursor.choice("what happens to accounts that leave", "keep", "remove")
                return OnLeaving("keep" if policy == "keep" else "remove", cursor.since(begin.start))
            case _:
                return selection(cursor, word, begin, ACCOUNT_ITEMS)

    items = block(cursor, item, starts)
    return Accounts(items, cursor.since(start))


def _starts_owner(cursor: Cursor) -> bool:
    token = cursor.token
    if token.kind not in (Kind.NAME, Kind.TEXT):
        return False
    return cursor.peek().is_word("from") or (token.is_word("skip") and cursor.peek().is_word("inactive"))


def owners(cursor: Cursor) -> Owners:
    """`owners { ... }`."""
    start = cursor.take().start

    def item(cursor: Cursor) -> OwnerRule | SkipInactive:
        begin = cursor.token
        if cursor.at_word("skip"):
            cursor.take()
            cursor.expect_phrase("inactive", "users")
            return SkipInactive(cursor.since(begin.start))
        if begin.kind is Kind.NAME and not cursor.peek().is_word("from") and "`of`" in cursor.tried:
            # Behind a source stands what continues it, or the next kind with its `from`.
            raise cursor.fail()
        quoted = begin.kind is Kind.TEXT
        kind = text(cursor, "an owner kind").value if quoted else cursor.expect_kind(Kind.NAME, "an owner kind").lower
        cursor.expect_word("from")
        sources = [_owner_source(cursor)]
        while cursor.accept_word("else"):
            sources.append(_owner_source(cursor))
        return OwnerRule(kind, quoted, tuple(sources), cursor.since(begin.start), begin.span)

    items = block(cursor, item, _starts_owner)
    return Owners(items, cursor.since(start))


def _owner_source(cursor: Cursor) -> FieldPath | OwnerChild:
    path = field_path(cursor)
    if not cursor.accept_word("of"):
        return path
    child = name(cursor, "a child object")
    via = link(cursor)
    narrowed = where(cursor) if cursor.at_word("where") else None
    return OwnerChild(path, child, via, narrowed, cursor.since(path.span.start))


def account_value(cursor: Cursor) -> AccountValue:
    """`arr ...` or `renewal ...`."""
    word = cursor.take()
    column: Literal["arr", "renewal"] = "arr" if word.lower == "arr" else "renewal"
    if none := cursor.accept_word("none"):
        return AccountValue(column, NoValue(none.span), cursor.since(word.start))
    if cursor.token.kind is Kind.NAME and not cursor.at_word("from") and not begins_statement(cursor):
        # Whatever stands here is read as what `from` would lead to.
        shape = f"{column} from {AGGREGATE}" if cursor.peek().text == "(" else STATEMENTS[column]
        cursor.report(errors.missing_word("from", cursor.token, shape))
    else:
        cursor.expect_word("from")
    if cursor.token.is_word("none") and cursor.peek().text != ".":
        span = Span(cursor.last.start, cursor.token.end)
        cursor.report(errors.from_none(span, column))
        return AccountValue(column, NoValue(cursor.take().span), cursor.since(word.start))
    cursor.offer(*(f"`{function}`" for function in AGGREGATES))
    source: FieldPath | Aggregate
    source = aggregate(cursor) if cursor.peek().text == "(" else field_path(cursor, "a field or an aggregate")
    return AccountValue(column, source, cursor.since(word.start))


def metric(cursor: Cursor) -> Metric:
    """`metric "M" from AGG...`."""
    start = cursor.take().start
    label = text(cursor, "the metric's name in double quotes")
    cursor.expect_word("from")
    return Metric(label, aggregate(cursor), cursor.since(start))


def define(cursor: Cursor) -> Define:
    """`define N on X where C`."""
    start = cursor.take().start
    defined = name(cursor, "a name for the condition")
    cursor.expect_word("on")
    sobject = name(cursor, "an object")
    return Define(defined, sobject, where(cursor), cursor.since(start))


def aggregate(cursor: Cursor) -> Aggregate:
    """`AGG(F) of Child via Link [by G] [in ... currency] [where C] [else V]`."""
    begin = cursor.token
    function = _aggregate_name(keyword(cursor, "an aggregate", AGGREGATES))
    cursor.expect_sign("(")
    value = None if cursor.at_sign(")") else field_path(cursor)
    cursor.expect_sign(")")
    cursor.expect_word("of")
    sobject = name(cursor, "a child object")
    via = link(cursor)
    by = field_path(cursor) if cursor.accept_word("by") else None
    currency = _currency(cursor) if cursor.at_word("in") else None
    narrowed = where(cursor) if cursor.at_word("where") else None
    otherwise = _otherwise(cursor) if cursor.accept_word("else") else None
    if cursor.at_word("by", "in", "where") and not begins_statement(cursor):
        raise cursor.fail("the order is: by, in ... currency, where, else")
    return Aggregate(
        function,
        value,
        sobject,
        via,
        by,
        currency,
        narrowed,
        otherwise,
        cursor.since(begin.start),
        begin.span,
    )


def _aggregate_name(word: str) -> AggregateName:
    for known in get_args(AggregateName):
        if word == known:
            return known  # type: ignore[no-any-return]  # get_args forgets the type of a Literal's values
    raise AssertionError(word)


def _currency(cursor: Cursor) -> Currency:
    start = cursor.take().start
    if cursor.at_kind(Kind.TEXT, "a currency code in double quotes"):
        code = string_value(cursor, cursor.take()).value
        cursor.expect_word("currency")
        return Currency("code", code, cursor.since(start))
    word = cursor.choice("the currency", "corporate", "account")
    cursor.expect_word("currency")
    return Currency("corporate" if word == "corporate" else "account", None, cursor.since(start))


def _otherwise(cursor: Cursor) -> Value | FieldPath:
    token = cursor.token
    word = token.text.upper()
    if token.kind is Kind.NAME and word not in ("TRUE", "FALSE", "NULL") and word not in PLAIN | COUNTED:
        return field_path(cursor)
    if token.kind is Kind.PUNCTUATION:
        raise SyntaxFail(errors.unexpected(token, ("a value", "a field of the account")))
    return parse_value(cursor)
