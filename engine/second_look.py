"""The second look: before a row is called left, deleted or gone, Salesforce is asked for it by its Id.

An absence is never read as a deletion. A row that turns out to match its filter after all came or changed while the run
read; it is fetched and counted as moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from compiler.plan import Plan, Table
from compiler.print_soql import print_query
from compiler.probe import by_id_query, existing_count, status_query
from compiler.relation import ColumnType
from compiler.relation_columns import Columns
from compiler.schema import Schema, SObject
from engine.by_id import Asking, ask, ask_counted, parts_that_fit
from engine.errors import QueryTimeoutError, TransportError, UnexplainedError
from engine.load import Staged, rejects_of
from engine.match_list import part
from engine.rows import create_from
from engine.salesforce.rest_query import count
from engine.workspace import CURRENT, WORK, Workspace, name_of
from grammar.soql_tree import Query

# Of rows that are said to be gone, so many are asked for once more.
CHECKED = 2_000
_ASKED: Columns = {
    "key": ColumnType("id"),
    "answer": ColumnType("text"),
    "merged_into": ColumnType("id"),
}


_STATUS: Columns = {
    "Id": ColumnType("id"),
    "IsDeleted": ColumnType("boolean"),
    "MasterRecordId": ColumnType("id"),
}


# Puts rows that came late (the second) into their extract (the first).
Merge: TypeAlias = Callable[[Staged, Staged], Staged]


class Looked(NamedTuple):
    """What the second look at a table found: the extracts with late rows in them, and how many those are."""

    staged: Mapping[str, Staged]
    moved: int


def asked_of(table: str) -> str:
    """The quoted name of a table's answers: `key`, `answer` (live, deleted, merged or gone), `merged_into`."""
    return name_of(WORK, "delta", f"{table}(asked)")


def look_again(
    asking: Asking,
    plan: Plan,
    schema: Schema,
    table: Table,
    staged: Mapping[str, Staged],
    published: bool,
    merge: Merge,
    compared: frozenset[str] = frozenset(),
) -> Looked:
    """Ask for every row of a record table that none of its extracts returned; see `asked_of` for the answers.

    `merge` puts rows that came late into their extract; `compared` are the extracts whose copy the table is and whose
    differences from it are known.

    Raises UnexplainedError for rows that match their filter and yet are not returned.
    """
    space = asking.space
    create_from(space, asked_of(table.name), _ASKED, ())
    if not published or table.object is None:
        return Looked(staged, 0)
    missing = _missing(space, table, staged, compared)
    if not missing:
        return Looked(staged, 0)
    ask_status(asking, schema, table, list(missing))
    suspects = [
        key
        for (key,) in space.run(f"SELECT key FROM {asked_of(table.name)} WHERE answer = 'live' ORDER BY key")
        if missing[key] == "active"
    ]
    if not suspects:
        return Looked(staged, 0)
    return _ask_filters(asking, plan, schema, table, staged, suspects, merge)


def returned_ids(table: Table, staged: Mapping[str, Staged]) -> str:
    """A SELECT of the Ids that Salesforce returned for a table."""
    return " UNION ALL ".join(
        f'SELECT "Id" FROM {staged[extract].match_list} UNION ALL SELECT key FROM {rejects_of(extract)}'
        for extract in table.extracts
    )


def _missing(space: Workspace, table: Table, staged: Mapping[str, Staged], compared: frozenset[str]) -> dict[str, str]:
    """The published rows that no extract has, with their status; also in `delta."<table>(missing)"`."""
    current = f"{name_of(CURRENT, 'statisfy', table.name)} AS c"
    source = current
    if compared.issuperset(table.extracts):
        # The copy are the active rows: one of them that no extract has is among those that no longer hold.
        differing = " UNION ".join(
            f'(SELECT "Id" FROM {part(extract, "out")} EXCEPT SELECT "Id" FROM {part(extract, "new")})'
            for extract in table.extracts
        )
        source = name_of(WORK, "delta", f"{table.name}(suspects)")
        space.run(
            f'CREATE OR REPLACE TABLE {source} AS SELECT "Id", record_status FROM {current}'
            f" WHERE record_status <> 'active' UNION ALL SELECT \"Id\", 'active' FROM ({differing}) AS d"
        )
        source += " AS c"
    missing = _missing_of(table)
    space.run(
        f'CREATE OR REPLACE TABLE {missing} AS SELECT "Id", record_status FROM {source}'
        f' WHERE NOT EXISTS (SELECT 1 FROM ({returned_ids(table, staged)}) AS k WHERE k."Id" = c."Id")'
    )
    return dict(space.run(f'SELECT "Id", record_status FROM {missing} ORDER BY 1'))


def _missing_of(table: Table) -> str:
    return name_of(WORK, "delta", f"{table.name}(missing)")


def ask_status(asking: Asking, schema: Schema, table: Table, missing: Sequence[str]) -> None:
    """Ask what became of rows, whatever their filter, and put it into the answers about the table (`asked_of`)."""
    sobject = schema.object(table.object or "")
    if sobject is None:
        raise UnexplainedError(table.name, missing)
    columns = {name: kind for name, kind in _STATUS.items() if sobject.field(name) is not None}
    binned, merges = "IsDeleted" in columns, "MasterRecordId" in columns
    found = ask(
        asking,
        lambda ids: status_query(sobject, ids),
        _for_all(status_query(sobject, missing[:1])),
        columns,
        missing,
        f"{table.name}(status)",
        all_rows=binned,
    )
    deleted = 'coalesce(s."IsDeleted", FALSE)' if binned else "FALSE"
    master = 's."MasterRecordId"' if merges else "NULL"
    asking.space.run(
        f"INSERT INTO {asked_of(table.name)} SELECT m.key, CASE WHEN s.\"Id\" IS NULL THEN 'gone'"
        f" WHEN {deleted} AND {master} IS NOT NULL THEN 'merged' WHEN {deleted} THEN 'deleted' ELSE 'live' END,"
        f" CASE WHEN {deleted} THEN {master} END"
        f" FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS key) AS m"
        f' LEFT JOIN {name_of(*found.leaf.name)} AS s ON s."Id" = m.key',
        [list(missing)],
    )
    _check_gone(asking, sobject, table, binned)


def _check_gone(asking: Asking, sobject: SObject, table: Table, binned: bool) -> None:
    """Raise UnexplainedError if rows that did not come are counted as being there.

    An answer without rows may be an error's, and `gone` is for what Salesforce no longer has.
    """
    rows = asking.space.run(
        f"SELECT key FROM {asked_of(table.name)} WHERE answer = 'gone' ORDER BY key LIMIT ?", [CHECKED]
    )
    gone = [key for (key,) in rows]
    for part_of in parts_that_fit(gone, partial(existing_count, sobject)):
        if _are_there(asking, sobject, table, part_of, binned):
            raise UnexplainedError(table.name, part_of)


def _are_there(asking: Asking, sobject: SObject, table: Table, ids: Sequence[str], binned: bool) -> bool:
    """Whether Salesforce counts any of these rows; where it does not count in time, whether it returns any."""
    try:
        return count(asking.client, print_query(existing_count(sobject, ids)).text, all_rows=binned) > 0
    except (QueryTimeoutError, TransportError):
        query, columns = partial(status_query, sobject), {"Id": _STATUS["Id"]}
        whole = _for_all(status_query(sobject, ids[:1]))
        return ask(asking, query, whole, columns, ids, f"{table.name}(gone)", all_rows=binned).rows > 0


def _ask_filters(
    asking: Asking,
    plan: Plan,
    schema: Schema,
    table: Table,
    staged: Mapping[str, Staged],
    suspects: Sequence[str],
    merge: Merge,
) -> Looked:
    sobject = schema.object(table.object or "")
    out = dict(staged)
    moved: set[str] = set()
    for extract_id in table.extracts:
        extract = plan.extract(extract_id)
        columns = {column.name: column.type for column in extract.columns}
        query, name = partial(by_id_query, extract), f"{extract_id}(late)"
        late = ask_counted(asking, query, extract.fetch, columns, suspects, name, all_rows=archives(sobject))
        if not late.rows and not late.rejected:
            continue
        moved.update(key for (key,) in asking.space.run(f'SELECT "Id" FROM {name_of(*late.leaf.name)}'))
        out[extract_id] = merge(out[extract_id], late)
    return Looked(out, len(moved))


def archives(sobject: SObject | None) -> bool:
    """Whether an object has archived rows, which are live and match what they match, but only queryAll returns them."""
    return sobject is not None and sobject.field("IsArchived") is not None


def check_explained(space: Workspace, table: Table, staged: Mapping[str, Staged]) -> None:
    """Raise UnexplainedError for active rows that are absent without any answer of Salesforce's about them."""
    if not space.value(f"SELECT count(*) FROM {_missing_of(table)}"):
        return
    rows = space.run(
        f"SELECT \"Id\" FROM {_missing_of(table)} AS c WHERE record_status = 'active'"
        f' AND NOT EXISTS (SELECT 1 FROM ({returned_ids(table, staged)}) AS k WHERE k."Id" = c."Id")'
        f' AND NOT EXISTS (SELECT 1 FROM {asked_of(table.name)} AS a WHERE a.key = c."Id") ORDER BY 1'
    )
    if rows:
        raise UnexplainedError(table.name, [key for (key,) in rows])


def _for_all(query: Query) -> Query:
    return Query(query.select, query.source, query.span)
