"""What Accord says about a record of the corpus."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from compiler.check_query import check_condition, check_query
from compiler.schema import Schema, build_schema
from grammar.diagnostics import Diagnostic, Severity
from grammar.parse import parse_condition, parse_query

FOLDER = Path(__file__).parent
Record = dict[str, Any]


def records(name: str) -> list[Record]:
    """The records of a file of the corpus."""
    text = (FOLDER / "soql" / f"{name}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


@cache
def described() -> Schema:
    """The schema of the describes beside the corpus."""
    files = sorted((FOLDER / "describe").glob("*.json"))
    return build_schema(json.loads(file.read_text("utf-8")) for file in files)


def judge_query(text: str, schema: Schema | None = None, *, bulk: bool = False) -> list[Diagnostic]:
    """The errors of a query: those of its form, or if there are none those of `check_query`."""
    parsed = parse_query(text)
    found = _errors(parsed.diagnostics)
    if not found and parsed.tree is not None:
        found = _errors(check_query(parsed.tree, schema, bulk=bulk))
    return found


def judge_condition(text: str, object_name: str, schema: Schema | None = None) -> list[Diagnostic]:
    """The errors of a condition: those of its form, or if there are none those of `check_condition`."""
    parsed = parse_condition(text)
    found = _errors(parsed.diagnostics)
    if not found and parsed.tree is not None:
        found = _errors(check_condition(parsed.tree, object_name, schema))
    return found


def _errors(diagnostics: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    return [d for d in diagnostics if d.severity is Severity.ERROR]
