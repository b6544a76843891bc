"""Users of whom it is not known whether they are active."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0213", "unknown-activity", Severity.ERROR)


def unknown_activity(span: Span) -> Diagnostic:
    """`skip inactive users` where `User.IsActive` is not in the schema."""
    return Diagnostic(
        RULE,
        "who is inactive cannot be told: `User` has no field `IsActive` that the connected user may see",
        Label(span, "needs `User.IsActive`"),
        help="give the connected user read access to it, or leave this out and have every user as an owner",
    )
