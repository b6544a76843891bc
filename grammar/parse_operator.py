"""The operator of a comparison: those of SOQL, and those of other languages and of reports, reported and understood."""

from __future__ import annotations

from typing import NamedTuple

from grammar import condition_errors
from grammar.cursor import Cursor
from grammar.diagnostics import Edit, Fix
from grammar.soql_tree import Operator
from grammar.source import Span
from grammar.tokens import Kind, Token

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "INCLUDES", "EXCLUDES")
SIGNS: dict[str, Operator] = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
WORDS: dict[str, Operator] = {"like": "LIKE", "in": "IN", "includes": "INCLUDES", "excludes": "EXCLUDES"}
_FOREIGN_SIGNS: dict[str, Operator] = {
    "==": "=", "===": "=", "!==": "!=", "=>": ">=", "=<": "<=", "=!": "!=",
    "\u2260": "!=", "\u2265": ">=", "\u2264": "<=", "~": "LIKE",
}  # fmt: skip
# A blank inside of a sign is taken, as Salesforce's own grammar does.
_LOOSE_SIGNS: dict[str, Operator] = {"<=": "<=", ">=": ">=", "!=": "!="}


class Phrase(NamedTuple):
    """What a report calls an operator: SOQL's own, and for LIKE the pattern that is put round the value."""

    operator: Operator
    pattern: str = "{}"
    negated: bool = False


_CONTAINS, _BEGINS, _ENDS = Phrase("LIKE", "%{}%"), Phrase("LIKE", "{}%"), Phrase("LIKE", "%{}")
_PHRASES: dict[str, Phrase] = {
    "equals": Phrase("="),
    "equal": Phrase("="),
    "equal to": Phrase("="),
    "equals to": Phrase("="),
    "is equal to": Phrase("="),
    "not equal": Phrase("!="),
    "not equals": Phrase("!="),
    "not equal to": Phrase("!="),
    "is not equal to": Phrase("!="),
    "does not equal": Phrase("!="),
    "greater than": Phrase(">"),
    "is greater than": Phrase(">"),
    "less than": Phrase("<"),
    "is less than": Phrase("<"),
    "greater or equal": Phrase(">="),
    "greater than or equal to": Phrase(">="),
    "less or equal": Phrase("<="),
    "less than or equal to": Phrase("<="),
    "contains": _CONTAINS,
    "contain": _CONTAINS,
    "not contains": _CONTAINS._replace(negated=True),
    "not contain": _CONTAINS._replace(negated=True),
    "does not contain": _CONTAINS._replace(negated=True),
    "starts with": _BEGINS,
    "begins with": _BEGINS,
    "does not start with": _BEGINS._replace(negated=True),
    "does not begin with": _BEGINS._replace(negated=True),
    "ends with": _ENDS,
    "does not end with": _ENDS._replace(negated=True),
}
_LONGEST_PHRASE = max(phrase.count(" ") + 1 for phrase in _PHRASES)
_FIRST_WORDS = frozenset(phrase.split(" ")[0] for phrase in _PHRASES) | {"is", "not", "between"}


def is_operator(token: Token) -> bool:
    """Whether one of SOQL's own operators begins with this token."""
    return token.text in SIGNS or token.lower in WORDS


def may_be_operator(cursor: Cursor, ahead: int = 0) -> bool:
    """Whether a comparison, right or wrong, goes on at a token ahead of the cursor."""
    token = cursor.peek(ahead)
    if is_operator(token) or token.text in _FOREIGN_SIGNS or token.text == "!":
        return True
    if token.kind is not Kind.NAME or token.lower not in _FIRST_WORDS:
        return False
    # A definition or an owner kind may have such a name: then no value follows.
    following = cursor.peek(ahead + 1)
    return following.kind not in (Kind.END, Kind.PUNCTUATION) and not following.is_word("from")


def may_be_phrase(cursor: Cursor) -> bool:
    """Whether the words behind the token at the cursor are an operator of reports."""
    return cursor.peek().lower in _FIRST_WORDS


def sign(cursor: Cursor) -> tuple[Operator, Span] | None:
    """Take an operator that is written with signs; one that SOQL has not is reported."""
    token = cursor.token
    written, count = token.text, 1
    while cursor.joined(cursor.index + count) and cursor.peek(count).text in ("=", "<", ">", "!"):
        written += cursor.peek(count).text
        count += 1
    if written not in SIGNS and written not in _FOREIGN_SIGNS:
        written, count = token.text, 1
    if count == 1 and cursor.peek().text == "=" and (spread := _LOOSE_SIGNS.get(f"{written}=")):
        span = Span(token.start, cursor.peek().end)
        cursor.dropped.append(cursor.index + 1)
        cursor.take()
        cursor.take()
        return spread, span
    if written in _FOREIGN_SIGNS:
        operator = _FOREIGN_SIGNS[written]
        span = Span(token.start, cursor.peek(count - 1).end)
        fix = Fix(f"write `{operator}`", (Edit(span, operator),))
        cursor.report(condition_errors.foreign_operator(span, written, f"`{operator}`", fix))
    elif written in SIGNS:
        operator, span = SIGNS[written], token.span
    else:
        return None
    for _ in range(count):
        cursor.take()
    return operator, span


def phrase(cursor: Cursor) -> tuple[Phrase, Span] | None:
    """Take the words with which reports name an operator, the longest that fit; the caller reports them."""
    words = []
    for ahead in range(_LONGEST_PHRASE):
        token = cursor.peek(ahead)
        if token.kind is not Kind.NAME:
            break
        words.append(token.lower)
    for size in range(len(words), 0, -1):
        found = _PHRASES.get(" ".join(words[:size]))
        if found is not None:
            start = cursor.token.start
            for _ in range(size):
                cursor.take()
            return found, cursor.since(start)
    return None
