"""Semi-joins and anti-joins: `AccountId IN (SELECT ...)`, and where in a condition they may stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

from grammar.soql_tree import And, Comparison, Condition, Not, Or, Paren, SubSelect, Use
from sandbox.errors import SoqlError
from sandbox.soql_scope import Operand, Scope, unknown_object

_MOST_SUBSELECTS = 2

WhereSql: TypeAlias = Callable[[Condition, Scope], str]


def leaves(condition: Condition) -> list[Comparison]:
    """All comparisons of a condition, in their order."""
    match condition:
        case Comparison():
            return [condition]
        case And(operands=operands) | Or(operands=operands):
            return [leaf for operand in operands for leaf in leaves(operand)]
        case Not(operand=inner) | Paren(inner=inner):
            return leaves(inner)
        case Use():
            return []
        case _:
            assert_never(condition)


def check_subselects(condition: Condition) -> None:
    """Raise SoqlError for sub-selects where Salesforce has none, or for too many of them."""
    subselects = [leaf.right for leaf in leaves(condition) if isinstance(leaf.right, SubSelect)]
    if len(subselects) > _MOST_SUBSELECTS:
        raise SoqlError(
            "MALFORMED_QUERY", f"Maximum {_MOST_SUBSELECTS} semi join sub-selects are allowed.", subselects[2].span
        )
    _refuse_under_or(condition, under_or=False)


def _refuse_under_or(condition: Condition, under_or: bool) -> None:
    match condition:
        case Comparison(right=SubSelect(span=span)) if under_or:
            raise SoqlError("MALFORMED_QUERY", "Semi join sub-selects are not allowed with the 'OR' operator", span)
        case Or(operands=operands):
            for operand in operands:
                _refuse_under_or(operand, under_or=True)
        case And(operands=operands):
            for operand in operands:
                _refuse_under_or(operand, under_or)
        case Not(operand=inner) | Paren(inner=inner):
            _refuse_under_or(inner, under_or)


def semi_join(
    left: Operand, leaf: Comparison, inner: SubSelect, outer: Scope, inner_where: WhereSql, *, negated: bool
) -> str:
    """The test of a semi-join, or of an anti-join; `inner_where` turns the inner condition into SQL."""
    sobject = outer.world.schema.object(inner.object)
    if sobject is None:
        raise unknown_object(inner.object, inner.object_span)
    if left.kind not in ("id", "reference"):
        raise SoqlError(
            "INVALID_FIELD",
            f"the left operand of a semi join must be an id or a reference: {left.name}",
            leaf.left.span,
        )
    root = outer.root.sobject
    if root is not None and root.name == sobject.name and left.kind == "id":
        raise SoqlError(
            "INVALID_FIELD",
            "The inner and outer selects should not be on the same object type",
            inner.span,
        )
    scope = Scope(outer.world, (), sobject, outer.prefix + "s")
    column = scope.field(inner.field)
    if column.kind not in ("id", "reference"):
        raise SoqlError(
            "INVALID_FIELD",
            f"the inner select of a semi join must select an id or a reference: {column.name}",
            inner.field.span,
        )
    if not _targets(left) & _targets(column):
        raise SoqlError(
            "MALFORMED_QUERY",
            f"Entity type of {left.name} does not match that of the inner field {column.name}",
            inner.field.span,
        )
    tests = [f"{column.sql} IS NOT NULL"]
    if scope.visible_sql:
        tests.append(scope.visible_sql)
    if inner.condition is not None:
        for nested in leaves(inner.condition):
            if isinstance(nested.right, SubSelect):
                raise SoqlError(
                    "MALFORMED_QUERY", "Nesting of semi join sub-selects is not supported", nested.right.span
                )
        tests.append(inner_where(inner.condition, scope))
    select = f"SELECT {column.sql} FROM {scope.from_sql} WHERE {' AND '.join(tests)}"
    if (leaf.operator == "NOT IN") == negated:
        return f"({left.sql} IS NOT NULL AND {left.sql} IN ({select}))"
    missing = f"NOT ({left.sql} IN ({select}))"
    if outer.world.switches.null_passes_anti_join:
        return f"({left.sql} IS NULL OR {missing})"
    return f"({left.sql} IS NOT NULL AND {missing})"


def _targets(operand: Operand) -> set[str]:
    """The objects whose Ids an operand may hold."""
    if operand.kind == "id":
        return {operand.owner.name} if operand.owner else set()
    return set(operand.field.reference_to) if operand.field else set()
