"""A guard against moving on a value that has no size."""

from __future__ import annotations

from compiler.checks.type_words import field_of_type
from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0313", "guard-not-number", Severity.ERROR)


def guard_not_number(metric: str, kind: str, span: Span, label_span: Span) -> Diagnostic:
    """`kind` is the describe type of the field that the metric takes its value from."""
    return Diagnostic(
        RULE,
        f"how far a value moves can be said of numbers alone, and `{metric}` comes from {field_of_type(kind)}",
        Label(span, "would never stop a run"),
        (Label(label_span, "the metric"),),
        help="leave the guard out, or watch a metric that is a number, such as `count()`",
    )
