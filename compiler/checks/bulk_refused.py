"""What a Bulk API 2.0 query job refuses although REST takes it."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0423", "bulk-refused", Severity.ERROR)


def bulk_refused(what: str, span: Span, way_out: str) -> Diagnostic:
    """Bulk API 2.0 guide, "Understanding Bulk API 2.0 Query"."""
    return Diagnostic(RULE, f"a bulk query takes no {what}", Label(span, "refused by bulk jobs"), help=way_out)
