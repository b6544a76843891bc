"""What may come next at a place of a text: for completion in editors, and for whoever has half a spec."""

from __future__ import annotations

from typing import Literal, NamedTuple

from grammar.cursor import Cursor, SyntaxFail
from grammar.parse_comparison import Dialect
from grammar.parse_query import query
from grammar.parse_soql import condition
from grammar.parse_spec import parse_statements
from grammar.tokens import Kind, tokenize

_WORDS = frozenset({Kind.NAME, Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TIME})


class Expected(NamedTuple):
    """What may come next: `words` as they are typed, `kinds` in words for people ("a field", "a value")."""

    words: tuple[str, ...]
    kinds: tuple[str, ...]


NOTHING = Expected((), ())


def expected_at(text: str, offset: int, what: Literal["spec", "condition", "query"] = "spec") -> Expected:
    """What may come at `offset` (in code points) of a spec, or of a condition or query of SOQL.

    Only the text before the offset counts, and in it not the word that the offset ends or divides: that is the one
    being typed. Inside of quotes and comments nothing is expected. Never raises on bad text.
    """
    before = text[: max(offset, 0)]
    cut = tokenize(before, comments=what == "spec")
    if cut.comments and "\n" not in before[cut.comments[-1].span.start :]:
        return NOTHING
    last = cut.tokens[-2] if len(cut.tokens) > 1 else None
    if last is not None and last.kind is Kind.UNCLOSED and last.end == len(before):
        return NOTHING
    if last is not None and last.kind in _WORDS and last.end == len(before):
        before = before[: last.start]
    cursor = Cursor(before, comments=what == "spec")
    try:
        match what:
            case "spec":
                parse_statements(cursor)
            case "condition":
                condition(cursor, Dialect.SOQL)
            case "query":
                query(cursor)
    except SyntaxFail:
        # The failure itself does not matter here: what was looked for does.
        pass
    cursor.note_expected()
    found = cursor.expected or ()
    words = tuple(word.strip("`") for word in found if word.startswith("`"))
    return Expected(words, tuple(kind for kind in found if not kind.startswith("`")))
