"""Objects that cannot be brought in as records."""

from __future__ import annotations

from compiler.schema import SObject
from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0404", "object-refused", Severity.ERROR)

_SUFFIXES = {
    "__b": "big objects can only be read by their index",
    "__x": "external objects live in another system and have no stamps to follow",
    "__mdt": "custom metadata belongs to no account",
    "history": "history rows are the log of changes and may be archived or removed by Salesforce",
    "share": "sharing rows are recalculated by Salesforce at any time",
    "__history": "history rows are the log of changes and may be archived or removed by Salesforce",
    "__share": "sharing rows are recalculated by Salesforce at any time",
}


def name_refused(name: str, span: Span) -> Diagnostic | None:
    """Why objects with such a name cannot be synced, whatever the org; None if nothing stands against it."""
    lowered = name.lower()
    why = next((reason for suffix, reason in _SUFFIXES.items() if lowered.endswith(suffix)), None)
    return _refused(name, why, span) if why else None


def object_refused(sobject: SObject, span: Span) -> Diagnostic | None:
    """Why records of this object cannot be synced, or None if they can."""
    why = None
    if not sobject.queryable:
        why = "Salesforce does not let it be queried"
    if why is None and sobject.field("Id") is None:
        why = "its rows have no Id"
    if why is None and sobject.field("SystemModstamp") is None and sobject.field("CreatedDate") is None:
        why = "its rows have neither SystemModstamp nor CreatedDate"
    return _refused(sobject.name, why, span) if why else None


def _refused(name: str, why: str, span: Span) -> Diagnostic:
    return Diagnostic(
        RULE,
        f"`{name}` cannot be brought in: {why}",
        Label(span, "cannot be synced"),
        help="bring the object that it belongs to instead",
    )
