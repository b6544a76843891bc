"""Binds conditions to the schema: names in its letter case, definitions put in, operators and types checked."""

from __future__ import annotations

from compiler.check_values import check_values
from compiler.checks import (
    contradiction,
    query_size,
    semi_join,
    unfilterable_field,
    unknown_definition,
    value_type,
    volatile_field,
)
from compiler.condition_rules import check_comparisons, check_semi_joins
from compiler.contradictions import contradictions
from compiler.filter_length import Lengths
from compiler.function_places import Clause
from compiler.functions import FILTER_FUNCTIONS
from compiler.paths import Report, find_field, find_object
from compiler.resolved import FieldRef, ResolvedFilter
from compiler.schema import Schema, SObject
from compiler.value_types import check_value_types
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    FieldPath,
    FunctionCall,
    Not,
    Operand,
    Or,
    Paren,
    SubSelect,
    Use,
)
from grammar.source import Span
from grammar.spec_tree import Define


class Definitions:
    """The named conditions of a spec, bound when they are first used."""

    def __init__(self, defines: dict[str, Define], unreadable: frozenset[str] = frozenset()) -> None:
        self.by_name = defines
        self.unreadable = unreadable
        """Lower-case names of definitions with mistakes: those are reported, so their uses are not."""
        self.lengths = Lengths(defines)
        self.used: set[str] = set()
        self.open: list[str] = []


def bind_filter(
    written: Condition, sobject: SObject, schema: Schema, definitions: Definitions, report: Report
) -> ResolvedFilter:
    """Bind a condition on `sobject`. Parts with mistakes are reported and kept as they were written."""
    binder = _Binder(schema, definitions, report)
    kept = binder.bind(written, sobject, put_in=False)
    check_comparisons(written, Clause.WHERE, report)
    if (length := definitions.lengths.of(written)) > query_size.LONGEST:
        # What is used in it and too long itself is reported where it is defined.
        if all(definitions.lengths.of_definition(use.name) <= query_size.LONGEST for use in uses_of(written)):
            report(query_size.filter_too_large(length, written.span))
        return ResolvedFilter(sobject.name, kept, kept, written.span)
    quiet = _Binder(schema, definitions, lambda _: None)
    expanded = quiet.bind(written, sobject, put_in=True)
    check_semi_joins(expanded, sobject.name, report)
    _check_contradictions(expanded, written.span, sobject, schema, report)
    return ResolvedFilter(sobject.name, kept, expanded, written.span)


class _Binder:
    def __init__(self, schema: Schema, definitions: Definitions, report: Report) -> None:
        self.schema = schema
        self.definitions = definitions
        self.report = report
        self.noted: set[str] = set()

    def bind(self, condition: Condition, sobject: SObject, *, put_in: bool) -> Condition:
        match condition:
            case And(operands, span):
                return And(tuple(self.bind(o, sobject, put_in=put_in) for o in operands), span)
            case Or(operands, span):
                return Or(tuple(self.bind(o, sobject, put_in=put_in) for o in operands), span)
            case Not(operand, span):
                return Not(self.bind(operand, sobject, put_in=put_in), span)
            case Paren(inner, span):
                return Paren(self.bind(inner, sobject, put_in=put_in), span)
            case Use():
                return self._use(condition, sobject, put_in=put_in)
            case Comparison():
                return self._comparison(condition, sobject)

    def _use(self, use: Use, sobject: SObject, *, put_in: bool) -> Condition:
        key = use.name.lower()
        definition = self.definitions.by_name.get(key)
        if definition is None:
            if key in self.definitions.unreadable:
                return use
            field = sobject.field(use.name)
            known = [d.name.text for d in self.definitions.by_name.values()]
            self.report(unknown_definition.unknown_definition(use.name, use.span, known, field))
            return use
        self.definitions.used.add(key)
        if definition.object.text.lower() != sobject.name.lower():
            self.report(
                unknown_definition.definition_of_other_object(
                    use.name, use.span, definition.object.text, sobject.name, definition.name.span
                )
            )
            return use
        if not put_in or key in self.definitions.open:
            return use
        self.definitions.open.append(key)
        inner = self.bind(definition.condition, sobject, put_in=True)
        self.definitions.open.pop()
        return Paren(inner, use.span)

    def _comparison(self, comparison: Comparison, sobject: SObject) -> Comparison:
        left, kind, name, ref = self._left(comparison.left, sobject)
        right = comparison.right
        if isinstance(right, SubSelect):
            right = self._sub_select(right, ref, sobject)
        elif kind is not None:
            field_ref = ref if isinstance(comparison.left, FieldPath) else None
            check_value_types(comparison, kind, name, field_ref, self.report)
        if ref is not None:
            check_values(comparison, ref, self.report)
        return Comparison(left, comparison.operator, right, comparison.span)

    def _left(
        self, left: FieldPath | FunctionCall, sobject: SObject, *, in_function: bool = False
    ) -> tuple[FieldPath | FunctionCall, str | None, str, FieldRef | None]:
        """The bound left side, the describe type of its value (None: unknown), its name, and the field."""
        if isinstance(left, FieldPath):
            ref = find_field(left, sobject, self.schema, self.report)
            if ref is None:
                return left, None, left.text, None
            if not ref.field.filterable or (ref.field.is_compound and not in_function):
                self.report(unfilterable_field.unfilterable_field(ref.name, ref.field.type, ref.span))
                return ref.path, None, ref.name, None
            self._note_volatile(ref)
            return ref.path, ref.field.type, ref.name, ref
        function = FILTER_FUNCTIONS.get(left.name.lower())
        if function is None:  # unknown, or not for filters: the parser and `condition_rules` say so
            return left, None, left.name, None
        args: list[Operand] = []
        for arg in left.args:
            if isinstance(arg, FieldPath | FunctionCall) and getattr(arg, "name", "").upper() != "GEOLOCATION":
                bound, kind, name, _ = self._left(arg, sobject, in_function=True)
                if kind is not None and kind not in function.takes:
                    self.report(value_type.operator_type(name, kind, function.name, arg.span))
                args.append(bound)
            else:
                args.append(arg)
        return FunctionCall(function.name, tuple(args), left.span), function.gives, function.name, None

    def _note_volatile(self, ref: FieldRef) -> None:
        """Say once a filter that a field changes by itself. Record types keep their names, so they are left out."""
        if ref.volatile and ref.owner != "RecordType" and ref.name not in self.noted:
            self.noted.add(ref.name)
            self.report(volatile_field.volatile_filter(ref.name, ref.owner if ref.hops else None, ref.span))

    def _selected(self, select: SubSelect, filtered: SObject) -> SObject | None:
        """The object of a sub-select; `Account.Contacts` is a child relationship of the object that is filtered."""
        owner, dot, relationship = select.object.rpartition(".")
        child = filtered.child(relationship) if dot and owner.lower() == filtered.name.lower() else None
        name = child.child if child else select.object
        return find_object(name, select.object_span, self.schema, self.report)

    def _sub_select(self, select: SubSelect, outer: FieldRef | None, filtered: SObject) -> SubSelect:
        sobject = self._selected(select, filtered)
        if outer is not None and not outer.field.is_id:
            self.report(semi_join.semi_join_field(outer.name, outer.span))
        if sobject is None:
            return select
        names = select.field.names
        if select.alias and len(names) > 1 and names[0].lower() == select.alias.lower():
            names = names[1:]
        ref = find_field(FieldPath(names, select.field.span), sobject, self.schema, self.report)
        if ref is not None and not ref.field.is_id:
            self.report(semi_join.semi_join_field(ref.name, ref.span))
        elif ref is not None and outer is not None and not _may_meet(outer, ref):
            self.report(semi_join.semi_join_types(outer.name, ref.name, ref.span))
        inner = self.bind(select.condition, sobject, put_in=True) if select.condition else None
        return SubSelect(
            ref.path if ref else select.field, sobject.name, inner, select.span, select.object_span, select.alias
        )


def _check_contradictions(
    condition: Condition, written: Span, sobject: SObject, schema: Schema, report: Report
) -> None:
    def kind_of(path: FieldPath) -> str | None:
        ref = find_field(path, sobject, schema, lambda _: None)
        return ref.field.type if ref else None

    for one, other in contradictions(condition, kind_of):
        # Two that stand in one definition are reported there.
        here = [c for c in (other, one) if written.start <= c.span.start and c.span.end <= written.end]
        if here:
            there = one if here[0] is other else other
            left = here[0].left
            name = left.text if isinstance(left, FieldPath) else left.name
            report(contradiction.contradiction(name, here[0].span, there.span))


def _may_meet(outer: FieldRef, inner: FieldRef) -> bool:
    """Whether the two can hold Ids of the same object; fields that do not say what they refer to may."""
    sides = [
        {name.lower() for name in ((ref.owner,) if ref.field.type == "id" else ref.field.reference_to)}
        for ref in (outer, inner)
    ]
    return not all(sides) or "name" in sides[0] | sides[1] or bool(sides[0] & sides[1])


def circles(defines: dict[str, Define], report: Report) -> None:
    """Report each circle of definitions once, at the one that is written first."""
    reported: set[str] = set()
    for key in sorted(defines, key=lambda k: defines[k].span):
        circle = [] if key in reported else _way_back(key, defines)
        if circle:
            reported.update(circle)
            others = [(defines[k].name.text, defines[k].name.span) for k in circle if k != key]
            define = defines[key]
            report(unknown_definition.circular_definition(define.name.text, define.name.span, others))


def _way_back(key: str, defines: dict[str, Define]) -> list[str]:
    """The definitions on the shortest way from one back to itself, or nothing."""
    ways = [[key]]
    seen: set[str] = set()
    for way in ways:
        for use in uses_of(defines[way[-1]].condition):
            following = use.name.lower()
            if following == key:
                return way
            if following in defines and following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


def uses_of(condition: Condition) -> list[Use]:
    """The uses of definitions in a condition."""
    match condition:
        case Use():
            return [condition]
        case And(operands) | Or(operands):
            return [use for operand in operands for use in uses_of(operand)]
        case Not(inner) | Paren(inner):
            return uses_of(inner)
        case Comparison(_, _, SubSelect(_, _, inner)) if inner is not None:
            return uses_of(inner)
        case Comparison():
            return []
