"""An alias of a plain field outside of an aggregate query."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0414", "alias-of-plain-field", Severity.ERROR)


def alias_of_plain_field(field: str, alias: str, span: Span) -> Diagnostic:
    """Salesforce: "only aggregate expressions use field aliasing"."""
    place = Span(span.start, span.end)
    if field.lower() == "distinct":
        return Diagnostic(
            RULE,
            "SOQL has no DISTINCT, and takes it for a field",
            Label(place, "not a keyword of SOQL"),
            help=f"write `SELECT {alias} ... GROUP BY {alias}`",
        )
    return Diagnostic(
        RULE,
        f"`{field}` cannot have the alias `{alias}` here",
        Label(place, "only aggregate queries rename fields"),
        help=f"write `{field}` alone; a missing comma also looks like an alias",
        fix=Fix("leave the alias out", (Edit(place, field),)),
    )
