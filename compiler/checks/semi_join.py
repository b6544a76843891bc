"""Where Salesforce takes a sub-select in a condition and where not."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0402", "semi-join-place", Severity.ERROR)


def semi_join_place(span: Span, why: str) -> Diagnostic:
    """A semi-join or anti-join stands where Salesforce refuses it."""
    return Diagnostic(
        RULE,
        f"a sub-select cannot stand here: {why}",
        Label(span, "not allowed here"),
        help="a condition may hold two sub-selects, on its top level, joined with AND",
    )


def semi_join_field(name: str, span: Span) -> Diagnostic:
    """One side of a semi-join is no Id or reference."""
    return Diagnostic(
        RULE,
        f"a sub-select compares record Ids, and `{name}` holds none",
        Label(span, "not an Id or reference field"),
        help="select an Id or a reference field on both sides",
    )


def semi_join_same_object(name: str, span: Span) -> Diagnostic:
    """The sub-select reads the object that is filtered."""
    return Diagnostic(
        RULE,
        f"a sub-select cannot read `{name}`, the object that is filtered",
        Label(span, "the same object"),
        help="filter on the fields directly, or through a relationship",
    )


def semi_join_types(outer: str, inner: str, span: Span) -> Diagnostic:
    """The two sides hold Ids of different objects, so nothing could ever match."""
    return Diagnostic(
        RULE,
        f"`{outer}` and `{inner}` hold Ids of different objects",
        Label(span, "Ids of another object"),
        help="select a field that refers to the same object",
    )
