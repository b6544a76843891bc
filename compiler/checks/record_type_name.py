"""The label of a record type where its developer name is meant."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("W0402", "record-type-name", Severity.WARNING)


def record_type_name(name: str, span: Span) -> Diagnostic:
    """`RecordType.Name` is a label: it may be renamed and translated."""
    better = name[: -len("Name")] + "DeveloperName"
    return Diagnostic(
        RULE,
        f"`{name}` is the label of the record type, which can be renamed and translated",
        Label(span, "a label"),
        help=f"write `{better}` with the name from Setup, Object Manager, Record Types",
    )
