"""Reading and writing the org's rows: one writer at a time, readers see whole states, and a writer its own changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb


class Transactions:
    """The transactions of one org. What a thread does while it writes belongs to that transaction, reading included."""

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self.lock = threading.RLock()
        self._connect = connect
        self._here = threading.local()

    @property
    def _joined(self) -> duckdb.DuckDBPyConnection | None:
        found: duckdb.DuckDBPyConnection | None = getattr(self._here, "cursor", None)
        return found

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection on one state of the rows, for the length of the block."""
        if (joined := self._joined) is not None:
            yield joined
            return
        with _transaction(self._connect()) as cursor:
            yield cursor

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection whose changes are kept when the block ends and undone when it raises; blocks may be nested."""
        with self.lock:
            if (joined := self._joined) is not None:
                yield joined
                return
            with _transaction(self._connect()) as cursor:
                self._here.cursor = cursor
                try:
                    yield cursor
                finally:
                    self._here.cursor = None


@contextmanager
def _transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    with cursor:
        cursor.execute("BEGIN TRANSACTION")
        try:
            yield cursor
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")
