"""A function that SOQL does not have, or not in a filter."""

from __future__ import annotations

from collections.abc import Iterable

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import nearest
from grammar.source import Span

RULE = Rule("E0208", "unknown-function", Severity.ERROR)


def unknown_function(name: str, span: Span, known: Iterable[str]) -> Diagnostic:
    """No function of that name may stand in a filter."""
    near = nearest(name, known)
    place = Span(span.start, span.start + len(name))
    return Diagnostic(
        RULE,
        f"no function `{name}` can be used in a filter",
        Label(place, "unknown function"),
        help=f"did you mean `{near}`?" if near else "date functions, toLabel and DISTANCE can be used in filters",
        fix=Fix(f"write `{near}`", (Edit(place, near),)) if near else None,
    )
