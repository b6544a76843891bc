"""What changed since the last run, in a match list's place: for objects so large that their list is read once a day.

The list is made of the copy: without the rows that changed or were deleted since, and with those of them that match
now. Late commits and what neither shows in a stamp nor in the delete log come with the next list that is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from compiler.probe import changed_query, linked_query, match_list_query, since_query, written
from compiler.record_id import is_record_id, to_18
from compiler.relation import ColumnType
from compiler.relation_columns import Columns, common_type
from engine.by_id import Asking, IdQuestion, ask_counted, entries_of
from engine.copies import Kept, cast_all, copy_view
from engine.errors import BrokenAnswerError, RefusedError
from engine.fetch import OVERLAP
from engine.file_names import file_name
from engine.load import Staged, rejects_of
from engine.match_list import parents_of, part
from engine.salesforce.client import SalesforceClient
from engine.salesforce.pages import Pages
from engine.whole import Question, load_whole
from engine.wide import read_rows
from engine.workspace import CURRENT, WORK, Workspace, name_of
from grammar.soql_tree import Query


class DeleteLog(NamedTuple):
    """The Ids in an object's delete log, and up to when it tells: what was deleted later may not be in it yet."""

    ids: list[str]
    covered: datetime


class Changed(NamedTuple):
    """A match list that was made of what changed, and up to when the changes are known."""

    staged: Staged
    covered: datetime


_ID: Columns = {"Id": ColumnType("id")}
# `/deleted` wants a span of at least a minute, and cuts off the seconds.
_MINUTE = timedelta(minutes=1)


def list_by_changes(
    asking: Asking, kept: Kept, copied: Columns, listed: Columns, read_at: datetime, bin_too: bool
) -> Changed:
    """Make the match list of an extract from its copy and from what changed since it was read.

    Args:
        asking: the means.
        kept: the extract, and where its copy is.
        copied: the copy's columns.
        listed: the columns of the match list.
        read_at: when the copy was brought up to date, by the org's clock.
        bin_too: whether the object has a bin, whose rows are asked for too.

    Returns:
        The list, and up to when the delete log tells: from there on the next run has to ask.

    Raises:
        RefusedError: it cannot be made this way: the object has no delete log, or the log does not reach so far.
        BrokenAnswerError: an answer lacks rows, or says no Id, as often as it is asked.
        SalesforceError: Salesforce does not answer.
    """
    space, name, extract = asking.space, kept.extract.id, kept.extract
    since = read_at - OVERLAP
    moment = written(since)
    touched = read_changes(asking, changed_query(extract.object, moment), _ID, f"{name}(touched)", all_rows=bin_too)
    gone = deleted_since(asking.client, extract.object, since)
    now = read_changes(asking, _narrowed(since_query(extract, moment), kept, listed), listed, f"{name}(since)")
    rejected = _rejected_before(space, kept)
    again = ask_counted(asking, entries_of(extract, listed), rejected, f"{name}(rejected before)")
    sources = (now, again)
    types = {c: common_type((copied[c], *(one.columns[c] for one in sources))) for c in listed}
    fresh = " UNION ".join(f"SELECT {cast_all(listed, types)} FROM {name_of(*one.leaf.name)}" for one in sources)
    space.run(
        f"CREATE OR REPLACE TABLE {part(name, 'list')} AS SELECT {cast_all(listed, types, 'k.')} FROM {copy_view(kept)}"
        f' AS k WHERE NOT EXISTS (SELECT 1 FROM {name_of(*touched.leaf.name)} AS t WHERE t."Id" = k."Id")'
        f' AND NOT EXISTS (SELECT 1 FROM ({fresh}) AS f WHERE f."Id" = k."Id")'
        ' AND k."Id" NOT IN (SELECT unnest(CAST(? AS VARCHAR[])))'
        f" UNION ALL SELECT * FROM ({fresh}) AS f",
        [gone.ids],
    )
    refused = " UNION ALL ".join(f"SELECT * FROM {one.rejects}" for one in sources)
    space.run(f"CREATE OR REPLACE TABLE {rejects_of(f'{name}(list)')} AS {refused}")
    rows = int(space.value(f"SELECT count(*) FROM {part(name, 'list')}"))
    read = touched.read + now.read + again.read
    return Changed(Staged(f"{name}(list)", types, read, rows, now.duplicates, now.rejected), gone.covered)


def new_parents(space: Workspace, kept: Kept) -> list[str]:
    """The parents that are in now and were not when the copy was made: their children are in no list of changes."""
    assert kept.link is not None
    known = f"{name_of(CURRENT, 'statisfy', kept.link.parent)} AS a WHERE a.record_status = 'active'"
    return [
        key
        for (key,) in space.run(
            f'SELECT p."Id" FROM {parents_of(kept.link.parent)} AS p'
            f' WHERE NOT EXISTS (SELECT 1 FROM {known} AND a."Id" = p."Id") ORDER BY 1'
        )
    ]


def list_children(asking: Asking, kept: Kept, listed: Columns, parents: Sequence[str]) -> None:
    """Put the rows that hang on some parents on the match list. Raises BrokenAnswerError if rows stay away."""
    assert kept.link is not None
    space, name, extract = asking.space, kept.extract.id, kept.extract
    whole = match_list_query(extract, tuple(listed))
    children = IdQuestion(partial(_children, kept, listed), whole, listed, key=kept.link.column)
    found = ask_counted(asking, children, parents, f"{name}(children)")
    there = space.columns((WORK, "staged", f"{name}(list)"))
    types = {c: common_type((there[c], found.columns[c])) for c in listed}
    space.run(
        f"CREATE OR REPLACE TABLE {part(name, 'list')} AS SELECT {cast_all(listed, types)} FROM {part(name, 'list')}"
        f" UNION ALL SELECT {cast_all(listed, types, 'c.')} FROM {name_of(*found.leaf.name)} AS c"
        f' WHERE NOT EXISTS (SELECT 1 FROM {part(name, "list")} AS l WHERE l."Id" = c."Id")'
    )
    space.run(f"INSERT INTO {rejects_of(f'{name}(list)')} SELECT * FROM {found.rejects}")


def _children(kept: Kept, listed: Columns, parents: Sequence[str]) -> Query:
    assert kept.link is not None
    return _narrowed(linked_query(kept.extract, kept.link.column, parents), kept, listed)


def _narrowed(query: Query, kept: Kept, listed: Columns) -> Query:
    """A query of an extract's rows with the columns of its match list alone."""
    narrow = match_list_query(kept.extract, tuple(listed))
    return Query(narrow.select, query.source, query.span, where=query.where)


def _rejected_before(space: Workspace, kept: Kept) -> list[str]:
    """The rows that could not be taken by the last run: they match, and the copy has none of them."""
    rows = space.run(
        f"SELECT DISTINCT key FROM {name_of(CURRENT, 'accord', 'rejects')} WHERE object_name = ? AND key IS NOT NULL"
        " ORDER BY 1",
        [kept.extract.object],
    )
    return [to_18(key) for (key,) in rows if is_record_id(key)]


def read_changes(asking: Asking, query: Query, columns: Columns, name: str, *, all_rows: bool = False) -> Staged:
    """Load the rows of a query for what changed into `staged."<name>"`: what they hide would stay hidden for long.

    Raises BrokenAnswerError for an answer that lacks rows, as often as it is asked; RefusedError
    where rows are in doubt and cannot be counted; SalesforceError.
    """

    def ask_once() -> Pages:
        file = file_name(name)
        return read_rows(asking.client, query, asking.folder, file, all_rows=all_rows, reading=asking.reading)

    _, loaded = load_whole(asking, Question(name, query, all_rows), name, columns, ask_once(), ask_once, None)
    lost = asking.space.value(f"SELECT count(*) FROM {loaded.rejects} WHERE column_name = 'Id'")
    if lost:
        raise BrokenAnswerError(f"{lost} changed rows have no record Id")
    return loaded


def deleted_since(client: SalesforceClient, sobject: str, since: datetime) -> DeleteLog:
    """An object's delete log from a moment on. Raises RefusedError where the log does not reach so far."""
    end = client.now() + _MINUTE
    span = {"start": written(since), "end": written(end)}
    answer = client.get_json(client.data(f"sobjects/{sobject}/deleted/"), span)
    records: Any = answer.get("deletedRecords") if isinstance(answer, dict) else None
    if not isinstance(records, list):
        raise BrokenAnswerError(f"the delete log of {sobject} is none")
    ids = [str(one.get("id")) for one in records if isinstance(one, dict)]
    if len(ids) < len(records) or not all(map(is_record_id, ids)):
        raise BrokenAnswerError(f"the delete log of {sobject} lists a row without an Id")
    earliest, latest = answer.get("earliestDateAvailable"), answer.get("latestDateCovered")
    try:
        too_late = bool(earliest) and datetime.fromisoformat(str(earliest)) > since
        covered = min(end, datetime.fromisoformat(str(latest))) if latest else end
    except (ValueError, TypeError) as error:  # no moment, or one without a zone
        raise BrokenAnswerError(f"the delete log of {sobject} does not say how far it reaches") from error
    if too_late:
        raise RefusedError(f"the delete log of {sobject} does not reach back to {since:%Y-%m-%d %H:%M}")
    return DeleteLog(ids, covered)
