"""The copy: where the rows that the last run read lie in the published store, extract by extract.

A table that is an object's rows one to one is the copy itself. What it does not hold is kept beside it, in a narrow
table of the schema `accord`: the columns that are read and not published, and rows that no table holds one to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from compiler.duckdb_functions import duckdb_type, quote_name
from compiler.plan import Extract, Plan, Table
from compiler.relation import Col, Extracted, Relation, Select
from compiler.relation_columns import Columns, inputs_of
from engine.identity import Identity
from engine.own_tables import FORGOT
from engine.salesforce.manifest import GOOD_FOR
from engine.workspace import CURRENT, WORK, Workspace, name_of

STAMP = "SystemModstamp"
PLACE = "(place)"


class Link(NamedTuple):
    """The column of an extract that names the parent row, and the table that holds the parents."""

    column: str
    parent: str


class Kept(NamedTuple):
    """Where an extract's rows are kept.

    `table`: the table that is its copy; None: no table is. `published`: the columns that are read from there.
    `beside`: those that are kept in `accord."copy_<extract>"`. `link`: only rows whose parent is in are kept.
    `shared`: several extracts have this table, so that the Ids of each are kept beside it too.
    """

    extract: Extract
    table: str | None
    published: tuple[str, ...]
    beside: tuple[str, ...]
    link: Link | None
    shared: bool

    @property
    def side(self) -> str | None:
        """The name of the table beside, in the schema `accord`; None: there is none."""
        return f"copy_{self.extract.id}" if self.beside or self.shared or self.table is None else None

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the extract's order."""
        return tuple(column.name for column in self.extract.columns)


def where_kept(plan: Plan) -> dict[str, Kept]:
    """For every extract of a plan, where its rows are kept."""
    found: dict[str, Kept] = {}
    for extract in plan.extracts:
        table = plan.shown_by(extract.id)
        link = None if table is None else _link(plan, table, extract.id)
        if table is not None and (table.name == "accounts" or link is not None):
            found[extract.id] = _in_table(extract, table, link)
        else:
            found[extract.id] = _beside(extract)
    tables = {kept.table for kept in found.values()}
    return {
        name: _beside(kept.extract) if kept.link and kept.link.parent not in tables else kept
        for name, kept in found.items()
    }


def _in_table(extract: Extract, table: Table, link: Link | None) -> Kept:
    own = {column.name for column in table.columns if not column.derived}
    names = [column.name for column in extract.columns]
    published = tuple(name for name in names if name in own)
    beside = tuple(name for name in names if name not in own)
    return Kept(extract, table.name, published, beside, link, len(table.extracts) > 1)


def _beside(extract: Extract) -> Kept:
    names = tuple(column.name for column in extract.columns if column.name != "Id")
    return Kept(extract, None, (), names, None, False)


def _link(plan: Plan, table: Table, extract: str) -> Link | None:
    """The link by which all who read the extract read it: rows without a parent are of no use to anybody then."""
    if table.parent is None or len(table.extracts) != 1:
        return None
    found: set[str | None] = set()
    for other in plan.tables:
        for reader in _readers(other.relation, extract):
            if isinstance(reader, Select):
                values = {a.name: a.value for a in reader.columns}
                link = values.get(table.parent.column)
                found.add(link.name if isinstance(link, Col) else None)
            else:
                found.add(None)
    column = found.pop() if len(found) == 1 else None
    return Link(column, table.parent.table) if column is not None else None


def _readers(relation: Relation, extract: str) -> Iterator[Relation]:
    for one in inputs_of(relation):
        if isinstance(one, Extracted) and one.extract == extract:
            yield relation
        else:
            yield from _readers(one, extract)


def store_serves(space: Workspace, meaning: str, identity: Identity) -> bool:
    """Whether the published store was made by the same plan for the same user, so that its rows are a copy."""
    return _last_sync(space, "meaning, user_id") == (meaning, identity.user_id)


def is_store_of(space: Workspace, meaning: str) -> bool:
    """Whether a plan is the one that the published tables are of, whoever refreshed accounts of them since."""
    return _last_sync(space, "meaning", but="") == (meaning,)


def was_whole(space: Workspace) -> bool:
    """Whether the run that made the published store brought every table up to date."""
    return _last_sync(space, "outcome") == ("succeeded",)


def has_forgotten(space: Workspace) -> bool:
    """Whether somebody was forgotten since a run last changed the store: it no longer tells what that row counted for.

    When the row goes or moves, only computing all tells for whom.
    """
    runs = name_of(CURRENT, "accord", "runs")
    last = f"(SELECT max(run) FROM {runs} WHERE meaning IS NOT NULL)"
    return bool(space.value(f"SELECT count(*) FROM {runs} WHERE outcome = ? AND run > {last}", [FORGOT]))


def read_whole_at(space: Workspace, meaning: str) -> datetime | None:
    """When at the earliest the rows of every copy were read last, as far as the store's runs tell; None: they do not.

    A run may have gone on with what another had asked for before it.
    """
    runs = name_of(CURRENT, "accord", "runs")
    at = space.value(f"SELECT max(started_at) FROM {runs} WHERE meaning = ? AND outcome = 'succeeded'", [meaning])
    return None if at is None else at.replace(tzinfo=UTC) - GOOD_FOR


def _last_sync(space: Workspace, columns: str, but: str | None = None) -> tuple[object, ...] | None:
    """Of the last run in the store that read Salesforce; a rollback is a run too, and has no plan.

    A refresh of an account has the empty meaning; `but` leaves runs of a meaning out.
    """
    runs = name_of(CURRENT, "accord", "runs")
    rows = space.run(
        f"SELECT {columns} FROM {runs} WHERE meaning IS NOT NULL AND meaning IS DISTINCT FROM ?"
        " ORDER BY run DESC LIMIT 1",
        [but],
    )
    return rows[0] if rows else None


def columns_kept(space: Workspace, kept: Kept) -> dict[str, Columns] | None:
    """The published columns and those beside, with their types; None if something is missing there."""
    published: Columns = space.columns((CURRENT, "statisfy", kept.table)) if kept.table else {}
    beside: Columns = space.columns((CURRENT, "accord", kept.side)) if kept.side else {}
    if any(name not in published for name in kept.published) or (kept.table and "Id" not in published):
        return None
    if kept.side and any(name not in beside for name in ("Id", *kept.beside)):
        return None
    return {"published": published, "beside": beside}


def copy_view(kept: Kept) -> str:
    """The quoted name of the view on an extract's copy."""
    return name_of(WORK, "staged", f"{kept.extract.id}(copy)")


def open_copy(space: Workspace, kept: Kept) -> Columns | None:
    """Make the view `copy_view` with the extract's columns and return them; None if the store has no copy.

    It has the column `(place)` besides: the row's number in its table, which a copy of the file leaves as it is.
    """
    there = columns_kept(space, kept)
    if there is None:
        return None
    published, beside = there["published"], there["beside"]
    types = {name: published[name] if name in kept.published else beside[name] for name in kept.columns}
    values = ", ".join(
        f"{'t' if name in kept.published or (name == 'Id' and kept.table) else 's'}.{quote_name(name)}"
        for name in kept.columns
    )
    side = name_of(CURRENT, "accord", kept.side) if kept.side else None
    values += f", {'t' if kept.table else 's'}.rowid AS {quote_name(PLACE)}"
    if kept.table is None:
        source = f"{side} AS s"
    else:
        source = f"{name_of(CURRENT, 'statisfy', kept.table)} AS t"
        if side is not None:
            source += f' JOIN {side} AS s ON s."Id" = t."Id"'
        source += " WHERE t.record_status = 'active'"
    space.run(f"CREATE OR REPLACE VIEW {copy_view(kept)} AS SELECT {values} FROM {source}")
    return types


def cast_all(columns: Iterable[str], types: Columns, prefix: str = "") -> str:
    """A SELECT list of columns as the given types."""
    return ", ".join(
        f"CAST({prefix}{quote_name(name)} AS {duckdb_type(types[name])}) AS {quote_name(name)}" for name in columns
    )
