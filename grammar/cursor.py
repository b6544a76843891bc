"""Walks over tokens for the parsers: looks, takes, and remembers what it looked for.

What was looked for at the current token and not found is what could have stood there. Messages and
completion both read it, so they cannot name something that the parser would not take.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise

from grammar import syntax_errors as errors
from grammar.diagnostics import Diagnostic
from grammar.source import Span
from grammar.tokens import Kind, Token, tokenize

_NOT_BLANK = re.compile(r"\n|\S")
# Words that only SOQL has are shown as Salesforce's own pages write them.
_CAPITALS = frozenset({"and", "or", "not", "null"})


class SyntaxFail(Exception):  # noqa: N818  (no error of the program: it ends a piece of a text)
    """A piece cannot be parsed further; caught where the next piece begins."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Cursor:
    """A place in the tokens of a text, and the diagnostics so far."""

    def __init__(self, text: str, *, comments: bool) -> None:
        cut = tokenize(text, comments=comments)
        self.text = text
        self.cut = cut
        self.tokens = cut.tokens
        self.index = 0
        self.depth = 0
        self.formulas = 0
        """How many functions of formulas are open, in which commas separate conditions."""
        self.in_spec = comments
        self.begins_item: Callable[[Cursor], bool] | None = None
        """Inside of a block: whether its next item begins at the cursor."""
        self.shape = ""
        """An example of what is being parsed: the way out of a message that has no better one."""
        self.dropped: list[int] = []
        """Numbers of tokens that mean nothing and that the canonical form leaves out."""
        self.tried: list[str] = []
        self.offered: list[str] = []
        self.unclosed = tuple(t for t in cut.tokens if t.kind is Kind.UNCLOSED)
        """Quotes that are not closed, with what they took along: the rest of their lines."""
        self.swallowing = {sign: tuple(t.start for t in self.unclosed if sign in t.text) for sign in "})"}
        """Where those begin that took a closing sign along."""
        self.defined = frozenset(
            name.lower for word, name in pairwise(cut.tokens) if word.first and word.lower == "define"
        )
        """Lower-case names of the definitions of a spec."""
        self.expected: tuple[str, ...] | None = None
        """What could have stood at the end of the text, once the first piece has failed there."""
        self.diagnostics: list[Diagnostic] = [
            errors.stray(text, span, in_spec=comments, last=self._ends_line(span)) for span in cut.strays
        ]

    def _ends_line(self, span: Span) -> bool:
        """Whether nothing follows on the line."""
        following = _NOT_BLANK.search(self.text, span.end)
        return following is None or following.group() == "\n"

    @property
    def token(self) -> Token:
        """The current token."""
        return self.tokens[self.index]

    def peek(self, ahead: int = 1) -> Token:
        """A token further on; END behind the end."""
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    @property
    def last(self) -> Token:
        """The token taken last; at the very start the first one."""
        return self.tokens[max(self.index - 1, 0)]

    def column(self, token: Token) -> int:
        """How far from the start of its line a token stands."""
        return token.start - (self.text.rfind("\n", 0, token.start) + 1)

    def since(self, start: int) -> Span:
        """From an offset to the end of the token taken last."""
        return Span(start, max(start, self.last.end if self.index else start))

    def take(self) -> Token:
        """Go one token on; END is never passed."""
        token = self.token
        if token.kind is not Kind.END:
            self.index += 1
        self.tried.clear()
        self.offered.clear()
        return token

    def offer(self, *words: str) -> None:
        """Say what else could stand here, for completion; messages do not name it."""
        self.offered += words

    def note_expected(self) -> None:
        """At the end of the text, keep what could follow; the first call counts, later ones are recovery."""
        if self.expected is None and self.token.kind is Kind.END:
            self.expected = tuple(dict.fromkeys((*self.tried, *self.offered)))

    def joined(self, index: int) -> bool:
        """Whether nothing stands between a token and the one before it."""
        return 0 < index < len(self.tokens) and self.tokens[index].start == self.tokens[index - 1].end

    def at_word(self, *words: str) -> bool:
        """Whether one of these keywords (lower case) stands here."""
        token = self.token
        if token.kind is Kind.NAME and token.text.lower() in words:
            return True
        self.tried += (f"`{word.upper() if word in _CAPITALS else word}`" for word in words)
        return False

    def at_sign(self, *signs: str) -> bool:
        """Whether one of these signs stands here."""
        token = self.token
        if token.kind is Kind.PUNCTUATION and token.text in signs:
            return True
        self.tried += (f"`{sign}`" for sign in signs)
        return False

    def at_kind(self, kind: Kind, words: str | None = None) -> bool:
        """Whether a token of this kind stands here; `words` says what it would be."""
        if self.token.kind is kind:
            return True
        self.tried.append(words or kind.value)
        return False

    def accept_word(self, word: str) -> Token | None:
        """Take the keyword if it stands here."""
        return self.take() if self.at_word(word) else None

    def accept_sign(self, sign: str) -> Token | None:
        """Take the sign if it stands here."""
        return self.take() if self.at_sign(sign) else None

    def expect_word(self, *words: str) -> Token:
        """Take one of the keywords, or fail."""
        if self.at_word(*words):
            return self.take()
        if self.token.text in (":", "=") and words[-1] in ("from", "where"):
            self.report(errors.sign_for_word(self.token, words[-1]))
            return self.take()._replace(text=words[-1])
        raise self.fail()

    def expect_phrase(self, *words: str) -> None:
        """Take these keywords one after the other; one that is missing before the next one is reported only."""
        for word, following in zip(words, (*words[1:], ""), strict=True):
            if following and self.token.is_word(following) and not self.token.is_word(word):
                self.report(errors.missing_word(word, self.token, self.shape))
            else:
                self.expect_word(word)

    def expect_sign(self, sign: str) -> Token:
        """Take the sign, or fail."""
        if self.at_sign(sign):
            return self.take()
        raise self.fail()

    def expect_kind(self, kind: Kind, words: str | None = None) -> Token:
        """Take a token of the kind, or fail."""
        if self.at_kind(kind, words):
            return self.take()
        raise self.fail()

    def choice(self, what: str, *words: str) -> str:
        """Take one of a closed list of words and return it in lower case, or fail with the list."""
        if self.at_word(*words):
            return self.take().lower
        if self.token.kind is Kind.NAME:
            raise SyntaxFail(errors.unknown_choice(self.token, what, words))
        raise self.fail()

    def fail(self, help_text: str | None = None) -> SyntaxFail:
        """The failure to raise: everything looked for here was not found."""
        token = self.token
        if token.kind is Kind.UNCLOSED:
            return SyntaxFail(errors.unclosed_quote(token))
        expected = list(dict.fromkeys(self.tried))
        after = self.last if self.index and token.first else None
        return SyntaxFail(errors.unexpected(token, expected[:8], help_text, self.shape, after))

    def swallowed(self, sign: str, opening: Token) -> bool:
        """Whether a quote that is not closed, which is reported already, took the sign that closes `opening`."""
        quotes = self.swallowing[sign]
        following = bisect_right(quotes, opening.start)
        return following < len(quotes) and quotes[following] < self.token.start

    def report(self, diagnostic: Diagnostic) -> None:
        """Say something and go on.

        A fix at a quote that is not closed is left out: nobody knows where its text ends, so the fix may change it.
        """
        self.diagnostics.append(diagnostic)
        self.amend(-1, diagnostic)

    def amend(self, number: int, diagnostic: Diagnostic) -> None:
        """Say something else in the place of what was said before."""
        if diagnostic.fix and any(self._at_unclosed(edit.span) for edit in diagnostic.fix.edits):
            diagnostic = diagnostic._replace(fix=None)
        self.diagnostics[number] = diagnostic

    def _at_unclosed(self, span: Span) -> bool:
        behind = bisect_right(self.unclosed, span.end, key=lambda quote: quote.start)
        return behind > 0 and span.start <= self.unclosed[behind - 1].end
