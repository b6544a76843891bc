"""What every store has from its first run on, and no run makes anew in one that is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from compiler.duckdb_functions import quote_name
from engine.life import LIFE
from engine.workspace import CURRENT, Workspace

# How a run that emptied somebody's values stands in `accord.runs`.
FORGOT = "forgot"
# The tables of the schema `accord`: their columns and DuckDB's types.
OWN_TABLES: Mapping[str, Mapping[str, str]] = {
    "store": {
        "format": "INTEGER",
        "organization_id": "VARCHAR",
        "instance_kind": "VARCHAR",
        "user_id": "VARCHAR",
        "username": "VARCHAR",
        "time_zone": "VARCHAR",
        "locale": "VARCHAR",
        "currency": "VARCHAR",
        "run": "BIGINT",
        "duckdb_version": "VARCHAR",
    },
    "runs": {
        "run": "BIGINT",
        "started_at": "TIMESTAMP",
        "outcome": "VARCHAR",
        "plan": "VARCHAR",
        "meaning": "VARCHAR",
        "user_id": "VARCHAR",
        "username": "VARCHAR",
    },
    "ledger": {
        "run": "BIGINT",
        "table_name": "VARCHAR",
        "matches": "BIGINT",
        "inserted": "BIGINT",
        "updated": "BIGINT",
        "unchanged": "BIGINT",
        "resumed": "BIGINT",
        "left": "BIGINT",
        "parent_left": "BIGINT",
        "deleted": "BIGINT",
        "merged": "BIGINT",
        "gone": "BIGINT",
        "rejected": "BIGINT",
        "newly_rejected": "BIGINT",
        "active_before": "BIGINT",
        "active_after": "BIGINT",
    },
    "changes": {
        "run": "BIGINT",
        "table_name": "VARCHAR",
        "key": "VARCHAR",
        "change": "VARCHAR",
        "column_name": "VARCHAR",
        "old_value": "VARCHAR",
        "new_value": "VARCHAR",
    },
    "rejects": {
        "run": "BIGINT",
        "table_name": "VARCHAR",
        "object_name": "VARCHAR",
        "key": "VARCHAR",
        "column_name": "VARCHAR",
        "raw": "VARCHAR",
        "reason": "VARCHAR",
    },
}


def definition(table: str, less: str | None = None) -> str:
    """The columns of a table of `accord`, as they stand in the parentheses of CREATE TABLE; without the one `less`."""
    return ", ".join(f"{quote_name(name)} {kind}" for name, kind in OWN_TABLES[table].items() if name != less)


def find_lacking(space: Workspace) -> Sequence[str]:
    """The tables and columns that the attached published store lacks, under their names in it."""
    there: dict[str, set[str]] = defaultdict(set)
    for table, column in space.run(
        "SELECT concat(c.schema_name, '.', c.table_name), c.column_name FROM duckdb_columns() AS c"
        " JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name) WHERE database_name = ?",
        [CURRENT],
    ):
        there[table].add(column)
    needed = {f"accord.{name}": list(columns) for name, columns in OWN_TABLES.items()}
    needed["statisfy.accounts"] = ["Id", *LIFE]
    # A table that follows from others has none of the columns that say what became of a record.
    records = (name for name, columns in there.items() if name.startswith("statisfy.") and not columns.isdisjoint(LIFE))
    needed.update((name, ["Id", *LIFE]) for name in records)
    lacking = []
    for table, columns in sorted(needed.items()):
        if table in there:
            lacking += [f"{table}.{column}" for column in columns if column not in there[table]]
        else:
            lacking.append(table)
    return lacking
