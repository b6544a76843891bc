"""Each diagnostic has a page in docs/diagnostics, and what the page shows is what Accord says."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest

from compiler import Schema, build_schema
from compiler.check_query import check_query
from compiler.check_structure import not_acted_on
from console.checking import check
from console.drawing import draw_all
from console.fixing import fix_spec
from grammar import parse_query
from grammar.diagnostics import Diagnostic, Rule
from grammar.source import Source
from grammar.spec_tree import Spec
from tests.docs.markdown import Block, blocks, replaced

FOLDER = Path(__file__).parents[2] / "docs" / "diagnostics"
PAGES = sorted(FOLDER.glob("[A-Z][0-9]*.md"))


def declared_rules() -> dict[str, Rule]:
    """Every rule that a module of grammar or compiler declares, by code."""
    rules: dict[str, Rule] = {}
    for package in ("grammar", "compiler"):
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Rule):
                    assert rules.setdefault(value.code, value) == value, f"two rules have the code {value.code}"
    return rules


def without_effect(tree: Spec) -> list[Diagnostic]:
    """What a run says besides about statements that it does not act on."""
    found: list[Diagnostic] = []
    not_acted_on(tree, found.append)
    return found


def found_in(block: Block, schema: Schema | None, *, with_run: bool) -> tuple[Diagnostic, ...]:
    """What there is to say about a spec, or about a query; the comment `bulk` makes it one for Bulk API 2.0."""
    if block.language == "accord":
        checked = check(Source(block.text, "spec.accord"), schema)
        return (checked.with_findings(without_effect(checked.tree)) if with_run else checked).diagnostics
    parsed = parse_query(block.text)
    if parsed.tree is None or parsed.diagnostics:
        return parsed.diagnostics
    return check_query(parsed.tree, schema, bulk=block.marker == "bulk")


def test_every_code_has_a_page_and_every_page_a_code():
    """Pages and declared codes are the same set, under the same names."""
    pages = {page.stem for page in PAGES}

    assert pages == {f"{rule.code}-{rule.name}" for rule in declared_rules().values()}


def test_names_are_used_once():
    """A name, too, finds one diagnostic."""
    names = [rule.name for rule in declared_rules().values()]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_shows_what_lint_says(page: Path, update: bool):
    """The bad spec gives exactly the output shown, with the page's code in it; the good one is free of that code."""
    text = page.read_text("utf-8")
    code, _, name = page.stem.partition("-")
    found = blocks(text)
    specs = [block for block in found if block.language in ("accord", "soql")]
    outputs = [block for block in found if block.language == "text"]
    describes = [block for block in found if block.language == "json"]

    assert text.startswith(f"# {code} {name}\n\n")
    assert (len(specs), len(outputs)) == (2, 1), "a page has a bad spec or query, its output and a good one"
    assert len(describes) <= 1

    schema = build_schema(json.loads(describes[0].text)) if describes else None
    with_run = outputs[0].marker == "accord run"
    bad, good = (found_in(spec, schema, with_run=with_run) for spec in specs)
    name = "spec.accord" if specs[0].language == "accord" else "query.soql"
    drawn = draw_all(bad, Source(specs[0].text, name)) + "\n"
    if update and drawn != outputs[0].text:
        page.write_text(replaced(text, [(outputs[0], drawn)]), "utf-8")
    else:
        assert outputs[0].text == drawn

    assert code in {d.code for d in bad}
    assert code not in {d.code for d in good}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_fixes_mend_what_they_belong_to(page: Path):
    """What `lint --fix` makes of the bad spec has no finding left that had a fix, and no new error."""
    found = blocks(page.read_text("utf-8"))
    bad = next(block for block in found if block.language in ("accord", "soql"))
    if bad.language == "soql":
        return
    describes = [block for block in found if block.language == "json"]
    schema = build_schema(json.loads(describes[0].text)) if describes else None
    before = check(Source(bad.text, "spec.accord"), schema)
    after, _ = fix_spec(before, schema)
    mended = {d.code for d in before.diagnostics if d.fix} - {d.code for d in before.diagnostics if not d.fix}

    assert not mended & {d.code for d in after.diagnostics}
    assert {d.code for d in after.diagnostics if d.severity == "error"} <= {d.code for d in before.diagnostics}


def test_messages_follow_the_house_style():
    """Messages begin in lower case or with the author's text, have no full stop at the end and no line break."""
    for page in PAGES:
        for block in blocks(page.read_text("utf-8")):
            if block.language == "text":
                for message in re.findall(r"^(?:error|warning|note)\[\w+\]: (.*)$", block.text, re.MULTILINE):
                    first = re.sub(r"\W", "", message)[:1]

                    assert message[0] == "`" or not first.isupper() or message.split()[0].isupper(), message
                    assert not message.endswith("."), message
