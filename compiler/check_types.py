"""Account types that leave nothing for one another."""

from __future__ import annotations

from collections.abc import Hashable

from compiler.checks import repeated_filter
from compiler.paths import Report
from compiler.resolved import ResolvedSpec
from grammar.soql_tree import And, Condition, Not, Or, Paren


def check_types(resolved: ResolvedSpec, report: Report) -> None:
    """Report each type whose filter is the same as an earlier one, whatever the order of its parts."""
    for number, later in enumerate(resolved.types):
        for earlier in resolved.types[:number]:
            if later.kind != earlier.kind and _same(later.filter.condition, earlier.filter.condition):
                report(
                    repeated_filter.repeated_filter(later.kind, later.filter.span, earlier.kind, earlier.filter.span)
                )
                break


def _same(one: Condition, other: Condition) -> bool:
    return _shape(one) == _shape(other)


def _shape(condition: Condition) -> Hashable:
    """What is left of a condition when parentheses and the order of operands do not count."""
    match condition:
        case Paren(inner):
            return _shape(inner)
        case And() | Or():
            kind = type(condition)
            parts: set[Hashable] = set()
            for operand in condition.operands:
                shape = _shape(operand)
                if isinstance(shape, tuple) and shape[0] is kind:
                    parts |= shape[1]
                else:
                    parts.add(shape)
            return kind, frozenset(parts)
        case Not(operand):
            return Not, _shape(operand)
        case _:
            return condition
