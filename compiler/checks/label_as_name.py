"""A field that a filter names by its label."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0131", "label-as-name", Severity.ERROR)


def label_as_name(written: str, span: Span) -> Diagnostic:
    """API names have no blanks; without a schema nobody can tell which field has that label."""
    return Diagnostic(
        RULE,
        f"`{written}` is not the API name of a field, which has no blanks",
        Label(span, "a label?"),
        help="write the API name, which Setup, Object Manager, Fields shows; a schema lets `lint` find it",
    )
