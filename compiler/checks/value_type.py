"""A comparison with a value of the wrong type, or an operator that the field's type does not have."""

from __future__ import annotations

from compiler.checks.type_words import field_of_type
from compiler.schema import Field
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0305", "value-type", Severity.ERROR)
OPERATOR = Rule("E0306", "operator-type", Severity.ERROR)
BAD_ID = Rule("E0310", "malformed-id", Severity.ERROR)
NULL_ORDER = Rule("E0311", "ordered-against-null", Severity.ERROR)

_WANTED = {
    "boolean": "`true` or `false`",
    "date": "a date such as `2026-01-31` or `TODAY`, without quotes",
    "datetime": "a date with time such as `2026-01-31T10:20:30Z`, or a date literal such as `TODAY`, without quotes",
    "time": "a time such as `10:20:30.000Z`, without quotes",
    "int": "a number, without quotes",
    "long": "a number, without quotes",
    "double": "a number, without quotes",
    "currency": "a number, without quotes",
    "percent": "a number, without quotes",
}


# What people mean who write these for a field that holds a single value.
_OF_LISTS = {"INCLUDES": "IN", "EXCLUDES": "NOT IN"}


def wanted_words(kind: str) -> str:
    """What a field of that type is compared with, in words."""
    return _WANTED.get(kind, "text in single quotes")


def value_type(name: str, kind: str, span: Span, written: str, replacement: str | None) -> Diagnostic:
    """The value cannot be compared with a field of that type; `replacement` is what was probably meant."""
    return Diagnostic(
        RULE,
        f"`{name}` is {field_of_type(kind)} and cannot be compared with `{written}`",
        Label(span, f"expected {wanted_words(kind).split(',')[0]}"),
        help=f"write {f'`{replacement}`' if replacement else wanted_words(kind)}",
        fix=Fix(f"write `{replacement}`", (Edit(span, replacement),)) if replacement else None,
    )


def operator_type(name: str, kind: str, operator: str, span: Span) -> Diagnostic:
    """The operator does not work on fields of that type."""
    hints = {
        "LIKE": "`LIKE` works on text; compare with `=`",
        "INCLUDES": "`INCLUDES` works on multi-select picklists; use `IN`",
        "EXCLUDES": "`EXCLUDES` works on multi-select picklists; use `NOT IN`",
    }
    if kind == "multipicklist":
        help_text = "multi-select picklists take `=`, `!=`, `INCLUDES` and `EXCLUDES`"
    elif kind in ("boolean", "id", "reference"):
        help_text = "compare with `=` or `!=`"
    else:
        help_text = hints.get(operator, "compare with `=` or `!=`")
    return Diagnostic(
        OPERATOR,
        f"`{operator}` does not work on `{name}`, which is {field_of_type(kind)}",
        Label(span, f"not for {field_of_type(kind)}"),
        help=help_text,
        fix=Fix(f"write `{instead}`", (Edit(span, instead),)) if (instead := _OF_LISTS.get(operator)) else None,
    )


def malformed_id(field: Field, span: Span, written: str) -> Diagnostic:
    """Text that is no record Id is compared with an Id field."""
    return Diagnostic(
        BAD_ID,
        f"`{written}` is no record Id, and `{field.name}` holds Ids",
        Label(span, "an Id has 15 or 18 letters and digits"),
        help=f"compare a name, like `{field.relationship_name}.Name = '...'`, or copy the Id from the record's address"
        if field.relationship_name
        else "copy the Id from the record's address",
    )


def ordered_against_null(operator: str, span: Span) -> Diagnostic:
    """`< null` and its like."""
    return Diagnostic(
        NULL_ORDER,
        f"`{operator} null` has no certain meaning in Salesforce",
        Label(span, "null has no order"),
        help="write `= null` or `!= null`",
    )
