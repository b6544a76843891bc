"""An error that nobody foresaw: one line that can be reported, without anything of a record's, and no traceback."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from engine.state import State
from tests.console.accord import accord

SECRET = "ada@example.com"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state file with bytes where a moment belongs, which `status` does not foresee."""
    State(tmp_path / "accord.sqlite3").close()
    values = "(1, CAST(? AS BLOB), '', '', '', '', 'connect')"
    with sqlite3.connect(tmp_path / "accord.sqlite3") as connection:
        columns = "run, started_at, plan, meaning, organization_id, user_id, stage"
        connection.execute(f"INSERT INTO runs ({columns}) VALUES {values}", (SECRET,))
    connection.close()
    return tmp_path


def test_it_is_one_line(folder: Path) -> None:
    """Type and place, what to do, exit code 1."""
    said = accord("status", cwd=folder)

    assert (said.code, said.out) == (1, "")
    assert "error: an error of Accord's own: TypeError, in console.commands.status:" in said.err
    assert "please report" in said.err
    assert "Traceback" not in said.err
    assert SECRET not in said.err


def test_it_is_a_document_where_one_was_asked_for(folder: Path) -> None:
    """As any other failure."""
    said = accord("status", "--format", "json", cwd=folder)
    error = json.loads(said.out)["error"]

    assert said.code == error["exit_code"] == 1
    assert error["message"] in said.err
    assert "ACCORD_DEBUG=1" in error["help"]


def test_who_looks_for_it_sees_all(folder: Path) -> None:
    """With ACCORD_DEBUG it ends as Python ends."""
    said = accord("status", cwd=folder, environment={"ACCORD_DEBUG": "1"})

    assert said.code == 1
    assert "Traceback" in said.err
    assert "warning" not in said.err
