"""Conditions as formulas write them, `AND(ISPICKVAL(Type, 'A'), NOT(ISBLANK(Phone)))`: reported and understood."""

from __future__ import annotations

from collections.abc import Callable

from grammar import foreign_errors
from grammar.cursor import Cursor
from grammar.diagnostics import Edit
from grammar.parse_path import close, operand_path
from grammar.parse_value import parse_value
from grammar.soql_tree import And, Comparison, Condition, NullValue, Operator, Or, Paren, StringValue, ValueList
from grammar.source import Span
from grammar.tokens import Kind, Token

# Functions of a field and a value: SOQL's operator, and how the value is written behind it.
_OF_VALUE: dict[str, tuple[Operator, str]] = {
    "ispickval": ("=", "'{}'"),
    "contains": ("LIKE", "'%{}%'"),
    "begins": ("LIKE", "'{}%'"),
    "includes": ("INCLUDES", "('{}')"),
}
_OF_FIELD = frozenset({"isblank", "isnull"})
_JOINTS = frozenset({"and", "or"})


def at_formula(cursor: Cursor) -> bool:
    """Whether a function of formulas that is a condition stands here."""
    token = cursor.token
    known = token.lower in _OF_VALUE or token.lower in _OF_FIELD or token.lower in _JOINTS
    return token.kind is Kind.NAME and known and cursor.peek().text == "("


def formula(cursor: Cursor, condition: Callable[[Cursor], Condition]) -> Condition:
    """Parse a function of formulas; `condition` parses what stands in AND(...) and OR(...). Raises SyntaxFail."""
    name = cursor.take()
    opening = cursor.take()
    if name.lower in _JOINTS:
        return _joined(cursor, condition, name, opening)
    left = operand_path(cursor)
    written = cursor.text[left.span.start : left.span.end]
    if name.lower in _OF_FIELD:
        close(cursor, opening)
        span = cursor.since(name.start)
        cursor.report(foreign_errors.formula(span, name.text, f"{written} = null"))
        return Comparison(left, "=", NullValue(span), span)
    cursor.expect_sign(",")
    operator, form = _OF_VALUE[name.lower]
    said = len(cursor.diagnostics)
    value = parse_value(cursor)
    # One fix for the whole: the value's own mistakes, such as double quotes, are mended by it too.
    del cursor.diagnostics[said:]
    close(cursor, opening)
    span = cursor.since(name.start)
    raw = value.raw if isinstance(value, StringValue) else cursor.text[value.span.start : value.span.end]
    cursor.report(foreign_errors.formula(span, name.text, f"{written} {operator} {form.format(raw)}"))
    text = StringValue(raw, raw, value.span)
    right = ValueList((text,), value.span) if operator == "INCLUDES" else text
    return Comparison(left, operator, right, span)


def _joined(cursor: Cursor, condition: Callable[[Cursor], Condition], name: Token, opening: Token) -> Condition:
    word = name.text.upper()
    edits = [Edit(name.span, "")]
    cursor.formulas += 1
    try:
        parts = [condition(cursor)]
        while cursor.token.text == ",":
            edits.append(Edit(cursor.token.span, f" {word}"))
            cursor.take()
            parts.append(condition(cursor))
    finally:
        cursor.formulas -= 1
    close(cursor, opening)
    span = cursor.since(name.start)
    cursor.report(foreign_errors.formula_joint(name, tuple(edits)))
    inside = Span(opening.end, span.end)
    joined = parts[0] if len(parts) == 1 else (And if word == "AND" else Or)(tuple(parts), inside)
    return Paren(joined, span)
