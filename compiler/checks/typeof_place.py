"""TYPEOF where Salesforce refuses it, or of an object that the relationship does not lead to."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0418", "typeof-refused", Severity.ERROR)
TARGET = Rule("E0429", "typeof-target", Severity.ERROR)


def typeof_refused(why: str, span: Span, way_out: str) -> Diagnostic:
    """SOQL and SOSL Reference, "TYPEOF"."""
    return Diagnostic(RULE, f"this TYPEOF is refused: {why}", Label(span, "refused"), help=way_out)


def typeof_target(path: str, written: str, targets: tuple[str, ...], span: Span) -> Diagnostic:
    """`written` is no object that the relationship can lead to."""
    return Diagnostic(
        TARGET,
        f"`{path}` never leads to `{written}`",
        Label(span, "not one of its objects"),
        help=f"it leads to {', '.join(f'`{t}`' for t in targets[:6])}{' and others' if len(targets) > 6 else ''}",
    )
