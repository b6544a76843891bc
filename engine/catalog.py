"""The tables that describe the others, `columns` and `picklist_options`: they come from the plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, partial

from compiler.duckdb_functions import duckdb_type
from compiler.plan import Plan, Table, TableColumn
from compiler.relation import ColumnType, Extracted
from compiler.relation_columns import Columns
from engine.differences import Comparison
from engine.drift import Drift
from engine.life import LIFE
from engine.quoted_spec import words_of
from engine.rows import create_from
from engine.workspace import CURRENT, Workspace, name_of
from grammar.source import NOWHERE

_TEXT, _TIME = ColumnType("text"), ColumnType("timestamp")
_COLUMNS: Columns = {
    "table_name": _TEXT,
    "column_name": _TEXT,
    "label": _TEXT,
    "source": _TEXT,
    "type": _TEXT,
    "as_of": _TIME,
    "stale_since": _TIME,
    "statement": _TEXT,
}
_OPTIONS: Columns = {
    "object_name": _TEXT,
    "field_name": _TEXT,
    "value": _TEXT,
    "label": _TEXT,
    "active": ColumnType("boolean"),
}
_LIFE_LABELS = {
    "record_status": "Status",
    "record_status_reason": "Status reason",
    "merged_into": "Merged into",
    "first_synced_at": "First synced",
    "changed_at": "Changed",
}


def describe_columns(
    space: Workspace,
    plan: Plan,
    spec_text: str,
    columns: Mapping[str, Columns],
    stale: Sequence[str],
    at: datetime,
    drift: Drift,
) -> Comparison:
    """Compute the wanted rows of `columns`.

    Args:
        space: the workspace.
        plan: the plan.
        spec_text: the spec, whose statements are quoted.
        columns: the columns of each table as they will be.
        stale: the tables that this run could not bring up to date: what is published of them stays, and says so.
        at: the run's time.
        drift: the columns that the org has nothing for any more, which likewise stay.
    """
    moment = at.isoformat(sep=" ")
    # All columns of a default set have one statement.
    quoted = cache(partial(words_of, spec_text))
    rows: list[tuple[str | None, ...]] = []
    for table in plan.tables:
        known = columns.get(table.name)
        if known is None or table.name in stale:
            continue
        for column in table.columns:
            kind = _type_name(known.get(column.name, column.type))
            as_of = moment if column.volatile else None
            statement = quoted(column.span)
            rows.append((table.name, column.name, column.label, column.source, kind, as_of, None, statement))
        if table.kind == "record":
            rows += (
                (table.name, name, _LIFE_LABELS[name], "accord", _type_name(kind), None, None, None)
                for name, kind in LIFE.items()
            )
    table = _table("columns", "Columns", _COLUMNS, ("table_name", "column_name"))
    comparison = _compare(space, table, _COLUMNS, rows, times=("as_of", "stale_since"))
    if comparison.current and not comparison.untouched:
        _keep_drifted(space, comparison, stale, drift, moment)
        _keep_times(space, comparison)
    return comparison


def list_options(space: Workspace, plan: Plan, drift: Drift) -> Comparison:
    """Compute the wanted rows of `picklist_options`; those of columns and tables that keep their values stay."""
    rows = {(one.object, one.field, one.value): (one.label, one.active) for one in plan.picklists}
    published = (CURRENT, "statisfy", "picklist_options")
    if (drift.lost or drift.frozen) and space.columns(published):
        kept = space.run(
            f"SELECT {', '.join(_OPTIONS)} FROM {name_of(*published)}"
            " WHERE concat(object_name, '.', field_name) IN (SELECT unnest(CAST(? AS VARCHAR[])))"
            " OR object_name IN (SELECT unnest(CAST(? AS VARCHAR[])))",
            [[one.source for one in drift.lost], [one.object for one in drift.frozen]],
        )
        rows = {tuple(key): (label, active) for *key, label, active in kept} | rows
    table = _table("picklist_options", "Picklist options", _OPTIONS, ("object_name", "field_name", "value"))
    return _compare(space, table, _OPTIONS, [(*key, *values) for key, values in rows.items()])


def _compare(
    space: Workspace,
    table: Table,
    columns: Columns,
    rows: Sequence[Sequence[str | bool | None]],
    times: Collection[str] = (),
) -> Comparison:
    """Make the wanted rows; that a time in one of the columns `times` is another is no difference."""
    comparison = Comparison(table, columns, space.columns((CURRENT, "statisfy", table.name)))
    if comparison.current and not comparison.reshaped and _as_published(space, comparison, rows, times):
        standing = comparison._replace(scoped=True, untouched=True)
        for statement in standing.stand():
            space.run(statement)
        return standing
    create_from(space, comparison.wanted, columns, rows)
    return comparison


def _as_published(
    space: Workspace, comparison: Comparison, rows: Sequence[Sequence[str | bool | None]], times: Collection[str]
) -> bool:
    shown = ", ".join(f"{name} IS NULL" if name in times else name for name in comparison.columns)
    there = space.run(f"SELECT {shown} FROM {comparison.published}")
    timed = [name in times for name in comparison.columns]
    wanted = {tuple(value is None if time else value for value, time in zip(row, timed, strict=True)) for row in rows}
    return len(there) == len(rows) and set(there) == wanted


def _keep_drifted(space: Workspace, comparison: Comparison, tables: Sequence[str], drift: Drift, moment: str) -> None:
    """Tables that stay, and columns that the org has nothing for any more, are described as they were, and as stale.

    INVARIANT: their source stays what it was, since by it the next run knows that they are lost, and not new.
    """
    described = (
        f"INSERT INTO {comparison.wanted} ({', '.join(comparison.columns)})"
        f" SELECT {', '.join(comparison.columns)} FROM {comparison.published} AS c WHERE"
    )
    stale = f"UPDATE {comparison.wanted} SET stale_since = CAST(? AS TIMESTAMP) WHERE table_name = ?"
    for table in dict.fromkeys(tables):
        space.run(f"{described} table_name = ?", [table])
        space.run(stale, [moment, table])
    for lost in drift.lost:
        key = [lost.table, lost.column]
        space.run(
            f"{described} table_name = ? AND column_name = ?"
            f" AND NOT EXISTS (SELECT 1 FROM {comparison.wanted} AS w WHERE {comparison.same_key('w', 'c')})",
            key,
        )
        space.run(f"{stale} AND column_name = ?", [moment, *key])
        space.run(
            f"UPDATE {comparison.wanted} SET source = ? WHERE table_name = ? AND column_name = ?", [lost.source, *key]
        )


def _keep_times(space: Workspace, comparison: Comparison) -> None:
    """That time went on is no difference: a column described before keeps its times."""
    space.run(
        f"UPDATE {comparison.wanted} AS w SET"
        " as_of = CASE WHEN w.as_of IS NULL THEN NULL ELSE coalesce(c.as_of, w.as_of) END,"
        " stale_since = CASE WHEN w.stale_since IS NULL THEN NULL ELSE coalesce(c.stale_since, w.stale_since) END"
        f" FROM {comparison.published} AS c WHERE {comparison.same_key('w', 'c')}"
    )


def _table(name: str, label: str, columns: Columns, key: tuple[str, ...]) -> Table:
    described = tuple(
        TableColumn(column, kind, column, "accord", (), True, False, NOWHERE) for column, kind in columns.items()
    )
    return Table(name, "derived", None, label, key, described, Extracted(""), (), None, "remove", NOWHERE)


def _type_name(kind: ColumnType) -> str:
    """A type as DuckDB itself shows it."""
    return duckdb_type(kind).replace(", ", ",")
