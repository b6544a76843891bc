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
MISSING_COMMA = Rule("E0110", "missing-comma", Severity.ERROR)
STRAY_BRACE = Rule("E0112", "stray-brace", Severity.ERROR)
UNKNOWN_VERSION = Rule("E0114", "unknown-version", Severity.ERROR)
UNKNOWN_CHOICE = Rule("E0122", "unknown-choice", Severity.ERROR)
OUT_OF_RANGE = Rule("E0125", "out-of-range", Severity.ERROR)

_LONGEST = 40
_MANY = 4


def found_words(token: Token) -> str:
    """How a message names a token that it did not want."""
    if token.kind is Kind.END:
        return "the end of the text"
    if not token.text.isprintable():
        return f"an invisible character (U+{ord(token.text[0]):04X})"
    return f"`{token.text}`" if len(token.text) <= _LONGEST else f"`{token.text[:_LONGEST]}...`"


def listed(words: Sequence[str], joint: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"


def unexpected(
    token: Token,
    expected: Sequence[str],
    help_text: str | None = None,
    shape: str = "",
    after: Token | None = None,
) -> Diagnostic:
    """Something else was wanted here; a word that is nearly right gets a fix.

    `shape` is an example of the whole, `after` the token before where that stands on another line.
    """
    wanted = listed(expected) if expected else "nothing more"
    keywords = [word.strip("`") for word in expected if word.startswith("`") and word[1:2].isalpha()]
    near = nearest(token.text, keywords) if token.kind is Kind.NAME and not help_text else None
    fix = Fix(f"write `{near}`", (Edit(token.span, near),)) if near else None
    way_out = help_text or (f"write it like `{shape}`" if shape else None)
    if near:
        way_out = f"did you mean `{near}`?"
    elif token.kind is Kind.BAD and (token.text == ";" or not token.text.isprintable()):
        way_out, fix = "leave it out", Fix("leave it out", (Edit(token.span, ""),))
    return Diagnostic(
        UNEXPECTED,
        f"expected {wanted}, found {found_words(token)}",
        Label(token.span, "not expected here"),
        (Label(after.span, "it would stand behind this"),) if after is not None else (),
        way_out,
        fix=fix,
    )


def from_none(span: Span, column: str) -> Diagnostic:
    """`arr from none`."""
    return Diagnostic(
        UNEXPECTED,
        f"`{column} none` is written without `from`",
        Label(span, "one word too much"),
        help=f"write `{column} none`",
        fix=Fix(f"write `{column} none`", (Edit(span, "none"),)),
    )


def missing_word(word: str, before: Token, shape: str) -> Diagnostic:
    """A word is missing, and what would follow it stands here; `shape` is an example of the whole."""
    return Diagnostic(
        UNEXPECTED,
        f"`{word}` is missing before {found_words(before)}",
        Label(before.span, f"`{word}` would stand before this"),
        help=f"write it like `{shape}`",
        fix=Fix(f"insert `{word}`", (Edit(Span(before.start, before.start), f"{word} "),)),
    )


def missing_percent(number: Token, word: Token | None = None) -> Diagnostic:
    """A share without its sign; `word` is what stands for it, if anything."""
    end = word.end if word is not None else number.end
    return Diagnostic(
        UNEXPECTED,
        f"a guard's share is a percentage, and `{number.text}` has no `%`",
        Label(number.span, "no `%` behind it"),
        help=f"write `{number.text}%`",
        fix=Fix(f"write `{number.text}%`", (Edit(Span(number.end, end), "%"),)),
    )


def unquoted_name(span: Span, words: str, name: str, written: str) -> Diagnostic:
    """A display name stands without quotes, or in the quotes of values."""
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return Diagnostic(
        UNEXPECTED,
        f"expected {words}, found `{written}`",
        Label(span, "not in double quotes"),
        help=f"write `{quoted}`",
        fix=Fix("put it in double quotes", (Edit(span, quoted),)),
    )


def unclosed_block(brace: Token, before: Token) -> Diagnostic:
    """A `{` has no `}`; what follows the block begins at `before`."""
    where = "the text ends" if before.kind is Kind.END else f"`{before.text}` begins what follows"
    if before.text == "}":
        where = "this `}` closes the block around it"
    place = Span(before.start, before.start)
    return Diagnostic(
        UNCLOSED_BLOCK,
        "this `{` is never closed",
        Label(brace.span, "opened here"),
        (Label(before.span, f"{where}: a `}}` is missing before it"),),
        "write the missing `}` where the block ends",
        Fix("close the block", (Edit(place, "}\n"),)),
    )


def unclosed_parenthesis(paren: Token, before: Token, place: int) -> Diagnostic:
    """A `(` has no `)`; it would have to stand at `place`, before the token `before`."""
    return Diagnostic(
        UNCLOSED_PARENTHESIS,
        "this `(` is never closed",
        Label(paren.span, "opened here"),
        (Label(before.span, f"a `)` is missing before {found_words(before)}"),),
        "write the missing `)`",
        Fix("close the parenthesis", (Edit(Span(place, place), ")"),)),
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


def inner_quote(token: Token, rest: Token) -> Diagnostic:
    """A text in single quotes goes on behind its second quote, as in `'Bob's'` or `'Bob''s'`.

    Where it ends with a comma, as in `'Customer, 'Partner'`, it rather is the next item that begins.
    """
    doubled = rest.kind is Kind.STRING
    cut = Span(token.end - 1, token.end + 1 if doubled else token.end)
    listed_on = token.text[1:-1].rstrip().endswith(",")
    way_out = "a quote inside of a value is written `\\'`"
    return Diagnostic(
        UNCLOSED_QUOTE,
        f"this quote ends the value, and {found_words(rest)} follows it",
        Label(Span(token.end - 1, token.end), "the value ends here"),
        help=f"close the value before the comma with `'`; {way_out}" if listed_on else way_out,
        fix=None if listed_on else Fix("write the quote as `\\'`", (Edit(cut, "\\'"),)),
    )


def unknown_statement(token: Token, known: Sequence[str]) -> Diagnostic:
    """No statement begins with this word."""
    near = nearest(token.text, known) if token.kind is Kind.NAME else None
    fix = Fix(f"write `{near}`", (Edit(token.span, near),)) if near else None
    way_out = f"did you mean `{near}`?" if near else f"statements begin with {listed([f'`{w}`' for w in known])}"
    if token.text in (",", ";"):
        way_out, fix = "leave it out", Fix("leave it out", (Edit(token.span, ""),))
    return Diagnostic(
        UNKNOWN_STATEMENT,
        f"no statement begins with {found_words(token)}",
        Label(token.span, "not a statement"),
        help=way_out,
        fix=fix,
    )


def unknown_choice(token: Token, what: str, choices: Sequence[str]) -> Diagnostic:
    """A word of a closed list was wanted; `what` says of which."""
    near = nearest(token.text, choices) if token.kind is Kind.NAME else None
    known = listed([f"`{c}`" for c in choices])
    if len(choices) > _MANY:
        message, way_out = f"{found_words(token)} is not {what}", f"known are {known}"
    else:
        message, way_out = f"{what} is {known}, not {found_words(token)}", f"write {known}"
    return Diagnostic(
        UNKNOWN_CHOICE,
        message,
        Label(token.span, "not one of these"),
        help=f"did you mean `{near}`?" if near else way_out,
        fix=Fix(f"write `{near}`", (Edit(token.span, near),)) if near else None,
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


def unknown_version(token: Token, known: int) -> Diagnostic:
    """The spec asks for a language version that this program does not know."""
    return Diagnostic(
        UNKNOWN_VERSION,
        f"this version of Accord does not know language version {token.text}",
        Label(token.span, f"known is {known}"),
        help=f"update Accord, or write `accord {known}` if the spec needs nothing newer",
    )


def out_of_range(span: Span, what: str, low: str, high: str) -> Diagnostic:
    """A number outside of what makes sense."""
    return Diagnostic(
        OUT_OF_RANGE,
        f"{what} must be from {low} to {high}",
        Label(span, "out of range"),
        help=f"write a number between {low} and {high}",
    )


def stray(text: str, span: Span, *, in_spec: bool, last: bool) -> Diagnostic:
    """An invisible character, or a comment of another language; `last` says that nothing follows on its line."""
    written = text[span.start : span.end]
    if written[0] not in "-/":
        message, label = f"there is an invisible character here (U+{ord(written[0]):04X})", "pasted along with the text"
        return Diagnostic(
            UNEXPECTED, message, Label(span, label), help="delete it", fix=Fix("delete it", (Edit(span, ""),))
        )
    mark = written[:2]
    words = written[2:].removesuffix("*/").strip() if mark == "/*" else written[2:].strip()
    if not in_spec:
        message, way_out = "SOQL has no comments", "leave it out"
    else:
        message, way_out = f"comments begin with `#`, not with `{mark}`", f"write `# {words}`"
    one_line = last and "\n" not in written
    replacement = f"# {words}" if in_spec else ""
    return Diagnostic(
        UNEXPECTED,
        message,
        Label(span, "not a comment here"),
        help=way_out,
        fix=Fix(way_out, (Edit(span, replacement),)) if one_line or not in_spec else None,
    )


def trailing_comma(comma: Token) -> Diagnostic:
    """A comma with nothing behind it."""
    return Diagnostic(
        UNEXPECTED,
        "nothing follows this comma",
        Label(comma.span, "one comma too much"),
        help="leave it out",
        fix=Fix("leave it out", (Edit(comma.span, ""),)),
    )


def between_items(token: Token) -> Diagnostic:
    """A comma or semicolon between two items of a block."""
    return Diagnostic(
        UNEXPECTED,
        f"the items of a block follow each other without {found_words(token)}",
        Label(token.span, "not needed"),
        help="leave it out",
        fix=Fix("leave it out", (Edit(token.span, ""),)),
    )


def sign_behind_word(token: Token, word: str) -> Diagnostic:
    """`where: ...`, `lookback = 90 days`."""
    return Diagnostic(
        UNEXPECTED,
        f"`{word}` is followed by what it says, without {found_words(token)}",
        Label(token.span, "one sign too much"),
        help="leave it out",
        fix=Fix("leave it out", (Edit(token.span, ""),)),
    )


def sign_for_word(token: Token, word: str) -> Diagnostic:
    """`csm: CSM__c`, `arr = ARR__c`."""
    return Diagnostic(
        UNEXPECTED,
        f"`{word}` stands here, not {found_words(token)}",
        Label(token.span, f"`{word}` is meant"),
        help=f"write `{word}`",
        fix=Fix(f"write `{word}`", (Edit(token.span, f" {word}"),)),
    )


def word_for_comma(token: Token, before: Token) -> Diagnostic:
    """`except Fax and Jigsaw`; `before` is the token before the word."""
    return Diagnostic(
        MISSING_COMMA,
        f"the items of a list are separated by commas, also where {found_words(token)} stands",
        Label(token.span, "a comma belongs here"),
        help="write a comma",
        fix=Fix("write a comma", (Edit(Span(before.end, token.end), ","),)),
    )


def quoted_condition(token: Token) -> Diagnostic:
    """`where "Type = 'Customer'"`."""
    inside = token.text[1:-1]
    return Diagnostic(
        UNEXPECTED,
        "a filter is written as it stands in Salesforce, without quotes round it",
        Label(token.span, "in quotes"),
        help=f"write `{inside}`",
        fix=Fix("leave the quotes out", (Edit(token.span, inside),)),
    )
