"""Words that must be one of those that the spec or the language knows: owner kinds, tables, zones."""

from __future__ import annotations

from collections.abc import Sequence

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import nearest
from grammar.source import Span

OWNER_KIND = Rule("E0207", "unknown-owner-kind", Severity.ERROR)
TABLE = Rule("E0209", "unknown-table", Severity.ERROR)
ZONE = Rule("E0210", "unknown-time-zone", Severity.ERROR)


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
        f"this spec has no {what} `{name}`",
        Label(span, "unknown"),
        help=_way_out(what, near, known),
        fix=Fix(f"write `{written_as(near)}`", (Edit(span, written_as(near)),)) if near else None,
    )


def written_as(name: str) -> str:
    """A name as it is written in a spec: in double quotes unless it is a plain word."""
    return name if name.isidentifier() else f'"{name}"'


def _way_out(what: str, near: str | None, known: Sequence[str]) -> str:
    if near:
        return f"did you mean `{written_as(near)}`?"
    if not known:
        return f"this spec has no {what}s: leave it out, or write the statement that makes one"
    return f"known are {', '.join(f'`{written_as(k)}`' for k in known)}"


def unknown_zone(name: str, span: Span, known: Sequence[str]) -> Diagnostic:
    """No time zone of that name; the city alone finds the zone."""
    city = name.replace(" ", "_").rpartition("/")[2].lower()
    near = next((zone for zone in sorted(known) if zone.rpartition("/")[2].lower() == city), None)
    near = near or nearest(name, known)
    return Diagnostic(
        ZONE,
        f"there is no time zone `{name}`",
        Label(span, "unknown zone"),
        help=f'did you mean `"{near}"`?' if near else 'use a name such as `"Europe/Berlin"` or `"America/New_York"`',
        fix=Fix(f'write `"{near}"`', (Edit(span, f'"{near}"'),)) if near else None,
    )
