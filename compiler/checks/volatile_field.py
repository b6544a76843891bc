"""A filter on something that changes while the record itself does not."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("N0402", "volatile-filter", Severity.NOTE)


def volatile_filter(name: str, other_object: str | None, span: Span) -> Diagnostic:
    """A formula, or with `other_object` a field that is reached through a lookup."""
    what = f"is a field of `{other_object}`" if other_object else "is a formula"
    return Diagnostic(
        RULE,
        f"`{name}` {what}, so records may start or stop matching without being changed themselves",
        Label(span, "a field of another object" if other_object else "a formula"),
        help="nothing to do: each run asks Salesforce anew which records match, and does not go by change dates alone",
    )
