"""The second look: before a row is called left, deleted or gone, Salesforce is asked for it by its Id.

An absence is never read as a deletion. A row that turns out to match its filter after all came or changed while the run
read; it is fetched and counted as moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from compiler.plan import Plan, Table
from compiler.schema import Schema
from engine.absent import ask_status, asked_of, no_answers, take_answers
from engine.by_id import Asking, ask_counted, rows_of
from engine.errors import UnexplainedError
from engine.freshness import Listed
from engine.leavers import read_changed
from engine.load import Staged, rejects_of
from engine.match_list import part
from engine.workspace import CURRENT, WORK, Workspace, name_of

# A rejected row is one that matched, so that Salesforce is asked for it as for one that is in.
_IS_OUT = "record_status NOT IN ('active', 'rejected')"
# Puts rows that came late (the second) into their extract (the first).
Merge: TypeAlias = Callable[[Staged, Staged], Staged]


class Looked(NamedTuple):
    """What the second look at a table found: the extracts with late rows in them, and how many those are.

    `as_before`: so many rows that are out were not asked for, since there are many and nothing is heard of them;
    `changed` is what was read in their place, the rows of the object that changed.
    """

    staged: Mapping[str, Staged]
    moved: int
    as_before: int = 0
    changed: Staged | None = None


def look_again(
    asking: Asking,
    plan: Plan,
    schema: Schema,
    table: Table,
    staged: Mapping[str, Staged],
    merge: Merge,
    compared: frozenset[str] = frozenset(),
    known: Listed | None = None,
) -> Looked:
    """Ask for every row of a published record table that none of its extracts returned; see `asked_of` for the answers.

    `merge` puts rows that came late into their extract; `compared` are the extracts whose copy the table is and whose
    differences from it are known. `known`: when all rows that are out were asked for, and when the table was last
    brought up to date; None if they are to be asked for now, however many they are.

    Raises UnexplainedError for rows that match their filter and yet are not returned.
    """
    space = asking.space
    no_answers(space, table.name)
    missing = _find_missing(space, table, staged, compared) if table.object is not None else 0
    if not missing:
        return Looked(staged, 0)
    many = missing > asking.reading.by_id
    looked = _ask_missing(asking, schema, table, Looked(staged, 0), known if many else None)
    suspects = _keys(
        space,
        f'SELECT a.key FROM {asked_of(table.name)} AS a JOIN {_missing_of(table)} AS m ON m."Id" = a.key'
        " WHERE a.answer = 'live' AND m.record_status = 'active'",
    )
    if suspects:
        looked = _ask_filters(asking, plan, table, looked, suspects, merge)
    return looked


def returned_ids(table: Table, staged: Mapping[str, Staged]) -> str:
    """A SELECT of the Ids that Salesforce returned for a table."""
    return " UNION ALL ".join(
        f'SELECT "Id" FROM {staged[extract].match_list} UNION ALL SELECT key FROM {rejects_of(extract)}'
        for extract in table.extracts
    )


def _find_missing(space: Workspace, table: Table, staged: Mapping[str, Staged], compared: frozenset[str]) -> int:
    """Put the published rows that no extract has, with their status, into `delta."<table>(missing)"`; count them."""
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
    return int(space.value(f"SELECT count(*) FROM {missing}"))


def _missing_of(table: Table) -> str:
    return name_of(WORK, "delta", f"{table.name}(missing)")


def _ask_missing(asking: Asking, schema: Schema, table: Table, looked: Looked, known: Listed | None) -> Looked:
    """Ask what became of the rows that no extract has; of those that were out before, if need be, by what changed."""
    space, missing = asking.space, _missing_of(table)
    sobject = schema.object(table.object or "")
    to_ask = _keys(space, f'SELECT "Id" FROM {missing} WHERE NOT {_IS_OUT}')
    changed = None
    # To ask for more than these is to read the whole object, which then tells of all.
    if known is not None and sobject is not None and len(to_ask) <= asking.reading.by_id:
        changed = read_changed(asking, sobject, table.name, known.read_at)
    if changed is None or sobject is None:
        ask_status(asking, schema, table, _keys(space, f'SELECT "Id" FROM {missing}'))
        return looked
    if to_ask:
        ask_status(asking, schema, table, to_ask)
    heard_of = f'"Id" IN (SELECT "Id" FROM {name_of(*changed.leaf.name)})'
    take_answers(space, sobject, table, changed, f'SELECT "Id" AS key FROM {missing} WHERE {_IS_OUT} AND {heard_of}')
    others = f"FROM {missing} WHERE {_IS_OUT} AND NOT {heard_of}"
    space.run(f"INSERT INTO {asked_of(table.name)} SELECT \"Id\", 'as_before', NULL {others}")
    return looked._replace(as_before=int(space.value(f"SELECT count(*) {others}")), changed=changed)


def _keys(space: Workspace, select: str) -> list[str]:
    return [key for (key,) in space.run(f"{select} ORDER BY 1")]


def _ask_filters(
    asking: Asking,
    plan: Plan,
    table: Table,
    looked: Looked,
    suspects: Sequence[str],
    merge: Merge,
) -> Looked:
    out = dict(looked.staged)
    moved: set[str] = set()
    for extract_id in table.extracts:
        extract = plan.extract(extract_id)
        late = ask_counted(asking, rows_of(extract), suspects, f"{extract_id}(late)")
        if not late.rows and not late.rejected:
            continue
        moved.update(key for (key,) in asking.space.run(f'SELECT "Id" FROM {name_of(*late.leaf.name)}'))
        out[extract_id] = merge(out[extract_id], late)
    return looked._replace(staged=out, moved=len(moved))


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
