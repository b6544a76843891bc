"""Binds what accounts get from fields and child objects: owners, ARR, renewal and metrics."""

from __future__ import annotations

from typing import Literal

from compiler.checks import (
    latest_without_by,
    link_not_parent,
    names,
    owner_not_user,
    value_kind,
)
from compiler.conditions import Definitions, bind_filter
from compiler.paths import Report, find_field, find_object
from compiler.resolved import (
    FieldRef,
    ResolvedAggregate,
    ResolvedFilter,
    ResolvedLink,
    ResolvedOwner,
    ResolvedOwnerChild,
    ResolvedValue,
)
from compiler.schema import NUMBER_TYPES, Schema, SObject
from grammar.format_soql import condition_text
from grammar.soql_tree import (
    Condition,
    DateValue,
    FieldPath,
    NullValue,
    NumberValue,
    StringValue,
    Value,
)
from grammar.spec_tree import Aggregate, Link, NoValue, OwnerChild, OwnerRule

OWNER_KINDS = (
    "account_owner",
    "csm",
    "sales_rep",
    "support_owner",
    "technical_account_manager",
    "success_manager",
)
# Lookups that every object has and that say who worked on a record, not what it belongs to.
_AUDIT = ("CreatedById", "LastModifiedById")
_ORDERABLE = NUMBER_TYPES | {"date", "datetime", "time"}


class ValueBinder:
    """Binds values against one schema; everything that is wrong goes to `report`."""

    def __init__(self, schema: Schema, definitions: Definitions, report: Report) -> None:
        self.schema = schema
        self.definitions = definitions
        self.report = report

    def filter(self, written: Condition | None, sobject: SObject) -> ResolvedFilter | None:
        """A bound condition, or None where none is written."""
        if written is None:
            return None
        return bind_filter(written, sobject, self.schema, self.definitions, self.report)

    def link(self, link: Link, child: SObject, parent: Literal["account", "contact"]) -> ResolvedLink | None:
        """A link from `child` to its parent: a reference to it, or a pair of fields with equal values."""
        target = "Account" if parent == "account" else "Contact"
        ref = find_field(link.child, child, self.schema, self.report)
        if ref is None:
            return None
        if link.parent is not None:
            return self._match(link, ref, target)
        if target not in ref.field.reference_to and not (ref.field.type == "id" and ref.owner == target):
            choices = self._ways(child, target)
            self.report(
                link_not_parent.link_not_parent(
                    ref.name, child.name, target, ref.field.type, ref.field.reference_to, choices, ref.span
                )
            )
            return None
        return ResolvedLink(ref, None, link.span)

    def _ways(self, child: SObject, target: str) -> list[str]:
        """Paths from `child` that lead to an object: its own lookups, else those of the objects that they lead to."""
        lookups = [f for f in child.fields.values() if f.reference_to and f.name not in (*_AUDIT, "OwnerId")]
        own = [f.name for f in lookups if target in f.reference_to]
        if own:
            return own
        return [
            f"{lookup.relationship_name}.{field.name}"
            for lookup in lookups
            for name in lookup.reference_to[:1]
            if lookup.relationship_name and (middle := self.schema.object(name)) is not None
            for field in middle.fields.values()
            if target in field.reference_to
        ]

    def _match(self, link: Link, child: FieldRef, target: str) -> ResolvedLink | None:
        assert link.parent is not None
        sobject = find_object(target, link.parent.span, self.schema, self.report)
        parent = find_field(link.parent, sobject, self.schema, self.report) if sobject else None
        if parent is None:
            return None
        families = {_family(child.field.type), _family(parent.field.type)}
        if len(families) > 1 and families != {"id", "text"}:
            self.report(
                link_not_parent.link_types_differ(
                    child.name, child.field.type, parent.name, parent.field.type, link.span
                )
            )
            return None
        return ResolvedLink(child, parent, link.span)

    def owner(self, rule: OwnerRule, account: SObject) -> ResolvedOwner | None:
        """An owner kind with the sources that hold."""
        if not rule.quoted and rule.kind not in OWNER_KINDS:
            self.report(names.unknown_owner_kind(rule.kind, rule.kind_span, OWNER_KINDS))
        sources: list[FieldRef | ResolvedOwnerChild] = []
        for source in rule.sources:
            found = self._owner_child(source) if isinstance(source, OwnerChild) else self._user_field(source, account)
            if found is not None:
                sources.append(found)
        return ResolvedOwner(rule.kind, tuple(sources), rule.span) if sources else None

    def _user_field(self, path: FieldPath, sobject: SObject) -> FieldRef | None:
        ref = find_field(path, sobject, self.schema, self.report)
        if ref is None:
            return None
        if "User" not in ref.field.reference_to and not (ref.field.type == "id" and ref.owner == "User"):
            choices = [f.name for f in sobject.fields.values() if "User" in f.reference_to and f.name not in _AUDIT]
            self.report(
                owner_not_user.owner_not_user(
                    ref.name, sobject.name, ref.field.type, ref.field.reference_to, choices, ref.span
                )
            )
            return None
        return ref

    def _owner_child(self, source: OwnerChild) -> ResolvedOwnerChild | None:
        child = find_object(source.object.text, source.object.span, self.schema, self.report)
        if child is None:
            return None
        value = self._user_field(source.path, child)
        link = self.link(source.via, child, "account")
        narrowed = self.filter(source.condition, child)
        if value is None or link is None:
            return None
        text = f"{value.name} of {child.name}"
        return ResolvedOwnerChild(value, link, narrowed, child.name, text, source.span)

    def value(
        self, column: Literal["arr", "renewal"], source: NoValue | FieldPath | Aggregate, account: SObject
    ) -> ResolvedValue | None:
        """What `arr` or `renewal` is, with its type checked; None for `none` and where it cannot be bound."""
        if isinstance(source, NoValue):
            return None
        if isinstance(source, Aggregate):
            aggregate = self.aggregate(source, account)
            if aggregate is not None:
                self._check_value_kind(column, aggregate.value, aggregate)
            return ResolvedValue(aggregate, source.span) if aggregate else None
        ref = find_field(source, account, self.schema, self.report)
        if ref is None or not self._check_value_kind(column, ref, None):
            return None
        return ResolvedValue(ref, source.span)

    def _check_value_kind(
        self, column: Literal["arr", "renewal"], ref: FieldRef | None, aggregate: ResolvedAggregate | None
    ) -> bool:
        kind = ref.field.type if ref else "int"
        span = ref.span if ref else aggregate.span if aggregate else None
        assert span is not None
        name = ref.name if ref else "count()"
        sobject = self.schema.object(ref.owner) if ref else None
        fields = list(sobject.fields.values()) if sobject else []
        if column == "arr" and kind not in NUMBER_TYPES:
            choices = [f.name for f in fields if f.type == "currency"] or [f.name for f in fields if f.is_number]
            self.report(value_kind.arr_not_number(name, kind, span, choices))
            return False
        if column == "renewal" and kind != "date":
            self.report(value_kind.renewal_not_date(name, kind, span, [f.name for f in fields if f.type == "date"]))
            return False
        return True

    def aggregate(self, source: Aggregate, account: SObject) -> ResolvedAggregate | None:
        """A bound aggregate; None where the object, the link or the value cannot be bound."""
        child = find_object(source.object.text, source.object.span, self.schema, self.report)
        if child is None:
            return None
        link = self.link(source.via, child, "account")
        narrowed = self.filter(source.condition, child)
        value = find_field(source.value, child, self.schema, self.report) if source.value else None
        if (source.value is None) != (source.function == "count"):
            span = source.value.span if source.value else source.function_span
            name = source.value.text if source.value else None
            self.report(value_kind.aggregate_value(source.function, name, span))
            return None
        if value is not None and not self._aggregates(source.function, value):
            return None
        by = self._order(source, value, child)
        otherwise = self._otherwise(source, value, account)
        if link is None or (source.value is not None and value is None):
            return None
        text = f"{source.function}({value.name if value else ''}) of {child.name}"
        if source.condition is not None:
            text += f" where {condition_text(source.condition)}"
        return ResolvedAggregate(
            source.function, child.name, value, link, by, narrowed, otherwise, source.currency, text, source.span
        )

    def _aggregates(self, function: str, value: FieldRef) -> bool:
        kind = value.field.type
        if function in ("sum", "average"):
            fits = kind in NUMBER_TYPES
        elif function in ("min", "max"):
            fits = kind in _ORDERABLE
        else:
            fits = not value.field.is_compound and kind != "base64"
        if not fits:
            holder = self.schema.object(value.owner)
            choices = [f.name for f in holder.fields.values() if f.is_number] if holder else []
            self.report(value_kind.aggregate_type(function, value.name, kind, value.span, choices))
        return fits

    def _order(self, source: Aggregate, value: FieldRef | None, child: SObject) -> FieldRef | None:
        ordered = source.function in ("latest", "earliest")
        if source.by is not None:
            by = find_field(source.by, child, self.schema, self.report)
            if not ordered:
                self.report(value_kind.order_unused(source.function, source.by.span))
            elif by is not None and by.field.type not in _ORDERABLE:
                self.report(value_kind.order_type(by.name, by.field.type, by.span))
            return by if ordered else None
        if not ordered or value is None:
            return None
        if value.field.type in ("date", "datetime"):
            return value
        created = FieldPath(("CreatedDate",), source.function_span)
        self.report(
            latest_without_by.latest_without_by(
                source.function, "CreatedDate", source.function_span, source.via.span.end
            )
        )
        return find_field(created, child, self.schema, self.report)

    def _otherwise(self, source: Aggregate, value: FieldRef | None, account: SObject) -> Value | FieldRef | None:
        if source.otherwise is None or isinstance(source.otherwise, NullValue):
            return None
        kind = value.field.type if value and source.function != "count" else "int"
        if isinstance(source.otherwise, FieldPath):
            ref = find_field(source.otherwise, account, self.schema, self.report)
            if ref is not None and _family(ref.field.type) != _family(kind):
                self.report(value_kind.else_type(_family_words(kind), ref.span))
                return None
            return ref
        literal = source.otherwise
        fits = {
            "number": isinstance(literal, NumberValue),
            "date": isinstance(literal, DateValue),
            "text": isinstance(literal, StringValue),
        }.get(_family(kind), False)
        if not fits:
            self.report(value_kind.else_type(_family_words(kind), literal.span))
            return None
        return literal


def _family(kind: str) -> str:
    if kind in NUMBER_TYPES:
        return "number"
    if kind in ("date", "datetime", "time", "boolean"):
        return kind
    return "id" if kind in ("id", "reference") else "text"


def _family_words(kind: str) -> str:
    return {"number": "a number", "date": "a date such as 2026-01-31", "text": "text in single quotes"}.get(
        _family(kind), f"an account field of type {kind}"
    )
