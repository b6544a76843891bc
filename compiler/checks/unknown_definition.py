"""A bare name in a condition that no definition explains."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.schema import Field
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import nearest
from grammar.source import Span

RULE = Rule("E0204", "unknown-definition", Severity.ERROR)
OTHER_OBJECT = Rule("E0205", "definition-of-other-object", Severity.ERROR)
CIRCLE = Rule("E0206", "circular-definition", Severity.ERROR)


def unknown_definition(name: str, span: Span, known: Iterable[str], field: Field | None) -> Diagnostic:
    """Neither a definition nor a comparison; `field` is the field of that name, if there is one."""
    if field is not None:
        comparison = f"{field.name} = true" if field.type == "boolean" else f"{field.name} != null"
        return Diagnostic(
            RULE,
            f"`{field.name}` is a field, and a condition compares it with a value",
            Label(span, "no comparison"),
            help=f"write `{comparison}`{'' if field.type == 'boolean' else ', for example'}",
            fix=Fix("compare it with true", (Edit(span, comparison),)) if field.type == "boolean" else None,
        )
    near = nearest(name, known)
    return Diagnostic(
        RULE,
        f"there is no definition `{name}`",
        Label(span, "a bare name in a condition is a definition"),
        help=f"did you mean `{near}`?" if near else f"write a comparison, or `define {name} on ... where ...`",
        fix=Fix(f"write `{near}`", (Edit(span, near),)) if near else None,
    )


def definition_of_other_object(name: str, span: Span, defined_on: str, used_on: str, definition: Span) -> Diagnostic:
    """A definition is used in a condition on another object."""
    return Diagnostic(
        OTHER_OBJECT,
        f"`{name}` is defined on `{defined_on}` and cannot be used on `{used_on}`",
        Label(span, f"this condition is on `{used_on}`"),
        (Label(definition, f"defined on `{defined_on}` here"),),
        f"write a definition on `{used_on}`",
    )


def circular_definition(name: str, span: Span, others: list[tuple[str, Span]]) -> Diagnostic:
    """A definition uses itself, directly or by way of others, which are given with the places where they are made."""
    return Diagnostic(
        CIRCLE,
        f"`{name}` is defined by itself",
        Label(span, "leads back to itself"),
        tuple(Label(place, f"by way of `{other}`") for other, place in others),
        "write out one of the conditions where it is used",
    )
