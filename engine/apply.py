"""Bringing differences into the next store: rows out, rows in, or a table anew when most of it changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from compiler.duckdb_functions import quote_name, quote_text
from compiler.tables import active_view
from engine.differences import Comparison
from engine.in_place import Place
from engine.life import LIFE, NOW, life_of_active
from engine.reconcile import Reconciled
from engine.workspace import NEXT, Workspace, name_of


def apply(space: Workspace, reconciled: Reconciled, at: datetime, place: Place | None = None) -> None:
    """Bring one table of the next store up to date; `place` says that its rows were loaded there.

    `at` is the run's time, UTC without a zone.
    """
    comparison = reconciled.comparison
    if place is not None:
        space.run(place.take_out())
    elif reconciled.changed:
        _write_rows(space, reconciled, at)
    if comparison.record and reconciled.changed:
        write_view(space, NEXT, comparison.table.name)


def count_active(space: Workspace, comparison: Comparison) -> int:
    """The active rows of a table of the next store."""
    return int(space.value(f"SELECT count(*) FROM {comparison.target} WHERE {comparison.is_active(NEXT)}"))


def _write_rows(space: Workspace, reconciled: Reconciled, at: datetime) -> None:
    comparison, target = reconciled.comparison, reconciled.comparison.target
    moments = [at] * (2 if comparison.record else 0)
    if not comparison.current:
        space.run(f"CREATE OR REPLACE TABLE {target} AS {_first_rows(comparison)}", moments)
        return
    counts = reconciled.counts
    if comparison.reshaped or 2 * reconciled.touched > counts.active_before:
        kept = (
            f"SELECT {_published_columns(comparison, life=comparison.record)} FROM {comparison.published} AS c"
            f" WHERE NOT EXISTS (SELECT 1 FROM {comparison.delta} AS d WHERE {comparison.same_key('c', 'd')})"
        )
        rows, moments = _rows_in(comparison, at)
        space.run(f"CREATE OR REPLACE TABLE {target} AS {kept} UNION ALL {rows}", moments)
        return
    space.run(f"DELETE FROM {target} AS t USING ({comparison.places()}) AS p WHERE t.rowid = p.place")
    rows, moments = _rows_in(comparison, at)
    space.run(f"INSERT INTO {target} {rows}", moments)


def _first_rows(comparison: Comparison) -> str:
    columns = _wanted_columns(comparison)
    if not comparison.record:
        return f"SELECT {columns} FROM {comparison.wanted} AS w"
    return f"SELECT {columns}, {life_of_active(NOW)} FROM {comparison.wanted} AS w"


def _rows_in(comparison: Comparison, at: datetime) -> tuple[str, list[datetime]]:
    """The rows to write for the changed keys: wanted ones, and published ones that go on under another status."""
    on_wanted = f"JOIN {comparison.delta} AS d ON {comparison.same_key('w', 'd')}"
    if not comparison.record:
        kept = (
            f"SELECT {_published_columns(comparison, life=False)} FROM {comparison.before} AS c"
            f" JOIN {comparison.delta} AS d ON {comparison.same_key('c', 'd')} WHERE d.status <> 'active' AND d.keep"
        )
        return f"SELECT {_wanted_columns(comparison)} FROM {comparison.rows} AS w {on_wanted} UNION ALL {kept}", []
    since = f"coalesce(c.first_synced_at, {NOW})"
    entries = (
        f"SELECT {_wanted_columns(comparison)}, {life_of_active(since)} FROM {comparison.rows} AS w {on_wanted}"
        f" LEFT JOIN {comparison.before} AS c ON {comparison.same_key('w', 'c')}"
    )
    exits = (
        f"SELECT {_published_columns(comparison, life=False)}, d.status, d.reason, d.merged_into, c.first_synced_at,"
        f" {NOW} FROM {comparison.before} AS c"
        f" JOIN {comparison.delta} AS d ON {comparison.same_key('c', 'd')} WHERE d.status <> 'active' AND d.keep"
    )
    return f"{entries} UNION ALL {exits}", [at, at, at]


def _wanted_columns(comparison: Comparison) -> str:
    return ", ".join(f"w.{quote_name(name)}" for name in comparison.columns)


def _published_columns(comparison: Comparison, *, life: bool) -> str:
    own = [f"{comparison.as_now(name, 'c.')} AS {quote_name(name)}" for name in comparison.columns]
    return ", ".join((*own, *(f"c.{name}" for name in LIFE if life)))


def write_view(space: Workspace, catalog: str, table: str) -> None:
    """Write the view on a table's active rows."""
    # The view names no catalog and no schema: it must hold under whatever name the file is attached later.
    space.run(f"USE {name_of(catalog, 'statisfy')}")
    space.run(
        f"CREATE OR REPLACE VIEW {quote_name(active_view(table))} AS"
        f" SELECT * FROM {quote_name(table)} WHERE record_status = 'active'"
    )
    space.run("USE memory")


def write_changes(space: Workspace, reconciled: Reconciled, run: int) -> None:
    """Note in the next store what changed: a row for each changed column, and one for each entry and exit.

    The rows of a table's first load are not listed: `first_synced_at` says when they came.
    """
    comparison = reconciled.comparison
    if not comparison.current or not reconciled.touched:
        return
    log = name_of(NEXT, "accord", "changes")
    table = comparison.table.name
    entered = "d.status = 'active' AND d.old_status IS DISTINCT FROM 'active'"
    space.run(
        f"INSERT INTO {log} SELECT ?, ?, {_key_text(comparison, 'd')},"
        " CASE WHEN NOT d.keep AND d.old_status <> 'active' THEN 'removed'"
        f" WHEN NOT ({entered}) THEN d.status WHEN d.old_status IS NULL THEN 'inserted' ELSE 'resumed' END,"
        f" NULL, NULL, NULL FROM {comparison.delta} AS d WHERE {entered} OR d.status <> 'active'",
        [run, table],
    )
    if reconciled.differing:
        # One join for all columns, and then a row for each: a join for each column would read everything as often.
        space.run(
            f"INSERT INTO {log} SELECT ?, ?, v.key, 'updated', v.value.name, v.value.old, v.value.new FROM"
            f" (SELECT {_key_text(comparison, 'd')} AS key,"
            f" unnest([{_values(comparison, reconciled.differing)}]) AS value"
            f" FROM {comparison.delta} AS d JOIN {comparison.rows} AS w ON {comparison.same_key('d', 'w')}"
            f" JOIN {comparison.before} AS c ON {comparison.same_key('d', 'c')}"
            " WHERE d.old_status = 'active' AND d.status = 'active') AS v WHERE v.value IS NOT NULL",
            [run, table],
        )


def _values(comparison: Comparison, columns: Sequence[str]) -> str:
    """For each column its name with its old and new value as text if they differ, else null."""
    return ", ".join(
        f"CASE WHEN {comparison.differs(name)} THEN {{name: {quote_text(name)},"
        f" old: {_old_text(comparison, name)}, new: CAST(w.{quote_name(name)} AS VARCHAR)}} END"
        for name in columns
    )


def _old_text(comparison: Comparison, name: str) -> str:
    """A published value as text: in the column's type of now, or as it was where it is none of that."""
    now = f"CAST({comparison.as_now(name, 'c.')} AS VARCHAR)"
    return f"coalesce({now}, CAST(c.{quote_name(name)} AS VARCHAR))" if name in comparison.current else now


def _key_text(comparison: Comparison, alias: str) -> str:
    parts: Sequence[str] = [f"{alias}.{quote_name(name)}" for name in comparison.table.key]
    return " || '/' || ".join(parts)
