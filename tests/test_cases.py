"""Golden cases: `tests/cases/<name>/` holds what an author wrote beside what comes of it.

`spec.accord` is the input, `schema.json` (a list of describes) or the schema of the example org what it is checked
against. A spec with errors has `diagnostics.txt`; one without has `query.soql` and `plan.sql`, and `diagnostics.txt`
only if there is something to say. `pytest --update` writes them all.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler import build_schema
from compiler.schema import Schema
from console.checking import check
from console.drawing import draw_all
from console.plan_text import soql_section, sql_section
from engine.snapshot import load_schema
from grammar.diagnostics import has_errors
from grammar.source import Source

ROOT = Path(__file__).parents[1]
CASES = sorted(path.parent for path in (ROOT / "tests" / "cases").rglob("spec.accord"))
INPUTS = {"spec.accord", "schema.json"}


def schema_of(case: Path) -> Schema:
    own = case / "schema.json"
    return build_schema(json.loads(own.read_text("utf-8"))) if own.exists() else load_schema(ROOT / "specs/acme/org")


def outputs_of(case: Path) -> dict[str, str]:
    """The files that the case must have beside its inputs, with their texts."""
    from compiler import compile_spec

    schema = schema_of(case)
    checked = check(Source((case / "spec.accord").read_text("utf-8"), "spec.accord"), schema)
    outputs = {}
    if checked.diagnostics:
        outputs["diagnostics.txt"] = draw_all(checked.diagnostics, checked.source) + "\n"
    if not has_errors(checked.diagnostics):
        plan = compile_spec(checked.tree, schema)
        outputs["query.soql"] = soql_section(plan) + "\n"
        outputs["plan.sql"] = sql_section(plan) + "\n"
    return outputs


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, update: bool):
    """Each output is what its file says; a missing file fails, and so does one that is not read."""
    outputs = outputs_of(case)
    if update:
        for name, text in outputs.items():
            (case / name).write_text(text, "utf-8")
        for path in case.iterdir():
            if path.suffix in (".txt", ".soql", ".sql") and path.name not in outputs:
                path.unlink()

    assert {path.name for path in case.iterdir()} - INPUTS == set(outputs)
    for name, text in outputs.items():
        assert (case / name).read_text("utf-8") == text


def test_there_are_no_files_outside_cases():
    """Every folder under tests/cases is a case, or holds nothing but cases."""
    stray = [path for path in (ROOT / "tests" / "cases").rglob("*") if path.is_file() and path.parent not in CASES]

    assert not stray
