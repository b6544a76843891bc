"""Columns that have another type than the published ones, and the published values that are none of it.

A field keeps its values: its table stays as it is until the spec gives them up. A calculated value comes anew in every
row that is in, so that only rows that are out keep an old one; where it is none of the new type it goes, and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compiler.duckdb_functions import duckdb_type, quote_name
from compiler.plan import Plan, Table, TableColumn
from compiler.relation import ColumnType
from compiler.relation_columns import Columns
from engine.quoted_spec import line_of
from engine.workspace import CURRENT, Workspace, name_of

_SHOWN = 5


def find_losses(space: Workspace, plan: Plan, published: Mapping[str, Columns], spec_text: str) -> dict[str, str]:
    """The tables of which a field's published values would not survive the type that it has now, with the reason."""
    found: dict[str, str] = {}
    for table in plan.tables:
        before = published.get(table.name, {})
        for column in table.columns:
            old = before.get(column.name)
            if column.derived or old is None or _widens(old, column.type):
                continue
            if keys := _lost_keys(space, table, column, old):
                found[table.name] = (
                    f"{table.name}: {column.source} changed its type from {old.kind} to {column.type.kind}, which"
                    f" {len(keys)} kept values do not survive, for example of"
                    f" {_first(keys)}{line_of(spec_text, column.span)};"
                    f" the table stays as it is until one run without {column.name} gives up the old values: take it"
                    " out of `fields`, or name it in `except`"
                )
    return found


def given_up(space: Workspace, table: Table, before: Columns, wanted: str, spec_text: str) -> Iterable[str]:
    """What is said of calculated values that rows which are out lose, since they are none of the type of now.

    `before` are the published columns, `wanted` is the quoted name of the rows that are in.
    """
    for column in table.columns:
        old = before.get(column.name)
        if not column.derived or old is None or _widens(old, column.type):
            continue
        out = (
            f"NOT EXISTS (SELECT 1 FROM {wanted} AS w"
            f" WHERE {' AND '.join(f'w.{quote_name(key)} = c.{quote_name(key)}' for key in table.key)})"
        )
        if keys := _lost_keys(space, table, column, old, out):
            yield (
                f"{table.name}.{column.name} changed its type from {old.kind} to"
                f" {column.type.kind}{line_of(spec_text, column.span)}: {len(keys)} rows that are out lose the value"
                f" that they had, for example {_first(keys)}"
            )


def as_type(value: str, old: ColumnType, new: ColumnType) -> str:
    """The SQL of a published value in another type; null where it is none of it."""
    if duckdb_type(old) == duckdb_type(new):
        return value
    there = f"TRY_CAST({value} AS {duckdb_type(new)})"
    return there if _widens(old, new) else f"CASE WHEN {_survives(value, old, new)} THEN {there} END"


def _lost_keys(space: Workspace, table: Table, column: TableColumn, old: ColumnType, where: str = "TRUE") -> list[str]:
    """The keys of the published rows (`c`) whose value is none of the column's type."""
    value = f"c.{quote_name(column.name)}"
    rows = space.run(
        f"SELECT c.{quote_name(table.key[0])} FROM {name_of(CURRENT, 'statisfy', table.name)} AS c"
        f" WHERE {value} IS NOT NULL AND NOT {_survives(value, old, column.type)} AND {where} ORDER BY 1"
    )
    return [str(key) for (key,) in rows]


def _first(keys: list[str]) -> str:
    return ", ".join(keys[:_SHOWN])


def _survives(value: str, old: ColumnType, new: ColumnType) -> str:
    """The SQL that is true where a published value is worth as much in the new type; of a text its number counts."""
    there = f"TRY_CAST({value} AS {duckdb_type(new)})"
    if (old.kind, new.kind) == ("text", "decimal"):
        return f"coalesce({there} = TRY_CAST({value} AS DECIMAL(38, 12)), FALSE)"
    return f"coalesce(TRY_CAST({there} AS {duckdb_type(old)}) = {value}, FALSE)"


def _widens(old: ColumnType, new: ColumnType) -> bool:
    """Whether every value of the old type is one of the new type."""
    same = duckdb_type(old) == duckdb_type(new) or (old.kind == new.kind == "decimal")
    return same or new.kind in ("text", "id") or (old.kind, new.kind) == ("date", "timestamp")
