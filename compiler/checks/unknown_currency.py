"""Amounts whose currency cannot be told, or that cannot be converted."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0211", "unknown-currency", Severity.ERROR)


def plain_number(name: str, span: Span) -> Diagnostic:
    """A currency is named for values that are no amounts of money."""
    return Diagnostic(
        RULE,
        f"the values of `{name}` cannot be converted: it is a plain number",
        Label(span, "no currency to convert from"),
        help="leave the currency out, or use a currency field",
    )


def not_converted(function: str, name: str, span: Span) -> Diagnostic:
    """A currency is named for the amount of one record, which stays in its own."""
    return Diagnostic(
        RULE,
        f"`{function}` converts nothing: the amount of `{name}` stays in the currency of its record",
        Label(span, "not that of the record"),
        help="leave the currency out; the column that ends in `_currency` says which one it is",
    )


def hidden(amount: str, converting: bool, missing: str, says: str, span: Span) -> Diagnostic:
    """The schema does not show a field, or an object, without which an amount would be a wrong one.

    `says` is what the field does: it is what the label under the amount goes on with.
    """
    what = f"the amounts of `{amount}` cannot be converted"
    if not converting:
        what = f"the currency of `{amount}` cannot be told"
    return Diagnostic(
        RULE,
        f"{what}: this schema snapshot does not show `{missing}`",
        Label(span, f"hidden from the connected user, it seems; it {says}"),
        help=f"give the connected user Read access to `{missing}`, and run `accord schema pull` again",
    )
