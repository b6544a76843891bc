"""A record Id written into a filter."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("W0401", "raw-id", Severity.WARNING)


def raw_id(written: str, span: Span, instead: str | None) -> Diagnostic:
    """An Id names a record of one org; `instead` is a path that names it in words."""
    return Diagnostic(
        RULE,
        f"`{written}` is the Id of a record of one org: in a sandbox it may name another one, or none",
        Label(span, "an Id"),
        help=f"compare a name instead, like `{instead} = '...'`"
        if instead
        else "compare a field that tells the records apart, such as `Name` or an external Id",
    )
