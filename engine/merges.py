"""Chains of merges: a record that was merged into another, which itself was merged later, ends at the last winner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compiler.plan import Table
from compiler.relation import ColumnType
from compiler.relation_columns import Columns
from compiler.schema import Schema, SObject
from engine.absent import ask_rows, asked_of
from engine.by_id import Asking
from engine.load import Staged
from engine.rows import create_from
from engine.second_look import returned_ids
from engine.workspace import CURRENT, WORK, Workspace, name_of

# A chain that is longer than this is no chain of people's work; asking ends there.
LONGEST_CHAIN = 20
_LINKS: Columns = {"loser": ColumnType("id"), "winner": ColumnType("id")}


def follow_merges(
    asking: Asking, schema: Schema, table: Table, staged: Mapping[str, Staged], changed: Staged | None = None
) -> None:
    """Put the last winner of every merged record in the answers about a table (`asked_of`).

    What is among the extracts was undeleted if it ever was merged, and a chain ends there. Winners that are in no table
    of ours are asked for by Id, since they may have been merged on; where they are many and the rows of the object that
    `changed` were read, those tell.
    """
    space = asking.space
    sobject = schema.object(table.object or "")
    if sobject is None or sobject.field("MasterRecordId") is None:
        return
    links: dict[str, str] = dict(space.run(_known_links(table, staged)))
    strangers: set[str] = set()
    for _ in range(LONGEST_CHAIN):
        open_ends = [winner for winner in set(links.values()) if winner not in links and winner not in strangers]
        unknown = _not_ours(space, table.name, open_ends)
        if not unknown:
            break
        strangers.update(unknown)
        links.update(_merged_on(asking, sobject, table.name, unknown, changed))
    if links:
        ends = name_of(WORK, "delta", f"{table.name}(winners)")
        create_from(space, ends, _LINKS, [(loser, _end_of(loser, links)) for loser in sorted(links)])
        space.run(
            f"UPDATE {asked_of(table.name)} AS a SET merged_into = e.winner FROM {ends} AS e WHERE e.loser = a.key"
        )
        space.run(f"DROP TABLE {ends}")


def _known_links(table: Table, staged: Mapping[str, Staged]) -> str:
    """Who was merged into whom: as Salesforce just said, else as the store keeps it."""
    asked = asked_of(table.name)
    kept = name_of(CURRENT, "statisfy", table.name)
    return (
        f"SELECT key, merged_into FROM {asked} WHERE answer = 'merged' AND merged_into IS NOT NULL"
        f' UNION ALL SELECT "Id", merged_into FROM {kept} AS c'
        " WHERE record_status = 'merged' AND merged_into IS NOT NULL"
        f" AND \"Id\" NOT IN (SELECT key FROM {asked} WHERE answer NOT IN ('gone', 'as_before'))"
        f' AND NOT EXISTS (SELECT 1 FROM ({returned_ids(table, staged)}) AS r WHERE r."Id" = c."Id")'
    )


def _not_ours(space: Workspace, table: str, ids: Sequence[str]) -> list[str]:
    """Those of the Ids that the published table has no row of: nothing was asked about them yet."""
    if not ids:
        return []
    rows = space.run(
        "SELECT key FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS key) AS k WHERE key NOT IN"
        f' (SELECT "Id" FROM {name_of(CURRENT, "statisfy", table)}) ORDER BY key',
        [list(ids)],
    )
    return [key for (key,) in rows]


def _merged_on(
    asking: Asking, sobject: SObject, table: str, ids: Sequence[str], changed: Staged | None
) -> dict[str, str]:
    found = changed
    if found is None or len(ids) <= asking.reading.by_id:
        found = ask_rows(asking, sobject, ids, f"{table}(winners)")
    return dict(
        asking.space.run(
            f'SELECT "Id", "MasterRecordId" FROM {name_of(*found.leaf.name)} WHERE "MasterRecordId" IS NOT NULL'
            ' AND "Id" IN (SELECT unnest(CAST(? AS VARCHAR[])))',
            [list(ids)],
        )
    )


def _end_of(loser: str, links: dict[str, str]) -> str:
    seen = {loser}
    winner = links[loser]
    while winner in links and winner not in seen:
        seen.add(winner)
        winner = links[winner]
    return winner
