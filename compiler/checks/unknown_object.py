"""An object that the org does not have, or does not show."""

from __future__ import annotations

from compiler.schema import Schema
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import nearest
from grammar.source import Span

RULE = Rule("E0201", "unknown-object", Severity.ERROR)


def unknown_object(name: str, span: Span, schema: Schema) -> Diagnostic:
    """No object of that API name; labels count when looking for what was meant."""
    labels = {o.label: o.name for o in schema.objects.values()} | {
        o.label_plural: o.name for o in schema.objects.values()
    }
    names = [o.name for o in schema.objects.values()]
    near = nearest(name, [*names, *labels, *schema.named_only])
    meant = labels.get(near, near) if near and near not in names else near
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
        help=f"did you mean `{meant}`?" if meant else "check the API name in Salesforce under Setup, Object Manager",
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)) if meant else None,
    )
