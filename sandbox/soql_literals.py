"""Values of a query as SQL: each must suit the field that it is compared with, as Salesforce demands."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from compiler.record_id import is_record_id, to_18
from compiler.schema import NUMBER_TYPES
from grammar.soql_tree import (
    BooleanValue,
    CurrencyValue,
    DateLiteral,
    DateTimeValue,
    DateValue,
    NullValue,
    NumberValue,
    StringValue,
    TimeValue,
    Value,
)
from grammar.source import Span
from sandbox.errors import SoqlError
from sandbox.quoting import text
from sandbox.soql_scope import Operand, World

LONGEST_TEXT = 4000
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:?\d{2})", re.IGNORECASE)


def is_null(value: Value) -> bool:
    """Whether a value means null: the word, and the empty text."""
    return isinstance(value, NullValue) or (isinstance(value, StringValue) and not value.value)


def literal(left: Operand, value: Value, world: World) -> str:
    """SQL for a value that is not null and no date literal; raises SoqlError where it does not suit the field."""
    match left.kind, value:
        case (("id" | "reference"), StringValue(value=given)):
            return record_id(given, value.span)
        case "boolean", BooleanValue(value=given):
            return "true" if given else "false"
        case "date", DateValue(text=given):
            return f"DATE {text(_day(given, value.span).isoformat())}"
        case "datetime", DateTimeValue(text=given):
            return moment(given, value.span)
        case "time", TimeValue(text=given):
            return f"TIME {text(given.rstrip('Zz'))}"
        case "currency", CurrencyValue():
            return number(value.amount)
        case kind, NumberValue(text=given) if kind in NUMBER_TYPES:
            return number(given)
        case kind, StringValue(value=given) if not _has_other_literals(kind):
            if len(given) > LONGEST_TEXT:
                raise SoqlError(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    f"the value of a filter is longer than {LONGEST_TEXT} characters",
                    value.span,
                )
            return text(given)
        case _:
            raise wrong_kind(left, value)


def day_range(left: Operand, value: Value, world: World) -> tuple[str, str] | None:
    """The half-open range that a date literal (or, if the org allows it, a date on a datetime) stands for, as SQL.

    None where the value is not a range for this field.
    """
    if left.kind not in ("date", "datetime"):
        return None
    if isinstance(value, DateLiteral):
        try:
            start, end = world.calendar.days(value.name, value.count)
        except ValueError as error:
            raise SoqlError("MALFORMED_QUERY", str(error), value.span) from None
    elif isinstance(value, DateValue) and left.kind == "datetime" and world.switches.date_on_datetime == "day":
        start = _day(value.text, value.span)
        end = start + timedelta(1)
    else:
        return None
    if left.kind == "date":
        return f"DATE {text(start.isoformat())}", f"DATE {text(end.isoformat())}"
    bounds = (world.calendar.midnight(day).isoformat(sep=" ") for day in (start, end))
    first, last = (f"TIMESTAMP {text(bound)}" for bound in bounds)
    return first, last


def record_id(given: str, span: Span) -> str:
    """An Id in its 18-character form, with its case; raises SoqlError for what cannot be one."""
    well_formed = given.isascii() and given.isalnum() and len(given) in (15, 18)
    if not well_formed:
        raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {given}", span)
    return text(to_18(given) if is_record_id(given) else given)


def number(given: str) -> str:
    """A number as a decimal of exactly its own digits."""
    sign = "-" if given.startswith("-") else ""
    whole, _, fraction = given.lstrip("+-").partition(".")
    whole = whole.lstrip("0") or "0"
    fraction = fraction.rstrip("0")
    size = max(len(whole) + len(fraction), 1)
    if size > 38:
        return f"CAST({text(sign + whole + '.' + fraction)} AS DOUBLE)"
    digits = f"{sign}{whole}.{fraction}" if fraction else sign + whole
    return f"CAST({text(digits)} AS DECIMAL({size},{len(fraction)}))"


def moment(given: str, span: Span) -> str:
    """A moment as a timestamp in UTC."""
    form = _MOMENT.fullmatch(given)
    if form is None:
        raise SoqlError("MALFORMED_QUERY", f"Invalid date time: {given}", span)
    day, clock, fraction, zone = form.groups()
    zone = "+00:00" if zone in "Zz" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise SoqlError("MALFORMED_QUERY", f"Invalid date time: {given}", span) from None
    return f"TIMESTAMP {text(at.replace(tzinfo=None).isoformat(sep=' '))}"


def wrong_kind(left: Operand, value: Value) -> SoqlError:
    """The value is of another kind than the field."""
    kind = {"datetime": "dateTime"}.get(left.kind, left.kind)
    quotes = "should not" if _has_other_literals(left.kind) else "should"
    return SoqlError(
        "INVALID_FIELD",
        f"value of filter criterion for field '{left.name}' must be of type {kind} and {quotes} be enclosed in quotes",
        value.span,
    )


def _has_other_literals(kind: str) -> bool:
    return kind in NUMBER_TYPES or kind in ("boolean", "date", "datetime", "time")


def _day(given: str, span: Span) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise SoqlError("MALFORMED_QUERY", f"Invalid date: {given}", span) from None
