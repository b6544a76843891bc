"""A field that the org has and the schema snapshot lacks: the connected user may not see it."""

from __future__ import annotations

from compiler.schema import Schema, SObject
from compiler.standard_fields import STANDARD_FIELDS
from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0214", "hidden-field", Severity.ERROR)


def hidden_field(name: str, span: Span, sobject: SObject, schema: Schema) -> Diagnostic | None:
    """What to say of a name that the describe of `sobject` lacks; None unless something shows that the org has it.

    What shows it: Salesforce gives the field to that object in every org, or another object's describe names it as
    the field by which its own child rows hang on it.
    """
    if sobject.complete and (standard := STANDARD_FIELDS.get(sobject.name.lower(), {}).get(name.lower())):
        return _hidden(standard, f"every org has this field on {sobject.name}", span, sobject)
    for other in schema.objects.values():
        for child in other.children.values():
            if child.child.lower() == sobject.name.lower() and child.field.lower() == name.lower():
                return _hidden(child.field, f"the describe of `{other.name}` names it", span, sobject)
    return None


def hidden_relationship(name: str, span: Span, sobject: SObject, schema: Schema) -> Diagnostic | None:
    """The same for the relationship of a lookup: `CSM__r` is that of `CSM__c`, and `Owner` that of `OwnerId`."""
    field = f"{name[:-1]}c" if name.lower().endswith("__r") else f"{name}Id"
    return hidden_field(field, span, sobject, schema)


def _hidden(field: str, evidence: str, span: Span, sobject: SObject) -> Diagnostic:
    return Diagnostic(
        RULE,
        f"`{sobject.name}.{field}` is in the org, but this schema snapshot does not show it",
        Label(span, f"hidden by field-level security, it seems: {evidence}"),
        help="give the connected user Read access to the field in a permission set, and run `accord schema pull` again",
    )
