"""LIKE with something that is no text."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0425", "like-without-text", Severity.ERROR)


def like_without_text(written: str, span: Span) -> Diagnostic:
    """SOQL and SOSL Reference, "Comparison Operators": LIKE compares with a text in single quotes."""
    return Diagnostic(
        RULE,
        f"LIKE compares with a text, not with `{written}`",
        Label(span, "not a text"),
        help="write a pattern in single quotes, such as `'A%'`, or compare with `=`",
    )
