"""An account type whose filter says the same as that of an earlier type."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("W0505", "repeated-filter", Severity.WARNING)


def repeated_filter(kind: str, span: Span, first_kind: str, first: Span) -> Diagnostic:
    """The first match gives the type, so nothing is left for the second filter."""
    return Diagnostic(
        RULE,
        f"no account becomes a {kind}: this filter is the same as that of `{first_kind}`",
        Label(span, "everything that matches here has its type already"),
        (Label(first, f"matches become {first_kind}s first"),),
        "change one of the two filters, or leave this one out",
    )
