"""SOQL trees to one line of SOQL, with a map from places in that line back to the spec.

Keywords come out in capitals; names, numbers and dates as they were given; one function escapes all texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar, assert_never

from compiler.printed import Printed, Writer
from grammar.soql_tree import (
    And,
    BooleanValue,
    ChildQuery,
    Comparison,
    Condition,
    CurrencyValue,
    DateLiteral,
    DateTimeValue,
    DateValue,
    FieldPath,
    FromItem,
    FunctionCall,
    GroupBy,
    Not,
    NullValue,
    NumberValue,
    Operand,
    Or,
    OrderItem,
    Paren,
    Query,
    SelectItem,
    StringValue,
    SubSelect,
    TimeValue,
    Typeof,
    TypeofBranch,
    Use,
    Value,
    ValueList,
)


def print_query(query: Query) -> Printed:
    """Print a whole query. Raises ValueError for the name of a definition, which Salesforce does not know."""
    writer = Writer()
    _query(writer, query)
    return writer.printed()


def print_condition(condition: Condition) -> Printed:
    """Print what stands behind WHERE, legal as it stands there. Raises ValueError for a `Use`."""
    writer = Writer()
    _condition(writer, condition, inside=None)
    return writer.printed()


def print_value(value: Value) -> str:
    r"""Print a literal: `'O\'Neil'`, `100.00`, `LAST_N_DAYS:30`; true, false and null in small letters."""
    match value:
        case StringValue():
            return f"'{escape(value.value)}'"
        case NumberValue() | DateValue() | DateTimeValue() | TimeValue():
            return value.text
        case BooleanValue():
            return "true" if value.value else "false"
        case NullValue():
            return "null"
        case CurrencyValue():
            return value.code + value.amount
        case DateLiteral():
            return value.name if value.count is None else f"{value.name}:{value.count}"
        case _:
            assert_never(value)


_SHORT_ESCAPES = {
    "\\": "\\\\",
    "'": "\\'",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}
# Quote and backslash, control characters, the two Unicode line ends, and halves of surrogate pairs.
_TO_ESCAPE = re.compile("['\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE_BREAK = re.compile(r"\s*[\r\n]\s*")
_PATTERN_PIECE = re.compile(r"\\.|" + _TO_ESCAPE.pattern, re.DOTALL)


def escape(text: str) -> str:
    """Escape a text for use between the single quotes of SOQL."""
    return _TO_ESCAPE.sub(lambda m: _escaped(m[0]), text)


def _escaped(char: str) -> str:
    return _SHORT_ESCAPES.get(char) or f"\\u{ord(char):04X}"


def _escape_pattern(pattern: StringValue) -> str:
    r"""Escape the pattern of a LIKE, whose escapes stay as they were written.

    `\%` is a percent sign and `\\%` a backslash with any text behind it, but both have the same `value`.
    """
    written = pattern.raw or pattern.value
    return _PATTERN_PIECE.sub(lambda m: m[0] if len(m[0]) == 2 else _escaped(m[0]), written)


_T = TypeVar("_T")


def _list(writer: Writer, items: Iterable[_T], write: Callable[[Writer, _T], None], gap: str = ", ") -> None:
    for number, item in enumerate(items):
        if number:
            writer.write(gap)
        write(writer, item)


def _condition(writer: Writer, condition: Condition, inside: type[And | Or | Not] | None) -> None:
    """Write a condition; `inside` is the kind of node around it, None where any condition may stand.

    SOQL has no precedence: AND, OR and NOT may not meet without parentheses. AND in AND, OR in OR need none.
    """
    alone = inside is None or not isinstance(condition, And | Or | Not)
    if alone or (inside is not Not and type(condition) is inside):
        _bare_condition(writer, condition)
    else:
        writer.write("(")
        _bare_condition(writer, condition)
        writer.write(")")


def _bare_condition(writer: Writer, condition: Condition) -> None:
    start = writer.at
    match condition:
        case And():
            _list(writer, condition.operands, lambda w, c: _condition(w, c, And), " AND ")
        case Or():
            _list(writer, condition.operands, lambda w, c: _condition(w, c, Or), " OR ")
        case Not():
            writer.write("NOT ")
            _condition(writer, condition.operand, Not)
        case Paren():
            writer.write("(")
            _condition(writer, condition.inner, inside=None)
            writer.write(")")
        case Comparison():
            _comparison(writer, condition)
        case Use():
            raise ValueError(f"the definition {condition.name!r} must be expanded before SOQL is printed")
        case _:
            assert_never(condition)
    writer.mark(start, condition.span)


def _comparison(writer: Writer, comparison: Comparison) -> None:
    _operand(writer, comparison.left)
    writer.write(" ", comparison.operator, " ")
    right = comparison.right
    if comparison.operator == "LIKE" and isinstance(right, StringValue):
        start = writer.at
        writer.write("'", _escape_pattern(right), "'")
        writer.mark(start, right.span)
    elif isinstance(right, ValueList):
        start = writer.at
        writer.write("(")
        _list(writer, right.items, _operand)
        writer.write(")")
        writer.mark(start, right.span)
    elif isinstance(right, SubSelect):
        _sub_select(writer, right)
    else:
        _operand(writer, right)


def _sub_select(writer: Writer, select: SubSelect) -> None:
    start = writer.at
    writer.write("(SELECT ")
    _operand(writer, select.field)
    writer.write(" FROM ")
    object_start = writer.at
    writer.write(select.object)
    writer.mark(object_start, select.object_span)
    _where(writer, " WHERE ", select.condition)
    writer.write(")")
    writer.mark(start, select.span)


def _operand(writer: Writer, operand: Operand) -> None:
    start = writer.at
    match operand:
        case FieldPath():
            writer.write(operand.text)
        case FunctionCall():
            writer.write(operand.name, "(")
            _list(writer, operand.args, _operand)
            writer.write(")")
        case _:
            writer.write(print_value(operand))
    writer.mark(start, operand.span)


def _where(writer: Writer, keyword: str, condition: Condition | None) -> None:
    if condition is not None:
        writer.write(keyword)
        _condition(writer, condition, inside=None)


def _query(writer: Writer, query: Query) -> None:
    start = writer.at
    writer.write("SELECT ")
    _list(writer, query.select, _select_item)
    writer.write(" FROM ")
    _list(writer, query.source, _from_item)
    if query.scope:
        writer.write(" USING SCOPE ", query.scope.upper())
    _where(writer, " WHERE ", query.where)
    if query.with_:
        writer.write(" ")
        with_start = writer.at
        writer.write("WITH ", _LINE_BREAK.sub(" ", query.with_.text))
        writer.mark(with_start, query.with_.span)
    if query.group_by:
        _group_by(writer, query.group_by)
    _where(writer, " HAVING ", query.having)
    if query.order_by:
        writer.write(" ORDER BY ")
        _list(writer, query.order_by, _order_item)
    if query.limit is not None:
        writer.write(f" LIMIT {query.limit}")
    if query.offset is not None:
        writer.write(f" OFFSET {query.offset}")
    for purpose in query.for_:
        writer.write(" FOR ", purpose.upper())
    if query.update:
        writer.write(" UPDATE ", ", ".join(query.update).upper())
    writer.mark(start, query.span)


def _select_item(writer: Writer, item: SelectItem | ChildQuery | Typeof) -> None:
    start = writer.at
    match item:
        case SelectItem():
            _operand(writer, item.value)
            _alias(writer, item.alias)
        case ChildQuery():
            writer.write("(")
            _query(writer, item.query)
            writer.write(")")
            _alias(writer, item.alias)
        case Typeof():
            _typeof(writer, item)
        case _:
            assert_never(item)
    writer.mark(start, item.span)


def _alias(writer: Writer, alias: str | None) -> None:
    if alias is not None:
        writer.write(" ", alias)


def _typeof(writer: Writer, item: Typeof) -> None:
    writer.write("TYPEOF ")
    _operand(writer, item.path)
    for branch in item.branches:
        writer.write(" ")
        _typeof_branch(writer, branch)
    if item.otherwise:
        writer.write(" ELSE ")
        _list(writer, item.otherwise, _operand)
    writer.write(" END")


def _typeof_branch(writer: Writer, branch: TypeofBranch) -> None:
    start = writer.at
    writer.write("WHEN ", branch.object, " THEN ")
    _list(writer, branch.fields, _operand)
    writer.mark(start, branch.span)


def _from_item(writer: Writer, item: FromItem) -> None:
    start = writer.at
    _operand(writer, item.path)
    _alias(writer, item.alias)
    writer.mark(start, item.span)


def _group_by(writer: Writer, group: GroupBy) -> None:
    writer.write(" GROUP BY ")
    start = writer.at
    if group.kind != "plain":
        writer.write(group.kind, "(")
    _list(writer, group.items, _operand)
    if group.kind != "plain":
        writer.write(")")
    writer.mark(start, group.span)


def _order_item(writer: Writer, item: OrderItem) -> None:
    start = writer.at
    _operand(writer, item.value)
    if item.descending is not None:
        writer.write(" DESC" if item.descending else " ASC")
    if item.nulls is not None:
        writer.write(" NULLS ", item.nulls)
    writer.mark(start, item.span)
