"""Field lists that contradict themselves or name what is not there."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.source import Span

MIXED = Rule("E0506", "mixed-selection", Severity.ERROR)
NOT_IN_SET = Rule("W0502", "except-not-in-set", Severity.WARNING)
TWICE = Rule("W0508", "field-named-twice", Severity.WARNING)
NOT_OWN = Rule("E0509", "not-an-own-field", Severity.ERROR)
NOT_SYNCED = Rule("E0510", "unsyncable-field", Severity.ERROR)


def mixed_selection(span: Span, first: Span) -> Diagnostic:
    """`fields` beside `also` or `except`."""
    return Diagnostic(
        MIXED,
        "`fields` says exactly which fields come, so `also` and `except` cannot stand beside it",
        Label(span, "contradicts the list"),
        (Label(first, "exactly these fields"),),
        "put the field into the `fields` list, or leave it out there",
    )


def except_not_in_set(name: str, span: Span) -> Diagnostic:
    """`except` of a field that would not come anyway."""
    return Diagnostic(
        NOT_IN_SET,
        f"`{name}` would not come anyway",
        Label(span, "not in the set"),
        help="leave it out",
    )


def always_comes(name: str, span: Span) -> Diagnostic:
    """`except` of the key or the stamp."""
    return Diagnostic(
        NOT_IN_SET,
        f"`{name}` always comes: by it Accord knows {'the record' if name == 'Id' else 'that a record has changed'}",
        Label(span, "cannot be left out"),
        help="leave it out of the list",
    )


def field_named_twice(name: str, span: Span, first: Span) -> Diagnostic:
    """A field stands twice in one list."""
    return Diagnostic(
        TWICE,
        f"`{name}` is named twice",
        Label(span, "again"),
        (Label(first, "the first time"),),
        "leave one out",
    )


def not_own_field(path: str, sobject: str, span: Span) -> Diagnostic:
    """A path into another object stands in a field list."""
    return Diagnostic(
        NOT_OWN,
        f"only fields of `{sobject}` itself can be listed, not `{path}`",
        Label(span, "a field of another object"),
        help="bring the other object with an `object` statement, or make a formula field",
    )


def unsyncable_field(name: str, why: str, span: Span, instead: str | None) -> Diagnostic:
    """A field whose values cannot be brought."""
    return Diagnostic(
        NOT_SYNCED,
        f"`{name}` cannot be brought: {why}",
        Label(span, "cannot be synced"),
        help=f"write its parts: `{instead}`" if instead else "leave it out",
        fix=Fix("write its parts", (Edit(span, instead),)) if instead else None,
    )
