"""Variables of Apex code in SOQL, `:name`: read over in one piece, so that what follows is still understood."""

from __future__ import annotations

from grammar import condition_errors
from grammar.cursor import Cursor
from grammar.soql_tree import StringValue
from grammar.source import Span
from grammar.tokens import Kind


def at_variable(cursor: Cursor) -> bool:
    """Whether a variable of Apex stands here."""
    following = cursor.peek()
    return cursor.token.text == ":" and (following.kind is Kind.NAME or following.text in ("(", "["))


def apex_variable(cursor: Cursor) -> StringValue:
    """Report a variable and stand in for it with its own text."""
    colon = cursor.take()
    start = cursor.token.start
    _operand(cursor)
    while _at_arithmetic(cursor):
        if cursor.token.kind is Kind.BAD:
            cursor.take()
        _operand(cursor)
    end = cursor.last.end
    text = cursor.text[start:end]
    span = Span(colon.start, end)
    cursor.report(condition_errors.bind_variable(span, text))
    return StringValue(text, text, span)


def _operand(cursor: Cursor) -> None:
    token = cursor.token
    if token.text in ("(", "["):
        _bracketed(cursor)
    elif token.kind in (Kind.NAME, Kind.NUMBER, Kind.STRING):
        cursor.take()
    else:
        return
    while True:
        here, then = cursor.token, cursor.peek()
        if here.text == "?" and then.text == ".":
            cursor.take()
        elif here.text == "." and then.kind is Kind.NAME:
            cursor.take()
            cursor.take()
        elif here.text in ("(", "["):
            _bracketed(cursor)
        else:
            return


def _bracketed(cursor: Cursor) -> None:
    depth = 0
    while cursor.token.kind is not Kind.END:
        token = cursor.take()
        if token.text in ("(", "["):
            depth += 1
        elif token.text in (")", "]"):
            depth -= 1
            if depth == 0:
                return


def _at_arithmetic(cursor: Cursor) -> bool:
    here, then = cursor.token, cursor.peek()
    if here.kind is Kind.NUMBER:
        return here.text[0] in "+-"
    joins = here.kind is Kind.BAD and here.text in "+-*/"
    return joins and (then.kind in (Kind.NAME, Kind.NUMBER, Kind.STRING) or then.text == "(")
