"""Schema drift: what the org no longer has, or hides, of what the published tables hold.

A column that is only shown keeps its values and is marked stale; a table whose object is hidden is frozen. Whatever a
filter, a link, an owner or a number needs stays in the spec, where compiling reports it by its line and stops the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb

from compiler.duckdb_functions import duckdb_type, quote_name
from compiler.labels import lower_snake
from compiler.paths import find_field
from compiler.schema import Schema
from engine.differences import Comparison
from engine.errors import AccordError
from engine.identity import Identity
from engine.quoted_spec import line_of
from engine.renames import NO_RENAMES, Described, Renames, find_renames
from engine.store import StoreInfo, StorePaths, attach_published, is_of
from engine.workspace import CURRENT, Workspace, name_of
from grammar.node import Node
from grammar.soql_tree import FieldPath
from grammar.source import NOWHERE, Span
from grammar.spec_tree import (
    Accounts,
    CustomObject,
    FieldSelection,
    Guards,
    LeaveGuard,
    Metric,
    Name,
    Related,
    SelectedField,
    Spec,
    Statement,
    Trivia,
)

_N = TypeVar("_N", bound=Node)
_SOURCE = re.compile(r"(?P<object>\w+)\.(?P<path>\w+(\.\w+)*)")
# Columns of Accord's own that only pass on a field, by table.
_PASSED_ON: Mapping[str, frozenset[str]] = {
    "accounts": frozenset({"web_domain", "parent_id", "record_type", "is_person"}),
    "users": frozenset({"name", "email", "active"}),
}


class LostColumn(NamedTuple):
    """A published column whose field is not in the org any more, or hidden; `span` is what asks for it."""

    table: str
    column: str
    source: str
    span: Span


class FrozenTable(NamedTuple):
    """A published table whose object is not in the org any more, or hidden; `span` is its statement."""

    table: str
    object: str
    span: Span


class Drift(NamedTuple):
    """The spec as it can be compiled for the org of now, and what it thereby leaves as it is.

    `stops` are losses that no statement names and that nevertheless decide who is in. `renamed`: what other labels
    made, and other letter cases of the org's names; all else has the names of now. `store_run` is the run that made the
    store which all of this is about.
    """

    spec: Spec
    lost: tuple[LostColumn, ...] = ()
    frozen: tuple[FrozenTable, ...] = ()
    stops: tuple[str, ...] = ()
    renamed: Renames = NO_RENAMES
    store_run: int | None = None


NO_DRIFT = Drift(Spec((), Trivia(), NOWHERE))


class _Known(NamedTuple):
    table: str
    column: str
    object: str
    path: str


def find_drift(spec: Spec, schema: Schema, store: Path, adopting: Identity | None = None) -> Drift:
    """Compare what the published tables hold with the org's schema of now. Without a store nothing is lost.

    `adopting` is the org that is to take the store over: what another org's tables held is no loss of its own.
    """
    info, described = _described(store)
    if info is None:
        return Drift(spec)
    renamed = find_renames(spec, described)
    known = _known(renamed.of(described))
    if not known or (adopting is not None and not is_of(info, adopting)):
        return Drift(spec, store_run=info.run)
    statements = {table: statement for statement in spec.statements if (table := _table_of(statement))}
    metrics = {("accounts", lower_snake(one.label.value)) for one in spec.statements if isinstance(one, Metric)}
    frozen: dict[str, FrozenTable] = {}
    lost: list[LostColumn] = []
    spelled: dict[tuple[str, str], str] = {}
    stops: list[str] = []
    for one in known:
        statement = statements.get(one.table)
        implied = one.table in ("contacts", "opportunities", "users")
        if (statement is None and not implied) or (isinstance(statement, Related) and statement.off):
            continue
        if isinstance(statement, CustomObject) and statement.object.text.lower() != one.object.lower():
            continue
        span = statement.span if statement is not None else NOWHERE
        sobject = schema.object(one.object)
        if sobject is None:
            if one.table != "accounts":
                frozen[one.table] = FrozenTable(one.table, one.object, span)
            continue
        path = FieldPath(tuple(one.path.split(".")), NOWHERE)
        if (field := find_field(path, sobject, schema, lambda _: None)) is not None:
            if one.column == one.path != field.name and one.path.lower() == field.name.lower():
                spelled[one.table, one.column] = field.name
            continue
        source = f"{one.object}.{one.path}"
        if one.column in ("account_id", "contact_id"):
            if not isinstance(statement, CustomObject):
                stops.append(f"{one.table}: {source}, which links them to accounts, is not in the org or not visible")
        elif one.column in _PASSED_ON.get(one.table, ()):
            lost.append(LostColumn(one.table, one.column, source, span))
        elif (one.table, one.column.lower()) in metrics:
            # The spec has given its name to something else.
            continue
        elif one.column == one.path and (asked := _asked_for(statement, one.path)) is not None:
            lost.append(LostColumn(one.table, one.column, source, asked))
    if "contacts" in frozen:
        for table, statement in statements.items():
            if isinstance(statement, CustomObject) and statement.parent == "contact":
                frozen.setdefault(table, FrozenTable(table, frozen["contacts"].object, statement.span))
    here = _without(spec, schema, known, frozen)
    renamed = renamed._replace(spelled=spelled)
    return Drift(here, tuple(lost), tuple(frozen.values()), tuple(stops), renamed, info.run)


def lost_words(lost: LostColumn, spec_text: str) -> str:
    """What is said of a column that keeps its values."""
    return (
        f"{lost.table}.{lost.column} keeps the values that it had: {lost.source} is not in the org any more, or not"
        f" visible to this user{line_of(spec_text, lost.span)}"
    )


def frozen_words(frozen: FrozenTable, spec_text: str) -> str:
    """What is said of a table that stays as it is."""
    return (
        f"{frozen.table} stays as it is: {frozen.object} is not in the org any more, or not visible to this"
        f" user{line_of(spec_text, frozen.span)}"
    )


def _described(store: Path) -> tuple[StoreInfo | None, list[Described]]:
    """What the published store says of itself and of its columns; None where there is none that can be read."""
    paths = StorePaths.of(store)
    space = Workspace(paths.staging)
    try:
        info = attach_published(space, paths)
        if info is None:
            return None, []
        columns = name_of(CURRENT, "statisfy", "columns")
        rows = space.run(f"SELECT table_name, column_name, source, statement FROM {columns} ORDER BY ALL")
    except (AccordError, duckdb.Error):
        # The run that follows opens the same file, and says what is wrong with it.
        return None, []
    finally:
        space.close()
    return info, [Described(*row) for row in rows]


def _known(described: Iterable[Described]) -> list[_Known]:
    """The published columns that hold a field each."""
    matches = ((one.table, one.column, _SOURCE.fullmatch(one.source or "")) for one in described)
    return [_Known(table, column, found["object"], found["path"]) for table, column, found in matches if found]


def _table_of(statement: Statement) -> str | None:
    match statement:
        case Accounts():
            return "accounts"
        case Related(table):
            return table
        case CustomObject(label=label):
            return lower_snake(label.value)
        case _:
            return None


def _selections(statement: Statement | None) -> list[FieldSelection]:
    items: Iterable[object] = statement.items if isinstance(statement, Accounts | Related | CustomObject) else ()
    return [item for item in items if isinstance(item, FieldSelection)]


def _asked_for(statement: Statement | None, field: str) -> Span | None:
    """What asks for a field: its name in a list, else the statement whose default set it is in; None: nothing."""
    selections = _selections(statement)
    named = {(part.mode, item.path.text.lower()): item.span for part in selections for item in part.fields}
    key = field.lower()
    if ("except", key) in named:
        return None
    listed = named.get(("fields", key)) or named.get(("also", key))
    if listed is not None or any(part.mode == "fields" for part in selections):
        return listed
    return statement.span if statement is not None else NOWHERE


def _without(spec: Spec, schema: Schema, known: Sequence[_Known], frozen: Mapping[str, FrozenTable]) -> Spec:
    """The spec without the fields and statements that the org has nothing for any more."""
    held = {(one.table, one.path.lower()) for one in known if one.column == one.path}

    def is_lost(table: str, sobject: str, item: SelectedField) -> bool:
        found = schema.object(sobject)
        if found is None or (table, item.path.text.lower()) not in held:
            return False
        return find_field(item.path, found, schema, lambda _: None) is None

    statements: list[Statement] = []
    for statement in spec.statements:
        table = _table_of(statement)
        if table in frozen:
            continue
        if isinstance(statement, Guards):
            kept = tuple(
                item for item in statement.items if not (isinstance(item, LeaveGuard) and _guarded(item) in frozen)
            )
            statements.append(_with(statement, items=kept))
        elif isinstance(statement, Accounts | Related | CustomObject):
            assert table is not None
            sobject = {"accounts": "Account", "contacts": "Contact", "opportunities": "Opportunity"}.get(table)
            name = statement.object.text if isinstance(statement, CustomObject) else sobject or ""
            items = tuple(
                _with(item, fields=tuple(f for f in item.fields if not is_lost(table, name, f)))
                if isinstance(item, FieldSelection)
                else item
                for item in statement.items
            )
            statements.append(_with(statement, items=items))
        else:
            statements.append(statement)
    return _with(spec, statements=tuple(statements))


def _guarded(guard: LeaveGuard) -> str:
    return guard.table.text.lower() if isinstance(guard.table, Name) else lower_snake(guard.table.value)


def _with(node: _N, **changes: Any) -> _N:
    return type(node)(**{name: changes.get(name, getattr(node, name)) for name in node.__match_args__})


def carry(space: Workspace, comparison: Comparison, lost: Iterable[LostColumn]) -> Comparison:
    """Give a table's wanted rows, computed whole, the published values of the columns that are lost."""
    target, table = comparison.wanted, comparison.table.name
    kept = {one.column: comparison.current[one.column] for one in lost if one.table == table}
    if not kept:
        return comparison
    for name, kind in kept.items():
        if name not in comparison.columns:
            space.run(f"ALTER TABLE {target} ADD COLUMN {quote_name(name)} {duckdb_type(kind)}")
    values = ", ".join(f"{quote_name(name)} = c.{quote_name(name)}" for name in kept)
    same = comparison.same_key("w", "c")
    space.run(f"UPDATE {target} AS w SET {values} FROM {comparison.published} AS c WHERE {same}")
    return comparison._replace(columns={**comparison.columns, **kept})
