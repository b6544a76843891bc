"""A child relationship that an object does not have, and names that a snapshot cannot judge."""

from __future__ import annotations

from compiler.schema import SObject
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import nearest
from grammar.source import Span

RULE = Rule("E0212", "unknown-child-relationship", Severity.ERROR)
NOT_DESCRIBED = Rule("N0401", "not-described", Severity.NOTE)


def unknown_child(name: str, span: Span, sobject: SObject) -> Diagnostic:
    """`name` stands behind FROM in a child query of `sobject`."""
    of_object = [c.name for c in sobject.children.values() if c.child.lower() == name.lower()]
    near = of_object[0] if of_object else nearest(name, [c.name for c in sobject.children.values()])
    return Diagnostic(
        RULE,
        f"`{sobject.name}` has no child relationship `{name}`",
        Label(span, "an object's name, not a relationship's" if of_object else "unknown child relationship"),
        help=f"did you mean `{near}`?" if near else "a custom child relationship ends in `__r`",
        fix=Fix(f"write `{near}`", (Edit(span, near),)) if near else None,
    )


def not_described(span: Span) -> Diagnostic:
    """The object that a path or a child query leads to is not in the snapshot, so nothing of it can be checked."""
    return Diagnostic(
        NOT_DESCRIBED,
        "this was not checked, because the schema snapshot does not describe the object that it leads to",
        Label(span, "not described"),
        help="take a new snapshot with `accord schema pull`",
    )
