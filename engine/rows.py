"""Rows of Python into a table of the workspace, in one statement whatever their number."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.duckdb_functions import duckdb_type, quote_name
from compiler.relation_columns import Columns
from engine.workspace import Workspace


def create_from(
    space: Workspace, table: str, columns: Columns, rows: Sequence[Sequence[str | bool | int | None]]
) -> None:
    """Create a table (a quoted name) with the given columns and rows; values are cast from their text."""
    lists = ", ".join(f"unnest(CAST(? AS VARCHAR[])) AS {quote_name(name)}" for name in columns)
    values = ", ".join(
        f"CAST({quote_name(name)} AS {duckdb_type(kind)}) AS {quote_name(name)}" for name, kind in columns.items()
    )
    by_column = [[_text(row[number]) for row in rows] for number in range(len(columns))]
    space.run(f"CREATE OR REPLACE TABLE {table} AS SELECT {values} FROM (SELECT {lists})", by_column)


def _text(value: str | bool | int | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
