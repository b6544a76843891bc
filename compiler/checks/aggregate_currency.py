"""Amounts in several currencies put together without a word on the currency."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0312", "aggregate-without-currency", Severity.ERROR)


def aggregate_without_currency(function: str, name: str, span: Span) -> Diagnostic:
    """In an org with several currencies the rows' amounts cannot be put together as they are."""
    return Diagnostic(
        RULE,
        f"this org has several currencies, and `{function}` would put amounts of different ones together",
        Label(span, f"`{name}` is in each record's own currency"),
        help='write `in corporate currency`, `in account currency` or a currency such as `in "EUR" currency` behind'
        " `via ...`; `latest` and `earliest` keep the record's own",
    )
