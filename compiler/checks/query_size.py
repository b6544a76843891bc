"""A query beyond Salesforce's limits, or near to them."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Span

RULE = Rule("E0422", "query-too-large", Severity.ERROR)
NEAR = Rule("W0404", "query-nearly-too-large", Severity.WARNING)
LONGEST = 100_000
LONGEST_TEXT = 4000
NEARLY = 0.8
"""The share of a limit from which on it is near."""
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


def filter_too_large(length: int, span: Span) -> Diagnostic:
    """A filter of a spec that is too long with all its definitions put in."""
    return Diagnostic(
        RULE,
        f"this filter has {length:,} characters, its definitions put in; Salesforce takes at most {LONGEST:,}",
        Label(span, "too long"),
        help="write a shorter filter: a checkbox in Salesforce can stand for a long list of values",
    )


def query_nearly_too_large(what: str, length: int, fields: int, span: Span) -> Diagnostic:
    """The query that a run would send is near the limit, or has to be sent in parts; `fields`: how many it selects."""
    return Diagnostic(
        NEAR,
        f"the query for {what} has {length:,} characters, and Salesforce takes at most {LONGEST:,}",
        Label(span, f"{fields:,} fields, and their filter"),
        help="leave fields out, or shorten the filter: a checkbox in Salesforce can stand for a long list of values",
    )


def extract_too_large(what: str, length: int, fields: int, span: Span) -> Diagnostic:
    """The query that a run would send is beyond the limit however few fields it asks for, with what a run adds."""
    found = query_nearly_too_large(what, length, fields, span)
    return found._replace(rule=RULE)


def text_nearly_too_long(length: int, span: Span) -> Diagnostic:
    """A text of a filter that Salesforce still takes."""
    return Diagnostic(
        NEAR,
        f"this text has {length:,} characters, and Salesforce takes at most {LONGEST_TEXT:,} in a filter",
        Label(span, "nearly too long"),
        help="compare with the beginning of it by LIKE, or keep what you look for in a shorter field",
    )
