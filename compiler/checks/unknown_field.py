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
    known_label = name.lower() in {label.lower() for label in labels}
    if not known_label and (path := _path_of(name, sobject)):
        choices, meant = (path,), path
    parent = sobject.parent(name)
    if parent is not None:
        meant = None
        way_out = f"write `{parent.relationship_name}.Name` for its name, or `{parent.name}` for its Id"
    elif asked := did_you_mean(choices):
        way_out = asked
    elif " " in name:
        way_out = "this looks like a label: a filter wants the API name, which Setup, Object Manager, Fields shows"
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


def _path_of(label: str, sobject: SObject) -> str | None:
    """The path that reports show as `Owner Name` or `Account Owner`."""
    words = label.split(" ")
    if len(words) > 1 and words[0].lower() == sobject.label.lower():
        words = words[1:]
    reference = sobject.parent(words[0])
    if reference is None or len(words) > 2 or label == words[0]:
        return None
    return f"{reference.relationship_name}.{words[1] if len(words) == 2 else 'Name'}"


def _children(name: str, sobject: SObject, schema: Schema) -> str | None:
    """How to filter on child records, if that is what a path was meant to lead to: `Contacts.Email`."""
    known = sobject.child(name)
    for child in schema.objects.values():
        called = (child.name, child.label, child.label_plural, known.child if known else "")
        if name.lower() not in {word.lower() for word in called[:3]} and child.name != called[3]:
            continue
        link = next((f for f in child.relationships.values() if sobject.name in f.reference_to), None)
        if link is not None:
            query = " ".join(("SELECT", link.name, "FROM", child.name, "WHERE ..."))
            return f"a path leads to parents only: write `Id IN ({query})`"
    return None


def unknown_relationship(name: str, span: Span, sobject: SObject, schema: Schema) -> Diagnostic:
    """A path goes through a name that is no relationship of the object."""
    field = sobject.field(name)
    if field is not None and field.is_compound:
        begin = name.removesuffix("Address")
        parts = [f.name for f in sobject.fields.values() if f.name.startswith(begin) and not f.is_compound]
        return Diagnostic(
            RELATIONSHIP,
            f"the parts of `{field.name}` are fields of their own",
            Label(span, "not a relationship"),
            help=f"write {' or '.join(f'`{part}`' for part in parts[:3])}" if parts else "name the part itself",
        )
    if field is None and (way_out := _children(name, sobject, schema)):
        return Diagnostic(
            RELATIONSHIP,
            f"`{sobject.name}` has no relationship `{name}` that leads to a parent",
            Label(span, "child records"),
            help=way_out,
        )
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
