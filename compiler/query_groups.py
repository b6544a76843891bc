"""GROUP BY: what an aggregate query may select, order by and filter its groups by.

Source: SOQL and SOSL Reference, "GROUP BY", "GROUP BY ROLLUP", "HAVING", "Aggregate Functions".
"""

from __future__ import annotations

from compiler.checks.aggregate_limit import limit_without_groups
from compiler.checks.function_place import function_place
from compiler.checks.having_currency import currency_in_having
from compiler.checks.rollup_fields import MOST, too_many_rollup_fields
from compiler.checks.semi_join import semi_join_place
from compiler.checks.ungrouped_field import ungrouped_date_function, ungrouped_field, ungrouped_query
from compiler.condition_rules import check_comparisons, comparisons
from compiler.function_places import Clause, check_places
from compiler.paths import Report
from compiler.query_scope import Scope, key, written
from grammar.diagnostics import Diagnostic
from grammar.format_soql import value_text
from grammar.query_errors import count_alone
from grammar.soql_functions import AGGREGATES, DATE_FUNCTIONS
from grammar.soql_tree import (
    CurrencyValue,
    FieldPath,
    FunctionCall,
    Operand,
    Query,
    SelectItem,
    SubSelect,
    ValueList,
)


def holds_aggregate(operand: Operand) -> bool:
    """Whether an aggregate stands in a function, at any depth."""
    if not isinstance(operand, FunctionCall):
        return False
    return operand.name.upper() in AGGREGATES or any(holds_aggregate(arg) for arg in operand.args)


def is_aggregate_query(query: Query) -> bool:
    """Whether a query answers groups instead of records."""
    return query.group_by is not None or any(
        isinstance(item, SelectItem) and holds_aggregate(item.value) for item in query.select
    )


def check_groups(query: Query, scope: Scope, report: Report) -> None:
    """Report each breach of the rules of grouping in a query, its child queries not included."""
    if is_aggregate_query(query):
        _Groups(query, scope, report).check()
        return
    for item in query.select:
        if isinstance(item, SelectItem) and isinstance(item.value, FunctionCall):
            name = item.value.name.upper()
            if name in DATE_FUNCTIONS:
                report(ungrouped_date_function(written(item.value), item.value.span))
            elif name == "GROUPING":
                report(_grouping_refused(item.value))
    for order in query.order_by:
        if holds_aggregate(order.value):
            report(ungrouped_query(written(order.value), order.value.span))


class _Groups:
    def __init__(self, query: Query, scope: Scope, report: Report) -> None:
        self.query = query
        self.scope = scope
        self.report = report
        self.items = query.group_by.items if query.group_by else ()
        self.keys = {key(scope.operand(item)) for item in self.items}
        self.aliases: dict[str, FieldPath | FunctionCall] = {}
        for item in query.select:
            if isinstance(item, SelectItem) and item.alias:
                self.aliases[item.alias.lower()] = item.value
                if item.alias.lower() in self.keys:
                    self.keys.add(key(scope.operand(item.value)))

    def check(self) -> None:
        query = self.query
        if query.group_by is not None and query.group_by.kind != "plain" and len(self.items) > MOST:
            self.report(too_many_rollup_fields(query.group_by.kind, len(self.items), query.group_by.span))
        for group in self.items:
            check_places(group, Clause.GROUP_BY, self.report)
        for item in query.select:
            if isinstance(item, SelectItem):
                self._check(item.value, "SELECT")
        self._check_count()
        if query.having is not None:
            self._check_having()
        for order in query.order_by:
            if not (isinstance(order.value, FieldPath) and order.value.text.lower() in self.aliases):
                self._check(order.value, "ORDER BY")

    def _check_count(self) -> None:
        query = self.query
        first = query.select[0]
        if not isinstance(first, SelectItem):
            return
        if isinstance(first.value, FunctionCall) and first.value.name.upper() == "COUNT" and not first.value.args:
            if query.group_by is not None:
                self.report(count_alone(first.span, "does not go with GROUP BY"))
            elif query.order_by:
                self.report(count_alone(first.span, "does not go with ORDER BY"))
        elif query.limit is not None and query.group_by is None:
            self.report(limit_without_groups(query.limit_span))

    def _check_having(self) -> None:
        assert self.query.having is not None
        check_comparisons(self.query.having, Clause.HAVING, self.report)
        for comparison in comparisons(self.query.having):
            if isinstance(comparison.right, SubSelect):
                self.report(semi_join_place(comparison.right.span, "not in HAVING"))
            left = comparison.left
            if not (isinstance(left, FieldPath) and left.text.lower() in self.aliases):
                self._check(left, "HAVING")
            right = comparison.right
            for value in right.items if isinstance(right, ValueList) else (right,):
                if isinstance(value, CurrencyValue) and holds_aggregate(left):
                    self.report(currency_in_having(value_text(value), value.amount, value.span))

    def _check(self, value: Operand, clause: str) -> None:
        """Report what is in `value` and neither grouped nor aggregated."""
        if not isinstance(value, FieldPath | FunctionCall) or key(self.scope.operand(value)) in self.keys:
            return
        if self._of_grouped_day(value):
            return
        if isinstance(value, FieldPath) or (value.name.upper() in DATE_FUNCTIONS and not holds_aggregate(value)):
            self.report(ungrouped_field(written(value), value.span, clause))
        elif value.name.upper() == "GROUPING":
            rolled_up = self.query.group_by is not None and self.query.group_by.kind != "plain"
            if not rolled_up or not all(key(self.scope.operand(arg)) in self.keys for arg in value.args):
                self.report(_grouping_refused(value))
        elif value.name.upper() not in AGGREGATES:
            for arg in value.args:
                self._check(arg, clause)

    def _of_grouped_day(self, value: FieldPath | FunctionCall) -> bool:
        """Whether it is a date function of a field that is grouped, which is taken for dates.

        Grouping by a date with time is refused by the schema.
        """
        if isinstance(value, FieldPath) or value.name.upper() not in DATE_FUNCTIONS:
            return False
        return bool(value.args) and key(self.scope.operand(value.args[0])) in self.keys


def _grouping_refused(call: FunctionCall) -> Diagnostic:
    way_out = "name a field that stands in the parentheses of ROLLUP or CUBE"
    return function_place(call.name, "without ROLLUP or CUBE of its field", call.span, way_out)
