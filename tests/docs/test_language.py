"""docs/language.md: every example is right, and every statement has its section."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from console.checking import check
from console.drawing import draw_all
from engine.snapshot import load_schema
from grammar import format_spec, parse_spec, spec_tree
from grammar.diagnostics import Severity, has_errors
from grammar.source import Source
from tests.docs.markdown import blocks, replaced

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "language.md"
EXAMPLES = [block for block in blocks(PAGE.read_text("utf-8")) if block.language == "accord"]
NODES = {node.__name__ for node in get_args(spec_tree.Statement)} - {"Invalid"}


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_example_parses(number: int):
    """An example of the reference is free of syntax errors."""
    text = EXAMPLES[number].text
    parsed = parse_spec(text)

    assert not has_errors(parsed.diagnostics), draw_all(parsed.diagnostics, Source(text))


def test_the_examples_are_in_canonical_form(update: bool):
    """The reference shows what `accord fmt` would write."""
    page = PAGE.read_text("utf-8")
    changes = [
        (block, formatted)
        for block in blocks(page)
        if block.language == "accord" and (formatted := format_spec(parse_spec(block.text).tree)) != block.text
    ]
    if update:
        PAGE.write_text(replaced(page, changes), "utf-8")
    else:
        assert not changes


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_example_is_right_for_the_example_org(number: int):
    """With what a spec must have besides, an example gives no error against the org of specs/acme."""
    text = EXAMPLES[number].text
    if not text.startswith("accord 1"):
        text = f"accord 1\n{text}"
    if "accounts {" not in text:
        text += "\naccounts {\n  where Type = 'Customer'\n}\n"
    if "csm filled" in text:
        text += "\nowners {\n  csm from CSM__c\n}\n"
    checked = check(Source(text), load_schema(ROOT / "specs/acme/org"))

    found = [d for d in checked.diagnostics if d.severity is not Severity.NOTE]

    assert not found, draw_all(found, checked.source)


def test_every_statement_has_an_example():
    """No statement of the language is missing from the reference."""
    shown = {type(s).__name__ for block in EXAMPLES for s in parse_spec(block.text).tree.statements}

    assert shown == NODES
