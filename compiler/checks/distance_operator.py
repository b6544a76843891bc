"""DISTANCE compared in a way that Salesforce does not take."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0419", "distance-operator", Severity.ERROR)


def distance_operator(operator: str, span: Span) -> Diagnostic:
    """SOQL and SOSL Reference, "Location-Based SOQL Queries": only `<` and `>`."""
    return Diagnostic(
        RULE,
        f"a distance cannot be compared with `{operator}`",
        Label(span, "only `<` and `>`"),
        help="write `< 20` or `> 20`; distances are not exact enough for anything else",
    )
