"""Files that cannot be written, moved or removed: an error that names them, and never the loss of a report."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.errors import AccordError, DiskError, UnusableStoreError
from engine.events import Event, Published
from engine.forget import forget
from engine.report import Outcome
from engine.rollback import rollback
from engine.state import unusable
from engine.status import read_status
from engine.store import StorePaths, on_disk
from tests.engine.scene import Scene, of_two_runs, record_id, refusing, rename

A1, C1 = record_id("Account", 1), record_id("Contact", 1)
CLOCK = SystemClock()


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with of_two_runs(tmp_path) as one:
        rename(one, "Anders")
        yield one


def name_of_first(org: Scene) -> str:
    return str(org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'")[0][0])


def test_folder_in_the_next_files_place(org: Scene) -> None:
    """No command starts, each says what is in its way, and the folder stays."""
    folder = StorePaths.of(org.store).next
    folder.mkdir()
    for attempt in (org.run, lambda: rollback(org.store, CLOCK), lambda: forget(org.store, C1, CLOCK)):
        with pytest.raises(DiskError, match=rf"{folder} cannot be written: .*what has its name"):
            attempt()

    assert folder.is_dir()
    folder.rmdir()
    assert org.run().outcome is Outcome.SUCCEEDED


def test_folder_in_the_kept_stores_place(org: Scene) -> None:
    """The store cannot be replaced: the run fails with its report, and what is published stands."""
    kept = StorePaths.of(org.store).previous
    kept.unlink()
    (kept / "mine").mkdir(parents=True)
    report = org.run()

    assert report.outcome is Outcome.FAILED
    assert str(kept) in report.errors[0]
    assert name_of_first(org) == "Neu"
    assert not report.changed


@pytest.mark.parametrize("name", ["lock", "state"])
def test_folder_in_the_place_of_the_lock_or_the_state(org: Scene, name: str) -> None:
    """Every command says that a folder is in the way, and where."""
    folder: Path = getattr(StorePaths.of(org.store), name)
    folder.unlink()
    folder.mkdir()
    for attempt in (
        org.run,
        lambda: rollback(org.store, CLOCK),
        lambda: forget(org.store, C1, CLOCK),
        lambda: read_status(org.store),
    ):
        with pytest.raises(UnusableStoreError, match=f"a folder is in the way at {folder}"):
            attempt()


def test_folder_in_the_stores_place(org: Scene) -> None:
    """There is nothing to go back from: a rollback is not begun, and makes nothing."""
    org.store.unlink()
    org.store.mkdir()
    before = set(org.folder.iterdir())
    for attempt in (org.run, lambda: rollback(org.store, CLOCK), lambda: forget(org.store, C1, CLOCK)):
        with pytest.raises(UnusableStoreError, match=f"{org.store} is a folder"):
            attempt()

    assert set(org.folder.iterdir()) == before


@pytest.mark.parametrize("command", [lambda org: rollback(org.store, CLOCK), lambda org: forget(org.store, C1, CLOCK)])
def test_command_that_fails_half_way(org: Scene, command: Callable[[Scene], object]) -> None:
    """Of a store that did not come to be nothing stays: it would be a copy of records that nobody looks after."""
    before = set(org.folder.iterdir())
    with refusing(org, "UPDATE OF publishing ON runs"), pytest.raises(AccordError, match=r"accord\.sqlite3"):
        command(org)

    assert set(org.folder.iterdir()) == before
    assert name_of_first(org) == "Neu"


def test_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    """Whoever has no room for a lock is told to make room, not to look at permissions."""
    with closing(sqlite3.connect(tmp_path / "full")) as connection:
        connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError, match="full") as caught:
            connection.execute("CREATE TABLE one (id)")

    assert "make room" in str(unusable(tmp_path / "full", "locked", caught.value, "check the permissions"))


def test_write_ahead_log_that_cannot_be_moved() -> None:
    """What the system refuses is said with the file and what can be done."""
    paths = StorePaths.of(Path("/proc/statisfy.duckdb"))
    with pytest.raises(DiskError, match=r"/proc/staging cannot be written: .*permissions"), on_disk(paths.staging):
        paths.staging.mkdir()


@pytest.mark.parametrize(("when", "outcome"), [("published", Outcome.SUCCEEDED), ("reconcile", Outcome.FAILED)])
def test_state_file_that_cannot_be_written_any_more(org: Scene, when: str, outcome: Outcome) -> None:
    """The report is not lost with it: it says what the run did, and that the state file does not know."""

    def listen(one: Event) -> None:
        if when == ("published" if isinstance(one, Published) else getattr(one, "stage", None)):
            with sqlite3.connect(org.folder / "accord.sqlite3") as connection:
                connection.execute("DROP TABLE IF EXISTS runs")
            connection.close()

    org.listener = listen
    report = org.run()

    assert report.outcome is outcome
    assert "accord.sqlite3 cannot be read or written" in (report.errors or report.notices)[-1]
    assert report.changed == (outcome is Outcome.SUCCEEDED)
    assert name_of_first(org) == ("Anders" if report.changed else "Neu")
