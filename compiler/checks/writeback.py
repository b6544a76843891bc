"""A field that is not written back."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0512", "writeback-refused", Severity.ERROR)


def refused(name: str, why: str, span: Span) -> Diagnostic:
    """The field cannot be written, or must not be."""
    return Diagnostic(
        RULE,
        f"`{name}` cannot be written back: {why}",
        Label(span, "not writable"),
        help="leave it out",
    )
