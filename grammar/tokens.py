"""Cuts a text into tokens. One lexer serves the spec language and SOQL: they share names, values and quotes."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from grammar.source import Span


class Kind(Enum):
    """What a token is. The words after it are how a message names it."""

    NAME = "a name"
    STRING = "a value in single quotes"
    TEXT = "a text in double quotes"
    CURLY = "a text in quotes of another kind"
    NUMBER = "a number"
    DATE = "a date"
    DATETIME = "a date with time"
    TIME = "a time"
    PUNCTUATION = "a sign"
    UNCLOSED = "a quote that is not closed"
    BAD = "a sign that has no meaning here"
    END = "the end"


class Token(NamedTuple):
    """A piece of text. `first` says that it is the first on its line."""

    kind: Kind
    text: str
    start: int
    end: int
    first: bool

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)

    @property
    def lower(self) -> str:
        """The text in lower case: keywords and names of Salesforce are compared without case."""
        return self.text.lower()

    def is_word(self, word: str) -> bool:
        """Whether it is this keyword (given in lower case)."""
        return self.kind is Kind.NAME and self.text.lower() == word


class RawComment(NamedTuple):
    """A comment with the number of the token that follows it."""

    text: str
    token: int
    trailing: bool
    blank_before: bool
    span: Span


class Tokens(NamedTuple):
    """All tokens of a text, END last; comments and blank lines apart.

    `strays` are places that are passed over and must not be there: invisible characters, comments of other languages.
    """

    tokens: tuple[Token, ...]
    comments: tuple[RawComment, ...]
    blank_before: frozenset[int]
    strays: tuple[Span, ...] = ()


_PATTERN = re.compile(
    r"""
      (?P<SPACE>\s+)
    | (?P<COMMENT>\#[^\n]*)
    | (?P<STRAY>[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]+|--[^\r\n]*|(?<!:)//[^\r\n]*|/\*(?:[^*]|\*(?!/))*\*/)
    | (?P<STRING>'(?:[^'\\\n]|\\[^\n])*')
    | (?P<TEXT>"(?:[^"\\\n]|\\[^\n])*")
    | (?P<CURLY>[‘’‚“”„'"][^‘’“”\n]*[‘’“”]|`[^`\n]*`)
    | (?P<UNCLOSED>['"][^\n]*)
    | (?P<DATETIME>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[Tt][0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]+)?)?
                   (?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?)
    | (?P<DATE>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})
    | (?P<TIME>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?[Zz]?)
    | (?P<NUMBER>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<NAME>[^\W\d]\w*)
    | (?P<PUNCTUATION>[!<>]=|<>|[(){},.:=<>%])
    | (?P<BAD>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {kind.name: kind for kind in Kind}


def tokenize(text: str, *, comments: bool) -> Tokens:
    """Cut `text` into tokens; `comments` says whether `#` starts one (in a spec) or is a sign like others (SOQL).

    Never raises: what belongs to nothing becomes a BAD token, a quote that its line does not close an UNCLOSED one.
    """
    tokens: list[Token] = []
    found: list[RawComment] = []
    strays: list[Span] = []
    blanks: set[int] = set()
    first, blank = True, False
    at, size = 0, len(text)
    match = _PATTERN.match
    while at < size:
        piece = match(text, at)
        assert piece is not None  # the last alternative takes any character
        name, start, at = piece.lastgroup, at, piece.end()
        if name == "SPACE":
            breaks = text.count("\n", start, at)
            first = first or breaks > 0
            blank = blank or breaks > 1
        elif name == "STRAY":
            strays.append(Span(start, at))
        elif name == "COMMENT":
            if not comments:
                at = start + 1
                tokens.append(Token(Kind.BAD, "#", start, at, first))
                first = blank = False
                continue
            words = text[start:at].rstrip()
            found.append(RawComment(words, len(tokens), not first, blank, Span(start, start + len(words))))
            blank = False
        else:
            if blank:
                blanks.add(len(tokens))
            tokens.append(Token(_KINDS[str(name)], text[start:at], start, at, first))
            first = blank = False
    if blank:
        blanks.add(len(tokens))
    tokens.append(Token(Kind.END, "", size, size, True))
    return Tokens(tuple(tokens), tuple(found), frozenset(blanks), tuple(strays))
