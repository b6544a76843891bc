"""A field or a relationship that an object does not have."""

from __future__ import annotations

from compiler.schema import Schema, SObject
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import did_you_mean, near_names, nearest
from grammar.source import Span

RULE = Rule("E0202", "unknown-field", Severity.ERROR)
RELATIONSHIP = Rule("E0203", "unknown-relationship", Severity.ERROR)


def unknown_field(name: str, span: Span, sobject: SObject, schema: Schema) -> Diagnostic:
    """No field of that API name; labels count when looking for what was meant, and so do other objects."""
    labels = {f.label: f.name for f in sobject.fields.values()}
    names = [f.name for f in sobject.fields.values()]
    near = near_names(name, [*names, *labels])
    choices = tuple(dict.fromkeys(n if n in names else labels[n] for n in near))
    meant = choices[0] if len(choices) == 1 else None
    elsewhere = sorted(o.name for o in schema.objects.values() if o is not sobject and o.field(name) is not None)
    if asked := did_you_mean(choices):
        way_out = asked
    elif elsewhere:
        way_out = f"`{name}` is a field of {', '.join(f'`{o}`' for o in elsewhere[:3])}"
    else:
        way_out = "check the API name, and that the connected user may see the field"
    return Diagnostic(
        RULE,
        f"`{sobject.name}` has no field `{name}`",
        Label(span, "not in this org's schema"),
        help=way_out,
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)) if meant else None,
    )


def unknown_relationship(name: str, span: Span, sobject: SObject) -> Diagnostic:
    """A path goes through a name that is no relationship of the object."""
    field = sobject.field(name)
    if field is not None and field.relationship_name:
        meant: str | None = field.relationship_name
    else:
        meant = nearest(name, [f.relationship_name or "" for f in sobject.relationships.values()])
    return Diagnostic(
        RELATIONSHIP,
        f"`{sobject.name}` has no relationship `{name}`",
        Label(span, "a path goes through relationships, not fields" if field else "unknown relationship"),
        help=f"did you mean `{meant}`?" if meant else "a custom lookup `X__c` is followed as `X__r`",
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)) if meant else None,
    )
