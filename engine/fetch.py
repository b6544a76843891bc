"""Fetching the rows that the copy lacks: all at once, by their stamp, or by their Ids, whichever costs less.

The rule counts requests, and a thousand rows as one request more. REST brings 2,000 rows a request; Bulk a hundred
thousand, and takes five requests around them (create, two polls, delete, and the first page's share). By Id as many
rows come in one request as the address has room for. By stamp more rows may come than are lacking: all that are as new
as the oldest of them. Rows that were committed late, with an old stamp, are therefore weighed apart: those behind the
copy's newest stamp less ten minutes may go by stamp while the others go by Id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple

from compiler.probe import by_id_query, since_query, written
from compiler.relation_columns import Columns
from engine.by_id import Asking, Together, ids_a_query
from engine.copies import STAMP, Kept, copy_view
from engine.file_names import file_name
from engine.load import Staged, load, nameless
from engine.match_list import NEW, part
from engine.salesforce.pages import Pages
from engine.wide import read_rows
from engine.workspace import Workspace
from grammar.soql_tree import Query

# The stamp is set inside a transaction and seen at its end, so that stamps may come out of their order.
OVERLAP = timedelta(minutes=10)
ROWS_A_REQUEST = 2_000
ROWS_A_BULK_PAGE = 100_000
REQUESTS_AROUND_A_JOB = 5
ROWS_LIKE_A_REQUEST = 1_000


class Since(NamedTuple):
    """Reading by stamp from a moment on: how many rows come, and how many lacking ones are older."""

    moment: datetime
    rows: int
    older: int


class Way(NamedTuple):
    """How lacking rows are fetched. `since`: by stamp from then on; the Ids of older ones are asked for beside that."""

    kind: Literal["nothing", "all", "since", "ids"]
    since: datetime | None = None


def cheapest(lacking: int, listed: int, candidates: Sequence[Since], ids_a_request: int, rest_rows: int) -> Way:
    """Choose the way to fetch.

    >>> cheapest(0, 10, [], 400, 10_000).kind
    'nothing'
    >>> cheapest(9, 10, [], 400, 10_000).kind
    'ids'
    >>> cheapest(90_000, 100_000, [], 400, 10_000).kind
    'all'
    >>> cheapest(5_000, 100_000, [Since(datetime(2026, 3, 1), 5_200, 0)], 400, 10_000).kind
    'since'
    """
    if not lacking:
        return Way("nothing")
    ways = [(_by_ids(lacking, ids_a_request), 1, Way("ids")), (_by_query(listed, rest_rows), 2, Way("all"))]
    ways += [
        (_by_query(one.rows, rest_rows) + _by_ids(one.older, ids_a_request), 0, Way("since", one.moment))
        for one in candidates
    ]
    return min(ways, key=lambda way: way[:2])[2]


def _by_query(rows: int, rest_rows: int) -> float:
    if rows <= rest_rows:
        requests = max(1, -(-rows // ROWS_A_REQUEST))
    else:
        requests = REQUESTS_AROUND_A_JOB + -(-rows // ROWS_A_BULK_PAGE)
    return requests + rows / ROWS_LIKE_A_REQUEST


def _by_ids(rows: int, ids_a_request: int) -> float:
    return -(-rows // ids_a_request) + rows / ROWS_LIKE_A_REQUEST


def fetch(asking: Asking, kept: Kept, lacking: int) -> Staged:
    """Load the lacking rows, and perhaps others, into `staged."<extract>(fetched)"`."""
    space, extract = asking.space, kept.extract
    columns: Columns = extract.types
    if not lacking:
        return load(space, f"{extract.id}(fetched)", columns, Together([]))
    listed = space.value(f"SELECT count(*) FROM {part(extract.id, 'list')}")
    fit = ids_a_query(partial(by_id_query, extract))
    candidates = _candidates(space, kept)
    way = cheapest(lacking, listed, candidates, fit, asking.reading.rest_rows)
    queries: list[tuple[Query, int]] = []
    if way.kind == "all":
        queries.append((extract.fetch, listed))
    elif way.kind == "since" and way.since is not None:
        rows = next(one.rows for one in candidates if one.moment == way.since)
        queries.append((since_query(extract, written(way.since)), rows))
    ids = [] if way.kind in ("all", "nothing") else _older(space, extract.id, way.since)
    queries += [(by_id_query(extract, ids[at : at + fit]), fit) for at in range(0, len(ids), fit)]
    answers: list[Pages] = []
    try:
        for number, (query, expected) in enumerate(queries):
            file = f"{file_name(extract.id)}.fetched.{number}"
            answers.append(
                read_rows(asking.client, query, asking.folder, file, reading=asking.reading, expected=expected)
            )
        loaded = load(space, f"{extract.id}(fetched)", columns, Together(answers))
        if loaded.rejected:
            # Whose row has no Id shows in what is still lacking, and is asked for again.
            space.run(f"DELETE FROM {loaded.rejects} WHERE {nameless(loaded.name)}")
        return loaded
    finally:
        for answer in answers:
            answer.close()


def _candidates(space: Workspace, kept: Kept) -> list[Since]:
    """From which stamps on reading may pay: the oldest lacking row's, and the copy's newest less the overlap."""
    name = kept.extract.id
    stamps = f"SELECT stamp FROM {part(name, 'differences')} WHERE state = '{NEW}'"
    oldest = space.value(f"SELECT min(stamp) FROM ({stamps})")
    newest = space.value(f'SELECT max("{STAMP}") FROM {copy_view(kept)}')
    found = []
    for moment in {oldest, None if newest is None else newest - OVERLAP} - {None}:
        since = moment.replace(microsecond=0)
        rows = space.value(f'SELECT count(*) FROM {part(name, "list")} WHERE "{STAMP}" >= ?', [since])
        older = space.value(f"SELECT count(*) FROM ({stamps}) WHERE stamp < ?", [since])
        found.append(Since(since, rows, older))
    return sorted(found)


def _older(space: Workspace, extract: str, since: datetime | None) -> list[str]:
    """The Ids of lacking rows that reading by stamp would not bring."""
    older = "" if since is None else " AND (stamp IS NULL OR stamp < ?)"
    rows = space.run(
        f"SELECT \"Id\" FROM {part(extract, 'differences')} WHERE state = '{NEW}'{older} ORDER BY 1",
        [] if since is None else [since],
    )
    return [key for (key,) in rows]
