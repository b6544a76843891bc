"""When what moves no stamp was last read whole: kept in `accord.sqlite3`, since a run without changes writes no store.

It belongs to a store as one run left it. After a rollback, or with another store, nothing is known and all is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from engine.errors import UnusableStoreError

# A little less than a day: a schedule that is a minute early today must not put it off until tomorrow.
READ_AGAIN_AFTER = timedelta(hours=23)
_TABLE = """
CREATE TABLE IF NOT EXISTS read_whole (
  extract TEXT PRIMARY KEY,
  store_run INTEGER NOT NULL,
  volatile_at TEXT NOT NULL
)
"""


class Freshness:
    """What is known about a store's volatile columns.

    Args:
        path: the state file.
        store_run: the run that made the published store; 0 if there is none.
    """

    def __init__(self, path: Path, store_run: int) -> None:
        self._path = path
        self._at: dict[str, datetime] = {}
        with closing(self._open()) as connection:
            for extract, at in connection.execute(
                "SELECT extract, volatile_at FROM read_whole WHERE store_run = ?", (store_run,)
            ):
                self._at[extract] = datetime.fromisoformat(at)

    def due(self, extract: str, now: datetime) -> bool:
        """Whether an extract's volatile columns are to be read again."""
        at = self._at.get(extract)
        return at is None or now - at >= READ_AGAIN_AFTER or at > now

    def note(self, store_run: int, now: datetime, read: Iterable[str]) -> None:
        """Note that the volatile columns of these extracts were read now; what else is known holds on."""
        known = {**self._at, **dict.fromkeys(read, now)}
        with closing(self._open()) as connection, connection:
            connection.execute("DELETE FROM read_whole")
            connection.executemany(
                "INSERT INTO read_whole VALUES (?, ?, ?)",
                [(extract, store_run, at.isoformat()) for extract, at in known.items()],
            )

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, timeout=10.0)
            connection.execute(_TABLE)
        except sqlite3.Error as error:
            raise UnusableStoreError(
                f"{self._path} cannot be opened", hint="put back a copy; the tables themselves are in the store"
            ) from error
        return connection
