"""Files and folders that the system does not let Accord read: an error that names them, exit 2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.accord import ORG, ROOT, accord

# Who runs tests as root may read everything, unless these rights are given up.
RIGHTS = "-dac_override,-dac_read_search"
LONG = "a" * 300


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A spec beside an org folder. What a test locks is opened again, to be removed."""
    shutil.copytree(ORG / "describe", tmp_path / "org" / "describe")
    (tmp_path / "a.accord").write_text("accord 1\naccounts { where Type = 'Customer' }\n")
    yield tmp_path
    for place in (tmp_path / "org", tmp_path / "org" / "describe"):
        place.chmod(0o755)


def _as_others(folder: Path, words: str) -> subprocess.CompletedProcess[str]:
    """What `accord` says to somebody who is not allowed everything; `words` stand in a shell."""
    before: list[str] = []
    if os.geteuid() == 0:
        if not (tool := shutil.which("setpriv")):
            pytest.skip("root may read everything")
        before = [tool, "--bounding-set", RIGHTS, "--inh-caps", RIGHTS]
    program = f"accord() {{ {sys.executable} -c 'from console.cli import main; main()' \"$@\"; }}; {words}"
    return subprocess.run(
        [*before, "sh", "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(os.name != "posix", reason="needs permissions of POSIX")
@pytest.mark.parametrize("locked", ["org", "org/describe"])
@pytest.mark.parametrize("command", ["lint", "compile"])
def test_a_locked_org_folder_is_named(folder: Path, command: str, locked: str):
    """The folder is there, so the spec is not checked without it, nor called one without a snapshot."""
    (folder / locked).chmod(0)
    said = _as_others(folder, f"accord {command} a.accord")

    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == f"error: cannot read {folder}/org/describe: Permission denied\n"


@pytest.mark.skipif(os.name != "posix", reason="needs permissions of POSIX")
def test_a_locked_working_folder_is_named(folder: Path):
    """An accord.toml in it would hold, and cannot be seen."""
    said = _as_others(folder, "cd org && chmod 0 . && accord status")

    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == f"error: cannot read {folder}/org/accord.toml: Permission denied\n"


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (["lint", "a.accord", "--schema", LONG], {}),
        (["compile", "a.accord", "--schema", LONG], {}),
        (["lint", "a.accord"], {"ACCORD_SCHEMA": LONG}),
        (["compile", "a.accord"], {"ACCORD_SCHEMA": LONG}),
        (["init", LONG], {}),
    ],
)
def test_a_path_that_the_system_refuses_is_named(folder: Path, words: list[str], environment: dict[str, str]):
    """A name that is too long, for example."""
    said = accord(*words, cwd=folder, environment=environment)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: cannot read ")
    assert LONG in said.err
    assert said.err.endswith(": File name too long\n")
