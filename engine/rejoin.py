"""Rows that were read in parts, each part with some of their columns, put together by Id in a database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from compiler.duckdb_functions import quote_name, quote_text
from compiler.relation import ColumnType
from engine import casts
from engine.errors import DiskError
from engine.load import REJECTED, load_text
from engine.salesforce.pages import Pages
from engine.workspace import SPILL, WORK, Workspace, name_of

KEY, STAMP = "Id", "SystemModstamp"
MEMORY = "512MB"
# Of some 40 bytes each in work, a third of the memory.
CELLS = 4_000_000
# A change so short before the reading may be followed by another one under the same stamp.
YOUNG = timedelta(seconds=2)
_MOMENT = "(moment)"
_NAMES = ("rows", "seen", "stray", "repeated", "agreed", "joined", "held", "hold")
_ROWS, _SEEN, _STRAY, _REPEATED, _AGREED, _JOINED, _HELD, _HOLD = (
    name_of(WORK, "staged", f"({name})") for name in _NAMES
)


class Rejoining:
    """The rows of one query, by parts; see `rejoining`.

    Args:
        space: a database of its own.
        columns: all columns, Id and SystemModstamp among them.
        cells: so many cells, rows times columns, are put together at a time.
    """

    def __init__(self, space: Workspace, columns: Sequence[str], cells: int = CELLS) -> None:
        self._space, self._columns, self._cells = space, tuple(columns), cells
        self._listed = ", ".join(quote_name(column) for column in columns)
        texts = ", ".join(f"{quote_name(column)} VARCHAR" for column in columns)
        for table in (_ROWS, _HELD, _HOLD):
            space.run(f"CREATE TABLE {table} ({texts})")
        space.run(f"CREATE TABLE {_STRAY} ({quote_name(KEY)} VARCHAR)")
        space.run(f"CREATE TABLE {_SEEN} (key VARCHAR)")
        space.run(f"CREATE TABLE {_REPEATED} (key VARCHAR, times BIGINT)")

    def begin_round(self) -> None:
        """Forget which Ids were seen; rows that were held back are taken if they come again as they are."""
        self._space.run(f"DELETE FROM {_SEEN}")
        self._space.run(f"CREATE OR REPLACE TABLE {_HELD} AS SELECT * FROM {_HOLD}")
        self._space.run(f"DELETE FROM {_HOLD}")

    def load(self, number: int, columns: Sequence[str], pages: Pages, *, first: bool) -> None:
        """Load the pages of a part; `first`: in the first round, in which rows that come twice are counted."""
        name = f"part {number}"
        load_text(self._space, name, columns, pages)
        table, moment = name_of(WORK, "staged", name), casts.cast(STAMP, ColumnType("timestamp"))
        # Bulk and REST write the same moment differently.
        self._space.run(
            f"CREATE OR REPLACE TABLE {self._part(number)} AS SELECT *,"
            f" coalesce(CAST({moment} AS VARCHAR), {quote_name(STAMP)}) AS {quote_name(_MOMENT)}"
            f" FROM {table} WHERE NOT {quote_name(REJECTED)}"
        )
        if first:
            self._space.run(f'INSERT INTO {_STRAY} SELECT "Id" FROM {table} WHERE {quote_name(REJECTED)}')
        self._space.run(f"DROP TABLE {table}")
        self._once(self._part(number), first)
        self._space.run(f'INSERT INTO {_SEEN} SELECT "Id" FROM {self._part(number)}')

    def _once(self, table: str, first: bool) -> None:
        rows, ids = self._space.run(f'SELECT count(*), count(DISTINCT "Id") FROM {table}')[0]
        if rows == ids:
            return
        if first:
            self._space.run(
                f'INSERT INTO {_REPEATED} SELECT "Id", count(*) - 1 FROM {table} GROUP BY ALL HAVING count(*) > 1'
            )
        self._space.run(
            f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} AS t QUALIFY row_number() OVER"
            f' (PARTITION BY "Id" ORDER BY {quote_name(_MOMENT)} DESC NULLS LAST, hash(t)) = 1'
        )

    def join(self, parts: int, asked_at: datetime) -> None:
        """Take the rows that all of the loaded parts have with one stamp, the first part having been asked for then.

        Young ones are held back until they come a second time as they are.
        """
        run = self._space.run
        moment = quote_name(_MOMENT)
        same = "".join(
            f' JOIN {self._part(number)} AS p{number} ON p{number}."Id" = p0."Id"'
            f" AND p{number}.{moment} IS NOT DISTINCT FROM p0.{moment}"
            for number in range(1, parts)
        )
        before = (asked_at.astimezone(UTC) - YOUNG).replace(tzinfo=None)
        run(
            f"CREATE OR REPLACE TABLE {_AGREED} AS SELECT *, (row_number() OVER () - 1) // ? AS batch FROM"
            f' (SELECT p0."Id" AS key, coalesce(TRY_CAST(p0.{moment} AS TIMESTAMP) < ?, FALSE) AS old'
            f' FROM {self._part(0)} AS p0{same} WHERE p0."Id" NOT IN (SELECT "Id" FROM {_ROWS}))',
            [max(1, self._cells // len(self._columns)), before],
        )
        # All columns of all rows at once are more than the memory holds.
        for batch in range(int(self._space.value(f"SELECT coalesce(max(batch) + 1, 0) FROM {_AGREED}"))):
            self._join_batch(parts, batch)
        for number in range(parts):
            run(f"DROP TABLE {self._part(number)}")

    def _join_batch(self, parts: int, batch: int) -> None:
        run = self._space.run
        places = {
            column: number
            for number in reversed(range(parts))
            for column in self._space.columns((WORK, "staged", f"(part {number})"))
        }
        values = ", ".join(f"p{places[column]}.{quote_name(column)}" for column in self._columns)
        keys = f"SELECT key FROM {_AGREED} WHERE batch = {int(batch)}"
        source = " JOIN ".join(
            f'(SELECT * FROM {self._part(number)} WHERE "Id" IN ({keys})) AS p{number}'
            + (f' ON p{number}."Id" = p0."Id"' if number else "")
            for number in range(parts)
        )
        run(f"CREATE OR REPLACE TABLE {_JOINED} AS SELECT {values} FROM {source}")
        old = f'"Id" IN ({keys} AND old)'
        run(f"INSERT INTO {_ROWS} SELECT * FROM {_JOINED} WHERE {old}")
        run(f"DELETE FROM {_JOINED} WHERE {old}")
        run(f"INSERT INTO {_ROWS} SELECT * FROM {_JOINED} INTERSECT SELECT * FROM {_HELD}")
        run(f'INSERT INTO {_HOLD} SELECT * FROM {_JOINED} AS j WHERE j."Id" NOT IN (SELECT "Id" FROM {_ROWS})')

    def open_ids(self, at_most: int) -> list[str]:
        """The Ids, at most so many, that came in this round and whose row could not be taken yet."""
        rows = self._space.run(
            f'SELECT key FROM {_SEEN} EXCEPT SELECT "Id" FROM {_ROWS} ORDER BY 1 LIMIT {int(at_most)}'
        )
        return [key for (key,) in rows]

    def write(self, path: Path) -> int:
        """Write all rows that were taken as a page; return how many.

        What came twice is written twice, and what has no record Id with nothing but that: loading counts them.
        """
        again = f"SELECT key, max(times) AS times FROM {_REPEATED} GROUP BY ALL"
        rows = (
            f"SELECT {self._listed} FROM {_ROWS} UNION ALL"
            f' SELECT {self._listed} FROM {_ROWS} AS r JOIN ({again}) AS a ON a.key = r."Id", range(a.times)'
            f" UNION ALL BY NAME (SELECT * FROM {_STRAY})"
        )
        copied = self._space.value(
            f"COPY ({rows}) TO {quote_text(str(path))} (FORMAT csv, HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"',"
            " FORCE_QUOTE *)"
        )
        return int(copied)

    @staticmethod
    def _part(number: int) -> str:
        return name_of(WORK, "staged", f"(part {number})")


@contextmanager
def rejoining(folder: Path, name: str, columns: Sequence[str], cells: int = CELLS) -> Iterator[Rejoining]:
    """A place to rejoin the rows of a query in, gone at the end. Raises DiskError."""
    scratch = folder / SPILL / f"{name}.parts"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"{scratch} cannot be made: {error.strerror}") from error
    space = Workspace(scratch, MEMORY)
    try:
        yield Rejoining(space, columns, cells)
    finally:
        space.close()
        shutil.rmtree(scratch, ignore_errors=True)
