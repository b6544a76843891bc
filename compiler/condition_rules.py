"""Rules for conditions that need no schema: functions, texts, distances, and where sub-selects may stand."""

from __future__ import annotations

from compiler.checks.distance_operator import distance_operator
from compiler.checks.like_text import like_without_text
from compiler.checks.query_size import LONGEST_TEXT, NEARLY, text_nearly_too_long, text_too_long
from compiler.checks.semi_join import semi_join_place, semi_join_same_object
from compiler.function_places import Clause, check_places
from compiler.functions import FILTER_FUNCTIONS
from compiler.paths import Report
from compiler.query_scope import written
from compiler.value_types import check_value_types
from grammar.format_soql import value_text
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    CurrencyValue,
    FunctionCall,
    Not,
    NullValue,
    Or,
    Paren,
    StringValue,
    SubSelect,
    ValueList,
)
from grammar.source import Span

_COMPARING = ("=", "!=", "<", "<=", ">", ">=", "IN", "NOT IN")


def check_condition_rules(condition: Condition, object_name: str, report: Report) -> None:
    """Report each breach in a filter on that object, sub-selects included."""
    check_comparisons(condition, Clause.WHERE, report)
    check_semi_joins(condition, object_name, report)


def check_comparisons(condition: Condition, clause: Clause, report: Report) -> None:
    """Report what is wrong with single comparisons of a condition in that clause."""
    for comparison in comparisons(condition):
        left, operator, right = comparison.left, comparison.operator, comparison.right
        check_places(left, clause, report)
        if isinstance(left, FunctionCall) and left.name.upper() == "DISTANCE" and operator not in ("<", ">"):
            report(distance_operator(operator, comparison.span))
        check_function_value(comparison, report)
        if isinstance(right, SubSelect):
            if right.condition is not None:
                check_comparisons(right.condition, Clause.WHERE, report)
            continue
        for value in right.items if isinstance(right, ValueList) else (right,):
            if operator == "LIKE" and not isinstance(value, StringValue):
                report(like_without_text(value_text(value), value.span))
            if isinstance(value, StringValue) and (length := len(value.value)) > LONGEST_TEXT * NEARLY:
                report((text_too_long if length > LONGEST_TEXT else text_nearly_too_long)(length, value.span))


def check_function_value(comparison: Comparison, report: Report) -> None:
    """Report a value that what a function gives is never compared with: `CALENDAR_YEAR(CreatedDate) = THIS_YEAR`."""
    left, right = comparison.left, comparison.right
    if not isinstance(left, FunctionCall) or isinstance(right, NullValue) or comparison.operator not in _COMPARING:
        return
    name = left.name.upper()
    function = FILTER_FUNCTIONS.get(name.lower())
    if function is not None and function.gives != "string":
        check_value_types(comparison, function.gives, function.name, None, report)
    elif name in ("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "GROUPING") and not isinstance(right, CurrencyValue):
        check_value_types(comparison, "double", written(left), None, report)


def comparisons(condition: Condition) -> list[Comparison]:
    """The comparisons of a condition, without those in sub-selects."""
    match condition:
        case And(operands) | Or(operands):
            return [comparison for operand in operands for comparison in comparisons(operand)]
        case Not(inner) | Paren(inner):
            return comparisons(inner)
        case Comparison():
            return [condition]
        case _:
            return []


def check_semi_joins(condition: Condition, object_name: str, report: Report) -> None:
    """Two at most, only on the top level, only under AND, not nested, and never on the object itself.

    Source: SOQL and SOSL Reference, "Comparison Operators", semi-joins and anti-joins; in part widely reported.
    """
    found: list[Span] = []

    def walk(node: Condition, why: str | None, inside: bool) -> None:
        match node:
            case And(operands):
                for operand in operands:
                    walk(operand, why, inside)
            case Or(operands):
                for operand in operands:
                    walk(operand, "not under OR", inside)
            case Not(operand):
                walk(operand, "not under NOT; write NOT IN", inside)
            case Paren(inner):
                walk(inner, why, inside)
            case Comparison(_, _, SubSelect() as select):
                if inside:
                    report(semi_join_place(select.span, "one sub-select cannot stand in another"))
                    return
                if why:
                    report(semi_join_place(select.span, why))
                if select.object.lower() == object_name.lower():
                    report(semi_join_same_object(select.object, select.object_span))
                found.append(select.span)
                if select.condition is not None:
                    walk(select.condition, None, True)
            case _:
                pass

    walk(condition, None, False)
    for span in found[2:]:
        report(semi_join_place(span, "there are more than two"))
