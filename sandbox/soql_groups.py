"""GROUP BY: what may stand in an aggregate query, and what it is over the groups."""

from __future__ import annotations

from grammar.soql_tree import Condition, FieldPath, FunctionCall, Query, SelectItem
from sandbox import soql_functions as functions
from sandbox.errors import SoqlError
from sandbox.soql_conditions import having_sql
from sandbox.soql_scope import Operand, Scope

_MOST_ROLLED_UP = 3


def is_aggregate_query(query: Query) -> bool:
    """Whether a query answers groups instead of records."""
    return query.group_by is not None or any(
        isinstance(item, SelectItem) and has_aggregate(item.value) for item in query.select
    )


def has_aggregate(value: object) -> bool:
    """Whether a column is an aggregate, or the format of one."""
    if not isinstance(value, FunctionCall):
        return False
    return value.name.upper() in functions.AGGREGATES or any(has_aggregate(a) for a in value.args)


class Groups:
    """The groups of an aggregate query: keys, and operands over them. `group_by_sql` begins with a blank."""

    def __init__(self, query: Query, scope: Scope) -> None:
        self.scope = scope
        self.rolled_up = query.group_by is not None and query.group_by.kind != "plain"
        self._keys: dict[str, Operand] = {}
        self._key_sql: dict[str, str] = {}
        self._aliases = {
            item.alias.lower(): item.value for item in query.select if isinstance(item, SelectItem) and item.alias
        }
        self.group_by_sql = ""
        if query.group_by is None:
            return
        items = query.group_by.items
        if self.rolled_up and len(items) > _MOST_ROLLED_UP:
            raise SoqlError(
                "MALFORMED_QUERY", f"{query.group_by.kind} takes at most {_MOST_ROLLED_UP} fields", query.group_by.span
            )
        for item in items:
            self._add_key(item)
        keys = ", ".join(self._key_sql.values())
        kind = query.group_by.kind
        self.group_by_sql = f" GROUP BY {keys}" if kind == "plain" else f" GROUP BY {kind}({keys})"

    @property
    def usual_order(self) -> str:
        """The order of groups where the query wants none: by their keys, sub-totals behind what they sum up."""
        parts = []
        for key in self._key_sql.values():
            if self.rolled_up:
                parts.append(f"GROUPING({key})")
            parts.append(f"{key} NULLS FIRST")
        return ", ".join(parts)

    def _add_key(self, item: FieldPath | FunctionCall) -> None:
        if isinstance(item, FieldPath) and not self._is_field(item):
            item = self._aliases.get(item.text.lower(), item)
        if isinstance(item, FieldPath):
            operand = self.scope.field(item)
            if operand.field is not None and (not operand.field.groupable or operand.field.is_compound):
                raise SoqlError(
                    "MALFORMED_QUERY", f"field '{operand.name}' can not be grouped in a query call", item.span
                )
        elif item.name.upper() in functions.AGGREGATES or item.name.upper() == "DISTANCE":
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{item.name}'", item.span)
        else:
            operand = functions.call(item, self.scope)
        folded = functions.folds_case(operand) and self.scope.world.switches.grouping_ignores_case
        key = f"lower({operand.sql})" if folded and operand.kind != "int" else operand.sql
        shown = operand.sql if key == operand.sql else f"min({operand.sql})"
        if self.rolled_up and key != operand.sql:
            shown = f"CASE WHEN GROUPING({key}) = 0 THEN {shown} END"
        self._keys[_written(item)] = operand._replace(sql=shown)
        self._key_sql[_written(item)] = key

    def _is_field(self, path: FieldPath) -> bool:
        sobject = self.scope.root.sobject
        return len(path.names) > 1 or (sobject is not None and sobject.field(path.names[0]) is not None)

    def lookup(self, value: FieldPath | FunctionCall, aliases: bool = False) -> Operand:
        """An operand over the groups; raises SoqlError for a field that is neither grouped nor aggregated."""
        if known := self._keys.get(_written(value)):
            return known
        if isinstance(value, FieldPath):
            if aliases and (named := self._aliases.get(value.text.lower())) is not None:
                return self.lookup(named)
            operand = self.scope.field(value)
            for key, grouped in self._keys.items():
                if grouped.name == operand.name and grouped.owner == operand.owner and "(" not in key:
                    return grouped
            raise SoqlError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {value.text}", value.span)
        name = value.name.upper()
        if name == "GROUPING":
            return self._grouping(value)
        if name in functions.AGGREGATES:
            return functions.aggregate(value, functions.argument(value, self.scope) if value.args else None, self.scope)
        if name == "FORMAT" and len(value.args) == 1 and isinstance(value.args[0], (FieldPath, FunctionCall)):
            inner = self.lookup(value.args[0])
            return inner._replace(kind="formatted:" + inner.kind)
        if name not in functions.KNOWN:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{value.name}'", value.span)
        if name in functions.DATE_FUNCTIONS or name in ("TOLABEL", "CONVERTCURRENCY", "CONVERTTIMEZONE"):
            functions.call(value, self.scope)
        raise SoqlError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {value.name}", value.span)

    def _grouping(self, value: FunctionCall) -> Operand:
        if not self.rolled_up or len(value.args) != 1 or not isinstance(value.args[0], FieldPath):
            raise SoqlError("MALFORMED_QUERY", "GROUPING takes a field of ROLLUP or CUBE", value.span)
        key = self._key_sql.get(_written(value.args[0]))
        if key is None:
            raise SoqlError("MALFORMED_QUERY", "GROUPING takes a field of ROLLUP or CUBE", value.span)
        return Operand(f"GROUPING({key})", "int", value.name)

    def having(self, condition: Condition) -> str:
        """The condition of HAVING."""
        return having_sql(condition, self.scope, lambda value: self.lookup(value, aliases=False))


def _written(value: object) -> str:
    """A path or function without case, to compare what SELECT and GROUP BY say."""
    if isinstance(value, FieldPath):
        return value.text.lower()
    if isinstance(value, FunctionCall):
        return f"{value.name.lower()}({','.join(_written(a) for a in value.args)})"
    return repr(value)
