"""A query beyond Salesforce's limits."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0422", "query-too-large", Severity.ERROR)
LONGEST = 100_000
LONGEST_TEXT = 4000
MOST_RELATIONSHIPS = 55
MOST_ORDER_FIELDS = 32


def query_too_large(what: str, count: int, most: int, span: Span) -> Diagnostic:
    """`what` names the things that are too many: "characters", "relationships"."""
    return Diagnostic(
        RULE,
        f"this query has {count:,} {what}; Salesforce takes at most {most:,}",
        Label(span, "too many"),
        help="ask for less in one query",
    )


def text_too_long(length: int, span: Span) -> Diagnostic:
    """Salesforce App Limits Cheat Sheet, "SOQL and SOSL Limits"."""
    return Diagnostic(
        RULE,
        f"this text has {length:,} characters; Salesforce takes at most {LONGEST_TEXT:,} in a filter",
        Label(span, "too long"),
        help="compare with a shorter text, or with the beginning of it by LIKE",
    )
