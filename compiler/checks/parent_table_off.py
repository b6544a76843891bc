"""Records that would hang on contacts, in a spec that brings no contacts."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0511", "parent-table-off", Severity.ERROR)


def parent_table_off(label: str, span: Span, switched_off: Span) -> Diagnostic:
    """`object X ... on contact` beside `contacts none`."""
    return Diagnostic(
        RULE,
        f'the records of "{label}" would hang on contacts, and this spec brings no contacts',
        Label(span, "contacts do not come"),
        (Label(switched_off, "switched off here"),),
        "let contacts come, or link the records to accounts: `on account via ...`",
    )
