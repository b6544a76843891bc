"""In a query with groups, a field that is neither grouped nor aggregated."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0411", "ungrouped-field", Severity.ERROR)


def ungrouped_field(written: str, span: Span, clause: str) -> Diagnostic:
    """`written` is a field or a function of one, `clause` where it stands: SELECT, HAVING or ORDER BY."""
    return Diagnostic(
        RULE,
        f"`{written}` must be grouped or aggregated",
        Label(span, f"in {clause}, but not in GROUP BY"),
        help=f"add it to GROUP BY, or wrap it in an aggregate such as `MAX({written})`",
    )


def ungrouped_date_function(written: str, span: Span) -> Diagnostic:
    """A date function behind SELECT in a query without groups."""
    return Diagnostic(
        RULE,
        f"`{written}` behind SELECT must be grouped as well",
        Label(span, "not in GROUP BY"),
        help=f"add `GROUP BY {written}`, or select the field itself",
    )


def ungrouped_query(written: str, span: Span) -> Diagnostic:
    """An aggregate orders the rows of a query that has no groups."""
    return Diagnostic(
        RULE,
        f"`{written}` needs groups to order by",
        Label(span, "the query has no GROUP BY"),
        help="add GROUP BY, or order by a field",
    )
