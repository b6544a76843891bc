"""How SOQL is spelled makes no difference to what is accepted: letter case, white space, needless parentheses."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grammar.parse import parse_condition, parse_query
from tests.corpora.judging import Record, judge_condition, judge_query, records

PIECES = re.compile(r"'(?:\\.|[^'\\])*'|\w+|\s+|.", re.DOTALL)
BLANKS = (" ", "  ", "\t", "\n", "\r\n  ")
QUERIES = [r["soql"] for r in records("queries_valid") if not judge_query(r["soql"])]
CONDITIONS: list[Record] = [r for r in records("conditions") if r["valid"] and r["dialect"] == "api"]
WRONG = [r["soql"] for r in records("queries_invalid") if r["level"] in ("syntax", "static")]


def in_other_case(text: str, chance: random.Random) -> str:
    """The text with its words in other letter case; what is quoted, and the T and Z of a date, stay."""

    def other(piece: str) -> str:
        if piece.startswith("'") or piece[0].isdigit():
            return piece
        return chance.choice((piece.upper(), piece.lower(), piece.swapcase()))

    return "".join(other(piece) for piece in PIECES.findall(text))


def in_other_blanks(text: str, chance: random.Random) -> str:
    """The text with other white space between its words."""
    pieces = PIECES.findall(text)
    return "".join(chance.choice(BLANKS) if piece.isspace() else piece for piece in pieces)


def without_blanks(text: str) -> str:
    """The text without white space beside commas, parentheses and signs of comparison."""
    pieces = re.split(r"('(?:\\.|[^'\\])*')", text)
    return "".join(p if p.startswith("'") else re.sub(r"\s*([(),=<>]|!=)\s*", r"\1", p) for p in pieces)


@given(st.sampled_from(QUERIES), st.randoms(use_true_random=False))
def test_a_valid_query_stays_valid(text: str, chance: random.Random):
    """In other letter case, with other or less white space, a valid query is accepted still."""
    assert judge_query(in_other_case(text, chance)) == []
    assert judge_query(in_other_blanks(text, chance)) == []
    assert judge_query(without_blanks(text)) == []


@given(st.sampled_from(CONDITIONS), st.randoms(use_true_random=False))
def test_a_valid_condition_stays_valid(record: Record, chance: random.Random):
    """So is a valid condition, and also in parentheses."""
    text, name = record["condition"], record["object"]

    for spelled in (in_other_case(text, chance), in_other_blanks(text, chance), without_blanks(text), f"({text})"):
        assert judge_condition(spelled, name) == []


@given(st.sampled_from(WRONG), st.randoms(use_true_random=False))
def test_a_wrong_query_stays_wrong(text: str, chance: random.Random):
    """Letter case and white space do not make a wrong query right."""
    assert judge_query(in_other_blanks(in_other_case(text, chance), chance))


@given(st.sampled_from(QUERIES + WRONG), st.data())
def test_no_query_is_too_broken(text: str, data: st.DataObject):
    """A query with pieces lost, doubled or swapped is parsed and checked without an exception."""
    pieces = PIECES.findall(text) or [" "]
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = (data.draw(st.integers(0, len(pieces) - 1)) for _ in range(2))
        match data.draw(st.sampled_from(("drop", "double", "swap"))):
            case "drop":
                pieces[one] = ""
            case "double":
                pieces[one] *= 2
            case _:
                pieces[one], pieces[other] = pieces[other], pieces[one]
    broken = "".join(pieces)

    for diagnostic in (*parse_query(broken).diagnostics, *judge_query(broken)):
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(broken)
    parse_condition(broken)


@pytest.mark.slow
def test_no_query_is_too_broken_at_length():
    """The same over tens of thousands of broken queries."""
    chance = random.Random(20260101)
    for _ in range(30_000):
        pieces = PIECES.findall(chance.choice(QUERIES)) + PIECES.findall(chance.choice(WRONG))
        start = chance.randrange(len(pieces))
        broken = "".join(pieces[start : start + chance.randrange(40)])

        judge_query(broken)
        parse_condition(broken)
