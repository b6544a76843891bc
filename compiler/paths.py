"""Finds the fields that paths name: `Account.Owner.Name` from Contact to a field of User."""

from __future__ import annotations

from collections.abc import Callable

from compiler.checks import hidden_field, path_depth, unknown_field, unknown_object
from compiler.polymorphic import name_object
from compiler.resolved import FieldRef
from compiler.schema import Field, Schema, SObject
from grammar.diagnostics import Diagnostic
from grammar.soql_tree import FieldPath
from grammar.source import Span

Report = Callable[[Diagnostic], None]


def find_object(name: str, span: Span, schema: Schema, report: Report) -> SObject | None:
    """The object of that name; one that is not there is reported."""
    found = schema.object(name)
    if found is None:
        report(unknown_object.unknown_object(name, span, schema))
    return found


def find_field(path: FieldPath, sobject: SObject, schema: Schema, report: Report) -> FieldRef | None:
    """The field that `path` names from `sobject`; what is not there is reported.

    A path may begin with the object's own name, as Salesforce allows (`Account.Name` in a query on Account).
    """
    names = list(path.names)
    if len(names) > 1 and names[0].lower() == sobject.name.lower() and sobject.parent(names[0]) is None:
        names = names[1:]
    if len(names) - 1 > path_depth.DEEPEST:
        report(path_depth.path_too_deep(path.span, len(names) - 1))
        return None
    at: SObject = sobject
    hops: list[Field] = []
    written: list[str] = []
    start = path.span.start
    for name in names[:-1]:
        span = _part(path, name, start)
        start = span.end
        reference = at.parent(name)
        if reference is None or reference.relationship_name is None:
            hidden = hidden_field.hidden_relationship(name, span, at, schema)
            report(hidden or unknown_field.unknown_relationship(name, span, at, schema))
            return None
        hops.append(reference)
        written.append(reference.relationship_name)
        target = _target(reference, schema)
        if target is None:
            report(unknown_object.undescribed_parent(next(iter(reference.reference_to), name), name, span))
            return None
        at = target
    field = at.field(names[-1])
    if field is None:
        place = _part(path, names[-1], start)
        hidden = hidden_field.hidden_field(names[-1], place, at, schema)
        report(hidden or unknown_field.unknown_field(names[-1], place, at, schema))
        return None
    canonical = FieldPath((*written, field.name), path.span)
    return FieldRef(sobject.name, canonical, tuple(hops), field, at.name, path.span)


def _target(reference: Field, schema: Schema) -> SObject | None:
    if reference.polymorphic or len(reference.reference_to) > 1:
        return name_object()
    return schema.object(reference.reference_to[0]) if reference.reference_to else None


def _part(path: FieldPath, name: str, start: int) -> Span:
    """Where a name of the path stands; exact as long as no blanks stand round the dots."""
    if path.span.end - path.span.start != len(path.text):
        return path.span
    offset = path.span.start
    for part in path.names:
        if part == name and offset >= start:
            return Span(offset, offset + len(part))
        offset += len(part) + 1
    return path.span
