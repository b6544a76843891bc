"""`latest` and `earliest` without a field that orders the rows."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("N0501", "order-not-written", Severity.NOTE)


def latest_without_by(function: str, field: str, span: Span, insert_at: int) -> Diagnostic:
    """Says by which field the rows are ordered, and offers to write it out."""
    return Diagnostic(
        RULE,
        f"`{function}` orders the rows by `{field}`",
        Label(span, "no `by`"),
        help=f"write `by {field}` to say so",
        fix=Fix("write it out", (Edit(Span(insert_at, insert_at), f" by {field}"),)),
    )
