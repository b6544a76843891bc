"""Checks a query against the org's schema: names, paths, types, and what may be filtered, ordered and grouped.

An object that a path or a child query leads to and that the snapshot does not describe gives a note, no error.
"""

from __future__ import annotations

from compiler.checks.typeof_place import typeof_target
from compiler.checks.unknown_child import not_described, unknown_child
from compiler.checks.unknown_object import RULE as UNKNOWN_OBJECT
from compiler.checks.unsortable_field import ungroupable_field, unsortable_field
from compiler.checks.value_type import operator_type
from compiler.condition_rules import comparisons
from compiler.conditions import Definitions, bind_filter
from compiler.functions import FILTER_FUNCTIONS
from compiler.paths import Report, find_field, find_object
from compiler.polymorphic import name_object
from compiler.query_scope import Scope, scope_of, written
from compiler.resolved import FieldRef
from compiler.schema import NUMBER_TYPES, Field, Schema, SObject
from compiler.value_types import check_value_types
from grammar.diagnostics import Diagnostic, Severity
from grammar.soql_tree import (
    ChildQuery,
    Condition,
    FieldPath,
    FunctionCall,
    Operand,
    Query,
    SelectItem,
    SubSelect,
    Typeof,
)
from grammar.source import Span

_NO_LABEL = NUMBER_TYPES | {"boolean", "date", "datetime", "time", "id", "address", "location", "base64"}


def check_against_schema(query: Query, schema: Schema, report: Report) -> None:
    """Report what does not fit the schema in a query and its child queries."""
    first = query.source[0]
    sobject = find_object(first.path.text, first.path.span, schema, report)
    if sobject is not None:
        _QueryCheck(query, sobject, schema, report).check()


def check_filter(condition: Condition, sobject: SObject, schema: Schema, report: Report) -> None:
    """Report what does not fit the schema in a condition on that object, whose aliases are taken off."""
    named = {c.right.object_span for c in comparisons(condition) if isinstance(c.right, SubSelect)}

    def reached(diagnostic: Diagnostic) -> None:
        if diagnostic.severity is Severity.ERROR:  # the rest is about specs, not about what Salesforce takes
            report(diagnostic if diagnostic.span in named else _or_note(diagnostic))

    bind_filter(condition, sobject, schema, Definitions({}), reached)


def _or_note(diagnostic: Diagnostic) -> Diagnostic:
    """A mistake in a path; an object that only the snapshot lacks is no mistake of the author's."""
    return not_described(diagnostic.span) if diagnostic.rule is UNKNOWN_OBJECT else diagnostic


class _QueryCheck:
    def __init__(self, query: Query, sobject: SObject, schema: Schema, report: Report) -> None:
        self.query = query
        self.sobject = sobject
        self.schema = schema
        self.report = report
        self.scope: Scope = scope_of(query)
        aliases = self.scope.aliases | {sobject.name.lower(): ()}
        self.scope = Scope(self.scope.root, aliases)
        self.aliases = {i.alias.lower() for i in query.select if isinstance(i, SelectItem) and i.alias}

    def check(self) -> None:
        query = self.query
        for item in query.select:
            match item:
                case SelectItem():
                    self._value(item.value)
                case Typeof():
                    self._typeof(item)
                case ChildQuery():
                    self._child(item.query)
        if query.where is not None:
            check_filter(self.scope.condition(query.where), self.sobject, self.schema, self.report)
        for group in query.group_by.items if query.group_by else ():
            ref = self._value(group)
            if ref is not None and not (ref.field.groupable and not ref.field.is_compound):
                self.report(ungroupable_field(ref.name, ref.field.type, ref.span))
        if query.having is not None:
            self._having(query.having)
        for order in query.order_by:
            ref = self._value(order.value)
            if ref is not None and not ref.field.sortable:
                self.report(unsortable_field(ref.name, ref.field.type, ref.span))

    def _reached(self, diagnostic: Diagnostic) -> None:
        self.report(_or_note(diagnostic))

    def _field(self, path: FieldPath) -> FieldRef | None:
        return find_field(self.scope.path(path), self.sobject, self.schema, self._reached)

    def _value(self, value: Operand) -> FieldRef | None:
        """Check a field or function; gives the field if it is one by itself."""
        if isinstance(value, FunctionCall):
            self._function(value)
            return None
        if not isinstance(value, FieldPath) or (len(value.names) == 1 and value.names[0].lower() in self.aliases):
            return None
        return self._field(value)

    def _function(self, call: FunctionCall) -> None:
        name = call.name.upper()
        if name in ("FIELDS", "GEOLOCATION"):
            return
        for arg in call.args:
            ref = self._value(arg)
            if ref is not None and _refuses(name, ref.field):
                self.report(operator_type(ref.name, ref.field.type, call.name, ref.span))

    def _having(self, condition: Condition) -> None:
        for comparison in comparisons(condition):
            ref = self._value(comparison.left)
            if ref is not None:
                check_value_types(comparison, ref.field.type, ref.name, ref, self.report)
            elif isinstance(comparison.left, FunctionCall):
                kind = self._kind(comparison.left)
                if kind is not None:
                    check_value_types(comparison, kind, written(comparison.left), None, self.report)

    def _kind(self, call: FunctionCall) -> str | None:
        """The describe type of what a function gives, if that is known."""
        name = call.name.upper()
        if name in ("COUNT", "COUNT_DISTINCT", "GROUPING"):
            return "int"
        if name in ("SUM", "AVG"):
            return "double"
        arg = call.args[0] if call.args else None
        if name in ("MIN", "MAX") and isinstance(arg, FieldPath):
            ref = find_field(self.scope.path(arg), self.sobject, self.schema, lambda _: None)
            return ref.field.type if ref is not None else None
        function = FILTER_FUNCTIONS.get(call.name.lower())
        return function.gives if function is not None else None

    def _typeof(self, item: Typeof) -> None:
        path = self.scope.path(item.path)
        owner = self._owner(path)
        if owner is None:
            return
        reference = owner.parent(path.names[-1])
        if reference is None:
            self._field(FieldPath((*path.names, "Id"), path.span))
            return
        targets = {target.lower() for target in reference.reference_to}
        for branch in item.branches:
            if targets and branch.object.lower() not in targets:
                self.report(typeof_target(item.path.text, branch.object, reference.reference_to, branch.span))
                continue
            sobject = self.schema.object(branch.object)
            if sobject is None:
                self.report(not_described(branch.span))
                continue
            for field in branch.fields:
                find_field(field, sobject, self.schema, self._reached)
        for field in item.otherwise:
            find_field(field, name_object(), self.schema, self._reached)

    def _owner(self, path: FieldPath) -> SObject | None:
        """The object that the last name of a path belongs to."""
        if len(path.names) == 1:
            return self.sobject
        ref = self._field(FieldPath((*path.names[:-1], "Id"), path.span))
        return self.schema.object(ref.owner) if ref is not None else None

    def _child(self, query: Query) -> None:
        path = query.source[0].path
        name = path.names[-1]
        child = self.sobject.child(name)
        if child is None:
            # Reduced describes name no child relationships at all.
            if self.sobject.children:
                self.report(unknown_child(name, Span(path.span.end - len(name), path.span.end), self.sobject))
            return
        sobject = self.schema.object(child.child)
        if sobject is None:
            self.report(not_described(path.span))
            return
        _QueryCheck(query, sobject, self.schema, self.report).check()


def _refuses(function: str, field: Field) -> bool:
    """Whether the function does not take fields of that type."""
    match function:
        case "SUM" | "AVG":
            return not field.is_number
        case "MIN" | "MAX":
            return field.type == "boolean" or not (field.aggregatable or field.type == "id")
        case "COUNT" | "COUNT_DISTINCT":
            return not field.aggregatable and field.type not in ("id", "boolean")
        case "TOLABEL":
            return field.type in _NO_LABEL
        case "CONVERTCURRENCY":
            return field.type != "currency"
        case "GROUPING" | "FORMAT":
            return False
        case _:
            takes = FILTER_FUNCTIONS.get(function.lower())
            return takes is not None and field.type not in takes.takes
