"""The corpus of SOQL that others wrote: what is valid is accepted, what is not is refused, and why."""

from __future__ import annotations

import pytest

from compiler.check_query import check_bulk
from grammar.parse import parse_condition, parse_query
from tests.corpora.judging import Record, described, judge_condition, judge_query, records

# docs/decisions/0002-what-the-corpus-asks.md argues the one that the rules refuse although its form is right.
ARGUED = {"qv-10169cda62"}
AT_LEAST = {"syntax": 1.0, "static": 0.95, "schema": 0.95, "bulk": 1.0}


def refused(record: Record) -> bool:
    """Whether an invalid record is refused, with a schema only where its level asks for one."""
    level = record["level"]
    schema = described() if level == "schema" else None
    if "condition" in record:
        return bool(judge_condition(record["condition"], record["object"], schema))
    return bool(judge_query(record["soql"], schema, bulk=level == "bulk"))


def invalid() -> list[Record]:
    return records("queries_invalid") + [r for r in records("conditions") if not r["valid"]]


def test_valid_queries_have_the_right_form():
    """The parser says nothing against a valid query, fictional or not."""
    against = {r["soql"]: parse_query(r["soql"]).diagnostics for r in records("queries_valid")}

    assert {text: found for text, found in against.items() if found} == {}


def test_valid_queries_pass_the_rules():
    """No rule that needs no org is broken by a valid query."""
    against = {r["soql"]: judge_query(r["soql"]) for r in records("queries_valid") if r["id"] not in ARGUED}

    assert {text: found for text, found in against.items() if found} == {}


def test_valid_conditions_are_accepted():
    """No valid condition breaks a rule that needs no org."""
    valid = [r for r in records("conditions") if r["valid"] and r["dialect"] == "api"]
    against = {r["condition"]: judge_condition(r["condition"], r["object"]) for r in valid}

    assert {text: found for text, found in against.items() if found} == {}


def test_what_works_in_apex_alone_is_called_apex():
    """A query or condition for Apex is refused as such, and for no other reason."""
    queries = [(r["soql"], parse_query(r["soql"]).diagnostics) for r in records("queries_apex")]
    apex = [r["condition"] for r in records("conditions") if r["valid"] and r["dialect"] == "apex"]
    conditions = [(text, parse_condition(text).diagnostics) for text in apex]

    assert [text for text, found in queries + conditions if {d.code for d in found} != {"E0116"}] == []


@pytest.mark.parametrize("level", sorted(AT_LEAST))
def test_what_is_wrong_is_refused(level: str):
    """Of each level of mistakes at least the agreed share is refused."""
    asked = [r for r in invalid() if r["level"] == level]
    missed = [r.get("soql") or r.get("condition") for r in asked if not refused(r)]

    assert 1 - len(missed) / len(asked) >= AT_LEAST[level], missed


def test_bulk_mistakes_are_none_over_rest():
    """What only bulk jobs refuse is named by `check_bulk` and passes otherwise."""
    for record in (r for r in invalid() if r["level"] == "bulk"):
        tree = parse_query(record["soql"]).tree

        assert tree is not None
        assert judge_query(record["soql"], described()) == []
        assert {d.code for d in check_bulk(tree, described())} == {"E0423"}


def test_the_table(capsys: pytest.CaptureFixture[str]):
    """Prints how the corpus fares; `pytest -s` is not needed to see it."""
    lines = [f"{'SOQL corpus':34} {'records':>7} {'right':>7}"]
    valid = records("queries_valid")
    for scope in ("full", "grammar"):
        of_scope = [r for r in valid if r["scope"] == scope]
        right = sum(not judge_query(r["soql"]) for r in of_scope)
        lines.append(f"{f'valid queries, {scope}':34} {len(of_scope):7} {right:7}")
    conditions = records("conditions")
    good = [r for r in conditions if r["valid"] and r["dialect"] == "api"]
    right = sum(not judge_condition(r["condition"], r["object"]) for r in good)
    lines.append(f"{'valid conditions':34} {len(good):7} {right:7}")
    apex = records("queries_apex")
    right = sum({d.code for d in parse_query(r["soql"]).diagnostics} == {"E0116"} for r in apex)
    lines.append(f"{'Apex only, called so':34} {len(apex):7} {right:7}")
    for level in ("syntax", "static", "schema", "bulk"):
        for kind in ("soql", "condition"):
            asked = [r for r in invalid() if r["level"] == level and kind in r]
            if asked:
                name = f"{level}, {'queries' if kind == 'soql' else 'conditions'} refused"
                lines.append(f"{name:34} {len(asked):7} {sum(map(refused, asked)):7}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))

    assert len(lines) == 12
