"""What the types of fields and functions are compared with: operators and values by describe type."""

from __future__ import annotations

import re

from compiler.checks import value_type
from compiler.paths import Report
from compiler.record_id import is_record_id
from compiler.resolved import FieldRef
from compiler.schema import NUMBER_TYPES
from grammar.date_literals import PLAIN
from grammar.soql_tree import (
    BooleanValue,
    Comparison,
    CurrencyValue,
    DateLiteral,
    DateTimeValue,
    DateValue,
    NullValue,
    NumberValue,
    Operator,
    StringValue,
    SubSelect,
    TimeValue,
    Value,
    ValueList,
)
from grammar.source import NOWHERE

_ORDERED = ("<", "<=", ">", ">=")
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "y", "1"), "true"),
    **dict.fromkeys(("false", "no", "n", "0"), "false"),
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})")


def check_value_types(comparison: Comparison, kind: str, name: str, ref: FieldRef | None, report: Report) -> None:
    """Report an operator or values that do not suit a left side of that describe type; `ref` if it is a field."""
    operator, right = comparison.operator, comparison.right
    if isinstance(right, SubSelect):
        return
    refused = {
        "LIKE": kind in NUMBER_TYPES | {"boolean", "date", "datetime", "time", "id", "reference", "multipicklist"},
        "INCLUDES": kind != "multipicklist",
        "EXCLUDES": kind != "multipicklist",
    }.get(operator, operator in _ORDERED and kind in ("boolean", "multipicklist", "id", "reference"))
    if refused:
        place = comparison.operator_span if comparison.operator_span != NOWHERE else comparison.span
        report(value_type.operator_type(name, kind, operator, place))
        return
    for value in right.items if isinstance(right, ValueList) else (right,):
        _check_value(value, operator, kind, name, ref, report)


def _check_value(value: Value, operator: Operator, kind: str, name: str, ref: FieldRef | None, report: Report) -> None:
    if isinstance(value, NullValue):
        if operator in _ORDERED:
            report(value_type.ordered_against_null(operator, value.span))
        return
    if isinstance(value, StringValue) and not value.as_written:
        return
    if isinstance(value, StringValue) and value.value == "" and kind not in NUMBER_TYPES | {"boolean"}:
        return
    if not _fits(value, kind):
        written = _written(value)
        report(value_type.value_type(name, kind, value.span, written, _meant(value, kind)))
    elif (
        ref is not None
        and isinstance(value, StringValue)
        and ref.field.is_id
        and not is_record_id(value.value)
        and operator in ("=", "!=", "IN", "NOT IN")
    ):
        report(value_type.malformed_id(ref.field, value.span, value.value))


def _fits(value: Value, kind: str) -> bool:
    match value:
        case BooleanValue():
            return kind == "boolean"
        case NumberValue():
            return kind in NUMBER_TYPES
        case CurrencyValue():
            return kind == "currency"
        case DateValue():
            return kind == "date"
        case DateTimeValue():
            return kind == "datetime"
        case TimeValue():
            return kind == "time"
        case DateLiteral():
            return kind in ("date", "datetime")
        case StringValue():
            return kind not in NUMBER_TYPES | {"boolean", "date", "datetime", "time"}
        case NullValue():
            return True


def _written(value: Value) -> str:
    match value:
        case StringValue(_, raw):
            return f"'{raw}'"
        case NumberValue(text) | DateValue(text) | DateTimeValue(text) | TimeValue(text):
            return text
        case BooleanValue(truth):
            return str(truth).lower()
        case CurrencyValue(code, amount):
            return f"{code}{amount}"
        case DateLiteral(name, count):
            return name if count is None else f"{name}:{count}"
        case NullValue():
            return "null"


def _meant(value: Value, kind: str) -> str | None:
    """The value in the form that the field wants, where that is plain."""
    text = value.value if isinstance(value, StringValue) else _written(value)
    if text.lower() == "null":
        return "null"
    if kind in NUMBER_TYPES:
        return text if text.replace(".", "", 1).lstrip("+-").isdigit() else None
    if kind == "boolean":
        return _TRUTHS.get(text.lower())
    if kind in ("date", "datetime") and text.upper() in PLAIN:
        return text.upper()
    if kind == "datetime":
        return f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text if _STAMP.fullmatch(text) else None
    if kind == "date":
        return text[:10] if _DAY.fullmatch(text[:10]) and not isinstance(value, NumberValue) else None
    if kind == "time" or isinstance(value, StringValue):
        return None
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
