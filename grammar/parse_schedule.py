"""`schedule`, the `every` of chatter, and `guards`."""

from __future__ import annotations

import re
from typing import Literal

from grammar import condition_errors
from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.parse_block import block, text
from grammar.shapes import ITEMS
from grammar.spec_tree import Every, FillGuard, Guards, LeaveGuard, MoveGuard, Name, Percent, Schedule, Text
from grammar.tokens import Kind

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def schedule(cursor: Cursor) -> Schedule:
    """`schedule every ...`."""
    start = cursor.take().start
    begin = cursor.expect_word("every").start
    return Schedule(every(cursor, begin), cursor.since(start))


def every(cursor: Cursor, start: int) -> Every:
    """What stands behind `every`, which is taken already."""
    word = cursor.choice("the period", "hour", "day", "week")
    period: Literal["hour", "day", "week"] = "hour" if word == "hour" else "day" if word == "day" else "week"
    weekday = at = None
    if period == "week":
        cursor.expect_word("on")
        weekday = cursor.choice("a day of the week", *WEEKDAYS)
    if period != "hour":
        cursor.expect_word("at")
        at = _clock(cursor)
    zone = None
    if cursor.at_word("in"):
        cursor.take()
        zone = text(cursor, "a time zone in double quotes")
    return Every(period, weekday, at, zone, cursor.since(start))


def _clock(cursor: Cursor) -> str:
    token = cursor.expect_kind(Kind.TIME, "a time such as 02:00")
    if not _CLOCK.fullmatch(token.text):
        padded = f"0{token.text}" if token.text[1] == ":" else "02:00"
        cursor.report(
            condition_errors.bad_clock(token, "hours are 00 to 23 and minutes 00 to 59, two digits each", padded)
        )
    return token.text


def guards(cursor: Cursor) -> Guards:
    """`guards { ... }`."""
    start = cursor.take().start

    def item(cursor: Cursor) -> LeaveGuard | MoveGuard | FillGuard:
        begin = cursor.token
        subject: Name | Text
        if begin.kind is Kind.TEXT:
            subject = text(cursor, "a name")
        else:
            token = cursor.expect_kind(Kind.NAME, "a table, a number or an owner kind")
            subject = Name(token.text, token.span)
        if cursor.accept_word("filled"):
            cursor.shape = ITEMS["filled"]
            cursor.expect_phrase("on", "at", "least")
            limit = _percent(cursor)
            cursor.expect_phrase("of", "customers")
            return FillGuard(subject, limit, cursor.since(begin.start))
        cursor.expect_word("may")
        verb = cursor.choice("what a guard watches", "leave", "move")
        cursor.shape = ITEMS[verb]
        cursor.expect_phrase("at", "most")
        limit = _percent(cursor)
        span = cursor.since(begin.start)
        return LeaveGuard(subject, limit, span) if verb == "leave" else MoveGuard(subject, limit, span)

    def starts(cursor: Cursor) -> bool:
        return cursor.token.kind in (Kind.NAME, Kind.TEXT) and cursor.peek().lower in ("may", "filled")

    items = block(cursor, item, starts)
    return Guards(items, cursor.since(start))


def _percent(cursor: Cursor) -> Percent:
    number = cursor.expect_kind(Kind.NUMBER, "a percentage such as 10%")
    if not cursor.accept_sign("%"):
        cursor.note_expected()
        word = cursor.take() if cursor.token.is_word("percent") else None
        cursor.report(errors.missing_percent(number, word))
    span = cursor.since(number.start)
    if not re.fullmatch(r"\d+(\.\d+)?", number.text):
        raise SyntaxFail(condition_errors.bad_number(number.span, number.text))
    if float(number.text) > 100:
        cursor.report(errors.out_of_range(span, "a guard's share", "0%", "100%"))
    return Percent(number.text, span)
