"""Lays out tokens in lines and puts the author's comments back between them.

A printer says which tokens come and where a line may or must end. Comments are anchored to the numbers of
tokens, so they land where they were written as long as the printer writes the same tokens as the author did.
"""

from __future__ import annotations

from collections.abc import Callable

from grammar.spec_tree import Comment, Trivia
from grammar.tokens import tokenize

WIDTH = 100
STEP = 2


class Writer:
    """Collects lines. In a flat stretch a possible line end is a blank instead."""

    def __init__(self, trivia: Trivia, *, flat: bool = False) -> None:
        self._comments: dict[int, list[Comment]] = {}
        for comment in trivia.comments:
            self._comments.setdefault(comment.token, []).append(comment)
        self._blank_before = trivia.blank_before
        self._lines: list[str] = []
        self._line = ""
        self._fresh = True
        self._indent = 0
        self._pending: tuple[int, bool] | None = None
        self._flat = flat
        self.index = 0

    def token(self, text: str, *, glue: bool = False) -> None:
        """Write a token, or several written as one word; `glue` puts no blank before it."""
        count = 1 if text.isidentifier() else len(tokenize(text, comments=False).tokens) - 1
        self._flush_comments(count)
        self._break_line()
        if self._fresh:
            self._line = " " * self._indent + text
            self._fresh = False
        else:
            self._line += text if glue or self._line.endswith("(") else f" {text}"
        self.index += count

    def pad(self, width: int) -> None:
        """Fill with blanks up to `width` characters behind the indent, to align what follows."""
        self._line = self._line.ljust(self._indent + width)

    def gap(self) -> None:
        """Put a second blank before the next token, if it follows in the same line."""
        if self._flat:
            self._line += " "

    def line(self, indent: int, *, blank: bool = False) -> None:
        """End the line here; the next one is indented by `indent`. `blank` keeps an empty line of the author's."""
        if not self._flat:
            self._pending = (indent, blank)

    def soft_line(self, indent: int, following: int = 0) -> None:
        """End the line if the next `following` characters do not fit, or if that is 0; never in a flat stretch."""
        if self._flat:
            return
        if following == 0 or len(self._line) + 1 + following > WIDTH:
            self.line(indent)

    def group(self, write: Callable[[Writer], None]) -> None:
        """Write something in one line if it fits and holds no comment, else with its line ends."""
        text, count = flat_text(write)
        start = len(self._line) if not self._fresh and self._pending is None else self._next_indent()
        fits = start + 1 + len(text) <= WIDTH and not self.has_comment(self.index + 1, self.index + count)
        was, self._flat = self._flat, self._flat or fits
        write(self)
        self._flat = was

    def has_comment(self, first: int, last: int) -> bool:
        """Whether a comment stands before one of the tokens with these numbers."""
        return any(number in self._comments for number in range(first, last))

    def close(self, sign: str, inside: int, outside: int) -> None:
        """Write a closing brace on a line of its own; comments before it belong to what is inside."""
        self.line(inside)
        self._flush_comments()
        self.line(outside)
        self.token(sign)

    def text(self) -> str:
        """All that was written, the comments at the end included."""
        self._flush_comments()
        if not self._fresh:
            self._lines.append(self._line)
        return "".join(f"{line}\n" for line in self._lines)

    def flat(self) -> str:
        """What was written, in one line."""
        return self._line

    def _next_indent(self) -> int:
        return self._pending[0] if self._pending else self._indent

    def _break_line(self) -> None:
        if self._pending is None:
            return
        self._indent, blank = self._pending
        self._pending = None
        if not self._fresh:
            self._lines.append(self._line)
            self._fresh = True
        if blank and self.index in self._blank_before:
            self._blank_line()

    def _blank_line(self) -> None:
        if self._lines and self._lines[-1] and not self._lines[-1].endswith("{"):
            self._lines.append("")

    def _flush_comments(self, count: int = 1) -> None:
        """Write the comments that stand before the next `count` tokens, which come as one word."""
        found = [c for number in range(self.index, self.index + count) for c in self._comments.pop(number, ())]
        for comment in found:
            indent, blank = self._pending or (self._indent + (0 if self._fresh else STEP), False)
            if comment.trailing and not self._fresh:
                self._line += f"  {comment.text}"
            else:
                if not self._fresh:
                    self._lines.append(self._line)
                if comment.blank_before:
                    self._blank_line()
                self._lines.append(" " * indent + comment.text)
                self._line, self._fresh = "", True
            self._pending = (indent, blank)


def flat_text(write: Callable[[Writer], None]) -> tuple[str, int]:
    """What is written when no line may end, and the number of its tokens."""
    writer = Writer(Trivia(), flat=True)
    write(writer)
    return writer.flat(), writer.index
