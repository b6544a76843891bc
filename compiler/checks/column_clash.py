"""Two columns or tables that would have the same name."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0507", "name-clash", Severity.ERROR)


def column_clash(name: str, table: str, span: Span, taken_by: str, first: Span | None) -> Diagnostic:
    """A column name is taken already; DuckDB compares names without case."""
    return Diagnostic(
        RULE,
        f"`{table}` would have two columns `{name}`: this one and {taken_by}",
        Label(span, f"gives the column name `{name}`"),
        (Label(first, "the first one"),) if first else (),
        "choose another name",
    )


def table_clash(name: str, span: Span, taken_by: str, first: Span | None) -> Diagnostic:
    """A table name is taken already."""
    return Diagnostic(
        RULE,
        f"there would be two tables `{name}`: this one and {taken_by}",
        Label(span, f"gives the table name `{name}`"),
        (Label(first, "the first one"),) if first else (),
        "choose another display name",
    )


def nameless(label: str, span: Span) -> Diagnostic:
    """Nothing of a label is left once it is made a name."""
    return Diagnostic(
        RULE,
        f"no table or column name can be made from `{label}`",
        Label(span, "needs a letter or digit of the Latin alphabet"),
        help="use at least one Latin letter",
    )
