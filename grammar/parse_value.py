"""Values of SOQL: quoted text with its escapes, numbers, dates, date literals, currency amounts."""

from __future__ import annotations

import re
from datetime import date, time

from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.date_literals import COUNTED, PLAIN
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
from grammar.tokens import Kind, Token

_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_HEX = re.compile(r"[0-9A-Fa-f]{4}")
_CURRENCY = re.compile(r"([A-Za-z]{3})(\d+)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)")
VALUE_WORDS = "a value"


def parse_value(cursor: Cursor) -> Value:
    """Parse the value at the cursor; raises SyntaxFail where none stands."""
    token = cursor.token
    if cursor.at_kind(Kind.STRING, VALUE_WORDS):
        cursor.take()
        return string_value(cursor, token)
    match token.kind:
        case Kind.TEXT:
            cursor.take()
            cursor.report(errors.double_quotes(token))
            return StringValue(token.text[1:-1], token.text[1:-1], token.span)
        case Kind.UNCLOSED:
            cursor.take()
            cursor.report(errors.unclosed_quote(token))
            return StringValue(token.text[1:], token.text[1:], token.span)
        case Kind.NUMBER:
            cursor.take()
            if not _NUMBER.fullmatch(token.text):
                cursor.report(errors.bad_number(token))
            return NumberValue(token.text, token.span)
        case Kind.DATE | Kind.DATETIME | Kind.TIME:
            cursor.take()
            return _moment(cursor, token)
        case Kind.NAME:
            return _word(cursor)
        case Kind.PUNCTUATION if token.text == ":" and cursor.peek().kind is Kind.NAME:
            cursor.take()
            name = cursor.take()
            span = Span(token.start, name.end)
            cursor.report(errors.bind_variable(span, name.text))
            return StringValue(name.text, name.text, span)
        case _:
            raise cursor.fail()


def string_value(cursor: Cursor, token: Token) -> StringValue:
    """The text that a STRING token stands for; an unknown escape is reported and kept as it is."""
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
        elif mark in "_%":
            # LIKE needs to see these escaped, so the value keeps its backslash.
            out.append("\\" + mark)
        elif mark == "u" and _HEX.match(raw, at + 2):
            size = 6
            out.append(chr(int(raw[at + 2 : at + 6], 16)))
        else:
            start = token.start + 1 + at
            cursor.report(errors.bad_escape(Span(start, start + 2), raw[at : at + 2]))
            out.append(raw[at : at + 2])
        at += size
    return StringValue("".join(out), raw, token.span)


def _moment(cursor: Cursor, token: Token) -> Value:
    text = token.text
    if token.kind is Kind.DATE:
        if why := _why_no_date(text):
            cursor.report(errors.bad_date(token, why, "2026-01-31"))
        return DateValue(text, token.span)
    if token.kind is Kind.TIME:
        if why := _why_no_time(text.rstrip("Zz"), text[-1] in "Zz"):
            cursor.report(errors.bad_date(token, why, "10:20:30.000Z"))
        return TimeValue(text, token.span)
    day, clock = re.split("[Tt]", text, maxsplit=1)
    zone = re.search(r"([Zz]|[+-]\d{2}:?\d{2})$", clock)
    bare = clock[: zone.start()] if zone else clock
    if why := _why_no_date(day) or _why_no_time(bare, zone is not None):
        cursor.report(errors.bad_date(token, why, "2026-01-31T10:20:30Z"))
    return DateTimeValue(text, token.span)


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
        return "the zone is missing"
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
    end = token.end
    while cursor.token.text == "." and cursor.peek().kind is Kind.NAME:
        cursor.take()
        end = cursor.take().end
    span = Span(token.start, end)
    text = cursor.text[token.start : end]
    cursor.report(errors.unquoted_value(token, span, text))
    return StringValue(text, text, span)


def _date_literal(cursor: Cursor, token: Token, name: str) -> DateLiteral:
    count: int | None = None
    end = token.end
    if cursor.token.text == ":":
        cursor.take()
        number = cursor.expect_kind(Kind.NUMBER)
        end = number.end
        if not number.text.isdigit():
            raise SyntaxFail(errors.bad_number(number))
        count = int(number.text)
    span = Span(token.start, end)
    if (count is not None) != (name in COUNTED):
        cursor.report(errors.date_literal_count(span, name, name in COUNTED))
    return DateLiteral(name, count, span)
