"""Text to tree and back: the spec language and SOQL, with spans, comments and diagnostics. Knows no org."""

from __future__ import annotations

from grammar.expected import Expected, expected_at
from grammar.format_spec import format_spec
from grammar.parse import parse_condition, parse_query
from grammar.parse_spec import parse_spec
from grammar.parsed import Parsed

__all__ = ["Expected", "Parsed", "expected_at", "format_spec", "parse_condition", "parse_query", "parse_spec"]
