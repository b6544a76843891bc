"""Printed text with its source map, and the writer that the printers of SOQL and of SQL make it with."""

from __future__ import annotations

from typing import NamedTuple

from grammar.source import NOWHERE, Span


class Mark(NamedTuple):
    """The place in a printed text that a node was printed to, and the place in the spec that it came from."""

    span_in_text: Span
    span_in_spec: Span


class Printed(NamedTuple):
    """A printed text and its marks, outer ones before those inside them. Nodes from nowhere have no mark."""

    text: str
    marks: tuple[Mark, ...] = ()

    def spec_span(self, offset: int) -> Span | None:
        """The place in the spec of the innermost node printed at `offset` (code points from 0), or None."""
        found: Mark | None = None
        for mark in self.marks:
            start, end = mark.span_in_text
            if start <= offset < end and (
                found is None or end - start <= found.span_in_text.end - found.span_in_text.start
            ):
                found = mark
        return found.span_in_spec if found else None


class Writer:
    """Collects text and marks; used by the printers of SOQL and of SQL."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._marks: list[Mark] = []
        self.at = 0

    def write(self, *texts: str) -> None:
        """Append texts."""
        for text in texts:
            self._parts.append(text)
            self.at += len(text)

    def mark(self, start: int, spec: Span) -> None:
        """Note that what was written from `start` up to here comes from `spec`."""
        if spec != NOWHERE:
            self._marks.append(Mark(Span(start, self.at), spec))

    def printed(self) -> Printed:
        """What was written so far."""
        marks = sorted(self._marks, key=lambda m: (m.span_in_text.start, -m.span_in_text.end))
        return Printed("".join(self._parts), tuple(marks))
