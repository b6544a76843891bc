"""The model of what Accord has to say about a text: data only; the console, editors and JSON draw it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from grammar.source import Span


class Severity(StrEnum):
    """How much a diagnostic weighs: an error stops what was asked for, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Rule(NamedTuple):
    """What a diagnostic is about. Codes are for ever: never reused, never renumbered."""

    code: str
    name: str
    severity: Severity


class Label(NamedTuple):
    """A place with a short text that says what is the matter there."""

    span: Span
    text: str = ""


class Edit(NamedTuple):
    """Replace the text of `span` by `text`."""

    span: Span
    text: str


class Fix(NamedTuple):
    """A change that a machine may apply: a title for people and the edits, none of which overlap."""

    title: str
    edits: tuple[Edit, ...]


class Diagnostic(NamedTuple):
    """One finding: a rule, a message that can stand alone, the place, and the way out."""

    rule: Rule
    message: str
    primary: Label
    secondary: tuple[Label, ...] = ()
    help: str | None = None
    fix: Fix | None = None

    @property
    def code(self) -> str:
        """The stable code, `E0201` for example."""
        return self.rule.code

    @property
    def severity(self) -> Severity:
        """The rule's severity."""
        return self.rule.severity

    @property
    def span(self) -> Span:
        """The primary place."""
        return self.primary.span

    @property
    def labels(self) -> tuple[Label, ...]:
        """The primary label, then the secondary ones."""
        return (self.primary, *self.secondary)


def has_errors(diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> bool:
    """Whether any of them is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def apply_edits(text: str, edits: list[Edit]) -> str:
    """Apply edits that do not overlap; where two touch the same place, the first given wins."""
    out: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: e.span):
        if edit.span.start < at:
            continue
        out += (text[at : edit.span.start], edit.text)
        at = edit.span.end
    return "".join((*out, text[at:]))
