"""Understands a query, or a part of one, pasted where only its condition is wanted: reports what is too much."""

from __future__ import annotations

from typing import NamedTuple

from grammar import condition_errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.source import Span
from grammar.tokens import Kind, Token

_COMPARES = frozenset({"=", "!=", "<>", "<", "<=", ">", ">=", "."})
_COMPARING_WORDS = frozenset({"like", "in", "not", "includes", "excludes"})
_CLOSING = ("}", ")")
_TAILS = {"order": "by", "group": "by", "limit": None, "offset": None}


class Head(NamedTuple):
    """What stands before a pasted condition, and the number of the diagnostic that says so."""

    part: Span
    cut: Span
    diagnostic: int


def pass_query_head(cursor: Cursor) -> Head | None:
    """Pass over `WHERE`, or over `SELECT ... WHERE`, and report it. Raises SyntaxFail for a query without WHERE."""
    first, following = cursor.token, cursor.peek()
    if first.kind is not Kind.NAME or _compares(following):
        return None
    if _at_where(cursor):
        return _pass_to(cursor, first, cursor.index)
    if first.lower == "select" and following.kind in (Kind.NAME, Kind.PUNCTUATION) and following.text not in _CLOSING:
        return _pass_select(cursor, first)
    return None


def _pass_to(cursor: Cursor, first: Token, where: int) -> Head:
    while cursor.index <= where or _at_where(cursor):
        cursor.take()
    part, cut = cursor.since(first.start), Span(first.start, cursor.token.start)
    cursor.report(condition_errors.whole_query((part,), (cut,)))
    return Head(part, cut, len(cursor.diagnostics) - 1)


def _at_where(cursor: Cursor) -> bool:
    following = cursor.peek()
    goes_on = following.kind is Kind.NAME or following.text == "("
    return cursor.token.is_word("where") and goes_on and not _compares(following)


def _pass_select(cursor: Cursor, first: Token) -> Head | None:
    depth = 0
    seen_from = False
    at = cursor.index
    while (token := cursor.tokens[at]).kind is not Kind.END and token.text not in ("{", "}"):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth < 0:
            break
        seen_from = seen_from or (depth == 0 and token.is_word("from"))
        if depth == 0 and seen_from and token.is_word("where"):
            return _pass_to(cursor, first, at)
        at += 1
    if seen_from:
        raise SyntaxFail(condition_errors.query_without_condition(Span(first.start, cursor.tokens[at - 1].end)))
    return None


def pass_query_tail(cursor: Cursor, head: Head | None) -> None:
    """Pass over `ORDER BY ...`, `GROUP BY ...`, `LIMIT n` and `OFFSET n` behind a condition.

    It is reported together with the head, so that one pasted query is one mistake.
    """
    if not _begins_tail(cursor):
        return
    first, before = cursor.token, cursor.last
    depth = 0
    while cursor.token.kind is not Kind.END and cursor.token.text not in ("{", "}"):
        token = cursor.token
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth < 0 or (token.first and token is not first and not _begins_tail(cursor)):
            break
        cursor.take()
    part, cut = cursor.since(first.start), Span(before.end, cursor.last.end)
    if head is not None:
        cursor.amend(head.diagnostic, condition_errors.whole_query((head.part, part), (head.cut, cut)))
    else:
        cursor.report(condition_errors.whole_query((part,), (cut,)))


def _begins_tail(cursor: Cursor) -> bool:
    token, following = cursor.token, cursor.peek()
    if token.kind is not Kind.NAME or token.lower not in _TAILS:
        return False
    word = _TAILS[token.lower]
    return following.is_word(word) if word else following.kind is Kind.NUMBER


def _compares(token: Token) -> bool:
    return token.text in _COMPARES or (token.kind is Kind.NAME and token.lower in _COMPARING_WORDS)
