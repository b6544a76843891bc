"""A field that Salesforce does not order by, or does not group by."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

SORT = Rule("E0427", "unsortable-field", Severity.ERROR)
GROUP = Rule("E0428", "ungroupable-field", Severity.ERROR)


def unsortable_field(name: str, kind: str, span: Span) -> Diagnostic:
    """Describe says `sortable: false`."""
    return Diagnostic(
        SORT,
        f"rows cannot be ordered by `{name}`",
        Label(span, f"type {kind}, marked as not sortable"),
        help="order by another field",
    )


def ungroupable_field(name: str, kind: str, span: Span) -> Diagnostic:
    """Describe says `groupable: false`."""
    dates = kind in ("date", "datetime")
    return Diagnostic(
        GROUP,
        f"rows cannot be grouped by `{name}`",
        Label(span, f"type {kind}, marked as not groupable"),
        help=f"group by a part of it, such as `CALENDAR_YEAR({name})`" if dates else "group by another field",
    )
