"""Applying the fixes that diagnostics carry, as far as they do not touch one another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from console.checking import CheckedSpec, check
from grammar.diagnostics import Diagnostic, Edit, apply_edits
from grammar.source import Source

if TYPE_CHECKING:
    from compiler.schema import Schema

_ROUNDS = 20
"""A fix may bring another finding to light, so fixing goes on until nothing is left; it always ends."""


def fix_spec(checked: CheckedSpec, schema: Schema | None) -> tuple[CheckedSpec, int]:
    """Apply all fixes, check again, and go on while there are any.

    Returns the spec as it is then, and how many fixes were applied.
    """
    applied = 0
    seen = {checked.source.text}
    for _ in range(_ROUNDS):
        edits, fixes = _compatible(checked.diagnostics)
        text = apply_edits(checked.source.text, edits)
        if text in seen:  # nothing left to fix, or two fixes that undo each other
            break
        seen.add(text)
        applied += fixes
        checked = check(Source(text, checked.source.path), schema)
    return checked, applied


def _compatible(diagnostics: Iterable[Diagnostic]) -> tuple[list[Edit], int]:
    """The edits of the first fix and of each later one that touches none before it; how many fixes."""
    chosen: list[Edit] = []
    fixes = 0
    for diagnostic in diagnostics:
        if diagnostic.fix and not any(_touch(a, b) for a in diagnostic.fix.edits for b in chosen):
            chosen += diagnostic.fix.edits
            fixes += 1
    return chosen, fixes


def _touch(a: Edit, b: Edit) -> bool:
    if a.span.start == b.span.start:
        return True
    return a.span.start < b.span.end and b.span.start < a.span.end
