"""Other programs and limits: two runs, readers, full disks, damaged files, an org that runs out of requests."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from engine.clock import SystemClock
from engine.errors import AccordError, DiskError, NewerStoreError, NotStartedError, UnusableStoreError
from engine.report import Outcome
from engine.rollback import rollback
from engine.status import read_status
from tests.engine.scene import Scene, record_id, scene
from tests.support.slow_cases import others_slow

ROOT = Path(__file__).parents[2]
A1 = record_id("Account", 1)
CHILD = """
import resource, sys
from pathlib import Path
from engine.errors import AccordError
from sandbox import Running
from tests.engine.scene import Scene

url, token, folder, limit = sys.argv[1:]
org = Scene(Running(url, token, "", "", "", None, None), Path(folder))
if limit != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    report = org.run()
    print(report.outcome.value, *report.errors)
    sys.exit(report.exit_code)
except AccordError as error:
    print(type(error).__name__, error)
    sys.exit(error.exit_code)
"""


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        one.run()
        yield one


def start(org: Scene, limit: int = 0) -> subprocess.Popen[str]:
    """A run in a process of its own, which may write files of so many bytes (0: any)."""
    running = org.running
    words = [sys.executable, "-c", CHILD, running.instance_url, running.access_token, str(org.folder), str(limit)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def rename(org: Scene, name: str) -> None:
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": name}})


def first_name(org: Scene) -> str:
    return str(org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'")[0][0])


@contextmanager
def reader(org: Scene) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{org.store}' AS s (READ_ONLY)")
        yield connection


def test_two_runs_started_at_once(org: Scene) -> None:
    """Of two runs that start together each ends well or says that another one holds the store; nothing is lost."""
    rename(org, "Neu")
    both = [start(org), start(org)]
    said = [(one.communicate(timeout=120)[0].split()[0], one.returncode) for one in both]

    assert set(said) <= {("succeeded", 0), ("AlreadyRunningError", 2)}
    assert ("succeeded", 0) in said
    assert first_name(org) == "Neu"
    assert org.rows("SELECT count(*), count(DISTINCT Id) FROM accounts") == [(3, 3)]


def test_reader_keeps_what_it_has_open(org: Scene) -> None:
    """A reader sees the state that it opened as long as it likes; who opens the file later sees the new one."""
    with reader(org) as early:
        before = early.execute("SELECT Name FROM s.statisfy.accounts ORDER BY Id LIMIT 1").fetchone()
        rename(org, "Neu")
        org.run()
        rename(org, "Neuer")
        org.run()
        still = early.execute("SELECT Name FROM s.statisfy.accounts ORDER BY Id LIMIT 1").fetchone()

    assert before == still == ("Account 1",)
    assert first_name(org) == "Neuer"


@pytest.mark.parametrize("limit", others_slow([100, 20_000, 300_000, 1_500_000]))
def test_full_disk_loses_nothing(org: Scene, limit: int) -> None:
    """However early the disk is full, the run says so, the store stands, and the next run with room completes it.

    A next file that was begun is not left to fill the disk.
    """
    rename(org, "Neu")
    process = start(org, limit)
    said, wrong = process.communicate(timeout=120)
    held, left = first_name(org), list(org.folder.glob("*.next.duckdb*"))
    report = org.run()

    assert process.returncode in (1, 2), wrong
    assert left == []
    assert not list(org.folder.glob("*.next.duckdb*"))
    assert "Traceback" not in wrong
    assert held == "Account 1"
    assert said.strip(), wrong
    assert (report.outcome, first_name(org)) == (Outcome.SUCCEEDED, "Neu")


def test_staging_that_is_no_folder(org: Scene) -> None:
    """Something else in the place of the folder of pages is an error with its path, and is not removed."""
    (org.folder / "staging").write_text("mine", encoding="utf-8")
    with pytest.raises(DiskError, match="staging"):
        org.run()

    assert (org.folder / "staging").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("content", [b"not a database, but long enough to have a header" * 4, b"SQLite format 3\0xx"])
def test_state_file_that_is_damaged(org: Scene, content: bytes) -> None:
    """A damaged state file is neither read as empty nor written over; the tables stand."""
    state = org.folder / "accord.sqlite3"
    state.write_bytes(content)
    with pytest.raises(AccordError, match=r"accord\.sqlite3") as caught:
        org.run()

    assert caught.value.exit_code == 2
    assert state.read_bytes() == content
    assert first_name(org) == "Account 1"


def test_state_file_without_its_table(org: Scene) -> None:
    """A state file that lost its table is said to be unusable, by its path."""
    with sqlite3.connect(org.folder / "accord.sqlite3") as connection:
        connection.execute("DROP TABLE runs")
    connection.close()
    with pytest.raises(AccordError, match=r"accord\.sqlite3"):
        org.run()


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_store_that_is_cut_short(org: Scene, keep: float) -> None:
    """A store that lost its end is refused, is left as it is, and is not taken for an empty one."""
    whole = org.store.read_bytes()
    org.store.chmod(0o644)
    org.store.write_bytes(whole[: int(len(whole) * keep)])
    cut = org.store.read_bytes()
    try:
        code = org.run().exit_code
    except AccordError as error:
        code = error.exit_code

    assert code in (1, 2)
    assert org.store.read_bytes() == cut


def test_kept_store_that_is_damaged(org: Scene) -> None:
    """A rollback to a file that is no store is refused, and the published one stands."""
    rename(org, "Neu")
    org.run()
    kept = org.folder / "statisfy.previous.duckdb"
    kept.chmod(0o644)
    kept.write_bytes(b"nothing")
    with pytest.raises(UnusableStoreError, match="previous"):
        rollback(org.store, SystemClock())

    assert first_name(org) == "Neu"


def test_kept_store_from_a_newer_version(org: Scene) -> None:
    """A rollback to a store of a format that this version does not know is refused."""
    rename(org, "Neu")
    org.run()
    kept = org.folder / "statisfy.previous.duckdb"
    kept.chmod(0o644)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{kept}' AS k")
        connection.execute("UPDATE k.accord.store SET format = 99")
    with pytest.raises(NewerStoreError, match="update Accord"):
        rollback(org.store, SystemClock())

    assert first_name(org) == "Neu"


def test_reserve_of_requests_ends_the_run_as_incomplete(tmp_path: Path) -> None:
    """A run that comes upon the reserve asks nothing more and is incomplete; a later one goes on."""
    with scene(tmp_path, settings="daily_api_requests = 1000\n") as org:
        (first, _), second = org.run().api_usage or (0, 0), org.run()
        used, _ = second.api_usage or (0, 0)
        describing = used - first - second.requests
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Neu"}})
        floor = used + describing + 6
        held = org.run(reserve=1 - floor / 1000)
        name = first_name(org)
        later = org.run()

        assert (held.outcome, held.exit_code) == (Outcome.INCOMPLETE, 1)
        assert any("are left to others" in error for error in held.errors)
        assert held.requests < second.requests
        assert name == "Account 1"
        assert (later.outcome, first_name(org)) == (Outcome.SUCCEEDED, "Neu")


def test_reserve_that_is_reached_already_starts_nothing(tmp_path: Path) -> None:
    """Where no request is left to begin with, nothing is started, and no run is counted."""
    with scene(tmp_path, settings="daily_api_requests = 1000\n") as org:
        org.run()
        before = read_status(org.store).runs
        with pytest.raises(NotStartedError, match=r"nothing was started: the org has used .* left to others"):
            org.run(reserve=1.0)

        assert read_status(org.store).runs == before
