"""The SARIF log against the published schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from console.checking import check
from console.diagnostic_json import Linted, as_sarif
from console.exits import NotStarted
from engine.snapshot import load_schema
from grammar.source import Source
from tests.console.accord import ORG, ROOT
from tests.docs.markdown import blocks

SCHEMA = json.loads((Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)


def wrong_with(log: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(json.loads(log))]


def every_finding() -> list[Linted]:
    """The bad spec of each page of the diagnostics, with what there is to say about it."""
    found = []
    schema = load_schema(ORG)
    for page in sorted((ROOT / "docs" / "diagnostics").glob("[A-Z][0-9]*.md")):
        for block in blocks(page.read_text("utf-8")):
            if block.language == "accord":
                source = Source(block.text, f"specs/{page.stem}, äöü %.accord")
                found.append(Linted(source, check(source, schema).diagnostics))
    return found


def test_the_log_of_all_that_can_be_found_is_valid():
    """Whatever a spec gives, with fixes and further places, the log is valid SARIF 2.1.0."""
    files = every_finding()
    findings = [d for file in files for d in file.diagnostics]

    assert len({d.code for d in findings}) > 50
    assert any(d.fix for d in findings)
    assert any(d.secondary for d in findings)
    assert wrong_with(as_sarif(files, "0.1.0")) == []


@pytest.mark.parametrize("path", ["a.accord", "/abs/a b.accord", "ü/%41,:.accord", "./x.accord"])
def test_any_path_is_a_valid_address(path: str):
    """Blanks, percent signs and letters beyond ASCII are escaped."""
    source = Source("accounts { where Type = 'a' }\n", path)

    assert wrong_with(as_sarif([Linted(source, check(source, None).diagnostics)], "0.1.0")) == []


def test_the_log_of_nothing_is_valid():
    """A run without specs or findings is a valid log too."""
    assert wrong_with(as_sarif([], "0.1.0")) == []


def test_the_log_of_what_cannot_be_read_is_valid():
    """A file that cannot be read is a notification of the run."""
    log = as_sarif([], "0.1.0", [NotStarted("a.accord is a link that leads nowhere"), NotStarted("no", help="yes")])

    assert wrong_with(log) == []
    assert "no. yes" in log


def test_the_schema_finds_what_is_wrong():
    """A log with a level that SARIF does not have is refused, so the schema is really looked at."""
    source = Source("accounts { where Type = 'a' }\n", "a.accord")
    log = as_sarif([Linted(source, check(source, None).diagnostics)], "0.1.0")

    assert wrong_with(log.replace('"level": "warning"', '"level": "loud"')) != []
