"""A path that goes further than Salesforce follows."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0403", "path-too-deep", Severity.ERROR)
DEEPEST = 5


def path_too_deep(span: Span, levels: int) -> Diagnostic:
    """More than five relationships in a path (SOQL and SOSL Reference, "Relationship Query Limitations")."""
    return Diagnostic(
        RULE,
        f"this path goes through {levels} relationships; Salesforce follows at most {DEEPEST}",
        Label(span, "too deep"),
        help="use a formula field on a nearer object",
    )
