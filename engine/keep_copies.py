"""Bringing the copy up to date in the next store, and the proof that it agrees with the match lists."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from compiler.duckdb_functions import duckdb_type, quote_name, quote_text
from compiler.plan import Table
from compiler.relation import ColumnType
from compiler.relation_columns import common_type
from engine.copies import STAMP, Kept, cast_all, copy_view
from engine.errors import PromiseError
from engine.extracted import Extracted
from engine.load import Staged
from engine.match_list import part
from engine.workspace import CURRENT, NEXT, Workspace, name_of

SHOWN = 20


class CopiesToKeep:
    """The extracts of a run whose rows the next store keeps.

    Args:
        extracted: what was read.
        staged: the extracts as they ended.
        stale: the tables that keep their state, and with it their copies.
        served: whether the published store was used as the copy.
        same_plan: whether it could have been: the same plan made it for the same user.
    """

    def __init__(
        self,
        extracted: Extracted,
        staged: Mapping[str, Staged],
        stale: Collection[str],
        *,
        served: bool,
        same_plan: bool,
    ) -> None:
        self.extracted, self.staged, self.stale = extracted, staged, frozenset(stale)
        self.served, self.same_plan = served, same_plan
        self.kept = [kept for name, kept in extracted.kept.items() if name in staged and kept.table not in stale]

    def changed(self, space: Workspace) -> bool:
        """Whether a copy differs from the published one; the tables, which are copies too, do not."""
        if not self.same_plan:
            return True
        differs = self._rows_changed if self.served else self._rows_differ
        return any(differs(space, kept) for kept in self.kept if kept.side is not None)

    def _rows_changed(self, space: Workspace, kept: Kept) -> bool:
        name = kept.extract.id
        if name not in self.extracted.compared:
            return True
        if space.value(f"SELECT count(*) FROM {part(name, 'new')}"):
            return True
        # A row that is rejected at every run is in no copy, and goes from none.
        out = f'{part(name, "out")} AS o SEMI JOIN {copy_view(kept)} AS k ON k."Id" = o."Id"'
        return bool(space.value(f"SELECT count(*) FROM {out}"))

    def _rows_differ(self, space: Workspace, kept: Kept) -> bool:
        """Whether what is kept beside the tables is other than what was read, however it was read.

        Numbers may have had a longer one among them: that they now would need less room is no difference.
        """
        assert kept.side is not None
        before = space.columns((CURRENT, "accord", kept.side))
        read = self.staged[kept.extract.id].columns
        names = ("Id", *kept.beside)
        if set(before) != set(names) or not all(_alike(before[name], read[name]) for name in names):
            return True
        types = {name: common_type((before[name], read[name])) for name in names}
        columns = cast_all(names, types)
        now = f"SELECT {columns} FROM {self._beside(kept, CURRENT)}"
        was = f"SELECT {columns} FROM {name_of(CURRENT, 'accord', kept.side)}"
        return any(space.run(f"{one} EXCEPT {other} LIMIT 1") for one, other in ((now, was), (was, now)))

    def _beside(self, kept: Kept, store: str) -> str:
        """The rows of an extract that belong beside the tables of a store (its catalog), as they were read."""
        source = f"{name_of(*self.staged[kept.extract.id].leaf.name)} AS e"
        if kept.link is None or kept.table is None:
            return source
        return f'{source} SEMI JOIN {_active(kept.table, store)} AS t ON t."Id" = e."Id"'

    def volatile_read(self) -> list[str]:
        """The extracts of which every column that moves no stamp was read of every row."""
        return [
            kept.extract.id
            for kept in self.kept
            if {c.name for c in kept.extract.columns if c.volatile} <= self.extracted.read_whole[kept.extract.id]
        ]

    def write_as_of(self, space: Workspace, tables: Sequence[Table], at: datetime) -> None:
        """Say in the next store's `columns` which volatile columns were read just now."""
        read = self.extracted.read_whole
        for table in tables:
            names = [
                column.name
                for column in table.columns
                if column.volatile
                and all(
                    extract in self.staged and source.path in read[extract]
                    for extract in table.extracts
                    for source in column.lineage[:1]
                )
            ]
            if names and table.name not in self.stale:
                space.run(
                    f"UPDATE {name_of(NEXT, 'statisfy', 'columns')} SET as_of = ? WHERE table_name = ?"
                    " AND column_name IN (SELECT unnest(CAST(? AS VARCHAR[])))",
                    [at, table.name, names],
                )

    def write(self, space: Workspace) -> None:
        """Write the copies that lie beside the tables, which are written already."""
        planned = set()
        for kept in self.extracted.kept.values():
            planned.add(kept.side)
        for kept in self.kept:
            if kept.side is not None:
                self._write(space, kept)
        known = space.run(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'accord'"
            " AND table_name LIKE 'copy\\_%' ESCAPE '\\'",
            [NEXT],
        )
        for (name,) in known:
            if name not in planned:
                space.run(f"DROP TABLE {name_of(NEXT, 'accord', name)}")

    def _write(self, space: Workspace, kept: Kept) -> None:
        assert kept.side is not None
        name, target = kept.extract.id, name_of(NEXT, "accord", kept.side)
        columns = ", ".join(quote_name(column) for column in ("Id", *kept.beside))
        # To look for a table that is not there would end the transaction.
        there = self.served and name in self.extracted.copied
        before = space.columns((CURRENT, "accord", kept.side)) if there else {}
        same = all(before.get(column) == self.staged[name].columns[column] for column in kept.beside)
        if before and same and name in self.extracted.compared:
            new, out = part(name, "new"), part(name, "out")
            space.run(f'DELETE FROM {target} WHERE "Id" IN (SELECT "Id" FROM {out} UNION ALL SELECT "Id" FROM {new})')
            space.run(f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {new}")
            return
        space.run(f"CREATE OR REPLACE TABLE {target} AS SELECT {columns} FROM {self._beside(kept, NEXT)}")

    def check(self, space: Workspace) -> None:
        """Raise PromiseError unless the next store's rows are those of the match lists, Id by Id and stamp by stamp."""
        for kept in self.kept:
            if self.staged[kept.extract.id].listed is not None:
                for table, ids in self._differences(space, kept):
                    shown = ", ".join(ids[:SHOWN]) + (f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else "")
                    raise PromiseError(
                        f"table {table}: the copy differs from Salesforce's match list in {len(ids)} rows: {shown}",
                        hint="nothing was published; run again, and if it stays, please report it",
                    )

    def _differences(self, space: Workspace, kept: Kept) -> Iterator[tuple[str, list[str]]]:
        stamp = quote_name(STAMP)
        attached = "" if kept.link is None else f" WHERE {quote_name(kept.link.column)} IN {_ids(kept.link.parent)}"
        listed = f'SELECT "Id", {stamp} FROM {part(kept.extract.id, "list")}{attached}'
        copied = _pairs(kept)
        total = f'SELECT count(*), sum(CAST(hash("Id", {stamp}) AS HUGEINT)) FROM'
        if space.run(f"{total} ({listed}) AS l") == space.run(f"{total} ({copied}) AS c"):
            return
        # A row that two extracts read may be newer in the table than one of their lists knows.
        rows = space.run(
            f'SELECT coalesce(l."Id", c."Id") FROM ({listed}) AS l FULL JOIN ({copied}) AS c ON l."Id" = c."Id"'
            f' WHERE l."Id" IS NULL OR c."Id" IS NULL OR NOT coalesce(c.{stamp} >= l.{stamp}, l.{stamp} IS NULL)'
            " ORDER BY 1"
        )
        if rows:
            yield kept.table or kept.extract.id, [key for (key,) in rows]


def _pairs(kept: Kept) -> str:
    """The Ids and stamps of an extract's copy in the next store."""
    stamp = quote_name(STAMP)
    side = name_of(NEXT, "accord", kept.side) if kept.side is not None else ""
    if kept.table is None:
        return f'SELECT "Id", {stamp} FROM {side}'
    table = f"{_active(kept.table)} AS t"
    where = f"t.{stamp}" if STAMP in kept.published else f"s.{stamp}"
    if kept.side is not None:
        table += f' JOIN {side} AS s ON s."Id" = t."Id"'
    return f'SELECT t."Id", {where} FROM {table}'


def _active(table: str, store: str = NEXT) -> str:
    return f"(SELECT * FROM {name_of(store, 'statisfy', table)} WHERE record_status = {quote_text('active')})"


def _ids(table: str) -> str:
    return f'(SELECT "Id" FROM {_active(table)} AS p)'


def _alike(one: ColumnType, other: ColumnType) -> bool:
    """Whether two types differ at most in the digits behind the point."""
    return duckdb_type(one) == duckdb_type(other) or one.kind == other.kind == "decimal"
