"""A function of SOQL in a place where Salesforce does not take it."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0410", "function-place", Severity.ERROR)


def function_place(name: str, place: str, span: Span, way_out: str | None = None) -> Diagnostic:
    """`place` says in words where it stands: "in a filter", "inside `MAX`"."""
    return Diagnostic(
        RULE,
        f"`{name}` cannot stand {place}",
        Label(span, "not taken here"),
        help=way_out or "Salesforce refuses the query: leave the function out, or use it elsewhere",
    )
