"""What holds for every spec, whatever is in it: it reads back as it is written, and no text breaks the parser."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grammar import expected_at, format_spec, parse_condition, parse_query, parse_spec
from grammar.diagnostics import Diagnostic, apply_edits, has_errors
from grammar.spec_tree import Spec, Statement
from grammar.tokens import tokenize
from tests.properties.mutations import CONDITIONS, QUERIES, SPECS, mutated, pieces, spans_of
from tests.properties.spec_trees import STATEMENTS, specs

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
trees = settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
broken = settings(max_examples=1200, deadline=None, suppress_health_check=SLOW)
long = settings(max_examples=20_000, deadline=None, suppress_health_check=SLOW)


def comments_of(text: str) -> list[str]:
    return [comment.text for comment in tokenize(text, comments=True).comments]


def assert_sound(text: str, tree: object, diagnostics: Iterable[Diagnostic]) -> None:
    """All places lie in the text, and fixes can be applied."""
    diagnostics = list(diagnostics)
    places = list(spans_of(tree))
    places += [label.span for d in diagnostics for label in d.labels]
    places += [edit.span for d in diagnostics if d.fix for edit in d.fix.edits]

    assert [place for place in places if not 0 <= place.start <= place.end <= len(text)] == []
    for diagnostic in diagnostics:
        assert diagnostic.message
        assert "\n" not in diagnostic.message
        if diagnostic.fix:
            assert apply_edits(text, list(diagnostic.fix.edits)) != text


def check_reading_back(spec: Spec) -> None:
    """What the formatter writes for a tree, the parser reads as that tree; formatting that changes nothing."""
    text = format_spec(spec)
    parsed = parse_spec(text)

    assert not parsed.diagnostics, text
    assert parsed.tree == spec, text
    assert format_spec(parsed.tree) == text


def check_spec_text(text: str) -> None:
    """The parser answers with a tree and diagnostics in place; what has no errors can be formatted."""
    parsed = parse_spec(text)

    assert isinstance(parsed.tree, Spec)
    assert_sound(text, parsed.tree, parsed.diagnostics)
    if has_errors(parsed.diagnostics):
        return
    formatted = format_spec(parsed.tree)

    assert parse_spec(formatted).tree == parsed.tree
    assert comments_of(formatted) == comments_of(text)
    assert format_spec(parse_spec(formatted).tree) == formatted


def check_condition_text(text: str) -> None:
    """Without errors there is a tree."""
    parsed = parse_condition(text)

    assert_sound(text, parsed.tree, parsed.diagnostics)
    assert parsed.tree is not None or has_errors(parsed.diagnostics)


def check_query_text(text: str) -> None:
    """Without errors there is a tree."""
    parsed = parse_query(text)

    assert_sound(text, parsed.tree, parsed.diagnostics)
    assert parsed.tree is not None or has_errors(parsed.diagnostics)


spec_texts = st.text(max_size=80) | mutated(SPECS, comments=True)
condition_texts = st.text(max_size=60) | mutated(CONDITIONS, comments=False)
query_texts = st.text(max_size=60) | mutated(QUERIES, comments=False)


@trees
@given(specs)
def test_a_tree_reads_back(spec: Spec):
    """Every tree survives being written and read, and formatting twice changes nothing."""
    check_reading_back(spec)


@trees
@given(specs, st.randoms(use_true_random=False))
def test_layout_does_not_matter(spec: Spec, chance: random.Random):
    """Line breaks and blanks between any two tokens leave the tree as it is."""
    parts = pieces(format_spec(spec), comments=True)
    # An amount with its currency is one word, whatever the tokens are: `USD0.5`.
    text = "".join(("" if part[0] == "." else chance.choice(("", "\n", "\n\n", "  "))) + part for part in parts if part)

    assert parse_spec(text).tree == spec, text


@st.composite
def commented(draw: st.DrawFn) -> tuple[str, str]:
    """A real spec, and the same with comments at random places."""
    text = draw(st.sampled_from(SPECS))
    parts = list(pieces(text, comments=True))
    places = draw(st.lists(st.integers(0, len(parts) - 1), min_size=1, max_size=12, unique=True))
    for number, place in enumerate(sorted(places, reverse=True)):
        head = draw(st.sampled_from(["  ", "\n", "\n\n", "\n    "]))
        tail = draw(st.sampled_from(["\n", "\n\n"]))
        parts[place] += f"{head}# note {number}, 'quoted' {{{tail}"
    return text, "".join(parts)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(commented())
def test_comments_are_kept_wherever_they_stand(texts: tuple[str, str]):
    """Comments between any two tokens change no tree, and formatting loses none and keeps their order."""
    plain, written = texts

    assert parse_spec(written).tree == parse_spec(plain).tree
    check_spec_text(written)


@broken
@given(spec_texts)
def test_any_text_gives_a_tree(text: str):
    """Whatever stands in a spec, parsing and formatting hold."""
    check_spec_text(text)


@broken
@given(condition_texts)
def test_any_text_may_be_a_condition(text: str):
    """Whatever stands in a condition, parsing holds."""
    check_condition_text(text)


@broken
@given(query_texts)
def test_any_text_may_be_a_query(text: str):
    """Whatever stands in a query, parsing holds."""
    check_query_text(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("inputs", "check"),
    [
        (specs, check_reading_back),
        (spec_texts, check_spec_text),
        (condition_texts, check_condition_text),
        (query_texts, check_query_text),
    ],
    ids=["trees", "specs", "conditions", "queries"],
)
def test_all_of_this_for_long(inputs: st.SearchStrategy[Any], check: Callable[[Any], None]):
    """The same with some ten thousand inputs each."""
    long(given(inputs)(check))()


@broken
@given(mutated(SPECS, comments=True), st.integers(0, 1500))
def test_something_is_expected_anywhere(text: str, offset: int):
    """What may come next can be asked at any place of any text."""
    for what in ("spec", "condition", "query"):
        found = expected_at(text, offset, what)

        assert all(word.strip() == word for word in (*found.words, *found.kinds))


def test_trees_hold_every_statement():
    """The trees above are made of all statements that the language has."""
    assert {kind.__name__ for kind in STATEMENTS} == {kind.__name__ for kind in get_args(Statement)} - {"Invalid"}
