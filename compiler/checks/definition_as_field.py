"""A definition with the name of a field."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("W0506", "definition-named-as-field", Severity.WARNING)


def definition_as_field(name: str, field: str, sobject: str, span: Span) -> Diagnostic:
    """On its own the name is the definition, in a comparison the field: readers will take one for the other."""
    return Diagnostic(
        RULE,
        f"`{field}` is a field of `{sobject}`, so the definition `{name}` is easily taken for it",
        Label(span, "also the name of a field"),
        help="give the definition another name",
    )
