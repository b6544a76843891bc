"""Prints conditions in canonical form, token by token."""

from __future__ import annotations

from grammar.layout import STEP, Writer, flat_text
from grammar.soql_tree import (
    And,
    BooleanValue,
    Comparison,
    Condition,
    CurrencyValue,
    DateLiteral,
    DateTimeValue,
    DateValue,
    FieldPath,
    FunctionCall,
    Not,
    NullValue,
    NumberValue,
    Operand,
    Or,
    Paren,
    StringValue,
    SubSelect,
    TimeValue,
    Use,
    Value,
    ValueList,
)


def write_condition(writer: Writer, condition: Condition, indent: int) -> None:
    """Write a condition; what does not fit breaks before AND and OR, at `indent`."""
    writer.group(lambda w: _write(w, condition, indent))


def _write(writer: Writer, condition: Condition, indent: int) -> None:
    match condition:
        case And(operands) | Or(operands):
            word = "AND" if isinstance(condition, And) else "OR"
            for number, operand in enumerate(operands):
                if number:
                    writer.soft_line(indent)
                    writer.token(word)
                _nested(writer, operand, indent)
        case Not(operand):
            writer.token("NOT")
            _nested(writer, operand, indent)
        case Paren(inner):
            writer.token("(")
            _nested(writer, inner, indent + STEP)
            writer.token(")", glue=True)
        case Use(name):
            writer.token(name)
        case Comparison(left, operator, right):
            write_operand(writer, left)
            for word in operator.split():
                writer.token(word)
            if isinstance(right, ValueList):
                writer.token("(")
                for number, item in enumerate(right.items):
                    if number:
                        writer.token(",", glue=True)
                        text = value_text(item)
                        writer.soft_line(indent + STEP, len(text) + 2)
                    write_operand(writer, item)
                writer.token(")", glue=True)
            elif isinstance(right, SubSelect):
                _sub_select(writer, right, indent)
            else:
                write_operand(writer, right)


def _nested(writer: Writer, condition: Condition, indent: int) -> None:
    writer.group(lambda w: _write(w, condition, indent))


def _sub_select(writer: Writer, select: SubSelect, indent: int) -> None:
    writer.token("(")
    writer.token("SELECT", glue=True)
    write_path(writer, select.field)
    writer.token("FROM")
    writer.token(select.object)
    if select.alias:
        writer.token(select.alias)
    if select.condition is not None:
        writer.token("WHERE")
        _nested(writer, select.condition, indent + STEP)
    writer.token(")", glue=True)


def write_operand(writer: Writer, operand: Operand) -> None:
    """Write a field, a function or a value."""
    match operand:
        case FieldPath():
            write_path(writer, operand)
        case FunctionCall(name, args):
            writer.token(name)
            writer.token("(", glue=True)
            for number, arg in enumerate(args):
                if number:
                    writer.token(",", glue=True)
                write_operand(writer, arg)
            writer.token(")", glue=True)
        case _:
            writer.token(value_text(operand))


def write_path(writer: Writer, path: FieldPath) -> None:
    """Write `Account.Owner.Name`."""
    for number, name in enumerate(path.names):
        if number:
            writer.token(".", glue=True)
        writer.token(name, glue=number > 0)


def value_text(value: Value) -> str:
    """A value as it is written."""
    match value:
        case StringValue(_, raw):
            return f"'{raw}'"
        case NumberValue(text) | DateValue(text) | DateTimeValue(text) | TimeValue(text):
            return text
        case BooleanValue(truth):
            return "true" if truth else "false"
        case NullValue():
            return "null"
        case CurrencyValue(code, amount):
            return f"{code}{amount}"
        case DateLiteral(name, count):
            return name if count is None else f"{name}:{count}"


def condition_text(condition: Condition) -> str:
    """A condition in one line."""
    return flat_text(lambda w: _write(w, condition, 0))[0]
