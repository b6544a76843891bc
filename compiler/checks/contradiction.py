"""Two comparisons of one field that no record can meet together."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("W0403", "contradiction", Severity.WARNING)


def contradiction(name: str, span: Span, other: Span) -> Diagnostic:
    """Both are joined with AND, so nothing can match."""
    return Diagnostic(
        RULE,
        f"nothing can match: two conditions on `{name}` contradict each other",
        Label(span, "cannot hold together"),
        (Label(other, "with this"),),
        "change one of the two, or join them with OR",
    )
