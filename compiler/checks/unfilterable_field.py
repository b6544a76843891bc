"""A field that Salesforce does not filter on."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0401", "unfilterable-field", Severity.ERROR)

_OTHER_FIELD = "filter on another field; a flow in Salesforce can keep what you look for in a checkbox or a short text"
_REASONS = {
    "textarea": ("long text cannot be filtered", _OTHER_FIELD),
    "encryptedstring": ("encrypted text cannot be filtered", _OTHER_FIELD),
    "address": ("an address is made of parts", "filter on a part of it, such as the city"),
    "location": (
        "a geolocation is made of parts",
        "filter with `DISTANCE(...) < ...`, or on the latitude or longitude",
    ),
    "base64": ("file contents cannot be filtered", "filter on the file's name, type or size"),
}


def unfilterable_field(name: str, kind: str, span: Span) -> Diagnostic:
    """Describe says `filterable: false`."""
    why, way_out = _REASONS.get(kind, ("Salesforce marks it as not filterable", _OTHER_FIELD))
    return Diagnostic(
        RULE,
        f"`{name}` cannot be used in a filter",
        Label(span, why),
        help=way_out,
    )
