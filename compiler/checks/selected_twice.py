"""The same field, or the same alias, twice behind SELECT."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0415", "field-selected-twice", Severity.ERROR)


def field_selected_twice(name: str, span: Span, first: Span) -> Diagnostic:
    """Salesforce: "duplicate field selected"."""
    return Diagnostic(
        RULE,
        f"`{name}` is selected twice",
        Label(span, "again"),
        (Label(first, "first here"),),
        "leave one of them out",
    )


def unaliased_twice(written: str, name: str, span: Span, first: Span) -> Diagnostic:
    """`FORMAT(Amount)` beside `Amount`: both would be called Amount in the answer."""
    return Diagnostic(
        RULE,
        f"`{written}` needs an alias, because `{name}` is selected too",
        Label(span, f"would be called `{name}`"),
        (Label(first, "and so is this"),),
        f"write `{written} {name}Text`, for example",
    )


def alias_twice(alias: str, span: Span, first: Span) -> Diagnostic:
    """Two columns under one name."""
    return Diagnostic(
        RULE,
        f"the alias `{alias}` is given twice",
        Label(span, "again"),
        (Label(first, "first here"),),
        "choose another alias",
    )
