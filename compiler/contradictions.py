"""Finds comparisons of one field that cannot hold together. Compares pairs; proves nothing beyond that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from compiler.record_id import is_record_id, to_18
from grammar.format_soql import write_operand
from grammar.layout import flat_text
from grammar.soql_tree import (
    And,
    BooleanValue,
    Comparison,
    Condition,
    DateLiteral,
    DateTimeValue,
    DateValue,
    FieldPath,
    FunctionCall,
    NullValue,
    NumberValue,
    Or,
    Paren,
    StringValue,
    Value,
    ValueList,
)

KindOf = Callable[[FieldPath], str | None]
_Item = tuple[str, object]
_NULL: _Item = ("null", None)


class _Bound(NamedTuple):
    """An end of a range on one scale; `inside` says whether the end itself belongs to the range."""

    scale: str
    at: Decimal
    inside: bool


class _Fact(NamedTuple):
    """What a comparison asks of a field. None: it asks nothing of that form."""

    comparison: Comparison
    allowed: frozenset[_Item] | None = None
    refused: frozenset[_Item] = frozenset()
    low: _Bound | None = None
    high: _Bound | None = None


def contradictions(condition: Condition, kind_of: KindOf) -> Iterator[tuple[Comparison, Comparison]]:
    """The pairs of comparisons joined with AND that no value meets, at most one for each later comparison."""
    match condition:
        case And():
            known: dict[str, list[_Fact]] = {}
            for operand in _flat(condition):
                if not isinstance(operand, Comparison):
                    yield from contradictions(operand, kind_of)
                    continue
                fact = _fact(operand, kind_of)
                if fact is None:
                    continue
                earlier = known.setdefault(_key(operand.left), [])
                other = next((e for e in earlier if _exclude(e, fact)), None)
                if other is not None:
                    yield other.comparison, operand
                earlier.append(fact)
        case Or(operands):
            for operand in operands:
                yield from contradictions(operand, kind_of)
        case Paren(inner):
            yield from contradictions(inner, kind_of)
        case _:
            pass


def _flat(condition: Condition) -> Iterator[Condition]:
    match condition:
        case And(operands):
            for operand in operands:
                yield from _flat(operand)
        case Paren(inner):
            yield from _flat(inner)
        case _:
            yield condition


def _key(left: FieldPath | FunctionCall) -> str:
    return flat_text(lambda writer: write_operand(writer, left))[0].lower()


def _fact(comparison: Comparison, kind_of: KindOf) -> _Fact | None:
    kind = kind_of(comparison.left) if isinstance(comparison.left, FieldPath) else "int"
    if kind is None or kind == "multipicklist":
        return None
    right, operator = comparison.right, comparison.operator
    if isinstance(right, ValueList) and operator in ("IN", "NOT IN"):
        items = [_item(value, kind) for value in right.items]
        known = frozenset(item for item in items if item is not None)
        if operator == "NOT IN":
            return _Fact(comparison, refused=known)
        return _Fact(comparison, allowed=known) if len(known) == len(frozenset(items)) and None not in items else None
    if not isinstance(right, Value):
        return None
    if operator == "LIKE":
        only_any = isinstance(right, StringValue) and not right.value.strip("%")
        return None if only_any else _Fact(comparison, refused=frozenset({_NULL}))
    item = _item(right, kind)
    if operator == "=" and item is not None:
        return _Fact(comparison, allowed=frozenset({item}))
    if operator == "!=":
        if item == _NULL and kind == "boolean":
            return _Fact(comparison, allowed=frozenset({("boolean", True)}))
        return _Fact(comparison, refused=frozenset({item})) if item is not None else None
    return _range(comparison, right)


def _range(comparison: Comparison, value: Value) -> _Fact | None:
    found = _scale(value)
    if found is None:
        return None
    scale, first, last = found
    null = frozenset({_NULL})
    match comparison.operator:
        case "=":
            return _Fact(comparison, None, null, _Bound(scale, first, True), _Bound(scale, last, True))
        case "<":
            return _Fact(comparison, None, null, None, _Bound(scale, first, False))
        case "<=":
            return _Fact(comparison, None, null, None, _Bound(scale, last, True))
        case ">":
            return _Fact(comparison, None, null, _Bound(scale, last, False), None)
        case ">=":
            return _Fact(comparison, None, null, _Bound(scale, first, True), None)
        case _:
            return None


def _scale(value: Value) -> tuple[str, Decimal, Decimal] | None:
    """The scale that a value lies on, with the first and the last point of what it stands for."""
    match value:
        case NumberValue(text):
            number = _number(text)
            return None if number is None else ("number", number, number)
        case DateValue(text):
            try:
                day = Decimal(date.fromisoformat(text).toordinal())
            except ValueError:
                return None
            return "date", day, day
        case DateTimeValue(text):
            moment = _moment(text)
            return None if moment is None else ("datetime", moment, moment)
        case DateLiteral(name, count):
            days = _days(name, count)
            return None if days is None else ("days from today", Decimal(days[0]), Decimal(days[1]))
        case _:
            return None


def _days(name: str, count: int | None) -> tuple[int, int] | None:
    """The first and last day of a date literal, counted from today; None for those that depend on the calendar."""
    n = count or 0
    match name:
        case "YESTERDAY":
            return -1, -1
        case "TODAY":
            return 0, 0
        case "TOMORROW":
            return 1, 1
        case "LAST_90_DAYS":
            return -90, 0
        case "NEXT_90_DAYS":
            return 1, 90
        case "LAST_N_DAYS":
            return -n, 0
        case "NEXT_N_DAYS" if n > 0:
            return 1, n
        case "N_DAYS_AGO":
            return -n, -n
        case _:
            return None


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _moment(text: str) -> Decimal | None:
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return None if moment.tzinfo is None else Decimal(str(moment.timestamp()))


def _item(value: Value, kind: str) -> _Item | None:
    """A value in a form in which equal ones are equal; None for a range, or what cannot be told."""
    match value:
        case NullValue():
            return ("boolean", False) if kind == "boolean" else _NULL
        case StringValue(text) if text == "":
            return _NULL
        case StringValue(text):
            if kind in ("id", "reference"):
                return ("id", to_18(text)) if is_record_id(text) else None
            return "text", text.lower()
        case BooleanValue(truth):
            return "boolean", truth
        case NumberValue() | DateValue() | DateTimeValue():
            found = _scale(value)
            return None if found is None else (found[0], found[1])
        case _:
            return None


def _exclude(one: _Fact, other: _Fact) -> bool:
    """Whether no value meets both."""
    if one.allowed is not None and other.allowed is not None:
        return one.allowed.isdisjoint(other.allowed)
    for left, right in ((one, other), (other, one)):
        if left.allowed is not None:
            return all(item in right.refused or _outside(item, right) for item in left.allowed)
        if left.low and right.high and left.low.scale == right.high.scale:
            if left.low.at > right.high.at:
                return True
            if left.low.at == right.high.at and not (left.low.inside and right.high.inside):
                return True
    return False


def _outside(item: _Item, fact: _Fact) -> bool:
    scale, at = item
    if not isinstance(at, Decimal):
        return False
    below = (
        fact.low is not None
        and fact.low.scale == scale
        and (at < fact.low.at or (at == fact.low.at and not fact.low.inside))
    )
    above = (
        fact.high is not None
        and fact.high.scale == scale
        and (at > fact.high.at or (at == fact.high.at and not fact.high.inside))
    )
    return below or above
