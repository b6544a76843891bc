"""Where in the spec something stands, in the words of messages that a run ends with."""

from __future__ import annotations

from grammar.source import Span


def line_of(spec_text: str, span: Span) -> str:
    """` (line 5)`, or nothing for what stands in no line."""
    return f" (line {spec_text.count(chr(10), 0, span.start) + 1})" if span.end else ""
