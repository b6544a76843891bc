"""The words for what is wrong with a text before any name is looked up. One function a mistake, taking facts."""

from __future__ import annotations

from collections.abc import Sequence

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.nearest import nearest
from grammar.source import Span
from grammar.tokens import Kind, Token

UNEXPECTED = Rule("E0101", "unexpected-text", Severity.ERROR)
UNCLOSED_BLOCK = Rule("E0102", "unclosed-block", Severity.ERROR)
UNCLOSED_PARENTHESIS = Rule("E0103", "unclosed-parenthesis", Severity.ERROR)
UNCLOSED_QUOTE = Rule("E0104", "unclosed-quote", Severity.ERROR)
UNKNOWN_STATEMENT = Rule("E0105", "unknown-statement", Severity.ERROR)
MIXED_AND_OR = Rule("E0106", "mixed-and-or", Severity.ERROR)
BARE_NOT = Rule("E0107", "bare-not", Severity.ERROR)
DOUBLE_QUOTES = Rule("E0108", "double-quoted-value", Severity.ERROR)
FOREIGN_OPERATOR = Rule("E0109", "foreign-operator", Severity.ERROR)
MISSING_COMMA = Rule("E0110", "missing-comma", Severity.ERROR)
BAD_ESCAPE = Rule("E0111", "bad-escape", Severity.ERROR)
STRAY_BRACE = Rule("E0112", "stray-brace", Severity.ERROR)
BAD_NUMBER = Rule("E0113", "bad-number", Severity.ERROR)
UNKNOWN_VERSION = Rule("E0114", "unknown-version", Severity.ERROR)
EMPTY_LIST = Rule("E0115", "empty-list", Severity.ERROR)
APEX_ONLY = Rule("E0116", "apex-only", Severity.ERROR)
WHOLE_QUERY = Rule("E0117", "whole-query", Severity.ERROR)
UNQUOTED_VALUE = Rule("E0118", "unquoted-value", Severity.ERROR)
BAD_DATE = Rule("E0119", "bad-date", Severity.ERROR)
DATE_LITERAL_COUNT = Rule("E0120", "date-literal-count", Severity.ERROR)
SUBSELECT_ALIAS = Rule("E0121", "subselect-alias", Severity.ERROR)
UNKNOWN_CHOICE = Rule("E0122", "unknown-choice", Severity.ERROR)
TOO_DEEP = Rule("E0123", "too-deep", Severity.ERROR)
MISSING_CONDITION = Rule("E0124", "missing-condition", Severity.ERROR)
OUT_OF_RANGE = Rule("E0125", "out-of-range", Severity.ERROR)


def found_words(token: Token) -> str:
    """How a message names a token that it did not want."""
    return "the end of the text" if token.kind is Kind.END else f"`{token.text}`"


def listed(words: Sequence[str], joint: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"


def unexpected(token: Token, expected: Sequence[str], help_text: str | None = None) -> Diagnostic:
    """Something else was wanted here; a word that is nearly right gets a fix."""
    wanted = listed(expected) if expected else "nothing more"
    keywords = [word.strip("`") for word in expected if word.startswith("`") and word[1:2].isalpha()]
    near = nearest(token.text, keywords) if token.kind is Kind.NAME and not help_text else None
    return Diagnostic(
        UNEXPECTED,
        f"expected {wanted}, found {found_words(token)}",
        Label(token.span, "not expected here"),
        help=f"did you mean `{near}`?" if near else help_text,
        fix=Fix(f"write `{near}`", (Edit(token.span, near),)) if near else None,
    )


def unclosed_block(brace: Token, before: Token) -> Diagnostic:
    """A `{` has no `}`; the next statement begins at `before`."""
    where = "the text ends" if before.kind is Kind.END else f"`{before.text}` begins the next statement"
    place = Span(before.start, before.start)
    return Diagnostic(
        UNCLOSED_BLOCK,
        "this `{` is never closed",
        Label(brace.span, "opened here"),
        (Label(before.span, f"{where}: a `}}` is missing before this"),),
        "write the missing `}` where the block ends",
        Fix("close the block", (Edit(place, "}\n"),)),
    )


def unclosed_parenthesis(paren: Token, before: Token) -> Diagnostic:
    """A `(` has no `)`."""
    return Diagnostic(
        UNCLOSED_PARENTHESIS,
        "this `(` is never closed",
        Label(paren.span, "opened here"),
        (Label(before.span, f"a `)` is missing before {found_words(before)}"),),
        "write the missing `)`",
    )


def unclosed_quote(token: Token) -> Diagnostic:
    """A quote is not closed on its line."""
    quote = token.text[0]
    return Diagnostic(
        UNCLOSED_QUOTE,
        "this quote is not closed on its line",
        Label(Span(token.start, token.start + 1), "opened here"),
        help=f"close it with `{quote}`; a quote inside is written `\\{quote}`, a line break `\\n`",
    )


def unknown_statement(token: Token, known: Sequence[str]) -> Diagnostic:
    """No statement begins with this word."""
    near = nearest(token.text, known) if token.kind is Kind.NAME else None
    return Diagnostic(
        UNKNOWN_STATEMENT,
        f"no statement begins with {found_words(token)}",
        Label(token.span, "not a statement"),
        help=f"did you mean `{near}`?" if near else f"statements begin with {listed([f'`{w}`' for w in known])}",
        fix=Fix(f"write `{near}`", (Edit(token.span, near),)) if near else None,
    )


def unknown_choice(token: Token, what: str, choices: Sequence[str]) -> Diagnostic:
    """A word of a closed list was wanted."""
    near = nearest(token.text, choices) if token.kind is Kind.NAME else None
    return Diagnostic(
        UNKNOWN_CHOICE,
        f"{what} is {listed([f'`{c}`' for c in choices])}, not {found_words(token)}",
        Label(token.span, "not one of these"),
        help=f"did you mean `{near}`?" if near else None,
        fix=Fix(f"write `{near}`", (Edit(token.span, near),)) if near else None,
    )


def mixed_and_or(second: Token, first: Token, group: Span) -> Diagnostic:
    """AND and OR stand side by side."""
    return Diagnostic(
        MIXED_AND_OR,
        "`AND` and `OR` are mixed without parentheses",
        Label(second.span, f"`{second.text}` follows `{first.text}`"),
        (Label(first.span, f"`{first.text}` was used here"),),
        "Salesforce has no rule for which goes first and refuses the query: put parentheses round what belongs together",
        Fix(
            "put parentheses round what stands before",
            (Edit(Span(group.start, group.start), "("), Edit(Span(group.end, group.end), ")")),
        ),
    )


def bare_not(token: Token, whole: Span) -> Diagnostic:
    """NOT stands beside AND, OR or another NOT without parentheses of its own."""
    return Diagnostic(
        BARE_NOT,
        "`NOT` needs parentheses of its own here",
        Label(token.span, "combined with another operator"),
        help="Salesforce wants `(NOT ...)` wherever NOT is combined with AND, OR or another NOT",
        fix=Fix(
            "put parentheses round the NOT",
            (Edit(Span(whole.start, whole.start), "("), Edit(Span(whole.end, whole.end), ")")),
        ),
    )


def double_quotes(token: Token) -> Diagnostic:
    """A value stands in double quotes."""
    inside = token.text[1:-1].replace('\\"', '"').replace("'", "\\'")
    return Diagnostic(
        DOUBLE_QUOTES,
        "a value of Salesforce stands in single quotes",
        Label(token.span, "double quotes"),
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


def missing_comma(token: Token, after: Span) -> Diagnostic:
    """Two items of a list follow each other without a comma."""
    return Diagnostic(
        MISSING_COMMA,
        f"a comma is missing before {found_words(token)}",
        Label(token.span, "the next item of the list"),
        help="items of a list are separated by commas",
        fix=Fix("insert the comma", (Edit(Span(after.end, after.end), ","),)),
    )


def bad_escape(span: Span, written: str) -> Diagnostic:
    """A backslash pair that SOQL does not have."""
    return Diagnostic(
        BAD_ESCAPE,
        f"`{written}` is not an escape of SOQL",
        Label(span, "unknown escape"),
        help=r"known are `\\`, `\'`, `\"`, `\n`, `\r`, `\t`, `\b`, `\f`, `\uXXXX`, and in LIKE `\_` and `\%`",
    )


def stray_brace(token: Token) -> Diagnostic:
    """A closing sign that nothing opened."""
    opener = {"}": "{", ")": "("}[token.text]
    return Diagnostic(
        STRAY_BRACE,
        f"this `{token.text}` closes nothing",
        Label(token.span, f"no `{opener}` is open here"),
        help="delete it",
        fix=Fix("delete it", (Edit(token.span, ""),)),
    )


def bad_number(token: Token) -> Diagnostic:
    """A form of number that SOQL does not have."""
    return Diagnostic(
        BAD_NUMBER,
        f"`{token.text}` is not a number that Salesforce takes",
        Label(token.span, "written another way"),
        help="write digits with at most one point between them, such as `1000000` or `0.5`",
    )


def unknown_version(token: Token, known: int) -> Diagnostic:
    """The spec asks for a language version that this program does not know."""
    return Diagnostic(
        UNKNOWN_VERSION,
        f"this version of Accord does not know language version {token.text}",
        Label(token.span, f"known is {known}"),
        help=f"update Accord, or write `accord {known}` if the spec needs nothing newer",
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


def whole_query(span: Span, condition: str | None) -> Diagnostic:
    """A query or a WHERE stands where a condition is wanted."""
    return Diagnostic(
        WHOLE_QUERY,
        "only the condition is wanted here, not the query around it",
        Label(span, "leave this out"),
        help="keep what stands behind WHERE" if condition is not None else "write a condition",
        fix=Fix("keep the condition", (Edit(span, ""),)) if condition is not None else None,
    )


def unquoted_value(token: Token, span: Span, text: str) -> Diagnostic:
    """A bare word stands where a value is wanted."""
    return Diagnostic(
        UNQUOTED_VALUE,
        f"`{text}` is no value: text stands in single quotes, and a field cannot be compared with a field",
        Label(span, "quotes missing?"),
        help=f"write `'{text}'` if the text is meant",
        fix=Fix("put it in quotes", (Edit(span, f"'{text}'"),)) if token.kind is Kind.NAME else None,
    )


def bad_date(token: Token, why: str, example: str) -> Diagnostic:
    """A date or time that does not exist or is not complete."""
    return Diagnostic(
        BAD_DATE,
        f"`{token.text}` is not a date that Salesforce takes: {why}",
        Label(token.span, why),
        help=f"write it like `{example}`",
    )


def date_literal_count(span: Span, name: str, wants: bool) -> Diagnostic:
    """A date literal lacks its number, or has one that it does not take."""
    message = f"`{name}` needs a number behind it" if wants else f"`{name}` takes no number"
    return Diagnostic(
        DATE_LITERAL_COUNT,
        message,
        Label(span, "number missing" if wants else "no number here"),
        help=f"write `{name}:30`, for example" if wants else f"write `{name}`",
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


def missing_condition(token: Token) -> Diagnostic:
    """Nothing where a condition is wanted."""
    return Diagnostic(
        MISSING_CONDITION,
        f"a condition is missing before {found_words(token)}",
        Label(token.span, "expected a condition such as `Type = 'Customer'`"),
        help="write a SOQL condition, as it would stand behind WHERE",
    )


def out_of_range(span: Span, what: str, low: str, high: str) -> Diagnostic:
    """A number outside of what makes sense."""
    return Diagnostic(
        OUT_OF_RANGE,
        f"{what} must be from {low} to {high}",
        Label(span, "out of range"),
        help=f"write a number from {low} to {high}",
    )
