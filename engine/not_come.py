"""Rows of a match list that did not come with the others, asked for by their Id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

from compiler.duckdb_functions import quote_name
from compiler.record_id import is_record_id
from compiler.relation_columns import Columns, common_type
from engine.by_id import Asking, ask, ask_counted, entries_of, rows_of
from engine.copies import STAMP, Kept, cast_all
from engine.errors import BrokenAnswerError, UnexplainedError, some_of
from engine.load import Staged, nameless, rejects_of
from engine.match_list import drop_stray, lacking_ids, part, strike, take_late
from engine.whole import check_struck
from engine.workspace import Workspace, name_of

# No clock of Salesforce's is as much ahead of another.
AHEAD = timedelta(minutes=1)


def ask_again(asking: Asking, kept: Kept, listed: Columns, matching: Staged, fetched: Staged) -> Staged:
    """Ask for rows that the copy lacks and that were not fetched; return the fetched rows with those that came.

    A row that Salesforce no longer returns, not even for the match list, is struck off it.

    Args:
        asking: the connection and the workspace.
        kept: the extract, whose rejects are in its table of rejects already.
        listed: the columns of its match list.
        matching: the match list.
        fetched: the rows that came.

    Raises:
        UnexplainedError: rows are listed and never come.
        BrokenAnswerError: the list has Ids of no record, or rows come in an older version than the list has.
    """
    space, name = asking.space, kept.extract.id
    missing = lacking_ids(space, name)
    if not missing:
        return fetched
    again = ask(asking, rows_of(kept.extract), missing, f"{name}(again)")
    types = {column: common_type((fetched.columns[column], again.columns[column])) for column in kept.extract.types}
    rows = name_of(*again.leaf.name)
    space.run(
        f"CREATE OR REPLACE TABLE {part(name, 'fetched')} AS SELECT {cast_all(types, types, 'f.')}"
        f" FROM {name_of(*fetched.leaf.name)} AS f"
        f' WHERE NOT EXISTS (SELECT 1 FROM {rows} AS a WHERE a."Id" = f."Id")'
        f" UNION ALL SELECT {cast_all(types, types)} FROM {rows}"
    )
    space.run(f"INSERT INTO {rejects_of(name)} SELECT * FROM {again.rejects}")
    if still := lacking_ids(space, name):
        there = ask_counted(asking, entries_of(kept.extract, listed), still, f"{name}(listed)")
        returned = {key for (key,) in space.run(f'SELECT "Id" FROM {name_of(*there.leaf.name)}')}
        _take_back_stamps(asking, name, there)
        _check_returned(space, name, [key for key in lacking_ids(space, name) if key in returned])
        gone = [key for key in still if key not in returned]
        if odd := [key for key in gone if not is_record_id(key)]:
            raise BrokenAnswerError(f"the match list has Ids of no record: {some_of(odd)}")
        if gone:
            strike(space, name, gone)
            check_struck(asking, kept.extract, matching, gone)
    return fetched._replace(columns=types, read=fetched.read + again.read)


def _take_back_stamps(asking: Asking, name: str, there: Staged) -> None:
    """Give the rows of a match list that claims a change in the future the stamp that they have when asked again."""
    stamp = quote_name(STAMP)
    if STAMP not in there.columns:
        return
    latest = (asking.client.now() + AHEAD).astimezone(UTC).replace(tzinfo=None)
    for table, column in ((part(name, "list"), stamp), (part(name, "differences"), "stamp")):
        asking.space.run(
            f"UPDATE {table} AS l SET {column} = t.{stamp} FROM {name_of(*there.leaf.name)} AS t"
            f' WHERE t."Id" = l."Id" AND l.{column} > $1 AND t.{stamp} <= $1',
            [latest],
        )


def _check_returned(space: Workspace, name: str, ids: Sequence[str]) -> None:
    """Raise what is to be said of rows that match and were not fetched as the match list has them."""
    if not ids:
        return
    came = {key for (key,) in space.run(f'SELECT "Id" FROM {part(name, "fetched")}')}
    if older := [key for key in ids if key in came]:
        raise BrokenAnswerError(
            f"{len(older)} rows come in an older version than their match list has: {some_of(older)}",
            hint="run again; what was published stays",
        )
    raise UnexplainedError(name, ids)


def take_unlisted(asking: Asking, kept: Kept, staged: Staged) -> tuple[Columns, int]:
    """Ask for the rows whose entry in the match list could not be taken.

    Returns the extract's columns, and how many of these rows cannot be taken and hang on no row that is in.
    """
    space, name = asking.space, kept.extract.id
    listed = rejects_of(f"{name}(list)")
    space.run(f"INSERT INTO {rejects_of(name)} SELECT * FROM {listed} WHERE column_name = 'Id'")
    rows = space.run(f"SELECT DISTINCT key FROM {listed} WHERE NOT {nameless(f'{name}(list)')} ORDER BY 1")
    if not rows:
        return staged.columns, 0
    late = ask_counted(asking, rows_of(kept.extract), [key for (key,) in rows], f"{name}(unlisted)")
    space.run(f"INSERT INTO {rejects_of(name)} SELECT * FROM {late.rejects}")
    stray = drop_stray(space, kept, late.name) if late.rejected and kept.link is not None else 0
    return take_late(space, kept, staged, late), stray
