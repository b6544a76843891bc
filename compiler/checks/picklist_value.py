"""Comparisons of picklists with what is not one of their values."""

from __future__ import annotations

from compiler.schema import Field
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import nearest
from grammar.source import Span

LABEL = Rule("W0301", "picklist-label", Severity.WARNING)
UNKNOWN = Rule("W0302", "unknown-picklist-value", Severity.WARNING)
_FEW = 8


def picklist_label(name: str, label: str, value: str, span: Span, replacement: str) -> Diagnostic:
    """The label that people see stands where the stored value is meant; `replacement` is the corrected text."""
    return Diagnostic(
        LABEL,
        f"`{label}` is a label of the picklist `{name}`, and filters compare the value",
        Label(span, f"the value is `{value}`"),
        help=f"write `{replacement}`",
        fix=Fix("write the value", (Edit(span, replacement),)),
    )


def unknown_value(name: str, written: str, span: Span, field: Field, quote: str) -> Diagnostic:
    """No value of the picklist; `quote` is the text of the whole literal with `{}` where the value stands."""
    active = [option.value for option in field.picklist if option.active]
    near = nearest(written, active)
    replacement = quote.format(near) if near else None
    if replacement:
        way_out = f"did you mean `{replacement}`?"
    elif len(active) <= _FEW:
        way_out = f"its values are {', '.join(f'`{value}`' for value in active)}"
    else:
        way_out = f"look at the {len(active)} values of the field in Salesforce under Setup, Object Manager"
    return Diagnostic(
        UNKNOWN,
        f"the picklist `{name}` has no value `{written}`",
        Label(span, "not in the picklist"),
        help=way_out,
        fix=Fix(f"write `{replacement}`", (Edit(span, replacement),)) if replacement else None,
    )


def inactive_value(name: str, written: str, span: Span) -> Diagnostic:
    """The value is switched off: no record gets it any more."""
    return Diagnostic(
        UNKNOWN,
        f"`{written}` is no longer an active value of the picklist `{name}`",
        Label(span, "only old records still have it"),
        help="leave it out, or keep it if the old records are meant",
    )
