"""Which tests a null passes. SOQL filters have two values: a test of null holds or it does not.

A comparison on a value that is there is the plain one; these functions say what happens where it is not.
Booleans are never null: callers put false in their place first.
"""

from __future__ import annotations

from compiler.meaning.switches import DEFAULTS, Switches
from grammar.soql_tree import Operator

_RANGES = frozenset({"<", "<=", ">", ">="})


def null_passes(
    operator: Operator,
    *,
    compared_with_null: bool = False,
    anything: bool = False,
    switches: Switches = DEFAULTS,
) -> bool:
    """Whether a row passes `f <operator> value` when f is null.

    Args:
        operator: the operator as the tree has it.
        compared_with_null: the value is null, or the list has a null (or `''`) among its values.
        anything: the pattern of LIKE is one that every text matches.
        switches: the answers to the open questions.

    >>> null_passes("!="), null_passes("!=", compared_with_null=True), null_passes("NOT IN", compared_with_null=True)
    (True, False, False)
    """
    match operator:
        case "=" | "IN" | "INCLUDES":
            return compared_with_null
        case "!=":
            return not compared_with_null and switches.null_passes_not_equal
        case "NOT IN":
            return not compared_with_null and switches.null_passes_not_in
        case "EXCLUDES":
            return not compared_with_null and switches.null_passes_excludes
        case "LIKE":
            return anything and switches.null_passes_like_anything
        case _:
            return compared_with_null and switches.range_with_null == "always"


def null_passes_negation(
    operator: Operator,
    *,
    compared_with_null: bool = False,
    anything: bool = False,
    switches: Switches = DEFAULTS,
) -> bool:
    """Whether a row passes `(NOT f <operator> value)` when f is null: the opposite, but for the open questions.

    >>> null_passes_negation("="), null_passes_negation("LIKE"), null_passes_negation("!=")
    (True, True, False)
    """
    passes = null_passes(operator, compared_with_null=compared_with_null, anything=anything, switches=switches)
    if operator in _RANGES and not compared_with_null:
        return switches.null_passes_not_range
    if operator == "LIKE" and not passes:
        return switches.null_passes_not_like
    if operator == "=" and not compared_with_null:
        return switches.null_passes_not_equal
    if operator == "IN" and not compared_with_null:
        return switches.null_passes_not_in
    return not passes
