"""The words for conditions as reports, formulas, SQL and spreadsheets write them, each with what is meant in SOQL."""

from __future__ import annotations

from collections.abc import Sequence

from grammar.condition_errors import (
    BAD_DATE,
    FOREIGN_OPERATOR,
    FUNCTION_AS_VALUE,
    MISSING_CONDITION,
    UNKNOWN_DATE_LITERAL,
)
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.query_errors import UNKNOWN_FUNCTION
from grammar.source import Span
from grammar.syntax_errors import found_words
from grammar.tokens import Token

LOOSE_PATH = Rule("E0128", "blanks-in-path", Severity.ERROR)
BARE_LIST = Rule("E0129", "list-form", Severity.ERROR)
MISSING_JOINT = Rule("E0130", "missing-and-or", Severity.ERROR)


def loose_path(span: Span, meant: str) -> Diagnostic:
    """Blanks round the dots of a path."""
    return Diagnostic(
        LOOSE_PATH,
        f"`{meant}` is written without blanks round its dots",
        Label(span, "blanks in a path"),
        help=f"write `{meant}`",
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)),
    )


def list_with_sign(span: Span, written: str, instead: str, fix: Fix) -> Diagnostic:
    """`Type = ('A', 'B')`."""
    return Diagnostic(
        FOREIGN_OPERATOR,
        f"`{written}` compares with one value, not with a list",
        Label(span, "a list follows"),
        help=f"write `{instead} (...)`",
        fix=fix,
    )


def bare_list(span: Span, written: str) -> Diagnostic:
    """`Type IN 'A'`."""
    return Diagnostic(
        BARE_LIST,
        "the values of a list stand in parentheses",
        Label(span, "no parentheses"),
        help=f"write `({written})`",
        fix=Fix("put them in parentheses", (Edit(span, f"({written})"),)),
    )


def bracketed_list(opening: Span, closing: Span) -> Diagnostic:
    """`Type IN ['A']`."""
    return Diagnostic(
        BARE_LIST,
        "the values of a list stand in parentheses, not in brackets",
        Label(opening, "a bracket"),
        (Label(closing, "and this"),),
        "write `(` and `)`",
        Fix("write parentheses", (Edit(opening, "("), Edit(closing, ")"))),
    )


def list_joint(token: Token) -> Diagnostic:
    """`OR` or `;` between the values of a list."""
    return Diagnostic(
        BARE_LIST,
        "the values of a list are separated by commas",
        Label(token.span, "a comma belongs here"),
        help="write a comma",
        fix=Fix("write a comma", (Edit(token.span, ","),)),
    )


def like_list(span: Span, meant: str, fix: Fix) -> Diagnostic:
    """`Name LIKE ('A%', 'B%')`."""
    return Diagnostic(
        FOREIGN_OPERATOR,
        "LIKE compares with one pattern, not with a list",
        Label(span, "a list"),
        help=f"write `{meant}`",
        fix=fix,
    )


def missing_joint(token: Token, before: Token, *, comma: bool) -> Diagnostic:
    """Two conditions follow each other without AND or OR. Only the author knows which is meant."""
    return Diagnostic(
        MISSING_JOINT,
        "two conditions are joined with `AND` or `OR`, not with a comma"
        if comma
        else f"`AND` or `OR` is missing before `{token.text}`",
        Label(before.span if comma else token.span, "`AND` or `OR`?" if comma else "the next condition begins here"),
        help="write `AND` if both must hold, `OR` if one is enough",
    )


def doubled_joint(token: Token) -> Diagnostic:
    """`AND AND`."""
    return Diagnostic(
        MISSING_CONDITION,
        f"a condition is missing before this `{token.text}`",
        Label(token.span, "one too much?"),
        help="leave it out, or write the condition that is missing",
        fix=Fix("leave it out", (Edit(token.span, ""),)),
    )


def missing_left(token: Token, left: str, operator: str | None) -> Diagnostic:
    """`Type = 'A' OR 'B'`: the second half of a comparison stands alone. `operator` is None where it is there."""
    insert = f"{left} {operator} " if operator else f"{left} "
    return Diagnostic(
        MISSING_CONDITION,
        f"each condition names its field again, also behind {found_words(token)}"
        if operator is None
        else "each condition names its field and its operator again",
        Label(token.span, "no field before this"),
        help=f"write `{insert}{token.text}`",
        fix=Fix(f"insert `{insert.strip()}`", (Edit(Span(token.start, token.start), insert),)),
    )


def filter_logic(token: Token) -> Diagnostic:
    """`(1 AND 2) OR 3`, from below a report's filters."""
    return Diagnostic(
        MISSING_CONDITION,
        f"`{token.text}` is the number of a report's filter, and only the report knows that filter",
        Label(token.span, "a condition is wanted here"),
        help="write the filters out where their numbers stand, like `(Type = 'A' AND ARR__c > 0) OR Rating = 'Hot'`",
    )


def value_first(span: Span, meant: str) -> Diagnostic:
    """`5 < ARR__c`."""
    return Diagnostic(
        FOREIGN_OPERATOR,
        "the field stands first in a condition, and the value behind it",
        Label(span, "the value stands first"),
        help=f"write `{meant}`",
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)),
    )


def formula(span: Span, name: str, meant: str) -> Diagnostic:
    """A function of formulas that is a condition by itself."""
    return Diagnostic(
        UNKNOWN_FUNCTION,
        f"`{name}` is a function of formulas, which filters do not know",
        Label(span, "formula"),
        help=f"write `{meant}`",
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)),
    )


def formula_joint(name: Token, edits: tuple[Edit, ...]) -> Diagnostic:
    """`AND(..., ...)`."""
    word = name.text.upper()
    return Diagnostic(
        FOREIGN_OPERATOR,
        f"`{word}(...)` is the way of formulas; in a filter the word stands between the conditions",
        Label(name.span, "formula"),
        help=f"write `(... {word} ...)`",
        fix=Fix(f"write `{word}` between them", edits),
    )


def foreign_date(span: Span, written: str, meant: Sequence[str]) -> Diagnostic:
    """`31.12.2024`, `01/02/2024`: `meant` are the days that it may be."""
    ways = " or ".join(f"`{day}`" for day in meant)
    return Diagnostic(
        BAD_DATE,
        f"`{written}` is not a date that Salesforce takes: year, month and day stand in this order, with hyphens",
        Label(span, "another form of date"),
        help=f"write {ways}" if meant else "write it like `2026-01-31`",
        fix=Fix(f"write {ways}", (Edit(span, meant[0]),)) if len(meant) == 1 else None,
    )


def loose_date_literal(span: Span, written: str, meant: str) -> Diagnostic:
    """`LAST 30 DAYS`, `this quarter`."""
    return Diagnostic(
        UNKNOWN_DATE_LITERAL,
        f"`{written}` is not a date literal",
        Label(span, "not its form"),
        help=f"write `{meant}`",
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)),
    )


def days_from_today(span: Span, written: str, sign: str, days: str) -> Diagnostic:
    """`TODAY - 30`."""
    literal = f"N_DAYS_AGO:{days}" if sign == "-" else None
    way_out = f"write `{literal}`"
    if literal is None:
        way_out = f"`<= NEXT_N_DAYS:{days}` reaches up to that day, `> NEXT_N_DAYS:{days}` begins behind it"
    return Diagnostic(
        FUNCTION_AS_VALUE,
        f"`{written}` cannot be a value: SOQL does not calculate on this side",
        Label(span, "not a value"),
        help=way_out,
        fix=Fix(way_out, (Edit(span, literal),)) if literal else None,
    )
