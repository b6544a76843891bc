"""The published store under the names of now: a copy of it, from which the next store is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from compiler.duckdb_functions import quote_name
from compiler.tables import active_view
from engine.apply import write_view
from engine.renames import Renames
from engine.store import STORAGE_VERSION, StoreInfo, StorePaths, attach_published, copy_aside
from engine.workspace import CURRENT, Workspace, name_of

_RENAMING = "renaming"
# Names may be exchanged, and DuckDB does not tell letter cases apart: each goes by way of one that nobody has.
_BETWEEN = "(renaming)"
_BY_TABLE = (("statisfy", "columns"), ("accord", "changes"), ("accord", "rejects"), ("accord", "ledger"))
_BY_COLUMN = _BY_TABLE[:3]


def rename_published(space: Workspace, paths: StorePaths, renames: Renames) -> tuple[StoreInfo | None, Path]:
    """Attach a copy of the published store in which tables and columns have their new names, instead of the store.

    Returns what the store says about itself, and the copy, from which the next store is to be made. Raises DiskError.
    """
    copy = paths.staging / "renamed.duckdb"
    space.detach(CURRENT)
    copy_aside(paths.store, copy)
    with space.attached(copy, _RENAMING, f"STORAGE_VERSION '{STORAGE_VERSION}'"):
        _rename_tables(space, {**renames.tables, **renames.replaced})
        _rename_columns(space, "accounts", renames.columns, renames.dropped)
        for of in dict.fromkeys(table for table, _ in renames.spelled):
            _rename_columns(space, of, {old: new for (table, old), new in renames.spelled.items() if table == of})
        space.run(f"CHECKPOINT {quote_name(_RENAMING)}")
    return attach_published(space, paths, copy), copy


def _rename_tables(space: Workspace, names: Mapping[str, str]) -> None:
    for old in names:
        _drop_view(space, old)
        space.run(f"ALTER TABLE {_table(old)} RENAME TO {quote_name(old + _BETWEEN)}")
    for old, new in names.items():
        space.run(f"ALTER TABLE {_table(old + _BETWEEN)} RENAME TO {quote_name(new)}")
        write_view(space, _RENAMING, new)
    _tell(space, _BY_TABLE, "table_name", names)


def _rename_columns(space: Workspace, table: str, names: Mapping[str, str], dropped: Iterable[str] = ()) -> None:
    if not names:
        return
    _drop_view(space, table)
    for name in dropped:
        space.run(f"ALTER TABLE {_table(table)} DROP {quote_name(name)}")
    for old in names:
        space.run(f"ALTER TABLE {_table(table)} RENAME {quote_name(old)} TO {quote_name(old + _BETWEEN)}")
    for old, new in names.items():
        space.run(f"ALTER TABLE {_table(table)} RENAME {quote_name(old + _BETWEEN)} TO {quote_name(new)}")
    write_view(space, _RENAMING, table)
    _tell(space, _BY_COLUMN, "column_name", names, table)


def _tell(
    space: Workspace, tables: Iterable[tuple[str, str]], column: str, names: Mapping[str, str], of: str | None = None
) -> None:
    """Put new names in the place of old ones in all that the store says of its tables, or of the columns of one."""
    if not names:
        return
    listed = ", ".join(["(?, ?)"] * len(names))
    pairs = [name for pair in names.items() for name in pair]
    where, table_of = (" AND t.table_name = ?", [of]) if of is not None else ("", [])
    for schema, table in tables:
        space.run(
            f"UPDATE {name_of(_RENAMING, schema, table)} AS t SET {column} = r.becomes"
            f" FROM (VALUES {listed}) AS r(was, becomes) WHERE t.{column} = r.was{where}",
            [*pairs, *table_of],
        )


def _drop_view(space: Workspace, table: str) -> None:
    space.run(f"DROP VIEW IF EXISTS {name_of(_RENAMING, 'statisfy', active_view(table))}")


def _table(name: str) -> str:
    return name_of(_RENAMING, "statisfy", name)
