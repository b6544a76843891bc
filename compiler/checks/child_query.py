"""What Salesforce refuses in a query that stands behind SELECT."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0417", "child-query-refused", Severity.ERROR)
MOST = 20
DEEPEST = 5


def child_query_refused(why: str, span: Span, way_out: str) -> Diagnostic:
    """SOQL and SOSL Reference, "Relationship Query Limitations"."""
    return Diagnostic(RULE, f"this child query is refused: {why}", Label(span, "refused"), help=way_out)
