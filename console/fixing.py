"""Applying the fixes that diagnostics carry, as far as they do not touch one another and leave the spec better."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from console.checking import CheckedSpec, check
from grammar.diagnostics import Diagnostic, Edit, apply_edits
from grammar.source import Source

if TYPE_CHECKING:
    from compiler.schema import Schema

_ROUNDS = 20
"""A fix may bring another finding to light, so fixing goes on until nothing is left; it always ends."""


class _Step(NamedTuple):
    """A spec, and the spec that comes of it by the fixes of some of its findings."""

    before: CheckedSpec
    after: CheckedSpec
    fixed: tuple[Diagnostic, ...] = ()


def fix_spec(checked: CheckedSpec, schema: Schema | None) -> tuple[CheckedSpec, int]:
    """Apply the fixes that make their findings go away, check again, and go on while there are any.

    Returns the spec as it is then, and how many fixes were applied. Where they would go on for ever, or leave more
    findings than there were, that is none: so fixing again never changes anything.
    """
    now, applied = checked, 0
    seen = {checked.source.text}
    for _ in range(_ROUNDS):
        step = _add(_compatible(now.diagnostics), _Step(now, now), schema)
        if not step.fixed:
            return (now, applied) if len(now.diagnostics) <= len(checked.diagnostics) else (checked, 0)
        now, applied = step.after, applied + len(step.fixed)
        if now.source.text in seen:
            break
        seen.add(now.source.text)
    return checked, 0


def _add(found: tuple[Diagnostic, ...], step: _Step, schema: Schema | None) -> _Step:
    """The step with the fixes of these findings too, but for those that are of no use."""
    if not found:
        return step
    fixed = (*step.fixed, *found)
    edits = _edits(fixed)
    text = apply_edits(step.before.source.text, edits)
    more = _Step(step.before, check(Source(text, step.before.source.path), schema), fixed)
    if _is_useful(more, edits):
        return more
    if len(found) == 1:
        return step
    half = len(found) // 2
    return _add(found[half:], _add(found[:half], step, schema), schema)


def _is_useful(step: _Step, edits: list[Edit]) -> bool:
    """Whether every finding whose fix was applied is gone, with no more in their place that have no fix."""
    left, was_left = (sum(one.fix is None for one in spec.diagnostics) for spec in (step.after, step.before))
    if left > was_left + len(step.fixed):
        return False
    there = {(one.rule, one.message, one.span.start) for one in step.after.diagnostics}
    return not any((one.rule, one.message, at) in there for one in step.fixed for at in _moved(one.span.start, edits))


def _moved(place: int, edits: list[Edit]) -> tuple[int, int]:
    """Where a place is after the edits: before what they insert right there, and behind it."""
    before = [edit for edit in edits if edit.span.start < place and edit.span.end <= place]
    inserted = sum(len(edit.text) for edit in edits if edit.span.start == edit.span.end == place)
    start = place + sum(len(edit.text) - (edit.span.end - edit.span.start) for edit in before)
    return start, start + inserted


def _compatible(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The first finding with a fix, and each later one whose fix touches none before it."""
    chosen: list[Diagnostic] = []
    for one in diagnostics:
        if one.fix and not any(_touch(a, b) for a in one.fix.edits for b in _edits(chosen)):
            chosen.append(one)
    return tuple(chosen)


def _edits(found: Iterable[Diagnostic]) -> list[Edit]:
    return [edit for one in found if one.fix for edit in one.fix.edits]


def _touch(a: Edit, b: Edit) -> bool:
    if a.span.start == b.span.start:
        return True
    return a.span.start < b.span.end and b.span.start < a.span.end
