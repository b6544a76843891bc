"""With `--format json` a failure is a document on stdout, and words on stderr as ever."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from console.commands.init import SPEC as GOOD
from tests.console.accord import ORG, ROOT, Said, accord
from tests.support.local_org import LocalOrg, local_org

BAD = "accord 1\naccounts { where Nope__c = 1 }\n"
SMALL = (ROOT / "specs/acme/small.accord").read_text("utf-8")


def document(said: Said) -> dict[str, Any]:
    """What stdout holds, checked against the exit code and stderr."""
    found: dict[str, Any] = json.loads(said.out)

    assert list(found) == ["schema_version", "error", "diagnostics"]
    assert found["schema_version"] == 1
    assert list(found["error"]) == ["message", "help", "exit_code"]
    assert found["error"]["exit_code"] == said.code
    assert found["error"]["message"] in said.err
    assert "Traceback" not in said.err
    return found


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "nosuch.accord"), "there is no connection to Salesforce"),
        (("compile", "nosuch.accord", "--schema", ORG), "cannot read nosuch.accord"),
        (("lint", "nosuch.accord"), "there is no file nosuch.accord"),
        (("lint", "binary.accord"), "is not UTF-8 text"),
        (("compile", "good.accord"), "there is no snapshot of an org"),
        (("run",), "Missing argument"),
        (("lint", "--nope"), "No such option"),
        (("lnit",), "there is no command `lnit`"),
        (("explain", "E9999"), "there is no diagnostic `E9999`"),
        (("sandbox", "nosuch"), "nosuch"),
    ],
)
def test_what_cannot_be_started_is_told(tmp_path: Path, words: tuple[object, ...], message: str):
    """A command that starts nothing gives the error that stderr has, and exit code 2."""
    (tmp_path / "good.accord").write_text(GOOD)
    (tmp_path / "binary.accord").write_bytes(b"accord 1\n\xff\n")
    found = document(accord(*words, "--format", "json", cwd=tmp_path))

    assert found["error"]["exit_code"] == 2
    assert message in found["error"]["message"]
    assert found["diagnostics"] == []


def test_the_format_may_be_joined_with_an_equals_sign(tmp_path: Path):
    """`--format=json` is `--format json`."""
    assert document(accord("run", "x.accord", "--format=json", cwd=tmp_path))


def test_without_json_stdout_stays_empty(tmp_path: Path):
    """A failure in the text format is told on stderr alone."""
    said = accord("run", "nosuch.accord", cwd=tmp_path)

    assert (said.code, said.out) == (2, "")


def test_the_errors_of_a_spec_come_as_lint_gives_them(tmp_path: Path):
    """`compile` of a spec with errors has lint's diagnostics, and exit code 1."""
    (tmp_path / "a.accord").write_text(BAD)
    compiled = document(accord("compile", "a.accord", "--schema", ORG, "--format", "json", cwd=tmp_path))
    linted = json.loads(accord("lint", "a.accord", "--schema", ORG, "--format", "json", cwd=tmp_path).out)

    assert compiled["error"]["exit_code"] == 1
    assert compiled["diagnostics"] == linted["diagnostics"] != []


@pytest.mark.parametrize("command", ["preview", "run"])
def test_a_spec_with_errors_is_told_by_the_org(acme: LocalOrg, tmp_path: Path, command: str):
    """`preview` and `run` have the diagnostics of the check against the org itself."""
    (tmp_path / "a.accord").write_text(BAD)
    found = document(accord(command, "a.accord", "--format", "json", cwd=tmp_path, environment=acme.environment))

    assert [one["code"] for one in found["diagnostics"]] == ["E0202"]


def test_a_wrong_token_is_told(acme: LocalOrg, tmp_path: Path):
    """What the engine refuses is a document too, with its way out."""
    (tmp_path / "a.accord").write_text(SMALL)
    wrong = {**acme.environment, "ACCORD_ACCESS_TOKEN": "wrong"}
    found = document(accord("run", "a.accord", "--format", "json", cwd=tmp_path, environment=wrong))

    assert found["error"]["exit_code"] == 2
    assert "ACCORD_ACCESS_TOKEN" in found["error"]["help"]


def test_no_server_is_told(tmp_path: Path):
    """An address where nobody answers gives the document."""
    (tmp_path / "a.accord").write_text(SMALL)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        nobody = {"ACCORD_INSTANCE_URL": address, "ACCORD_ACCESS_TOKEN": "x"}
        found = document(accord("preview", "a.accord", "--format", "json", cwd=tmp_path, environment=nobody))

    assert found["error"]["exit_code"] == 2


def test_another_org_is_told(acme: LocalOrg, tmp_path: Path):
    """A store that holds another org's rows gives the document, and stays as it was."""
    other = tmp_path / "other"
    shutil.copytree(ORG, other)
    settings = (other / "org.toml").read_text("utf-8")
    (other / "org.toml").write_text(settings.replace("Acme Software", "Another"), "utf-8")
    (tmp_path / "a.accord").write_text(SMALL)
    accord("run", "a.accord", cwd=tmp_path, environment=acme.environment)
    with local_org(other) as org:
        found = document(accord("run", "a.accord", "--format", "json", cwd=tmp_path, environment=org.environment))

    assert found["error"]["exit_code"] == 2
    assert "--adopt-org" in found["error"]["help"]


def test_a_run_that_was_begun_keeps_its_report(acme: LocalOrg, tmp_path: Path):
    """A run that fails after it began gives its own document, with the outcome."""
    (tmp_path / "a.accord").write_text(SMALL)
    words = ("run", "a.accord", "--format", "json")
    said = accord(*words, cwd=tmp_path, environment=acme.environment, largest_file=100_000)

    assert said.code == 1
    assert json.loads(said.out)["outcome"] == "failed"
