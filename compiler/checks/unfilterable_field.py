"""A field that Salesforce does not filter on."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0401", "unfilterable-field", Severity.ERROR)


def unfilterable_field(name: str, kind: str, span: Span) -> Diagnostic:
    """Describe says `filterable: false`."""
    why = {
        "textarea": "long text cannot be filtered",
        "encryptedstring": "encrypted fields cannot be filtered",
        "address": "filter on a part such as the city",
        "location": "filter with DISTANCE, or on a part",
        "base64": "file contents cannot be filtered",
    }.get(kind, "Salesforce marks it as not filterable")
    return Diagnostic(
        RULE,
        f"`{name}` cannot be used in a filter",
        Label(span, why),
        help="filter on another field, or on a short formula field made from it",
    )
