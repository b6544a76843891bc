"""A whole spec: text to tree, statement by statement, so that a mistake stays in its statement."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.nearest import nearest
from grammar.parse_accounts import account_value, accounts, define, metric, owners
from grammar.parse_block import invalid
from grammar.parse_objects import cases, chatter, custom_object, related, writeback
from grammar.parse_schedule import guards, schedule
from grammar.parse_test import test_block
from grammar.parsed import Parsed
from grammar.shapes import STATEMENTS
from grammar.source import Span
from grammar.spec_tree import Comment, Spec, Statement, Trivia, Version
from grammar.statement_starts import begins_statement
from grammar.tokens import Kind

LANGUAGE_VERSION = 1
_LONGEST_VERSION = 5


def _version(cursor: Cursor) -> Version:
    start = cursor.take().start
    number = cursor.expect_kind(Kind.NUMBER, "the language version")
    if number.text != str(LANGUAGE_VERSION):
        cursor.report(errors.unknown_version(number, LANGUAGE_VERSION))
    known = number.text.isdigit() and len(number.text) < _LONGEST_VERSION
    return Version(int(number.text) if known else 0, cursor.since(start))


_STATEMENTS: dict[str, Callable[[Cursor], Statement]] = {
    "accord": _version,
    "accounts": accounts,
    "owners": owners,
    "arr": account_value,
    "renewal": account_value,
    "metric": metric,
    "define": define,
    "contacts": related,
    "opportunities": related,
    "object": custom_object,
    "cases": cases,
    "chatter": chatter,
    "schedule": schedule,
    "guards": guards,
    "writeback": writeback,
    "test": test_block,
}


def parse_spec(text: str) -> Parsed[Spec]:
    """Parse a spec. Never raises on bad text: pieces that do not parse stand in the tree as `Invalid`."""
    cursor = Cursor(text, comments=True)
    statements = parse_statements(cursor)

    def kept(token: int) -> int:
        """The number of a token when those that are left out do not count."""
        return token - bisect_left(cursor.dropped, token)

    comments = tuple(Comment(c.text, kept(c.token), c.trailing, c.blank_before, c.span) for c in cursor.cut.comments)
    blanks = frozenset(kept(token) for token in cursor.cut.blank_before)
    diagnostics = sorted(cursor.diagnostics, key=lambda d: d.primary.span)
    tree = Spec(tuple(statements), Trivia(comments, blanks), Span(0, len(text)))
    return Parsed(tree, tuple(diagnostics))


def parse_statements(cursor: Cursor) -> list[Statement]:
    """All statements from the cursor on; pieces that do not parse are reported and kept as `Invalid`."""
    statements: list[Statement] = []
    while cursor.token.kind is not Kind.END:
        begin = cursor.index
        cursor.depth = 0
        try:
            if (statement := _statement(cursor)) is not None:
                statements.append(statement)
        except SyntaxFail as fail:
            cursor.note_expected()
            cursor.report(fail.diagnostic)
            _skip_statement(cursor, begin)
            statements.append(invalid(cursor, begin))
    cursor.at_word(*_STATEMENTS)
    cursor.note_expected()
    return statements


def _statement(cursor: Cursor) -> Statement | None:
    token = cursor.token
    if token.text in ("}", ")"):
        cursor.report(errors.stray_brace(cursor.take()))
        return None
    word = token.lower
    cursor.at_word(*_STATEMENTS)
    if token.kind is Kind.NAME and word not in _STATEMENTS:
        near = nearest(token.text, _STATEMENTS)
        if near is not None:
            # The rest is read as what was meant, so that it is checked too and nothing else seems missing.
            cursor.report(errors.unknown_statement(token, tuple(_STATEMENTS)))
            word = near
    parse = _STATEMENTS.get(word) if token.kind is Kind.NAME else None
    if parse is None:
        raise SyntaxFail(
            errors.unclosed_quote(token)
            if token.kind is Kind.UNCLOSED
            else errors.unknown_statement(token, tuple(_STATEMENTS))
        )
    cursor.shape = STATEMENTS[word]
    return parse(cursor)


def _skip_statement(cursor: Cursor, begin: int) -> None:
    depth = sum({"{": 1, "}": -1}.get(t.text, 0) for t in cursor.tokens[begin : cursor.index])
    while cursor.token.kind is not Kind.END:
        token = cursor.token
        if cursor.index > begin:
            if begins_statement(cursor):
                return
            if depth <= 0 and token.first and token.lower in _STATEMENTS:
                return
        depth += {"{": 1, "}": -1}.get(token.text, 0) if token.kind is Kind.PUNCTUATION else 0
        cursor.take()
        if depth == 0 and token.text == "}":
            return
