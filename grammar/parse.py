"""Text to tree, the ways in: a condition or a query of SOQL. None of them raises on bad text."""

from __future__ import annotations

from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.parse_comparison import Dialect
from grammar.parse_query import query
from grammar.parse_soql import condition
from grammar.parsed import Parsed
from grammar.soql_tree import Condition, Query
from grammar.tokens import Kind


def parse_condition(text: str) -> Parsed[Condition | None]:
    """Parse a SOQL condition, as it stands behind WHERE. The tree is None where none could be made."""
    cursor = Cursor(text, comments=False)
    tree: Condition | None = None
    try:
        tree = condition(cursor, Dialect.SOQL)
        _at_end(cursor)
    except SyntaxFail as fail:
        cursor.report(fail.diagnostic)
    return Parsed(tree, tuple(cursor.diagnostics))


def parse_query(text: str) -> Parsed[Query | None]:
    """Parse a whole SOQL query. The tree is None where none could be made."""
    cursor = Cursor(text, comments=False)
    tree: Query | None = None
    try:
        tree = query(cursor)
        _at_end(cursor)
    except SyntaxFail as fail:
        cursor.report(fail.diagnostic)
    return Parsed(tree, tuple(cursor.diagnostics))


def _at_end(cursor: Cursor) -> None:
    token = cursor.token
    if token.kind is Kind.END:
        return
    if token.text in (")", "}"):
        raise SyntaxFail(errors.stray_brace(token))
    raise cursor.fail()
