"""What a run quotes of the spec: the line in which something stands, and the statement that brought a column."""

from __future__ import annotations

from itertools import pairwise, takewhile

from grammar.source import Span
from grammar.tokens import Kind, tokenize


def line_of(spec_text: str, span: Span) -> str:
    """` (line 5)`, or nothing for what stands in no line."""
    return f" (line {spec_text.count(chr(10), 0, span.start) + 1})" if span.end else ""


def words_of(spec_text: str, span: Span) -> str | None:
    r"""What stands there in one line and without comments, of a block its head; None: nothing does.

    It can be read again: texts keep their blanks, and a brace in one opens no block.

    >>> words_of('metric "Old {x}" # money\n  from count() of A via B', Span(0, 51))
    'metric "Old {x}" from count() of A via B'
    """
    text = spec_text[span.start : span.end]
    found = tokenize(text, comments=True).tokens
    tokens = list(takewhile(lambda one: one.kind is not Kind.END and one.text != "{", found))
    if not tokens:
        return None
    rest = (f"{' ' if before.end < one.start else ''}{one.text}" for before, one in pairwise(tokens))
    return tokens[0].text + "".join(rest)
