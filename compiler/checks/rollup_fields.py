"""ROLLUP or CUBE over more fields than Salesforce takes."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0413", "too-many-rollup-fields", Severity.ERROR)
MOST = 3


def too_many_rollup_fields(kind: str, count: int, span: Span) -> Diagnostic:
    """`kind` is ROLLUP or CUBE."""
    return Diagnostic(
        RULE,
        f"`{kind}` takes at most {MOST} fields, not {count}",
        Label(span, "too many"),
        help="group by fewer fields, or make several queries",
    )
