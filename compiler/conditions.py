"""Binds conditions to the schema: names in its letter case, definitions put in, operators and types checked."""

from __future__ import annotations

from compiler.checks import (
    semi_join,
    unfilterable_field,
    unknown_definition,
    unknown_function,
    value_type,
)
from compiler.functions import FILTER_FUNCTIONS
from compiler.paths import Report, find_field, find_object
from compiler.record_id import is_record_id
from compiler.resolved import FieldRef, ResolvedFilter
from compiler.schema import NUMBER_TYPES, Schema, SObject
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
    Operator,
    Or,
    Paren,
    StringValue,
    SubSelect,
    TimeValue,
    Use,
    Value,
    ValueList,
)
from grammar.source import Span
from grammar.spec_tree import Define

_ORDERED = ("<", "<=", ">", ">=")


class Definitions:
    """The named conditions of a spec, bound when they are first used."""

    def __init__(self, defines: dict[str, Define]) -> None:
        self.by_name = defines
        self.used: set[str] = set()
        self.open: list[str] = []


def bind_filter(
    written: Condition, sobject: SObject, schema: Schema, definitions: Definitions, report: Report
) -> ResolvedFilter:
    """Bind a condition on `sobject`. Parts with mistakes are reported and kept as they were written."""
    binder = _Binder(schema, definitions, report)
    kept = binder.bind(written, sobject, put_in=False)
    quiet = _Binder(schema, definitions, lambda _: None)
    expanded = quiet.bind(written, sobject, put_in=True)
    _check_semi_joins(expanded, report)
    return ResolvedFilter(sobject.name, kept, expanded, written.span)


class _Binder:
    def __init__(self, schema: Schema, definitions: Definitions, report: Report) -> None:
        self.schema = schema
        self.definitions = definitions
        self.report = report

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
            field = sobject.field(use.name)
            known = [d.name.text for d in self.definitions.by_name.values()]
            self.report(unknown_definition.unknown_definition(use.name, use.span, known, field.name if field else None))
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
            right = self._sub_select(right, ref)
        elif kind is not None:
            field_ref = ref if isinstance(comparison.left, FieldPath) else None
            self._check_operator(comparison, kind, name)
            for value in right.items if isinstance(right, ValueList) else (right,):
                self._check_value(value, comparison.operator, kind, name, field_ref)
        return Comparison(left, comparison.operator, right, comparison.span)

    def _left(
        self, left: FieldPath | FunctionCall, sobject: SObject
    ) -> tuple[FieldPath | FunctionCall, str | None, str, FieldRef | None]:
        """The bound left side, the describe type of its value (None: unknown), its name, and the field."""
        if isinstance(left, FieldPath):
            ref = find_field(left, sobject, self.schema, self.report)
            if ref is None:
                return left, None, left.text, None
            if not ref.field.filterable:
                self.report(unfilterable_field.unfilterable_field(ref.name, ref.field.type, ref.span))
                return ref.path, None, ref.name, ref
            return ref.path, ref.field.type, ref.name, ref
        function = FILTER_FUNCTIONS.get(left.name.lower())
        if function is None:
            known = [f.name for f in FILTER_FUNCTIONS.values()]
            self.report(unknown_function.unknown_function(left.name, left.span, known))
            return left, None, left.name, None
        args: list[Operand] = []
        for arg in left.args:
            if isinstance(arg, FieldPath | FunctionCall) and getattr(arg, "name", "").upper() != "GEOLOCATION":
                bound, kind, name, _ = self._left(arg, sobject)
                if kind is not None and kind not in function.takes:
                    self.report(value_type.operator_type(name, kind, function.name, arg.span))
                args.append(bound)
            else:
                args.append(arg)
        return FunctionCall(function.name, tuple(args), left.span), function.gives, function.name, None

    def _check_operator(self, comparison: Comparison, kind: str, name: str) -> None:
        operator: Operator = comparison.operator
        refused = {
            "LIKE": kind in NUMBER_TYPES | {"boolean", "date", "datetime", "time", "id", "reference", "multipicklist"},
            "INCLUDES": kind != "multipicklist",
            "EXCLUDES": kind != "multipicklist",
        }.get(operator, operator in _ORDERED and kind in ("boolean", "multipicklist", "id", "reference"))
        if refused:
            self.report(value_type.operator_type(name, kind, operator, comparison.span))

    def _check_value(self, value: Value, operator: Operator, kind: str, name: str, ref: FieldRef | None) -> None:
        if isinstance(value, NullValue):
            if operator in _ORDERED:
                self.report(value_type.ordered_against_null(operator, value.span))
            return
        if isinstance(value, StringValue) and value.value == "" and kind not in NUMBER_TYPES | {"boolean"}:
            return
        if not _fits(value, kind):
            written = _written(value)
            self.report(value_type.value_type(name, kind, value.span, written, _meant(value, kind)))
        elif (
            ref is not None
            and isinstance(value, StringValue)
            and ref.field.is_id
            and not is_record_id(value.value)
            and operator in ("=", "!=", "IN", "NOT IN")
        ):
            self.report(value_type.malformed_id(ref.field, value.span, value.value))

    def _sub_select(self, select: SubSelect, outer: FieldRef | None) -> SubSelect:
        sobject = find_object(select.object, select.object_span, self.schema, self.report)
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
        inner = self.bind(select.condition, sobject, put_in=True) if select.condition else None
        return SubSelect(
            ref.path if ref else select.field, sobject.name, inner, select.span, select.object_span, select.alias
        )


def circles(defines: dict[str, Define], report: Report) -> None:
    """Report each definition that is defined by itself, directly or by way of others."""
    uses = {key: uses_of(define.condition) for key, define in defines.items()}
    for key, define in defines.items():
        seen: set[str] = set()
        ahead = [use.name.lower() for use in uses[key]]
        while ahead:
            following = ahead.pop()
            if following == key:
                report(unknown_definition.circular_definition(define.name.text, define.name.span))
                break
            if following not in seen:
                seen.add(following)
                ahead += [use.name.lower() for use in uses.get(following, ())]


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


def _fits(value: Value, kind: str) -> bool:
    match value:
        case BooleanValue():
            return kind == "boolean"
        case NumberValue():
            return kind in NUMBER_TYPES
        case CurrencyValue():
            return kind == "currency"
        case DateValue():
            return kind == "date"
        case DateTimeValue():
            return kind == "datetime"
        case TimeValue():
            return kind == "time"
        case DateLiteral():
            return kind in ("date", "datetime")
        case StringValue():
            return kind not in NUMBER_TYPES | {"boolean", "date", "datetime", "time"}
        case NullValue():
            return True


def _written(value: Value) -> str:
    match value:
        case StringValue(_, raw):
            return f"'{raw}'"
        case NumberValue(text) | DateValue(text) | DateTimeValue(text) | TimeValue(text):
            return text
        case BooleanValue(truth):
            return str(truth).lower()
        case CurrencyValue(code, amount):
            return f"{code}{amount}"
        case DateLiteral(name, count):
            return name if count is None else f"{name}:{count}"
        case NullValue():
            return "null"


def _meant(value: Value, kind: str) -> str | None:
    """The value in the form that the field wants, where that is plain."""
    text = value.value if isinstance(value, StringValue) else _written(value)
    if kind in NUMBER_TYPES:
        return text if text.replace(".", "", 1).lstrip("+-").isdigit() else None
    if kind == "boolean":
        return text.lower() if text.lower() in ("true", "false") else None
    if kind == "datetime":
        return f"{text}T00:00:00Z" if isinstance(value, DateValue) else None
    if kind == "date":
        return text[:10] if isinstance(value, DateTimeValue) else None
    if kind == "time" or isinstance(value, StringValue):
        return None
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _check_semi_joins(condition: Condition, report: Report) -> None:
    """Two at most, only on the top level, only under AND, not nested (soql-semantics: widely reported)."""
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
                    report(semi_join.semi_join_place(select.span, "one sub-select cannot stand in another"))
                    return
                if why:
                    report(semi_join.semi_join_place(select.span, why))
                found.append(select.span)
                if select.condition is not None:
                    walk(select.condition, None, True)
            case _:
                pass

    walk(condition, None, False)
    for span in found[2:]:
        report(semi_join.semi_join_place(span, "there are more than two"))
