"""Which operators a field takes, by its type."""

from __future__ import annotations

import re

from compiler.meaning import Switches
from compiler.schema import NUMBER_TYPES
from grammar.soql_tree import Comparison, CurrencyValue, DateLiteral, StringValue, ValueList
from grammar.source import Span
from sandbox.errors import SoqlError
from sandbox.soql_literals import wrong_kind
from sandbox.soql_scope import Operand

RANGES = frozenset({"<", "<=", ">", ">="})
_LIKE_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[%_]")


def check_operator(left: Operand, leaf: Comparison, switches: Switches) -> None:
    """Raise SoqlError where the operator does not suit the field, or the value not the operator."""
    operator = leaf.operator
    kind = left.kind
    multi = kind == "multipicklist"
    if kind == "distance":
        wrong = operator not in (RANGES if switches.distance_with_equal else {"<", ">"})
    elif operator in ("INCLUDES", "EXCLUDES"):
        wrong = not multi
    elif operator == "LIKE":
        wrong = not _is_text(kind)
    elif operator in RANGES:
        wrong = multi or kind == "boolean"
    else:
        wrong = multi and operator in ("IN", "NOT IN") and not switches.multipicklist_in
    if wrong:
        raise _invalid_operator(kind, leaf.span)
    values = leaf.right.items if isinstance(leaf.right, ValueList) else (leaf.right,)
    for value in values:
        if isinstance(value, CurrencyValue) and kind != "currency":
            raise wrong_kind(left, value)
        if operator != "LIKE" and isinstance(value, StringValue) and _LIKE_ESCAPE.search(value.raw):
            raise SoqlError(
                "MALFORMED_QUERY", f"Invalid string literal '{value.raw}'. Illegal character sequence", value.span
            )
    if isinstance(leaf.right, DateLiteral) and kind not in ("date", "datetime"):
        raise wrong_kind(left, leaf.right)


def _is_text(kind: str) -> bool:
    others = {"id", "reference", "boolean", "date", "datetime", "time", "multipicklist", "distance"}
    return kind not in others and kind not in NUMBER_TYPES


def _invalid_operator(kind: str, span: Span) -> SoqlError:
    word = "id" if kind in ("id", "reference") else kind
    return SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {word} field", span)
