"""A second object behind FROM that hangs on nothing."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0424", "unrelated-from", Severity.ERROR)


def unrelated_from(written: str, span: Span, root: str) -> Diagnostic:
    """SOQL has no joins of unrelated objects (SOQL and SOSL Reference, "Alias Notation")."""
    return Diagnostic(
        RULE,
        f"`{written}` behind FROM does not begin with an alias that was given before",
        Label(span, "not related to the first object"),
        help=f"SOQL has no joins: name a relationship, as in `FROM {root} x, x.Owner o`, or write `Owner.Name`",
    )
