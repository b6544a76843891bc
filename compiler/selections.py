"""Turns `fields`, `also` and `except` into the list of columns that a table gets."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.checks import selection
from compiler.default_fields import why_not_synced
from compiler.paths import Report, find_field
from compiler.resolved import FieldRef, SyncedField
from compiler.schema import Field, Schema, SObject
from grammar.soql_tree import FieldPath
from grammar.source import Span
from grammar.spec_tree import FieldSelection, SelectedField


def select_fields(
    items: Iterable[object], default: list[Field], sobject: SObject, schema: Schema, statement: Span, report: Report
) -> tuple[SyncedField, ...]:
    """The fields that come, in the order of the default set and then of the list.

    Id and SystemModstamp always come first: they are the key, and the stamp by which changes are recognised.
    """
    selections = [item for item in items if isinstance(item, FieldSelection)]
    exact = next((s for s in selections if s.mode == "fields"), None)
    for other in selections:
        if exact is not None and other.mode != "fields":
            report(selection.mixed_selection(other.span, exact.span))
    chosen: dict[str, SyncedField] = {}
    for name in ("Id", "SystemModstamp", *(() if exact else (f.name for f in default))):
        if (field := sobject.field(name)) is not None:
            chosen.setdefault(field.name.lower(), _synced(field, sobject, statement))
    for part in selections:
        if part.mode == "except":
            continue
        for item in _each_once(part, report):
            ref = _own_field(item, sobject, schema, report)
            if ref is not None:
                label = item.label.value if item.label else ref.field.label
                chosen[ref.field.name.lower()] = SyncedField(ref, label, item.span)
    for part in selections:
        if part.mode != "except":
            continue
        for item in _each_once(part, report):
            ref = _own_field(item, sobject, schema, report, synced=False)
            if ref is None:
                continue
            key = ref.field.name.lower()
            if key in ("id", "systemmodstamp"):
                report(selection.always_comes(ref.name, item.span))
            elif chosen.pop(key, None) is None:
                report(selection.except_not_in_set(ref.name, item.span))
    return tuple(chosen.values())


def _synced(field: Field, sobject: SObject, span: Span) -> SyncedField:
    path = FieldPath((field.name,), span)
    return SyncedField(FieldRef(sobject.name, path, (), field, sobject.name, span), field.label, span)


def _each_once(part: FieldSelection, report: Report) -> list[SelectedField]:
    seen: dict[str, Span] = {}
    out = []
    for item in part.fields:
        key = item.path.text.lower()
        if key in seen:
            report(selection.field_named_twice(item.path.text, item.span, seen[key]))
            continue
        seen[key] = item.span
        out.append(item)
    return out


def _own_field(
    item: SelectedField, sobject: SObject, schema: Schema, report: Report, *, synced: bool = True
) -> FieldRef | None:
    ref = find_field(item.path, sobject, schema, report)
    if ref is None:
        return None
    if ref.hops:
        report(selection.not_own_field(ref.name, sobject.name, item.path.span))
        return None
    why = why_not_synced(ref.field)
    if synced and why is not None:
        parts = [f.name for f in sobject.fields.values() if f.compound_of == ref.field.name]
        report(selection.unsyncable_field(ref.name, why, item.path.span, ", ".join(parts) or None))
        return None
    return ref
