"""An amount with a currency code compared with an aggregate."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0426", "currency-in-having", Severity.ERROR)


def currency_in_having(written: str, amount: str, span: Span) -> Diagnostic:
    """SOQL and SOSL Reference, "Querying Currency Fields in Multi-Currency Orgs"."""
    return Diagnostic(
        RULE,
        f"`{written}` cannot be compared with an aggregate",
        Label(span, "an amount with a currency"),
        help=f"write `{amount}`: aggregates are in the org's own currency",
    )
