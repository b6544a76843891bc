"""LIMIT in a query that gives a single row of aggregates."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0412", "limit-without-groups", Severity.ERROR)


def limit_without_groups(span: Span) -> Diagnostic:
    """SOQL and SOSL Reference, "LIMIT": not with an aggregate unless the query has GROUP BY."""
    return Diagnostic(
        RULE,
        "LIMIT goes with an aggregate only if the query has GROUP BY",
        Label(span, "one row in any case"),
        help="leave LIMIT out: without GROUP BY there is a single row",
    )
