"""The words for what is wrong with a condition or a value of SOQL, before any name is looked up."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.source import Span
from grammar.syntax_errors import found_words
from grammar.tokens import Kind, Token

MIXED_AND_OR = Rule("E0106", "mixed-and-or", Severity.ERROR)
BARE_NOT = Rule("E0107", "bare-not", Severity.ERROR)
DOUBLE_QUOTES = Rule("E0108", "double-quoted-value", Severity.ERROR)
FOREIGN_OPERATOR = Rule("E0109", "foreign-operator", Severity.ERROR)
BAD_ESCAPE = Rule("E0111", "bad-escape", Severity.ERROR)
BAD_NUMBER = Rule("E0113", "bad-number", Severity.ERROR)
EMPTY_LIST = Rule("E0115", "empty-list", Severity.ERROR)
APEX_ONLY = Rule("E0116", "apex-only", Severity.ERROR)
WHOLE_QUERY = Rule("E0117", "whole-query", Severity.ERROR)
UNQUOTED_VALUE = Rule("E0118", "unquoted-value", Severity.ERROR)
BAD_DATE = Rule("E0119", "bad-date", Severity.ERROR)
DATE_LITERAL_COUNT = Rule("E0120", "date-literal-count", Severity.ERROR)
SUBSELECT_ALIAS = Rule("E0121", "subselect-alias", Severity.ERROR)
TOO_DEEP = Rule("E0123", "too-deep", Severity.ERROR)
MISSING_CONDITION = Rule("E0124", "missing-condition", Severity.ERROR)
UNKNOWN_DATE_LITERAL = Rule("E0126", "unknown-date-literal", Severity.ERROR)
FUNCTION_AS_VALUE = Rule("E0127", "function-as-value", Severity.ERROR)


def mixed_and_or(second: Token, first: Token) -> Diagnostic:
    """AND and OR stand side by side. There is no fix: only the author knows what belongs together."""
    return Diagnostic(
        MIXED_AND_OR,
        "`AND` and `OR` are mixed without parentheses",
        Label(second.span, f"`{second.text}` follows `{first.text}`"),
        (Label(first.span, f"`{first.text}` was used here"),),
        "Salesforce has no rule for which goes first and refuses it: put parentheses round what belongs together",
    )


def bare_not(whole: Span) -> Diagnostic:
    """`whole`, which begins with NOT, stands beside AND, OR or another NOT without parentheses of its own."""
    return Diagnostic(
        BARE_NOT,
        "`NOT` needs parentheses of its own here",
        Label(Span(whole.start, whole.start + len("NOT")), "combined with another operator"),
        help="Salesforce wants `(NOT ...)` wherever NOT is combined with AND, OR or another NOT",
        fix=Fix(
            "put parentheses round the NOT",
            (Edit(Span(whole.start, whole.start), "("), Edit(Span(whole.end, whole.end), ")")),
        ),
    )


def single_quoted(raw: str) -> str:
    """What stands between quotes of another kind, as it is written between single quotes."""
    return re.sub(r"(\\.)|'", lambda match: match[1] or "\\'", raw)


def double_quotes(token: Token) -> Diagnostic:
    """A value stands in double quotes."""
    inside = single_quoted(token.text[1:-1])
    return Diagnostic(
        DOUBLE_QUOTES,
        "a value stands in straight single quotes",
        Label(token.span, "typographic quotes" if token.kind is Kind.CURLY else "double quotes"),
        help=f"write `'{inside}'`",
        fix=Fix("use single quotes", (Edit(token.span, f"'{inside}'"),)),
    )


def foreign_operator(span: Span, written: str, instead: str, fix: Fix | None = None) -> Diagnostic:
    """An operator of another language."""
    return Diagnostic(
        FOREIGN_OPERATOR,
        f"SOQL has no `{written}`",
        Label(span, "not an operator of SOQL"),
        help=f"write {instead}",
        fix=fix,
    )


def bad_escape(span: Span, written: str) -> Diagnostic:
    """A backslash pair that SOQL does not have."""
    return Diagnostic(
        BAD_ESCAPE,
        f"`{written}` has no meaning in a text of SOQL",
        Label(span, "unknown escape"),
        help=f"write `\\{written}` if the backslash is meant; "
        r"known are `\\`, `\'`, `\"`, `\n`, `\r`, `\t`, `\b`, `\f`, `\uXXXX`, and in LIKE `\_` and `\%`",
        fix=Fix("write the backslash twice", (Edit(Span(span.start, span.start), "\\"),)),
    )


def bad_number(span: Span, written: str, meant: str | None = None) -> Diagnostic:
    """A form of number that SOQL does not have; `meant` is the same number in its form."""
    return Diagnostic(
        BAD_NUMBER,
        f"`{written}` is not a number that Salesforce takes",
        Label(span, "not the form of a number"),
        help=f"write `{meant}`" if meant else "write digits with at most one point between them, like `0.5`",
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)) if meant else None,
    )


def not_whole(span: Span, written: str, what: str) -> Diagnostic:
    """A number that must be a whole one, and not below zero."""
    return Diagnostic(
        BAD_NUMBER,
        f"{what} is a whole number, not `{written}`",
        Label(span, "not a whole number"),
        help="write digits alone, like `30`",
    )


def empty_list(span: Span) -> Diagnostic:
    """`IN ()`."""
    return Diagnostic(
        EMPTY_LIST,
        "a list needs at least one value",
        Label(span, "empty"),
        help="write the values, or leave the comparison out",
    )


def bind_variable(span: Span, name: str) -> Diagnostic:
    """`:name`."""
    return Diagnostic(
        APEX_ONLY,
        f"`:{name}` is a variable of Apex code, which only Salesforce itself can fill in",
        Label(span, "Apex only"),
        help="write the value itself",
    )


def apex_clause(span: Span, clause: str, instead: str) -> Diagnostic:
    """A clause that only Apex code may use."""
    return Diagnostic(
        APEX_ONLY,
        f"`{clause}` works in Apex code only",
        Label(span, "Apex only"),
        help=instead,
    )


def whole_query(parts: Sequence[Span], cuts: Sequence[Span]) -> Diagnostic:
    """A query, or parts of one, stand where a condition is wanted.

    `parts` are what stands round the condition, `cuts` the same with the blanks that go with them.
    """
    first, *others = parts
    return Diagnostic(
        WHOLE_QUERY,
        "only the condition is wanted here, not the query around it",
        Label(first, "leave this out"),
        tuple(Label(span, "and this") for span in others),
        "keep what stands behind WHERE, up to ORDER BY, GROUP BY or LIMIT",
        Fix("keep the condition alone", tuple(Edit(span, "") for span in cuts)),
    )


def query_without_condition(span: Span) -> Diagnostic:
    """A query without WHERE stands where a condition is wanted."""
    return Diagnostic(
        WHOLE_QUERY,
        "a condition is wanted here, and this query has none",
        Label(span, "no WHERE in it"),
        help="write what Salesforce would want behind WHERE",
    )


def unknown_date_literal(span: Span, written: str, count: str, near: str | None) -> Diagnostic:
    """A word with a colon and a number, which only date literals have."""
    meant = f"{near}:{count}" if near else None
    return Diagnostic(
        UNKNOWN_DATE_LITERAL,
        f"`{written}` is not a date literal",
        Label(span, "unknown"),
        help=f"did you mean `{meant}`?" if meant else "date literals look like `LAST_N_DAYS:30` or `NEXT_N_MONTHS:2`",
        fix=Fix(f"write `{meant}`", (Edit(span, meant),)) if meant else None,
    )


def function_as_value(span: Span, written: str, literal: str | None) -> Diagnostic:
    """A function, with what is added to it, stands where a value is wanted."""
    return Diagnostic(
        FUNCTION_AS_VALUE,
        f"`{written}` cannot be a value: SOQL does not calculate on this side",
        Label(span, "not a value"),
        help=f"write `{literal}`" if literal else "write a date literal such as `TODAY` or `LAST_N_DAYS:30`",
        fix=Fix(f"write `{literal}`", (Edit(span, literal),)) if literal else None,
    )


def unquoted_value(span: Span, text: str) -> Diagnostic:
    """Bare words stand where a value is wanted."""
    quoted = f"'{single_quoted(text)}'"
    truth = {"yes": "true", "y": "true", "no": "false", "n": "false"}.get(text.lower())
    return Diagnostic(
        UNQUOTED_VALUE,
        f"`{text}` is no value: text stands in single quotes, and a field cannot be compared with a field",
        Label(span, "quotes missing?"),
        help=f"write `{truth}` for a checkbox, `{quoted}` for a text"
        if truth
        else f"write `{quoted}` if the text is meant",
        fix=None if truth else Fix("put it in quotes", (Edit(span, quoted),)),
    )


def unopened_quote(span: Span, text: str) -> Diagnostic:
    """Bare words stand where a value is wanted, with a quote behind them."""
    return Diagnostic(
        UNQUOTED_VALUE,
        f"`{text}` has a quote behind it and none before it",
        Label(span, "the quote before this is missing"),
        help=f"write `'{text}'`",
        fix=Fix("write the quote", (Edit(Span(span.start, span.start), "'"),)),
    )


def bad_clock(token: Token, why: str, example: str) -> Diagnostic:
    """No time of day of a schedule; `example` is what was meant, or just how it is written."""
    meant = re.fullmatch(r"\d:[0-5]\d", token.text) is not None
    return Diagnostic(
        BAD_DATE,
        f"`{token.text}` is not a time of day: {why}",
        Label(token.span, "not a time of day"),
        help=f"write `{example}`" if meant else f"write it like `{example}`",
        fix=Fix(f"write `{example}`", (Edit(token.span, example),)) if meant else None,
    )


def bad_date(token: Token, why: str, example: str, meant: str | None = None) -> Diagnostic:
    """A date or time that does not exist or is not complete; `meant` is its right form where that is plain."""
    return Diagnostic(
        BAD_DATE,
        f"`{token.text}` is not a date that Salesforce takes: {why}",
        Label(token.span, why),
        help=f"write `{meant}`" if meant else f"write it like `{example}`",
        fix=Fix(f"write `{meant}`", (Edit(token.span, meant),)) if meant else None,
    )


def date_literal_count(span: Span, name: str, wants: bool) -> Diagnostic:
    """A date literal lacks its number, or has one that it does not take."""
    return Diagnostic(
        DATE_LITERAL_COUNT,
        f"`{name}` needs a number behind it" if wants else f"`{name}` takes no number",
        Label(span, "number missing" if wants else "no number here"),
        help=f"write `{name}:30`, for example" if wants else f"write `{name}`",
        fix=None if wants else Fix(f"write `{name}`", (Edit(span, name),)),
    )


def subselect_alias(span: Span, alias: str) -> Diagnostic:
    """An alias in a sub-select of a condition."""
    return Diagnostic(
        SUBSELECT_ALIAS,
        f"a sub-select in a spec takes no alias such as `{alias}`",
        Label(span, "leave this out"),
        help="write the fields without the alias in front",
        fix=Fix("remove the alias", (Edit(span, ""),)),
    )


def too_deep(span: Span) -> Diagnostic:
    """Parentheses nested beyond all sense."""
    return Diagnostic(
        TOO_DEEP,
        "conditions are nested too deeply",
        Label(span, "deeper than 100 levels"),
        help="Salesforce would refuse this query: write it flatter",
    )


def missing_condition(token: Token, after: Token | None) -> Diagnostic:
    """Nothing where a condition is wanted; `after` is what stands before."""
    tail = f" after `{after.text}`" if after is not None else ""
    return Diagnostic(
        MISSING_CONDITION,
        f"a condition is missing{tail}",
        Label(token.span, f"a condition is wanted here, not {found_words(token)}"),
        help="write a condition such as `Type = 'Customer'`, as it would stand behind WHERE in Salesforce",
    )
