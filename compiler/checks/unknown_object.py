"""An object that the org does not have, or does not show."""

from __future__ import annotations

from compiler.schema import Schema
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import did_you_mean, near_names
from grammar.source import Span

RULE = Rule("E0201", "unknown-object", Severity.ERROR)


def unknown_object(name: str, span: Span, schema: Schema) -> Diagnostic:
    """No object of that API name; labels count when looking for what was meant."""
    labels = {o.label: o.name for o in schema.objects.values()} | {
        o.label_plural: o.name for o in schema.objects.values()
    }
    names = [o.name for o in schema.objects.values()]
    near = near_names(name, [*names, *labels, *schema.named_only])
    choices = tuple(dict.fromkeys(n if n in names else labels.get(n, n) for n in near))
    meant = choices[0] if len(choices) == 1 else None
    if name.lower() in {n.lower() for n in schema.named_only}:
        return Diagnostic(
            RULE,
            f"`{name}` is in the org, but not in this schema snapshot",
            Label(span, "not described"),
            help="take a new snapshot with `accord schema pull`",
        )
    return Diagnostic(
        RULE,
        f"there is no object `{name}` in this org's schema",
        Label(span, "unknown, or hidden from the connected user"),
        help=did_you_mean(choices) or "check the API name in Salesforce under Setup, Object Manager",
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)) if meant else None,
    )


def undescribed_parent(name: str, relationship: str, span: Span) -> Diagnostic:
    """A path goes through a relationship that the org has, to an object that the snapshot lacks."""
    return Diagnostic(
        RULE,
        f"`{relationship}` leads to `{name}`, which this schema snapshot does not describe",
        Label(span, "hidden from the connected user, or not in the snapshot"),
        help="run `accord schema pull` again; if it stays away, the connected user may not read that object",
    )
