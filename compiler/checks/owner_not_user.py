"""An owner source that does not name a user."""

from __future__ import annotations

from compiler.checks.type_words import field_of_type
from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0301", "owner-not-user", Severity.ERROR)


def owner_not_user(
    name: str, sobject: str, kind: str, targets: tuple[str, ...], choices: list[str], span: Span
) -> Diagnostic:
    """The field is no reference to User; `choices` are the object's fields that are."""
    what = f"refers to {', '.join(f'`{t}`' for t in targets)}" if targets else f"is {field_of_type(kind)}"
    return Diagnostic(
        RULE,
        f"an owner must be a user, and `{name}` {what}",
        Label(span, "does not refer to User"),
        help=f"fields of `{sobject}` that do: {', '.join(f'`{c}`' for c in choices[:8])}" if choices else None,
    )
