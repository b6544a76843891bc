"""Values of SOQL: quoted text with its escapes, numbers, dates, date literals, currency amounts."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal

from grammar import condition_errors
from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.date_literals import COUNTED, PLAIN
from grammar.foreign_values import foreign_value, goes_on, unchecked, unquoted
from grammar.nearest import nearest
from grammar.parse_apex import apex_variable, at_variable
from grammar.soql_tree import (
    BooleanValue,
    CurrencyValue,
    DateLiteral,
    DateTimeValue,
    DateValue,
    NullValue,
    NumberValue,
    StringValue,
    TimeValue,
    Value,
)
from grammar.source import Span
from grammar.statement_starts import begins_something_else
from grammar.tokens import Kind, Token

_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_HEX = re.compile(r"[0-9A-Fa-f]{4}")
_CURRENCY = re.compile(r"([A-Za-z]{3})(\d+)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)")
VALUE_WORDS = "a value"
# Salesforce wants no blank between a value in quotes and the word that follows it.
_AFTER_VALUE = frozenset({"and", "or", "with", "group", "having", "order", "limit", "offset", "for", "update", "all"})
_LONGEST_NUMBER = 20
_LONGEST_COUNT = 9
_NO_ZONE = "the zone is missing"
_VALUE_HELP = "a value is text in single quotes, a number, a date, `true`, `false` or `null`"


def parse_value(cursor: Cursor, *, pattern: bool = False) -> Value:
    """Parse the value at the cursor, with `pattern` the pattern of LIKE; raises SyntaxFail where none stands."""
    token = cursor.token
    if not begins_something_else(cursor) and (foreign := foreign_value(cursor)):
        return foreign
    if cursor.at_kind(Kind.STRING, VALUE_WORDS):
        cursor.take()
        rest = cursor.token
        if rest.kind is Kind.STRING and rest.start == token.end:
            raise SyntaxFail(errors.inner_quote(token, rest))
        if rest.kind is Kind.NAME and rest.start == token.end and rest.lower not in _AFTER_VALUE:
            raise SyntaxFail(errors.inner_quote(token, rest))
        return string_value(cursor, token, pattern=pattern)
    match token.kind:
        case Kind.TEXT | Kind.CURLY:
            cursor.take()
            cursor.report(condition_errors.double_quotes(token))
            return StringValue(
                string_value(cursor, token).value, condition_errors.single_quoted(token.text[1:-1]), token.span
            )
        case Kind.UNCLOSED:
            cursor.take()
            cursor.report(errors.unclosed_quote(token))
            inside = token.text[1:].rstrip()
            return StringValue(inside, inside, Span(token.start, token.start + 1 + len(inside)))
        case Kind.BAD if token.text in "+-" and cursor.peek().kind is Kind.NUMBER and cursor.peek().text[0].isdigit():
            # Salesforce's own grammar takes a blank behind the sign.
            cursor.dropped.append(cursor.index)
            cursor.take()
            number = cursor.take()
            return NumberValue(token.text + number.text, Span(token.start, number.end))
        case Kind.NUMBER:
            cursor.take()
            if goes_on(cursor) and cursor.joined(cursor.index):
                return unquoted(cursor, token)
            if not _NUMBER.fullmatch(token.text):
                cursor.report(condition_errors.bad_number(token.span, token.text, _plain_number(token.text)))
            return NumberValue(token.text, token.span)
        case Kind.DATE | Kind.DATETIME | Kind.TIME:
            cursor.take()
            return _moment(cursor, token)
        case Kind.NAME if not begins_something_else(cursor):
            return _word(cursor)
        case Kind.PUNCTUATION if at_variable(cursor):
            return apex_variable(cursor)
        case _:
            cursor.offer("`true`", "`false`", "`null`", "`TODAY`")
            raise cursor.fail(_VALUE_HELP)


def _plain_number(text: str) -> str | None:
    """`5.` without its point and `1e6` without its exponent; None where that would be a very long number."""
    if len(text) > _LONGEST_NUMBER:
        return None
    value = Decimal(text)
    return f"{value:f}" if abs(value.adjusted()) < _LONGEST_NUMBER else None


def whole_number(token: Token, what: str) -> int:
    """The value of a number without sign and point, or a failure; `what` says what it counts."""
    if not token.text.isdigit():
        raise SyntaxFail(condition_errors.not_whole(token.span, token.text, what))
    if len(token.text) > _LONGEST_COUNT:
        raise SyntaxFail(errors.out_of_range(token.span, what, "0", "9" * _LONGEST_COUNT))
    return int(token.text)


def string_value(cursor: Cursor, token: Token, *, pattern: bool = False) -> StringValue:
    r"""The text that a STRING token stands for; an unknown escape is reported and kept as it is.

    `pattern`: it stands behind LIKE, where `\_` and `\%` are escapes.
    """
    raw = token.text[1:-1]
    if "\\" not in raw:
        return StringValue(raw, raw, token.span)
    out: list[str] = []
    at = 0
    while at < len(raw):
        if raw[at] != "\\":
            out.append(raw[at])
            at += 1
            continue
        mark = raw[at + 1]
        size = 2
        if mark.lower() in _SIMPLE:
            out.append(_SIMPLE[mark.lower()])
        elif pattern and mark in "_%":
            # LIKE needs to see these escaped, so the value keeps its backslash.
            out.append("\\" + mark)
        elif mark == "u" and _HEX.match(raw, at + 2):
            size = 6
            out.append(chr(int(raw[at + 2 : at + 6], 16)))
        else:
            start = token.start + 1 + at
            cursor.report(condition_errors.bad_escape(Span(start, start + 2), raw[at : at + 2]))
            out.append(raw[at : at + 2])
        at += size
    return StringValue("".join(out), raw, token.span)


def _moment(cursor: Cursor, token: Token) -> Value:
    text = token.text
    if token.kind is Kind.DATE:
        if why := _why_no_date(text):
            cursor.report(condition_errors.bad_date(token, why, "2026-01-31", _padded(text)))
            return unchecked(text, token.span)
        return DateValue(text, token.span)
    if token.kind is Kind.TIME:
        if why := _why_no_time(text.rstrip("Zz"), text[-1] in "Zz"):
            cursor.report(condition_errors.bad_date(token, why, "10:20:30.000Z"))
        return TimeValue(text, token.span)
    day, clock = re.split("[Tt]", text, maxsplit=1)
    zone = re.search(r"([Zz]|[+-]\d{2}:?\d{2})$", clock)
    bare = clock[: zone.start()] if zone else clock
    if why := _why_no_date(day) or _why_no_time(bare, zone is not None):
        meant = f"{text}Z" if why == _NO_ZONE and _why_no_date(day) is None else None
        cursor.report(condition_errors.bad_date(token, why, "2026-01-31T10:20:30Z", meant))
        return unchecked(text, token.span)
    return DateTimeValue(text, token.span)


def _padded(text: str) -> str | None:
    """`2024-1-5` with all its digits; None where that is no day."""
    year, month, day = text.split("-")
    padded = f"{year}-{month:0>2}-{day:0>2}"
    return padded if padded != text and _why_no_date(padded) is None else None


def _why_no_date(text: str) -> str | None:
    year, month, day = text.split("-")
    if len(month) != 2 or len(day) != 2:
        return "month and day have two digits"
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return "there is no such day"
    if not 1700 <= int(year) <= 4000:
        return "the year must be from 1700 to 4000"
    return None


def _why_no_time(text: str, zone: bool) -> str | None:
    parts = text.split(":")
    if len(parts) < 3:
        return "seconds are missing"
    if not zone:
        return _NO_ZONE
    if any(len(part.split(".")[0]) != 2 for part in parts):
        return "hours, minutes and seconds have two digits"
    try:
        time(int(parts[0]), int(parts[1]), int(parts[2].split(".")[0]))
    except ValueError:
        return "there is no such time"
    return None


def _word(cursor: Cursor) -> Value:
    token = cursor.take()
    lower, upper = token.text.lower(), token.text.upper()
    if cursor.token.text == "(" and cursor.token.start == token.end:
        return _function_as_value(cursor, token)
    if lower in ("true", "false"):
        return BooleanValue(lower == "true", token.span)
    if lower == "null":
        return NullValue(token.span)
    if upper in PLAIN or upper in COUNTED:
        return _date_literal(cursor, token, upper)
    if money := _CURRENCY.fullmatch(token.text):
        amount = money[2]
        end = token.end
        dot, digits = cursor.token, cursor.peek()
        if (dot.text, dot.start) == (".", end) and (digits.kind, digits.start) == (Kind.NUMBER, dot.end):
            cursor.take()
            cursor.take()
            amount, end = f"{amount}.{digits.text}", digits.end
        elif (dot.kind, dot.start) == (Kind.NUMBER, end):
            cursor.take()
            amount, end = amount + dot.text, dot.end
        return CurrencyValue(money[1].upper(), amount, Span(token.start, end))
    if cursor.token.text == ":" and cursor.peek().kind is Kind.NUMBER:
        return _unknown_date_literal(cursor, token)
    return unquoted(cursor, token)


def _unknown_date_literal(cursor: Cursor, token: Token) -> DateLiteral:
    cursor.take()
    number = cursor.take()
    span = Span(token.start, number.end)
    near = nearest(token.text, COUNTED)
    cursor.report(condition_errors.unknown_date_literal(span, token.text, number.text, near))
    return DateLiteral(near or "LAST_N_DAYS", 1, span)


def _function_as_value(cursor: Cursor, token: Token) -> DateLiteral:
    """`TODAY()`, `NOW() - 30`: one mistake, up to the last sign that belongs to it."""
    depth = 0
    # A parenthesis that its line does not close must not swallow the lines below.
    while cursor.token.kind is not Kind.END and not cursor.token.first:
        depth += {"(": 1, ")": -1}.get(cursor.token.text, 0)
        cursor.take()
        if depth == 0:
            break
    end = cursor.last.end
    plain = token.text.upper() if token.text.upper() in PLAIN else None
    while not cursor.token.first and (cursor.token.text in ("*", "/") or cursor.token.text[:1] in ("+", "-")):
        if cursor.take().kind is Kind.BAD and cursor.token.kind in (Kind.NUMBER, Kind.NAME) and not cursor.token.first:
            cursor.take()
        end, plain = cursor.last.end, None
    span = Span(token.start, end)
    cursor.report(condition_errors.function_as_value(span, cursor.text[span.start : end], plain))
    return DateLiteral("TODAY", None, span)


def _date_literal(cursor: Cursor, token: Token, name: str) -> DateLiteral:
    count: int | None = None
    end = token.end
    if cursor.token.text == ":":
        cursor.take()
        number = cursor.expect_kind(Kind.NUMBER)
        end = number.end
        count = whole_number(number, f"the number behind `{name}:`")
    span = Span(token.start, end)
    if (count is not None) != (name in COUNTED):
        cursor.report(condition_errors.date_literal_count(span, name, name in COUNTED))
    return DateLiteral(name, count, span)
