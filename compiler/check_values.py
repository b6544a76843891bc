"""Checks of one comparison in a filter that is right as such, but probably does not mean what its author thinks."""

from __future__ import annotations

from compiler.checks import picklist_value, raw_id, record_type_name
from compiler.paths import Report
from compiler.record_id import is_record_id
from compiler.resolved import FieldRef
from grammar.soql_tree import Comparison, StringValue, Value, ValueList
from grammar.source import Span

_BY_VALUE = frozenset({"=", "!=", "IN", "NOT IN", "INCLUDES", "EXCLUDES"})


def check_values(comparison: Comparison, ref: FieldRef, report: Report) -> None:
    """Report picklist values that are none, raw Ids, and labels of record types. `ref` is the left side."""
    if ref.owner == "RecordType" and ref.field.name == "Name":
        report(record_type_name.record_type_name(ref.name, Span(ref.span.end - len("Name"), ref.span.end)))
    if comparison.operator not in _BY_VALUE:
        return
    for value in _texts(comparison):
        if ref.field.is_id and is_record_id(value.value):
            report(raw_id.raw_id(value.value, value.span, _name_path(ref)))
        elif ref.field.picklist:
            _check_picklist(value, ref, report)


def _texts(comparison: Comparison) -> list[StringValue]:
    right = comparison.right
    values: tuple[Value, ...] = ()
    if isinstance(right, ValueList):
        values = right.items
    elif isinstance(right, StringValue):
        values = (right,)
    return [value for value in values if isinstance(value, StringValue) and value.as_written]


def _name_path(ref: FieldRef) -> str | None:
    relationship = ref.field.relationship_name
    if relationship is None:
        return None
    before = "".join(f"{name}." for name in ref.path.names[:-1])
    return f"{before}{relationship}.{'DeveloperName' if relationship == 'RecordType' else 'Name'}"


def _check_picklist(literal: StringValue, ref: FieldRef, report: Report) -> None:
    several = ref.field.type == "multipicklist"
    parts = literal.value.split(";") if several else [literal.value]
    options = {option.value.lower(): option for option in ref.field.picklist}
    labels = {option.label.lower(): option.value for option in ref.field.picklist}
    for number, part in enumerate(parts):
        written = part.strip() if several else part
        option = options.get(written.lower())
        if not written or (option is not None and option.active):
            continue
        around = "'" + ";".join("{}" if n == number else _raw(p) for n, p in enumerate(parts)) + "'"
        if option is not None:
            report(picklist_value.inactive_value(ref.name, written, literal.span))
        elif written.lower() in labels:
            value = labels[written.lower()]
            report(picklist_value.picklist_label(ref.name, written, value, literal.span, around.format(_raw(value))))
        else:
            report(picklist_value.unknown_value(ref.name, written, literal.span, ref.field, around))


def _raw(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
