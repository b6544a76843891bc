"""`arr`, `renewal` and aggregates over fields of the wrong type."""

from __future__ import annotations

from compiler.checks.type_words import field_of_type
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.source import Span

ARR = Rule("E0302", "arr-not-number", Severity.ERROR)
RENEWAL = Rule("E0303", "renewal-not-date", Severity.ERROR)
AGGREGATE = Rule("E0307", "aggregate-type", Severity.ERROR)
ORDER = Rule("E0308", "order-type", Severity.ERROR)
OTHERWISE = Rule("E0309", "else-type", Severity.ERROR)


def arr_not_number(name: str, kind: str, span: Span, choices: list[str]) -> Diagnostic:
    """ARR comes from something that is no number."""
    return Diagnostic(
        ARR,
        f"ARR must be a number or a currency amount, and `{name}` is {field_of_type(kind)}",
        Label(span, field_of_type(kind)),
        help=f"fields that fit: {', '.join(f'`{c}`' for c in choices[:8])}" if choices else None,
    )


def renewal_not_date(name: str, kind: str, span: Span, choices: list[str]) -> Diagnostic:
    """The renewal date comes from something that is no date."""
    return Diagnostic(
        RENEWAL,
        f"the renewal date must be a date, and `{name}` is {field_of_type(kind)}",
        Label(span, field_of_type(kind)),
        help=f"fields that fit: {', '.join(f'`{c}`' for c in choices[:8])}" if choices else None,
    )


def aggregate_type(function: str, name: str, kind: str, span: Span, choices: list[str]) -> Diagnostic:
    """The aggregate has no meaning for values of that type; `choices` are the object's fields that fit."""
    fitting = f"fields that fit: {', '.join(f'`{c}`' for c in choices[:8])}" if choices else "choose another field"
    wants = "numbers" if function in ("sum", "average") else "numbers, dates and times"
    return Diagnostic(
        AGGREGATE,
        f"`{function}` works on {wants}, and `{name}` is {field_of_type(kind)}",
        Label(span, field_of_type(kind)),
        help="use `latest` or `earliest` for other values" if function in ("min", "max") else fitting,
    )


def aggregate_value(function: str, name: str | None, span: Span) -> Diagnostic:
    """`count` with a field, whose name is given, or another aggregate without one."""
    if function == "count":
        return Diagnostic(
            AGGREGATE,
            "`count` counts rows and takes no field",
            Label(span, "leave the field out"),
            help=f"write `count()`; to count only rows with a value, add `where {name} != null`",
            fix=Fix("leave the field out", (Edit(span, ""),)),
        )
    return Diagnostic(
        AGGREGATE,
        f"`{function}` needs a field",
        Label(span, "no field"),
        help=f"write `{function}(Amount)`, for example",
    )


def order_type(name: str, kind: str, span: Span) -> Diagnostic:
    """`by` a field that has no order, or with an aggregate that has none."""
    return Diagnostic(
        ORDER,
        f"rows cannot be ordered by `{name}`, {field_of_type(kind)}",
        Label(span, field_of_type(kind)),
        help="order by a date, a time or a number",
    )


def order_unused(function: str, span: Span) -> Diagnostic:
    """`by` with an aggregate that does not order."""
    return Diagnostic(
        ORDER,
        f"`by` orders rows for `latest` and `earliest`; `{function}` does not need it",
        Label(span, "has no effect"),
        help="leave it out",
    )


def else_type(expected: str, span: Span) -> Diagnostic:
    """The value behind `else` is of another type than the aggregate."""
    return Diagnostic(
        OTHERWISE,
        f"the value behind `else` must be {expected}, like the aggregate",
        Label(span, f"not {expected}"),
        help="write a value of that type, or leave `else` out",
    )
