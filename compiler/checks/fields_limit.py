"""FIELDS(ALL) or FIELDS(CUSTOM) without the limit that Salesforce demands."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0416", "fields-without-limit", Severity.ERROR)
MOST_ROWS = 200


def fields_without_limit(which: str, span: Span) -> Diagnostic:
    """SOQL and SOSL Reference, "FIELDS()"."""
    return Diagnostic(
        RULE,
        f"`FIELDS({which})` needs `LIMIT {MOST_ROWS}` or less, or a filter on Id",
        Label(span, "the number of rows is not bounded"),
        help=f"add `LIMIT {MOST_ROWS}`, or name the fields",
    )
