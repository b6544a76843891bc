"""The run's own database: in memory, with room on disk when it grows, never the published file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from compiler.duckdb_functions import quote_name, quote_text
from compiler.relation import ColumnType
from engine.errors import STORE_WAYS_OUT, DamagedStoreError, DiskError, LoadError, TooManyDigitsError

WORK = "memory"
CURRENT = "current_store"
NEXT = "next_store"
SPILL = "spill"
FEW_ROWS = 50_000
# DuckDB's own words, for a block that has not the checksum it was written with, and for a file that ends too early. It
# has no class of its own for either.
_CORRUPT = "Corrupt database file"
_CUT = "Could not read enough bytes"
# A transaction fails where a commit finds no room, and every statement fatally after a write that failed.
_OF_THE_DISK = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)
SCHEMAS = ("staged", "wanted", "delta")

_KINDS: Mapping[str, ColumnType] = {
    "VARCHAR": ColumnType("text"),
    "BOOLEAN": ColumnType("boolean"),
    "DATE": ColumnType("date"),
    "TIMESTAMP": ColumnType("timestamp"),
    "TIME": ColumnType("time"),
}


class Workspace:
    """A DuckDB connection in memory with the schemas `staged`, `wanted` and `delta`; `files` are attached to it.

    Args:
        folder: where DuckDB may put what does not fit into memory.
        memory: DuckDB's limit (`"2GB"`); None is DuckDB's own choice.
    """

    def __init__(self, folder: Path, memory: str | None = None) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(folder / SPILL),
            "preserve_insertion_order": False,
        }
        if memory is not None:
            config["memory_limit"] = memory
        self.files: dict[str, Path] = {}
        self._damage: DamagedStoreError | None = None
        self.connection = duckdb.connect(":memory:", config=config)
        self.connection.execute("SET TimeZone = 'UTC'")
        for schema in SCHEMAS:
            self.connection.execute(f"CREATE SCHEMA {schema}")

    def close(self) -> None:
        """Forget everything."""
        self.connection.close()

    def run(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Execute a statement and return its rows.

        Raises DiskError when there is no space left, LoadError when there is no memory left, DamagedStoreError when a
        file holds something else than what was written there, TooManyDigitsError when a number does not fit.
        """
        try:
            return self.connection.execute(sql, list(parameters)).fetchall()
        except duckdb.OutOfMemoryException as error:
            raise no_memory(error) from error
        except (duckdb.ConversionException, duckdb.OutOfRangeException):
            # DuckDB's words quote the value, and a record's values belong neither in errors nor in logs.
            raise TooManyDigitsError("a calculated number has more digits than 38") from None
        except duckdb.Error as error:
            if self._is_damage(error):
                self._damage = self._damage or self._damaged()
            elif not isinstance(error, _OF_THE_DISK):
                raise
            if self._damage is not None:  # whatever fails later fails of it, a DETACH too
                raise self._damage from error
            raise DiskError(
                "the disk is full or a file cannot be read",
                hint=f"make room or check the disk, then run again ({_first_line(error)})",
            ) from error

    def value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The single value that a statement returns."""
        return self.run(sql, parameters)[0][0]

    def work_on(self, rows: int) -> None:
        """Be told how many rows the next statements are about: with few, one thread takes as long and does less."""
        self.run("SET threads = 1" if rows < FEW_ROWS else "RESET threads")

    def columns(self, table: Sequence[str]) -> dict[str, ColumnType]:
        """The columns of a table by name (catalog, schema, table), in order; empty if there is no such table."""
        # The catalog's own tables list every column of every attached file; this asks for one table's alone.
        try:
            rows = self.run(f"DESCRIBE {name_of(*table)}")
        except duckdb.CatalogException:
            return {}
        try:
            return {name: column_type(kind) for name, kind, *_ in rows}
        except KeyError as error:
            if table[0] not in self.files:
                raise
            raise self._damaged() from error

    @contextmanager
    def attached(self, path: Path, name: str, options: str) -> Iterator[None]:
        """Have a database file attached under a name; `options` stand in the parentheses of ATTACH."""
        self.attach(path, name, options)
        try:
            yield
        finally:
            self.detach(name)

    def attach(self, path: Path, name: str, options: str) -> None:
        """Attach a database file under a name, unless that is done; `options` stand in the parentheses of ATTACH."""
        self.run(f"ATTACH IF NOT EXISTS {quote_text(str(path))} AS {quote_name(name)} ({options})")
        self.files[name] = path

    def detach(self, name: str) -> None:
        """Close a database file that was attached under a name."""
        del self.files[name]
        self.run(f"DETACH {quote_name(name)}")

    def _is_damage(self, error: duckdb.Error) -> bool:
        text = str(error)
        return _CORRUPT in text or (_CUT in text and any(str(path) in text for path in self.files.values()))

    def _damaged(self) -> DamagedStoreError:
        """What is said of damage: of the published file's where it is open, since the others are made from it."""
        for name, what in ((CURRENT, "the published store"), (NEXT, "the file that was to be the next store")):
            if name in self.files:
                return DamagedStoreError(f"{what} is damaged: {self.files[name]}", hint=STORE_WAYS_OUT)
        return DamagedStoreError("a file that was written for this run is damaged", hint="check the disk, run again")


def no_memory(error: Exception) -> LoadError:
    """The error for memory, or a thread, that the system or DuckDB's limit does not give."""
    return LoadError(
        "the run needs more memory than it may take",
        hint=f"nothing was published; end other programs, or run on a larger machine ({_first_line(error)})",
    )


def column_type(duckdb_name: str) -> ColumnType:
    """The type of the relation tree for one of DuckDB's: `DECIMAL(38,2)`. Whole numbers are decimals of scale 0."""
    if duckdb_name.startswith("DECIMAL"):
        return ColumnType("decimal", int(duckdb_name.rstrip(")").split(",")[1]))
    if duckdb_name.endswith(("INT", "INTEGER")):
        return ColumnType("decimal", 0)
    return _KINDS[duckdb_name]


def name_of(*parts: str) -> str:
    """A table's name with its parts quoted."""
    return ".".join(quote_name(part) for part in parts)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
