"""Words that must be one of those that the spec or the language knows: owner kinds, tables, zones, currencies."""

from __future__ import annotations

from collections.abc import Sequence

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import nearest
from grammar.source import Span

OWNER_KIND = Rule("E0207", "unknown-owner-kind", Severity.ERROR)
TABLE = Rule("E0209", "unknown-table", Severity.ERROR)
ZONE = Rule("E0210", "unknown-time-zone", Severity.ERROR)
CURRENCY = Rule("E0211", "currency-not-supported", Severity.ERROR)


def unknown_owner_kind(kind: str, span: Span, known: Sequence[str]) -> Diagnostic:
    """A bare owner kind that is none of the built-in ones."""
    near = nearest(kind, known)
    return Diagnostic(
        OWNER_KIND,
        f"`{kind}` is none of the owner kinds",
        Label(span, "unknown kind"),
        help=f"did you mean `{near}`?"
        if near
        else f"known are {', '.join(known)}; put a kind of your own in double quotes",
        fix=Fix(f"write `{near}`", (Edit(span, near),)) if near else None,
    )


def unknown_table(name: str, what: str, span: Span, known: Sequence[str]) -> Diagnostic:
    """A name that is none of the tables, numbers or kinds of this spec."""
    near = nearest(name, known)
    return Diagnostic(
        TABLE,
        f"there is no {what} `{name}` in this spec",
        Label(span, "unknown"),
        help=f"did you mean `{near}`?" if near else f"known are {', '.join(f'`{k}`' for k in known)}",
        fix=Fix(f"write `{near}`", (Edit(span, near),)) if near else None,
    )


def unknown_zone(name: str, span: Span) -> Diagnostic:
    """No time zone of that name."""
    return Diagnostic(
        ZONE,
        f"there is no time zone `{name}`",
        Label(span, "unknown zone"),
        help='use a name such as "Europe/Berlin" or "America/New_York"',
    )


def currency_not_supported(span: Span, multi_currency: bool) -> Diagnostic:
    """A currency clause where it cannot be kept."""
    if multi_currency:
        return Diagnostic(
            CURRENCY,
            "this version of Accord does not convert currencies yet",
            Label(span, "not there yet"),
            help="use `latest` or `earliest`, which carry the row's own currency, or a field in one currency",
        )
    return Diagnostic(
        CURRENCY,
        "this org has one currency, so there is nothing to convert",
        Label(span, "leave this out"),
        help="leave the currency out",
        fix=Fix("leave it out", (Edit(span, ""),)),
    )
