"""The words for mistakes in functions, aliases and clauses of SOQL. One function a mistake, taking facts."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import nearest
from grammar.soql_functions import NAMES
from grammar.source import Span
from grammar.tokens import Token

UNKNOWN_FUNCTION = Rule("E0208", "unknown-function", Severity.ERROR)
RESERVED_ALIAS = Rule("E0140", "reserved-alias", Severity.ERROR)
FUNCTION_ARGUMENTS = Rule("E0141", "function-arguments", Severity.ERROR)
COUNT_ALONE = Rule("E0142", "count-not-alone", Severity.ERROR)
UNKNOWN_SCOPE = Rule("E0421", "unknown-scope", Severity.ERROR)
HAVING_ALONE = Rule("E0143", "having-without-groups", Severity.ERROR)

SCOPES = (
    "everything",
    "mine",
    "mine_and_my_groups",
    "my_territory",
    "my_team_territory",
    "team",
    "delegated",
    "scopingRule",
    "mru",
)
_INSTEAD = {
    "year": "CALENDAR_YEAR",
    "quarter": "CALENDAR_QUARTER",
    "month": "CALENDAR_MONTH",
    "day": "DAY_IN_MONTH",
    "hour": "HOUR_IN_DAY",
    "date": "DAY_ONLY",
    "average": "AVG",
}


# Functions of formulas and of SQL that change nothing which a filter would look at.
_NEEDLESS = frozenset({"text", "trim", "value", "upper", "lower"})


def unknown_function(name: Token, whole: Span, inside: str | None) -> Diagnostic:
    """SOQL has no function of that name; `inside` is its only argument as written, `whole` the call."""
    if name.lower in _NEEDLESS and inside is not None:
        return Diagnostic(
            UNKNOWN_FUNCTION,
            f"SOQL has no function `{name.text}`",
            Label(name.span, "unknown function"),
            help=f"write `{inside}` alone: Salesforce compares text without regard to case, and picklists as text",
            fix=Fix(f"write `{inside}`", (Edit(whole, inside),)),
        )
    near = _INSTEAD.get(name.lower) or nearest(name.text, NAMES.values())
    if name.lower in ("rollup", "cube"):
        way_out = f"`GROUP BY {name.text.upper()}(...)` stands alone, with all fields in its parentheses"
    elif near:
        way_out = f"did you mean `{near}`?"
    else:
        way_out = "there are date functions, aggregates, toLabel, FORMAT, convertCurrency and DISTANCE"
    return Diagnostic(
        UNKNOWN_FUNCTION,
        f"SOQL has no function `{name.text}`",
        Label(name.span, "unknown function"),
        help=way_out,
        fix=Fix(f"write `{near}`", (Edit(name.span, near),)) if near else None,
    )


def function_arguments(name: str, wants: str, span: Span) -> Diagnostic:
    """Something else must stand in the parentheses."""
    return Diagnostic(
        FUNCTION_ARGUMENTS,
        f"`{name}` takes {wants}",
        Label(span, "not what it takes"),
        help=f"write {wants} in its parentheses",
    )


def geolocation_alone(span: Span) -> Diagnostic:
    """GEOLOCATION outside DISTANCE."""
    return Diagnostic(
        FUNCTION_ARGUMENTS,
        "`GEOLOCATION` can only be the second part of `DISTANCE`",
        Label(span, "not inside DISTANCE"),
        help="write `DISTANCE(Location__c, GEOLOCATION(37.7, -122.4), 'km')`",
    )


def count_alone(span: Span, why: str) -> Diagnostic:
    """COUNT() beside something that it does not go with."""
    return Diagnostic(
        COUNT_ALONE,
        f"`COUNT()` {why}",
        Label(span, "counts all rows"),
        help="write `COUNT(Id)`, which counts like any other aggregate",
    )


def reserved_alias(token: Token) -> Diagnostic:
    """A word of SOQL where an alias is wanted."""
    return Diagnostic(
        RESERVED_ALIAS,
        f"`{token.text}` is a word of SOQL and cannot be an alias",
        Label(token.span, "reserved"),
        help=f"choose another name, such as `{token.text}Value`",
        fix=Fix(f"write `{token.text}Value`", (Edit(token.span, f"{token.text}Value"),)),
    )


def unknown_scope(token: Token) -> Diagnostic:
    """No scope of that name (SOQL and SOSL Reference, "USING SCOPE")."""
    near = nearest(token.text, SCOPES)
    return Diagnostic(
        UNKNOWN_SCOPE,
        f"there is no scope `{token.text}`",
        Label(token.span, "unknown scope"),
        help=f"did you mean `{near}`?" if near else f"scopes are {', '.join(f'`{s}`' for s in SCOPES)}",
        fix=Fix(f"write `{near}`", (Edit(token.span, near),)) if near else None,
    )


def having_alone(token: Token) -> Diagnostic:
    """HAVING without GROUP BY."""
    return Diagnostic(
        HAVING_ALONE,
        "HAVING filters groups, and nothing groups the rows before it",
        Label(token.span, "no GROUP BY before this"),
        help="write the condition behind WHERE, or `GROUP BY` and a field before HAVING",
    )
