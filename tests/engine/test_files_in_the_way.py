"""Files that cannot be written, moved or removed: an error that names them, and never the loss of a report."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.errors import DiskError
from engine.events import Event, Published
from engine.forget import forget
from engine.report import Outcome
from engine.rollback import rollback
from engine.store import StorePaths, on_disk
from tests.engine.scene import Scene, record_id, rename, scene

A1, C1 = record_id("Account", 1), record_id("Contact", 1)
CLOCK = SystemClock()


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        one.run()
        rename(one, "Neu")
        one.run()
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
