"""A link that does not lead from the child to its parent."""

from __future__ import annotations

from compiler.checks.type_words import field_of_type
from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0304", "link-not-parent", Severity.ERROR)


def link_not_parent(
    name: str, child: str, parent: str, kind: str, targets: tuple[str, ...], choices: list[str], span: Span
) -> Diagnostic:
    """The link is no reference to the parent object; `choices` are the child's fields that are."""
    what = f"refers to {', '.join(f'`{t}`' for t in targets)}" if targets else f"is {field_of_type(kind)}"
    if choices:
        way_out = f"from `{child}`, these lead to {parent}: {', '.join(f'`{c}`' for c in choices[:8])}"
    else:
        way_out = f"`{child}` has no lookup that leads to {parent}: match a value that both have (`via F = G`)"
    return Diagnostic(
        RULE,
        f"`{name}` does not lead to {parent}: it {what}",
        Label(span, f"does not refer to {parent}"),
        help=way_out,
    )


def link_types_differ(child: str, child_kind: str, parent: str, parent_kind: str, span: Span) -> Diagnostic:
    """The two fields of `via F = G` cannot be equal."""
    return Diagnostic(
        RULE,
        f"`{child}` is {field_of_type(child_kind)} and `{parent}` {field_of_type(parent_kind)}: they cannot be equal",
        Label(span, "values of different types"),
        help="match two fields of the same kind",
    )
