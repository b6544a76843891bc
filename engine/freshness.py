"""When what moves no stamp, and when each match list, was last read whole, and which rows are settled.

Stamps have whole seconds. What changes again in the second in which it was read keeps its stamp, so that a row is
settled only once it was read later than its stamp; until then it is fetched at each run.

It is kept in `accord.sqlite3`, since a run without changes writes no store.

It belongs to a store as one run left it. After a rollback, with another store, or where a run died before it was noted,
nothing is known: all is read, and the store's own runs say from when on rows may be unsettled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from engine.state import as_text, using

# A little less than a day: a schedule that is a minute early today must not put it off until tomorrow.
READ_AGAIN_AFTER = timedelta(hours=23)
# The clock that sets stamps and the one that says when a run began need not be the same.
SLACK = timedelta(seconds=5)
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
CREATE TABLE IF NOT EXISTS settled (
  extract TEXT PRIMARY KEY,
  store_run INTEGER NOT NULL,
  before TEXT NOT NULL
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
        whole_at: when at the earliest the rows of all extracts were read last, as far as the store tells; None if it
            does not.
    """

    def __init__(self, path: Path, store_run: int, whole_at: datetime | None) -> None:
        self._path = path
        self._whole_at = whole_at
        self._settled: dict[str, datetime] = {}
        self._at: dict[str, datetime] = {}
        self._lists: dict[str, Listed] = {}
        # What is no moment tells nothing: then that is read again.
        with self._opened() as connection:
            rows = connection.execute("SELECT extract, volatile_at FROM read_whole WHERE store_run = ?", (store_run,))
            self._at.update((extract, at) for extract, text in rows if (at := _moment(text)) is not None)
            rows = connection.execute(
                "SELECT extract, listed_at, read_at FROM match_lists WHERE store_run = ?", (store_run,)
            )
            for extract, *texts in rows:
                listed, read = map(_moment, texts)
                if listed is not None and read is not None:
                    self._lists[extract] = Listed(listed, read)
            rows = connection.execute("SELECT extract, before FROM settled WHERE store_run = ?", (store_run,))
            self._settled.update((extract, at) for extract, text in rows if (at := _moment(text)) is not None)

    @property
    def known(self) -> bool:
        """Whether a run has ended well with the store as it is, be it that it had nothing to change."""
        return bool(self._settled)

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

    def settled(self, extract: str) -> datetime:
        """The moment before which an extract's stamps tell all about its copied rows; those from then on do not."""
        if extract in self._settled:
            return self._settled[extract]
        return datetime.min.replace(tzinfo=UTC) if self._whole_at is None else self._whole_at - SLACK

    def note(
        self,
        store_run: int,
        now: datetime,
        volatile: Iterable[str],
        lists: Mapping[str, bool],
        covered: Mapping[str, datetime],
    ) -> None:
        """Note what was read now; what else is known holds on.

        Args:
            store_run: the run that made the published store.
            now: when the run began to read.
            volatile: the extracts whose volatile columns were read.
            lists: the extracts that were brought up to date, and whether by their match list; the rows of tables that
                are out too (`engine.leavers.out_of`), and whether by asking for all of them.
            covered: of those that were not, up to when the changes are known, where that is before the run began.
        """
        at = {**self._at, **dict.fromkeys(volatile, now)}
        known = dict(self._lists)
        for extract, whole in lists.items():
            if whole:
                known[extract] = Listed(now, now)
            elif extract in known:
                known[extract] = known[extract]._replace(read_at=min(now, covered.get(extract, now)))
        settled = {**self._settled, **dict.fromkeys(lists, now - SLACK)}
        with self._opened() as connection:
            connection.execute("DELETE FROM settled")
            connection.executemany(
                "INSERT INTO settled VALUES (?, ?, ?)",
                [(extract, store_run, before.isoformat()) for extract, before in settled.items()],
            )
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

    def forget(self, extracts: Iterable[str]) -> None:
        """Leave out of what is noted when the match lists of extracts were read that were not brought up to date.

        Of parents that come in meanwhile, what changed since would not tell the children.
        """
        for extract in extracts:
            self._lists.pop(extract, None)

    def distrust(self) -> None:
        """Forget when match lists were read: the next run reads them all."""
        with self._opened() as connection:
            connection.execute("DELETE FROM match_lists")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The state file in a transaction. Raises DiskError."""
        with using(self._path), closing(sqlite3.connect(self._path, timeout=10.0)) as connection, connection:
            connection.text_factory = as_text
            connection.executescript(_TABLES)
            yield connection


def _moment(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
