"""Which columns a relation has, and of which types: what a printer must know to name and to widen them.

Engines do not agree on mixed scales (some round the finer number without a word), so that two decimals that
meet in a union, a `coalesce` or a comparison are first brought to the larger scale. Nothing is ever narrowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias, assert_never

from compiler.relation import (
    Aggregated,
    Call,
    Col,
    ColumnType,
    Expr,
    Extracted,
    Filtered,
    First,
    Joined,
    Lit,
    Measure,
    Relation,
    Select,
    Union,
    Wanted,
)

Columns: TypeAlias = Mapping[str, ColumnType]
MAX_DIGITS = 38
AVERAGE_SCALE = 6

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.(\d*))?|\.(\d+))")
_TEXT = ColumnType("text")
_BOOLEAN = ColumnType("boolean")


class Leaf(NamedTuple):
    """Where the rows of an extract or of another table are: the parts of a table's name, and its columns.

    INVARIANT: the types are those that the table really has; a scale may be larger than the plan's.
    """

    name: tuple[str, ...]
    columns: Columns


LeafOf: TypeAlias = Callable[[Extracted | Wanted], Leaf]


def columns_of(relation: Relation, leaf_of: LeafOf) -> Columns:
    """The columns of a relation in their order. Raises ValueError for a relation that cannot be computed."""
    if isinstance(relation, Extracted | Wanted):
        return leaf_of(relation).columns
    return columns_over(relation, tuple(columns_of(i, leaf_of) for i in inputs_of(relation)))


def inputs_of(relation: Relation) -> tuple[Relation, ...]:
    """The relations that this one reads."""
    match relation:
        case Extracted() | Wanted():
            return ()
        case Joined():
            return relation.left, relation.right
        case Union():
            return relation.inputs
        case _:
            return (relation.input,)


def columns_over(
    relation: Select | Filtered | Joined | Aggregated | First | Union, inputs: tuple[Columns, ...]
) -> Columns:
    """The columns of a relation, given those of its inputs. Raises ValueError."""
    columns = inputs[0]
    match relation:
        case Select():
            return _named((a.name, type_of(a.value, columns)) for a in relation.columns)
        case Filtered():
            if type_of(relation.condition, columns) != _BOOLEAN:
                raise ValueError("a row filter needs a condition that is true or false")
            return columns
        case Joined():
            return _joined(relation, columns, inputs[1])
        case Aggregated():
            keys = ((key, type_of(Col(key), columns)) for key in relation.keys)
            return _named((*keys, *((m.name, _measured(m, columns)) for m in relation.measures)))
        case First():
            if not relation.order:
                raise ValueError("the first row needs an order")
            for name in (*relation.keys, *(key.column for key in relation.order)):
                type_of(Col(name), columns)
            return columns
        case Union():
            return _united(inputs)
        case _:
            assert_never(relation)


def _joined(relation: Joined, left: Columns, right: Columns) -> Columns:
    if not relation.on:
        raise ValueError("a join needs at least one pair of columns")
    for ours, theirs in relation.on:
        common_type((type_of(Col(ours), left), type_of(Col(theirs), right)))
    if relation.take and relation.kind in ("semi", "anti"):
        raise ValueError(f"{relation.kind} joins take no columns")
    return _named((*left.items(), *((take.name, type_of(Col(take.column), right)) for take in relation.take)))


def _measured(measure: Measure, columns: Columns) -> ColumnType:
    if measure.value is None:
        if measure.function != "count":
            raise ValueError(f"{measure.function} needs a value")
        return ColumnType("decimal", 0)
    value = type_of(measure.value, columns)
    match measure.function:
        case "count" | "count_distinct":
            return ColumnType("decimal", 0)
        case "min" | "max":
            return value
        case "sum" | "average":
            _demand(measure.function, value, "decimal")
            return value if measure.function == "sum" else measure.type or average_type(value)
        case _:
            assert_never(measure.function)


def average_type(value: ColumnType) -> ColumnType:
    """The type of an average: the scale of the values, but at least six digits behind the point."""
    return ColumnType("decimal", max(value.scale, AVERAGE_SCALE))


def _united(inputs: tuple[Columns, ...]) -> Columns:
    names = tuple(inputs[0])
    for other in inputs[1:]:
        if tuple(other) != names:
            raise ValueError(f"a union needs the same columns in the same order: {names} and {tuple(other)}")
    return {name: common_type(columns[name] for columns in inputs) for name in names}


def _named(columns: Iterable[tuple[str, ColumnType]]) -> Columns:
    out: dict[str, ColumnType] = {}
    seen: set[str] = set()
    for name, kind in columns:
        if name.lower() in seen:
            raise ValueError(f"the column {name!r} is there twice; names compare without case")
        seen.add(name.lower())
        out[name] = kind
    if not out:
        raise ValueError("a relation needs at least one column")
    return out


def type_of(expr: Expr, columns: Columns) -> ColumnType:
    """The type of an expression over columns. Raises ValueError for what has none."""
    match expr:
        case Col():
            if expr.name not in columns:
                raise ValueError(f"there is no column {expr.name!r} among {', '.join(columns)}")
            return columns[expr.name]
        case Lit():
            return _literal_type(expr)
        case Call():
            signature = SIGNATURES.get(expr.function)
            if signature is None:
                raise ValueError(f"there is no function {expr.function!r}")
            if not signature.least <= len(expr.args) <= (signature.most or len(expr.args)):
                raise ValueError(f"{expr.function} does not take {len(expr.args)} arguments")
            return signature.result(tuple(type_of(arg, columns) for arg in expr.args), expr.type)
        case _:
            assert_never(expr)


def _literal_type(literal: Lit) -> ColumnType:
    if literal.type.kind != "decimal" or literal.value is None:
        return literal.type
    number = _NUMBER.fullmatch(str(literal.value))
    if number is None:
        raise ValueError(f"{literal.value!r} is no number")
    return ColumnType("decimal", max(literal.type.scale, len(number[1] or number[2] or "")))


def common_type(types: Iterable[ColumnType]) -> ColumnType:
    """The type that holds the values of all: the larger scale; text for text and Id. Raises ValueError."""
    common, *others = types
    for other in others:
        if other.kind == common.kind:
            common = ColumnType(common.kind, max(common.scale, other.scale))
        elif {other.kind, common.kind} == {"text", "id"}:
            common = _TEXT
        else:
            raise ValueError(f"{common.kind} and {other.kind} do not meet")
    return common


_LOSSLESS = {("id", "text"), ("text", "id"), ("date", "timestamp"), ("date", "text"), ("decimal", "text")}


def widened(value: ColumnType, declared: ColumnType | None) -> ColumnType:
    """The type after a cast to `declared`, which takes no digits away. Raises ValueError for a lossy cast."""
    if declared is None:
        return value
    if value.kind == declared.kind:
        return ColumnType(value.kind, max(value.scale, declared.scale))
    if (value.kind, declared.kind) not in _LOSSLESS:
        raise ValueError(f"a cast from {value.kind} to {declared.kind} would not keep every value")
    return declared


class Signature(NamedTuple):
    """How many arguments a function takes (`most` None: any number) and the type of its result."""

    least: int
    most: int | None
    result: Callable[[tuple[ColumnType, ...], ColumnType | None], ColumnType]


def _demand(function: str, value: ColumnType, *kinds: str) -> None:
    if value.kind not in kinds:
        raise ValueError(f"{function} takes {' or '.join(kinds)}, not {value.kind}")


def _given(function: str, result: ColumnType, declared: ColumnType | None) -> ColumnType:
    if declared is not None and declared != result:
        raise ValueError(f"{function} gives {result.kind}, not {declared.kind}")
    return result


def _from(result: ColumnType, function: str, *kinds: str) -> Callable[..., ColumnType]:
    def typed(args: tuple[ColumnType, ...], declared: ColumnType | None) -> ColumnType:
        for arg in args:
            _demand(function, arg, *kinds)
        return _given(function, result, declared)

    return typed


def _common(args: tuple[ColumnType, ...], declared: ColumnType | None) -> ColumnType:
    return widened(common_type(args), declared)


def _compared(args: tuple[ColumnType, ...], declared: ColumnType | None) -> ColumnType:
    common_type(args)
    return _given("=", _BOOLEAN, declared)


def _if(args: tuple[ColumnType, ...], declared: ColumnType | None) -> ColumnType:
    _demand("if", args[0], "boolean")
    return _common(args[1:], declared)


def _quotient(function: str) -> Callable[[tuple[ColumnType, ...], ColumnType | None], ColumnType]:
    def typed(args: tuple[ColumnType, ...], declared: ColumnType | None) -> ColumnType:
        for arg in args:
            _demand(function, arg, "decimal")
        if declared is None or declared.kind != "decimal":
            raise ValueError(f"{function} needs the scale of its result")
        return declared

    return typed


def _cast(args: tuple[ColumnType, ...], declared: ColumnType | None) -> ColumnType:
    if declared is None:
        raise ValueError("cast needs a type")
    return widened(args[0], declared)


def _boolean(args: tuple[ColumnType, ...], declared: ColumnType | None) -> ColumnType:
    return _given("a test for null", _BOOLEAN, declared)


SIGNATURES: Mapping[str, Signature] = {
    "coalesce": Signature(1, None, _common),
    "and": Signature(1, None, _from(_BOOLEAN, "and", "boolean")),
    "or": Signature(1, None, _from(_BOOLEAN, "or", "boolean")),
    "not": Signature(1, 1, _from(_BOOLEAN, "not", "boolean")),
    "is_null": Signature(1, 1, _boolean),
    "is_not_null": Signature(1, 1, _boolean),
    "=": Signature(2, 2, _compared),
    "<=": Signature(2, 2, _from(_BOOLEAN, "<=", "date")),
    "if": Signature(3, 3, _if),
    "true_if": Signature(1, 1, _from(_BOOLEAN, "true_if", "boolean")),
    "web_domain": Signature(1, 1, _from(_TEXT, "web_domain", "text")),
    "match_key": Signature(1, 1, _from(_TEXT, "match_key", "text", "id")),
    "id18": Signature(1, 1, _from(ColumnType("id"), "id18", "text", "id")),
    "date_of": Signature(1, 1, _from(ColumnType("date"), "date_of", "timestamp", "date")),
    "convert": Signature(3, 3, _quotient("convert")),
    "divide_exact": Signature(2, 2, _quotient("divide_exact")),
    "cast": Signature(1, 1, _cast),
}
