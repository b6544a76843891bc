"""A changed label: the table or column that was made from the old one is renamed in place, and keeps its rows.

Statements are the same when all but their labels is equal. Where several could be meant nothing is renamed: then the
old one goes and the new one comes, which the guards look at.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import grammar
from compiler.duckdb_functions import quote_name
from compiler.labels import lower_snake
from compiler.tables import active_view
from engine.apply import write_view
from engine.store import STORAGE_VERSION, StoreInfo, StorePaths, attach_published, copy_aside
from engine.workspace import CURRENT, Workspace, name_of
from grammar.spec_tree import CustomObject, Metric, Spec

_RENAMING = "renaming"
# Of a renamed money metric there may be one too.
_CURRENCY = "_currency"


class Described(NamedTuple):
    """A row of the published table `columns`."""

    table: str
    column: str
    source: str | None
    statement: str | None


class Renames(NamedTuple):
    """The new names of published tables, and of columns of accounts."""

    tables: Mapping[str, str] = {}
    columns: Mapping[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns)

    def of(self, one: Described) -> Described:
        """A published column as it is called from now on."""
        if one.table == "accounts":
            return one._replace(column=self.columns.get(one.column, one.column))
        return one._replace(table=self.tables.get(one.table, one.table))

    @property
    def words(self) -> Iterable[str]:
        """What is said of each."""
        for old, new in self.tables.items():
            yield f"{old} is called {new} now, and keeps its rows: its label changed"
        for old, new in self.columns.items():
            yield f"accounts.{old} is called {new} now: its label changed"


NO_RENAMES = Renames()


def find_renames(spec: Spec, described: Sequence[Described]) -> Renames:
    """Which of the published tables and columns are those of a statement of `spec` under another label."""
    tables = {one.table for one in described}
    columns = {one.column for one in described if one.table == "accounts"}
    before = {text: _statement(text) for text in dict.fromkeys(one.statement for one in described) if text}
    objects = {
        one.table: _shape(before[one.statement or ""])
        for one in described
        if one.statement
        and isinstance(found := before[one.statement], CustomObject)
        and one.table == lower_snake(found.label.value)
    }
    metrics = {
        one.column: _shape(before[one.statement or ""])
        for one in described
        if one.statement
        and one.table == "accounts"
        and isinstance(found := before[one.statement], Metric)
        and one.column == lower_snake(found.label.value)
    }
    now = [s for s in spec.statements if isinstance(s, CustomObject | Metric)]
    new_objects = {lower_snake(s.label.value): _shape(s) for s in now if isinstance(s, CustomObject)}
    new_metrics = {lower_snake(s.label.value): _shape(s) for s in now if isinstance(s, Metric)}
    renamed = _matched(metrics, new_metrics, columns)
    for old, new in list(renamed.items()):
        if old + _CURRENCY in columns and old + _CURRENCY not in new_metrics:
            renamed[old + _CURRENCY] = new + _CURRENCY
    return Renames(_matched(objects, new_objects, tables), renamed)


def _statement(text: str) -> CustomObject | Metric | None:
    """The statement that brought a column, if it has a label."""
    if not text.lower().startswith(("object", "metric")):
        return None
    for statement in grammar.parse_spec(f"accord 1\n{text}\n").tree.statements:
        if isinstance(statement, CustomObject | Metric):
            return statement
    return None


def _shape(statement: CustomObject | Metric | None) -> Hashable:
    """What makes a statement the same under another label."""
    match statement:
        case CustomObject():
            return (statement.object.text.lower(), statement.parent, statement.via)
        case Metric():
            return statement.source
        case None:
            return None


def _matched(before: Mapping[str, Hashable], now: Mapping[str, Hashable], published: Iterable[str]) -> dict[str, str]:
    gone = {name: shape for name, shape in before.items() if name not in now}
    new = {name: shape for name, shape in now.items() if name not in published}
    return {
        old: found[0]
        for old, shape in gone.items()
        if len(found := [name for name, other in new.items() if other == shape]) == 1
        and list(gone.values()).count(shape) == 1
    }


def rename_published(space: Workspace, paths: StorePaths, renames: Renames) -> tuple[StoreInfo | None, Path]:
    """Attach a copy of the published store in which tables and columns have their new names, instead of the store.

    Returns what the store says about itself, and the copy, from which the next store is to be made. Raises DiskError.
    """
    copy = paths.staging / "renamed.duckdb"
    space.detach(CURRENT)
    copy_aside(paths.store, copy)
    with space.attached(copy, _RENAMING, f"STORAGE_VERSION '{STORAGE_VERSION}'"):
        for old, new in renames.tables.items():
            _rename_table(space, old, new)
        for old, new in renames.columns.items():
            _rename_column(space, old, new)
        space.run(f"CHECKPOINT {quote_name(_RENAMING)}")
    return attach_published(space, paths, copy), copy


def _rename_table(space: Workspace, old: str, new: str) -> None:
    space.run(f"DROP VIEW IF EXISTS {name_of(_RENAMING, 'statisfy', active_view(old))}")
    space.run(f"ALTER TABLE {name_of(_RENAMING, 'statisfy', old)} RENAME TO {quote_name(new)}")
    write_view(space, _RENAMING, new)
    for schema, table in (("statisfy", "columns"), ("accord", "changes"), ("accord", "rejects"), ("accord", "ledger")):
        space.run(
            f"UPDATE {name_of(_RENAMING, schema, table)} SET table_name = ? WHERE table_name = ?",
            [new, old],
        )


def _rename_column(space: Workspace, old: str, new: str) -> None:
    space.run(f"DROP VIEW IF EXISTS {name_of(_RENAMING, 'statisfy', active_view('accounts'))}")
    space.run(f"ALTER TABLE {name_of(_RENAMING, 'statisfy', 'accounts')} RENAME {quote_name(old)} TO {quote_name(new)}")
    write_view(space, _RENAMING, "accounts")
    for schema, table in (("statisfy", "columns"), ("accord", "changes"), ("accord", "rejects")):
        space.run(
            f"UPDATE {name_of(_RENAMING, schema, table)} SET column_name = ?"
            " WHERE table_name = 'accounts' AND column_name = ?",
            [new, old],
        )
