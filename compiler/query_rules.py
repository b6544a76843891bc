"""The rules that a whole query must keep whatever the org is like."""

from __future__ import annotations

from compiler.checks.from_alias import unrelated_from
from compiler.checks.path_depth import DEEPEST, path_too_deep
from compiler.checks.query_size import LONGEST, MOST_ORDER_FIELDS, MOST_RELATIONSHIPS, query_too_large
from compiler.condition_rules import check_condition_rules, comparisons
from compiler.function_places import Clause, check_places
from compiler.paths import Report
from compiler.query_groups import check_groups
from compiler.query_scope import Scope, scope_of
from compiler.query_select import check_select
from grammar.soql_tree import ChildQuery, FieldPath, FunctionCall, Operand, Query, SelectItem, Typeof
from grammar.syntax_errors import out_of_range

LARGEST_OFFSET = 2000


def check_rules(query: Query, report: Report, depth: int = 1) -> None:
    """Report each breach in a query and in its child queries; `depth` is 1 for the query itself."""
    scope = scope_of(query)
    if depth == 1:
        length = query.span.end - query.span.start
        if length > LONGEST:
            report(query_too_large("characters", length, LONGEST, query.span))
    _check_source(query, scope, report)
    check_select(query, scope, depth, report)
    for item in query.select:
        if isinstance(item, SelectItem):
            check_places(item.value, Clause.SELECT, report)
    if query.where is not None:
        check_condition_rules(scope.condition(query.where), scope.root, report)
    check_groups(query, scope, report)
    for order in query.order_by:
        check_places(order.value, Clause.ORDER_BY, report)
    if query.offset is not None and query.offset > LARGEST_OFFSET:
        report(out_of_range(query.offset_span, "OFFSET", "0", f"{LARGEST_OFFSET:,}"))
    if len(query.order_by) > MOST_ORDER_FIELDS:
        place = query.order_by[MOST_ORDER_FIELDS].span
        report(query_too_large("fields in ORDER BY", len(query.order_by), MOST_ORDER_FIELDS, place))
    _check_relationships(query, scope, report)
    for child in query.select:
        if isinstance(child, ChildQuery):
            check_rules(child.query, report, depth + 1)


def _check_source(query: Query, scope: Scope, report: Report) -> None:
    for item in query.source[1:]:
        if (item.alias or item.path.names[-1]).lower() not in scope.aliases:
            report(unrelated_from(item.path.text, item.span, scope.root))


def _check_relationships(query: Query, scope: Scope, report: Report) -> None:
    followed: set[tuple[str, ...]] = set()
    for path in _paths(query):
        names = scope.path(path).names
        if len(names) - 1 > DEEPEST:
            report(path_too_deep(path.span, len(names) - 1))
        followed |= {tuple(name.lower() for name in names[:size]) for size in range(1, len(names))}
    if len(followed) > MOST_RELATIONSHIPS:
        report(query_too_large("relationships", len(followed), MOST_RELATIONSHIPS, query.span))


def _paths(query: Query) -> list[FieldPath]:
    """All field paths of a query, those of child queries and sub-selects left out."""
    operands: list[Operand] = []
    for item in query.select:
        if isinstance(item, SelectItem):
            operands.append(item.value)
        elif isinstance(item, Typeof):
            operands.append(item.path)
    for condition in (query.where, query.having):
        if condition is not None:
            operands += [comparison.left for comparison in comparisons(condition)]
    operands += query.group_by.items if query.group_by else ()
    operands += [order.value for order in query.order_by]
    return [path for operand in operands for path in _paths_of(operand)]


def _paths_of(operand: Operand) -> list[FieldPath]:
    match operand:
        case FieldPath():
            return [operand]
        case FunctionCall(args=args):
            return [path for arg in args for path in _paths_of(arg)]
        case _:
            return []
