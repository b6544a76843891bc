"""Values as people write them elsewhere: `$5,000`, `31.12.2026`, `LAST 30 DAYS`, words without quotes.

Each is reported with what it means in SOQL, and read as a text that no later check looks at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache

from grammar import condition_errors, foreign_errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.date_literals import COUNTED, PLAIN
from grammar.diagnostics import Diagnostic
from grammar.soql_tree import NumberValue, StringValue, Value
from grammar.source import Span
from grammar.tokens import Kind, Token

_MONEY = r"[$€£¥]\s?(\d[\d,]*(?:\.\d+)?)\s?(k|m|mm|mio|mn|bn|b)?\b"
_SCALED = r"(\d[\d,]*(?:\.\d+)?)\s?(k|m|mm|mio|mn|bn)\b"
_PERCENT = r"(\d+(?:\.\d+)?)()\s?%"
_CODES = "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|INR|CNY|HKD|SGD|BRL|MXN|ZAR|ILS|AED|KRW|TRY"
_WITH_CODE = rf"(?-i:({_CODES})\s(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?)\s?({_CODES}))\b"
_DAY = r"(\d{1,4})([/.-])(\d{1,2})\2(\d{2,4})(?![\w/.-])"
_FORMULA_DAY = r"date\s*\(\s*(\d{4})\s*,\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)"
_FROM_TODAY = r"today\s*(?:\(\s*\))?\s*([+-])\s*(\d{1,5})\b"
_UNIT = r"(fiscal[ _]quarter|fiscal[ _]year|day|week|month|quarter|year)s?"
_COUNTED_PERIOD = rf"(last|next|previous|past)[ _]+(?:n[ _]+)?(\d{{1,5}})[ _]+{_UNIT}\b(?!\s*:)"
_LOOSE_COUNT = rf"(last|next)_n_{_UNIT}\s*(?:\(\s*(\d{{1,5}})\s*\)|\s(\d{{1,5}})\b)"
_PERIOD = rf"(last|next|this|previous|current)[ _]+{_UNIT}\b(?!\s*:)"
_AGO = rf"(\d{{1,5}})[ _]+{_UNIT}[ _]+ago\b"
_SIDES = {"previous": "LAST", "past": "LAST", "current": "THIS"}
_SCALES = {"": 1, "k": 10**3, "m": 10**6, "mm": 10**6, "mio": 10**6, "mn": 10**6, "bn": 10**9, "b": 10**9}
_LONGEST = 30
_MONEY_SIGNS = ("$", "€", "£", "¥")
_FIRST_WORDS = frozenset({"LAST", "NEXT", "THIS", "PREVIOUS", "PAST", "CURRENT", "TODAY", "DATE", *_CODES.split("|")})


def foreign_value(cursor: Cursor) -> Value | None:
    """The value at the cursor if it has a form that SOQL lacks; it is reported, and None means that it has not."""
    if not _may_be_foreign(cursor):
        return None
    token = cursor.token
    for pattern, say in _forms():
        match = pattern.match(cursor.text, token.start)
        if match is not None and (diagnostic := say(match, Span(match.start(), match.end()))) is not None:
            while cursor.token.start < match.end() and cursor.token.kind is not Kind.END:
                cursor.take()
            cursor.report(diagnostic)
            return unchecked(match[0], Span(match.start(), match.end()))
    return None


def _may_be_foreign(cursor: Cursor) -> bool:
    """Whether it is worth to look closer: the words of SOQL itself, and plain numbers, are not."""
    token, following = cursor.token, cursor.peek()
    joined = following.start == token.end
    match token.kind:
        case Kind.NUMBER:
            if joined or following.text == "%":
                return following.text not in (",", ")", "}")
            return following.kind is Kind.NAME and not following.first and following.lower not in TEXT_ENDS
        case Kind.NAME:
            word = token.text.upper()
            if word in COUNTED:
                return following.text != ":"
            if word in PLAIN:
                return following.kind is Kind.NUMBER or following.text in ("(", "+", "-")
            return word.split("_")[0] in _FIRST_WORDS
        case _:
            return token.text in _MONEY_SIGNS


def unchecked(written: str, span: Span) -> StringValue:
    """What stands in the tree for a value that was reported: its type is not looked at again."""
    return StringValue(written, written, span)


def _amount(match: re.Match[str], span: Span) -> Diagnostic | None:
    if len(match[1]) > _LONGEST:
        return None
    number = Decimal(match[1].replace(",", "")) * _SCALES[(match[2] or "").lower()]
    text = f"{number:f}"
    meant = text.rstrip("0").rstrip(".") if "." in text and match[2] else text
    return condition_errors.bad_number(span, match[0], meant)


def _amount_with_code(match: re.Match[str], span: Span) -> Diagnostic:
    amount = (match[2] or match[3]).replace(",", "")
    return condition_errors.bad_number(span, match[0], f"{match[1] or match[4]}{amount}")


def _day(match: re.Match[str], span: Span) -> Diagnostic | None:
    first, sign, second, third = match.groups()
    if len(first) == 4:
        days = [(first, second, third)]
    elif len(first) > 2 or len(third) == 3:
        return None
    else:
        year = third if len(third) == 4 else f"20{third}"
        days = [(year, second, first)] if sign == "." else [(year, first, second), (year, second, first)]
    found = [day for parts in days if (day := _iso(*parts)) is not None]
    return foreign_errors.foreign_date(span, match[0], tuple(dict.fromkeys(found)))


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _formula_day(match: re.Match[str], span: Span) -> Diagnostic:
    meant = _iso(match[1], match[2], match[3])
    return foreign_errors.foreign_date(span, match[0], (meant,) if meant else ())


def _from_today(match: re.Match[str], span: Span) -> Diagnostic:
    return foreign_errors.days_from_today(span, match[0], match[1], match[2])


def _counted(match: re.Match[str], span: Span) -> Diagnostic | None:
    return _literal(span, match[0], f"{_side(match[1])}_N_{_unit(match[3])}S:{match[2]}")


def _loose_count(match: re.Match[str], span: Span) -> Diagnostic | None:
    return _literal(span, match[0], f"{_side(match[1])}_N_{_unit(match[2])}S:{match[3] or match[4]}")


def _period(match: re.Match[str], span: Span) -> Diagnostic | None:
    return _literal(span, match[0], f"{_side(match[1])}_{_unit(match[2])}")


def _ago(match: re.Match[str], span: Span) -> Diagnostic | None:
    return _literal(span, match[0], f"N_{_unit(match[2])}S_AGO:{match[1]}")


def _side(word: str) -> str:
    return _SIDES.get(word.lower(), word.upper())


def _unit(words: str) -> str:
    return words.upper().replace(" ", "_")


def _literal(span: Span, written: str, meant: str) -> Diagnostic | None:
    """What to say of a loosely written date literal; None if it is one, or means none."""
    if written.upper() in PLAIN or (meant not in PLAIN and meant.split(":")[0] not in COUNTED):
        return None
    return foreign_errors.loose_date_literal(span, written, meant)


@cache
def _forms() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Span], Diagnostic | None]], ...]:
    """The forms with what to say of each, compiled when the first value may have one: most texts have none."""
    written = (
        (_DAY, _day),
        (_WITH_CODE, _amount_with_code),
        (_MONEY, _amount),
        (_SCALED, _amount),
        (_PERCENT, _amount),
        (_FORMULA_DAY, _formula_day),
        (_FROM_TODAY, _from_today),
        (_COUNTED_PERIOD, _counted),
        (_LOOSE_COUNT, _loose_count),
        (_PERIOD, _period),
        (_AGO, _ago),
    )
    return tuple((re.compile(pattern, re.IGNORECASE), say) for pattern, say in written)


def refuse_thousands(cursor: Cursor, value: Value) -> None:
    """Report `1,000,000`, of which `value` is the first digits, and pass over the rest; for places without a list."""
    if not isinstance(value, NumberValue):
        return
    end, digits = value.span.end, value.text
    while (
        (cursor.token.text, cursor.token.start) == (",", end)
        and (number := cursor.peek()).kind is Kind.NUMBER
        and number.start == end + 1
        and re.fullmatch(r"\d{3}(\.\d+)?", number.text)
    ):
        cursor.take()
        end = cursor.take().end
        digits += number.text
    if end > value.span.end:
        span = Span(value.span.start, end)
        cursor.report(condition_errors.bad_number(span, cursor.text[span.start : span.end], digits))


# Words that end a text without quotes: joints, clauses, and what may follow a condition in a spec.
TEXT_ENDS = frozenset(
    {"and", "or", "not", "order", "group", "limit", "offset", "with", "where", "else", "fields", "also", "except", "on"}
    | {"skip", "customer", "prospect", "partner", "lookback", "conversation", "sentiment", "every", "in", "by", "as"}
)
# A quote that can only end a text, unlike the one in `Bob's`: all that follows is cut wrongly.
_ENDING_QUOTE = re.compile(r"'(?=[ \t\r]*(?:[,)}]|$|(?:and|or)\b))", re.IGNORECASE | re.MULTILINE)
_SIGNS_INSIDE = frozenset("-/&@%+.:_")
_COMPARES = frozenset({"=", "!=", "<>", "<", "<=", ">", ">=", "."})
_COMPARING = frozenset({"from", "like", "in", "not", "includes", "excludes", "is", "contains"})


def unquoted(cursor: Cursor, first: Token) -> StringValue:
    """Words without quotes, of which `first` is taken: reported, with all that seems to belong to them."""
    while goes_on(cursor):
        cursor.take()
    span = cursor.since(first.start)
    text = cursor.text[span.start : span.end]
    if _ENDING_QUOTE.match(cursor.text, span.end):
        raise SyntaxFail(condition_errors.unopened_quote(span, text))
    cursor.report(condition_errors.unquoted_value(span, text))
    return unchecked(text, span)


def goes_on(cursor: Cursor) -> bool:
    """Whether the current token seems to belong to the words before it."""
    token, following = cursor.token, cursor.peek()
    if token.first or token.kind is Kind.END:
        return False
    if cursor.joined(cursor.index):
        return (token.kind in (Kind.NAME, Kind.NUMBER) and token.lower not in TEXT_ENDS) or token.text in _SIGNS_INSIDE
    if token.text in ("-", "&", "/") and following.kind is Kind.NAME and not following.first:
        return True
    return (
        token.kind is Kind.NAME
        and token.lower not in TEXT_ENDS
        and following.text not in _COMPARES
        and following.lower not in _COMPARING
    )
