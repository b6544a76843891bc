"""`accord.sqlite3`: every run and how far it is. Readable while a run is on; the lock keeps two runs apart."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.errors import AccordError, AlreadyRunningError, DiskError, NewerStoreError, UnusableStoreError
from engine.store import NO_ROOM, StoreInfo, StorePaths, is_there

STATE_FORMAT = 2
# What runs did is kept for so long: their reports, then their lines.
REPORTS_KEPT_DAYS = 90
RUNS_KEPT_DAYS = 400
# Long enough to outlast somebody who only looks whether a run is on.
LOCK_SECONDS = 0.3
_TABLES = (
    """
CREATE TABLE IF NOT EXISTS runs (
  run INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  plan TEXT NOT NULL,
  meaning TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  subject TEXT,
  progress TEXT,
  publishing INTEGER NOT NULL DEFAULT 0,
  published INTEGER NOT NULL DEFAULT 0,
  outcome TEXT,
  message TEXT,
  report TEXT
)
""",
    """
CREATE TABLE IF NOT EXISTS pauses (
  run INTEGER PRIMARY KEY,
  paused_at TEXT NOT NULL,
  reason TEXT NOT NULL
)
""",
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as `accord.sqlite3` knows it. `outcome` is None while it runs; `report` is the run's own document."""

    run: int
    started_at: str
    finished_at: str | None
    outcome: str | None
    published: bool
    stage: str
    subject: str | None
    message: str | None
    report: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Why the schedule does nothing, and since when; `run` is the run that paused it."""

    run: int
    paused_at: str
    reason: str


_WAYS_OUT = "put back a copy, or move it away to start the list of runs anew; the tables themselves are in the store"


@contextmanager
def using(path: Path) -> Iterator[None]:
    """Read or write a state file. Raises DiskError, or UnusableStoreError for one that is damaged."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DiskError(
            f"{path} cannot be read or written: {error}",
            hint="make room, or check the file; the tables themselves are in the store",
        ) from error
    except sqlite3.Error as error:
        raise UnusableStoreError(
            f"{path} is damaged: {error}",
            hint=_WAYS_OUT,
        ) from error


def unusable(path: Path, done: str, error: Exception, way_out: str) -> UnusableStoreError:
    """The error for a file of SQLite's that cannot be opened or locked, which is what is to be `done` with it.

    `way_out` is that from a damaged file, or from one that may not be written.
    """
    if path.is_dir():
        return UnusableStoreError(f"a folder is in the way at {path}", hint="move it away; nothing was changed")
    full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in NO_ROOM
    return UnusableStoreError(
        f"{path} cannot be {done}: {error}", hint="make room, then run again" if full else way_out
    )


def as_text(stored: bytes) -> str:
    """Text of a state file, damaged or not: SQLite's own error for what is no UTF-8 would quote it."""
    return stored.decode(errors="replace")


class State:
    """The open state file.

    Every method is one short transaction; it raises DiskError where the file cannot be used, UnusableStoreError where
    it is damaged.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the file, or create it. Raises NewerStoreError or UnusableStoreError."""
        self.path = path
        try:
            if read_only:
                # Where a run was killed in the middle of a write, even a reader must be able to take it back.
                address = f"{path.absolute().as_uri()}?mode=rw"
                self._connection = sqlite3.connect(address, timeout=10.0, isolation_level=None, uri=True)
                self._connection.execute("PRAGMA query_only = ON")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._connection = sqlite3.connect(path, timeout=10.0, isolation_level=None)
            self._connection.text_factory = as_text
            found = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if found > STATE_FORMAT:
                self._connection.close()
                raise NewerStoreError(
                    f"{path} has format {found}, and this version of Accord knows {STATE_FORMAT}",
                    hint="update Accord; nothing was changed",
                )
            if found < STATE_FORMAT and not read_only:
                self._connection.execute("BEGIN IMMEDIATE")
                for table in _TABLES:
                    self._connection.execute(table)
                self._connection.execute(f"PRAGMA user_version = {STATE_FORMAT}")
                self._connection.execute("COMMIT")
            self._has_runs = found >= 1 or not read_only
            self._has_pauses = found >= 2 or not read_only
        except (sqlite3.Error, OSError) as error:
            raise unusable(path, "opened", error, _WAYS_OUT) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _execute(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with using(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def begin(
        self,
        started_at: datetime,
        *,
        plan: str,
        meaning: str,
        organization_id: str,
        user_id: str,
        above: int,
    ) -> int:
        """Note a new run and return its number, which is above `above` and was never given before."""
        execute = self._execute
        execute("BEGIN IMMEDIATE")
        try:
            last = execute("SELECT coalesce(max(run), 0) FROM runs")[0][0]
            given = execute("SELECT seq FROM sqlite_sequence WHERE name = 'runs'")
            run = max(last, given[0][0] if given else 0, above) + 1
            execute(
                "INSERT INTO runs (run, started_at, plan, meaning, organization_id, user_id, stage)"
                " VALUES (?, ?, ?, ?, ?, ?, 'connect')",
                (run, started_at.isoformat(), plan, meaning, organization_id, user_id),
            )
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        execute("COMMIT")
        return int(run)

    def progress(self, run: int, stage: str, subject: str | None, detail: str | None = None) -> None:
        """Note how far a run is."""
        self._execute(
            "UPDATE runs SET stage = ?, subject = ?, progress = ? WHERE run = ?", (stage, subject, detail, run)
        )

    def publishing(self, run: int) -> None:
        """Note that the next file is whole and about to take its place."""
        self._execute("UPDATE runs SET publishing = 1 WHERE run = ?", (run,))

    def finish(
        self,
        run: int,
        finished_at: datetime,
        outcome: str,
        message: str | None,
        report: Mapping[str, Any] | None = None,
        *,
        published: bool = False,
    ) -> None:
        """Note how a run ended, and whether the store is the one that it made."""
        self._execute(
            "UPDATE runs SET finished_at = ?, outcome = ?, message = ?, report = ?, published = ? WHERE run = ?",
            (finished_at.isoformat(), outcome, message, None if report is None else json.dumps(report), published, run),
        )

    def finish_published(self, run: int, finished_at: datetime, message: str) -> tuple[str, ...]:
        """Note the end of a run that made the store and is no sync; return what keeps it from being noted.

        The run is done all the same, and the next start takes over from the store how it ended.
        """
        try:
            self.finish(run, finished_at, "succeeded", message, published=True)
        except AccordError as error:
            return (str(error),)
        return ()

    def settle(self, finished_at: datetime, store: StoreInfo | None) -> list[int]:
        """Decide what became of runs whose end is not noted, by what the published store says; return their numbers."""
        rows = self._execute("SELECT run, publishing FROM runs WHERE outcome IS NULL")
        for run, publishing in rows:
            if store is not None and publishing and run == store.run:
                # What is no sync has words of its own in the store, and is there only if it succeeded.
                outcome = "incomplete" if store.outcome == "incomplete" else "succeeded"
                message = "died after it had published; its tables stand"
                self.finish(run, finished_at, outcome, message, published=True)
            else:
                # What kept the end from being noted, as a full disk does, is noted nowhere either.
                message = "died before it published, or its end could not be noted; nothing was changed"
                self.finish(run, finished_at, "failed", message)
                self.lift(run)
        return [run for run, _ in rows]

    def pause(self, run: int, at: datetime, reason: str) -> None:
        """Pause the schedule. A run does so before it publishes, and lifts the pause if it does not."""
        self._execute("INSERT OR REPLACE INTO pauses VALUES (?, ?, ?)", (run, at.isoformat(), reason))

    def lift(self, run: int) -> None:
        """End the pause that this run began, and no other's."""
        self._execute("DELETE FROM pauses WHERE run = ?", (run,))

    def resume(self) -> None:
        """End all pauses of the schedule."""
        self._execute("DELETE FROM pauses")

    def paused(self) -> Pause | None:
        """The pause that the schedule is in, the newest if there are several."""
        if not self._has_pauses:
            return None
        rows = self._execute("SELECT run, paused_at, reason FROM pauses ORDER BY run DESC LIMIT 1")
        return Pause(*rows[0]) if rows else None

    def forget_old(self, now: datetime) -> None:
        """Drop the reports and then the lines of runs that ended long ago. Their numbers are not given again."""
        reports, runs = ((now - timedelta(days=days)).isoformat() for days in (REPORTS_KEPT_DAYS, RUNS_KEPT_DAYS))
        self._execute("UPDATE runs SET report = NULL WHERE report IS NOT NULL AND finished_at < ?", (reports,))
        self._execute("DELETE FROM runs WHERE finished_at < ?", (runs,))

    def last_published(self) -> int | None:
        """The newest run that put a store in place; None if none is known."""
        if not self._has_runs:
            return None
        found: int | None = self._execute("SELECT max(run) FROM runs WHERE published")[0][0]
        return found

    def last(self, count: int) -> list[RunRecord]:
        """The newest runs, newest first."""
        if not self._has_runs:
            return []
        rows = self._execute(
            "SELECT run, started_at, finished_at, outcome, published, stage, subject, message, report"
            " FROM runs ORDER BY run DESC LIMIT ?",
            (count,),
        )
        return [
            RunRecord(run, start, end, outcome, bool(done), stage, subject, message, _report(doc))
            for run, start, end, outcome, done, stage, subject, message, doc in rows
        ]


def _report(text: object) -> Mapping[str, Any] | None:
    """A run's report; None if there is none any more, or none that can be read."""
    try:
        report = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    tables = report.get("tables") if isinstance(report, dict) else None
    return report if isinstance(tables, list) and all(isinstance(one, dict) for one in tables) else None


def is_held(paths: StorePaths) -> bool:
    """Whether a run holds the store right now. Who may only read its folder can ask too."""
    if not is_there(paths.lock):
        return False
    try:
        with closing(sqlite3.connect(f"{paths.lock.absolute().as_uri()}?mode=ro", timeout=0.0, uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return True
        raise _unusable_lock(paths, error) from error
    except sqlite3.DatabaseError as error:
        raise _damaged_lock(paths) from error
    return False


@contextmanager
def hold(paths: StorePaths) -> Iterator[None]:
    """Hold the store for a run; the hold ends with the process, however it ends.

    Raises AlreadyRunningError, or UnusableStoreError for a path that cannot be a store's.
    """
    is_there(paths.store)
    try:
        paths.lock.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(paths.lock, timeout=LOCK_SECONDS, isolation_level=None)
    except (sqlite3.Error, OSError) as error:
        raise _unusable_lock(paths, error) from error
    with closing(connection):
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise _unusable_lock(paths, error) from error
            raise AlreadyRunningError(
                f"another run holds {paths.store}", hint="wait for it to end (`accord status` shows how far it is)"
            ) from error
        except sqlite3.DatabaseError as error:
            raise _damaged_lock(paths) from error
        yield


def _unusable_lock(paths: StorePaths, error: Exception) -> UnusableStoreError:
    way_out = "check the permissions of the folder and of this file, and whether its file system has locks"
    return unusable(paths.lock, "locked", error, way_out)


def _damaged_lock(paths: StorePaths) -> UnusableStoreError:
    return UnusableStoreError(f"{paths.lock} is damaged", hint="no run is on? then remove it")
