"""When what moves no stamp, and when each match list, was last read whole.

It is kept in `accord.sqlite3`, since a run without changes writes no store.

It belongs to a store as one run left it. After a rollback, or with another store, nothing is known and all is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from engine.errors import UnusableStoreError

# A little less than a day: a schedule that is a minute early today must not put it off until tomorrow.
READ_AGAIN_AFTER = timedelta(hours=23)
_TABLES = """
CREATE TABLE IF NOT EXISTS read_whole (
  extract TEXT PRIMARY KEY,
  store_run INTEGER NOT NULL,
  volatile_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS match_lists (
  extract TEXT PRIMARY KEY,
  store_run INTEGER NOT NULL,
  listed_at TEXT NOT NULL,
  read_at TEXT NOT NULL
);
"""


class Listed(NamedTuple):
    """When an extract's match list was read, and when its copy was last brought up to date; not before."""

    listed_at: datetime
    read_at: datetime


class Freshness:
    """What is known about a store's volatile columns and match lists.

    Args:
        path: the state file.
        store_run: the run that made the published store; 0 if there is none.
    """

    def __init__(self, path: Path, store_run: int) -> None:
        self._path = path
        self._at: dict[str, datetime] = {}
        self._lists: dict[str, Listed] = {}
        with closing(self._open()) as connection:
            for extract, at in connection.execute(
                "SELECT extract, volatile_at FROM read_whole WHERE store_run = ?", (store_run,)
            ):
                self._at[extract] = datetime.fromisoformat(at)
            for extract, listed, read in connection.execute(
                "SELECT extract, listed_at, read_at FROM match_lists WHERE store_run = ?", (store_run,)
            ):
                self._lists[extract] = Listed(datetime.fromisoformat(listed), datetime.fromisoformat(read))

    def due(self, extract: str, now: datetime) -> bool:
        """Whether an extract's volatile columns are to be read again."""
        at = self._at.get(extract)
        return at is None or now - at >= READ_AGAIN_AFTER or at > now

    def listed(self, extract: str, now: datetime) -> Listed | None:
        """When an extract's match list was read; None if it is to be read now."""
        known = self._lists.get(extract)
        if known is None or now - known.listed_at >= READ_AGAIN_AFTER or known.read_at > now:
            return None
        return known

    def note(self, store_run: int, now: datetime, volatile: Iterable[str], lists: Mapping[str, bool]) -> None:
        """Note what was read now; what else is known holds on.

        Args:
            store_run: the run that made the published store.
            now: when the run began.
            volatile: the extracts whose volatile columns were read.
            lists: the extracts that were brought up to date, and whether by their match list.
        """
        at = {**self._at, **dict.fromkeys(volatile, now)}
        known = dict(self._lists)
        for extract, whole in lists.items():
            if whole:
                known[extract] = Listed(now, now)
            elif extract in known:
                known[extract] = known[extract]._replace(read_at=now)
        with closing(self._open()) as connection, connection:
            connection.execute("DELETE FROM read_whole")
            connection.executemany(
                "INSERT INTO read_whole VALUES (?, ?, ?)",
                [(extract, store_run, moment.isoformat()) for extract, moment in at.items()],
            )
            connection.execute("DELETE FROM match_lists")
            connection.executemany(
                "INSERT INTO match_lists VALUES (?, ?, ?, ?)",
                [(name, store_run, one.listed_at.isoformat(), one.read_at.isoformat()) for name, one in known.items()],
            )

    def distrust(self) -> None:
        """Forget when match lists were read: the next run reads them all."""
        with closing(self._open()) as connection, connection:
            connection.execute("DELETE FROM match_lists")

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, timeout=10.0)
            connection.executescript(_TABLES)
        except sqlite3.Error as error:
            raise UnusableStoreError(
                f"{self._path} cannot be opened", hint="put back a copy; the tables themselves are in the store"
            ) from error
        return connection
