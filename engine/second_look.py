"""The second look: before a row is called left, deleted or gone, Salesforce is asked for it by its Id.

An absence is never read as a deletion. A row that turns out to match its filter after all came or changed while the run
read; it is fetched and counted as moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from compiler.plan import Plan, Table
from compiler.probe import by_id_query
from compiler.schema import Schema, SObject
from engine.absent import ask_status, asked_of, no_answers
from engine.by_id import Asking, ask_counted
from engine.errors import UnexplainedError
from engine.load import Staged, rejects_of
from engine.match_list import part
from engine.workspace import CURRENT, WORK, Workspace, name_of

# Puts rows that came late (the second) into their extract (the first).
Merge: TypeAlias = Callable[[Staged, Staged], Staged]


class Looked(NamedTuple):
    """What the second look at a table found: the extracts with late rows in them, and how many those are."""

    staged: Mapping[str, Staged]
    moved: int


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
    no_answers(space, table.name)
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
