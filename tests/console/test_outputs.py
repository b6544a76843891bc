"""Outputs that cannot take everything: encodings that lack characters, and streams that are closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.accord import ORG, ROOT, accord

NAME = "顧客😀"
ENCODINGS = ["cp1252", "latin-1", "cp1252:surrogateescape"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One spec that speaks Japanese, with an error and a warning."""
    (tmp_path / "a.accord").write_text(f"accord 1\naccounts {{ where Type = '{NAME}' }}\n{NAME}\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_characters_that_an_encoding_lacks_are_escaped(folder: Path, encoding: str):
    """They are shown as escapes; the command ends as it would anywhere else."""
    said = accord("lint", "a.accord", "--schema", ORG, cwd=folder, environment={"PYTHONIOENCODING": encoding})

    assert (said.code, said.err) == (1, "1 spec: 1 error, 1 warning\n")
    assert r"where Type = '\u9867\u5ba2\ud83d\ude00' }" in said.out


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("style", ["json", "sarif"])
def test_a_document_stays_one_in_any_encoding(folder: Path, style: str, encoding: str):
    """The escapes are those of JSON, so that who reads it gets the characters."""
    words = ("lint", "a.accord", "--schema", ORG, "--format", style)
    narrow = accord(*words, cwd=folder, environment={"PYTHONIOENCODING": encoding})
    wide = accord(*words, cwd=folder, environment={"PYTHONIOENCODING": "utf-8"})

    assert NAME in wide.out
    assert NAME not in narrow.out
    assert json.loads(narrow.out) == json.loads(wide.out)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8:surrogateescape", "ascii"])
def test_characters_are_left_where_they_can_be_written(folder: Path, encoding: str):
    """UTF-8 stays as it is, and ASCII, which a system without any language claims, is written as UTF-8."""
    said = accord("lint", "a.accord", cwd=folder, environment={"PYTHONIOENCODING": encoding})

    assert NAME in said.out


@pytest.mark.parametrize("cached", [False, True])
def test_a_name_of_a_file_that_is_no_text_is_shown(tmp_path: Path, cached: bool):
    """Its bytes are escaped where the output takes text alone; the answer can be kept all the same."""
    try:
        (tmp_path / os.fsdecode(b"x\xff.accord")).touch()
    except OSError:
        pytest.skip("this system's names of files are text")
    environment = {"PYTHONIOENCODING": "utf-8", "ACCORD_CACHE_DIR": str(tmp_path / "cache")}
    if cached:
        accord("lint", ".", cwd=tmp_path, environment=environment)
    said = accord("lint", ".", cwd=tmp_path, environment=environment)

    assert said.code == 1
    assert r"--> x\udcff.accord:1:1" in said.out


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that closes outputs")
@pytest.mark.parametrize(
    "words", ["lint a.accord", "lint a.accord --format json", "explain E0202", "explain", "fmt --diff a.accord"]
)
def test_a_closed_output_is_no_error_of_accords_own(folder: Path, words: str):
    """With stdout closed it ends as with a pipe that nobody reads: exit 1, and nothing about tracebacks."""
    piped = _in_shell(folder, f"{words} | true", "set -o pipefail")
    closed = _in_shell(folder, f"{words} >&-")

    assert (closed.returncode, piped.returncode) == (1, 1)
    assert "Accord's own" not in closed.stderr
    assert "Traceback" not in closed.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that closes outputs")
@pytest.mark.parametrize("closing", ["2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_messages_may_be_closed_too(folder: Path, closing: str):
    """The exit code alone tells how it ended."""
    assert _in_shell(folder, f"lint a.accord {closing}").returncode == 1
    assert _in_shell(folder, f"lint b.accord --format json {closing}").returncode == 2


def _in_shell(folder: Path, words: str, before: str = "true") -> subprocess.CompletedProcess[str]:
    program = f"{before}; {sys.executable} -c 'from console.cli import main; main()' {words}"
    return subprocess.run(
        ["bash", "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
