"""Taking back single rows within a transaction, which DuckDB has no savepoints for."""

from __future__ import annotations

from typing import Any, NamedTuple

import duckdb

from sandbox.quoting import identifier, text


class _Image(NamedTuple):
    """A row before it was touched; `row` None means that it was not there."""

    table: str
    id: str
    row: tuple[Any, ...] | None


class Undo:
    """The rows that a transaction has touched, as they were before."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._images: list[_Image] = []

    def remember(self, object_name: str, record_id: str) -> None:
        """Keep the row as it is now; call it before each change."""
        table = identifier(object_name)
        found = self._cursor.execute(f'SELECT * FROM {table} WHERE "Id" = {text(record_id)}').fetchone()
        self._images.append(_Image(table, record_id, found))

    def mark(self) -> int:
        """A point to which `back_to` can return."""
        return len(self._images)

    def back_to(self, mark: int) -> None:
        """Undo all changes since the mark, the newest first."""
        while len(self._images) > mark:
            image = self._images.pop()
            self._cursor.execute(f'DELETE FROM {image.table} WHERE "Id" = {text(image.id)}')
            if image.row is not None:
                marks = ", ".join("?" for _ in image.row)
                self._cursor.execute(f"INSERT INTO {image.table} VALUES ({marks})", image.row)
