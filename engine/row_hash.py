"""The hash over a row's values: equal rows have one, and rows that differ have not."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.duckdb_functions import quote_name
from compiler.relation import ColumnType
from compiler.relation_columns import Columns


def row_hash(values: Iterable[tuple[str, ColumnType]]) -> str:
    """The SQL of a hash over values (SQL and type). It is DuckDB's own and may change with DuckDB's version.

    DuckDB hashes the two halves of a number of 38 digits alike, so that numbers with equal halves have one hash: 0 and
    -0.01 do. Each number is therefore hashed once more in another form.
    """
    parts = (f"{sql}, CAST({sql} AS DOUBLE)" if kind.kind == "decimal" else sql for sql, kind in values)
    return f"hash({', '.join(parts)})"


def columns_hash(columns: Columns) -> str:
    """The SQL of a hash over columns."""
    return row_hash((quote_name(name), kind) for name, kind in columns.items())
