"""What became of rows that did not come: Salesforce is asked for them by Id, whatever their filter, the bin too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from compiler.plan import Table
from compiler.probe import existing_before, existing_count, status_query, written
from compiler.relation import ColumnType
from compiler.relation_columns import Columns
from compiler.schema import Schema, SObject
from engine.at_once import count
from engine.by_id import Asking, IdQuestion, ask, parts_that_fit
from engine.copies import STAMP
from engine.errors import QueryTimeoutError, TransportError, UnexplainedError
from engine.load import Staged
from engine.rows import create_from
from engine.workspace import CURRENT, WORK, Workspace, name_of
from grammar.soql_tree import Query

_ANSWERS: Columns = {"key": ColumnType("id"), "answer": ColumnType("text"), "merged_into": ColumnType("id")}
_STATUS: Columns = {"Id": ColumnType("id"), "IsDeleted": ColumnType("boolean"), "MasterRecordId": ColumnType("id")}
_FALSELY_GONE = "would be gone by an answer that lacks rows which Salesforce counts"


def asked_of(table: str) -> str:
    """The quoted name of a table's answers: `key`, `answer`, `merged_into`.

    An answer is live, deleted, merged or gone; `as_before` stands for a row that was out, and was not asked for.
    """
    return name_of(WORK, "delta", f"{table}(asked)")


def no_answers(space: Workspace, table: str) -> None:
    """Make the empty list of a table's answers."""
    create_from(space, asked_of(table), _ANSWERS, ())


def status_columns(sobject: SObject) -> Columns:
    """The columns that say what became of an object's rows, as far as it has them."""
    return {name: kind for name, kind in _STATUS.items() if sobject.field(name) is not None}


def ask_status(asking: Asking, schema: Schema, table: Table, missing: Sequence[str]) -> None:
    """Ask what became of published rows, whatever their filter, and put it into the answers about the table.

    Raises UnexplainedError if Salesforce counts rows that it does not return.
    """
    sobject = schema.object(table.object or "")
    if sobject is None:
        raise UnexplainedError(table.name, missing)
    asked_at = asking.client.now()
    found = ask_rows(asking, sobject, missing, f"{table.name}(status)")
    take_answers(asking.space, sobject, table, found, "SELECT unnest(CAST(? AS VARCHAR[])) AS key", [list(missing)])
    _check_gone(asking, sobject, table, found, asked_at)


def take_answers(
    space: Workspace,
    sobject: SObject,
    table: Table,
    found: Staged,
    keys: str,
    parameters: Sequence[object] = (),
) -> None:
    """Put what was found of some rows (a SELECT of `key`) into the answers about a table."""
    columns = status_columns(sobject)
    deleted = 'coalesce(s."IsDeleted", FALSE)' if "IsDeleted" in columns else "FALSE"
    master = 's."MasterRecordId"' if "MasterRecordId" in columns else "NULL"
    space.run(
        f"INSERT INTO {asked_of(table.name)} SELECT m.key, CASE WHEN s.\"Id\" IS NULL THEN 'gone'"
        f" WHEN {deleted} AND {master} IS NOT NULL THEN 'merged' WHEN {deleted} THEN 'deleted' ELSE 'live' END,"
        f" CASE WHEN {deleted} THEN {master} END FROM ({keys}) AS m"
        f' LEFT JOIN {name_of(*found.leaf.name)} AS s ON s."Id" = m.key',
        list(parameters),
    )


def ask_rows(asking: Asking, sobject: SObject, ids: Sequence[str], name: str) -> Staged:
    """Load the status of an object's rows into `staged."<name>"`, of those in the bin too."""
    query = status_query(sobject, ids[:1])
    whole = Query(query.select, query.source, query.span)
    columns = status_columns(sobject)
    question = IdQuestion(partial(status_query, sobject), whole, columns, all_rows="IsDeleted" in columns)
    return ask(asking, question, ids, name)


def _check_gone(asking: Asking, sobject: SObject, table: Table, found: Staged, asked_at: datetime) -> None:
    """Raise UnexplainedError if rows that did not come are counted as being there.

    An answer without rows may be an error's, and `gone` is for what Salesforce no longer has. Rows that were deleted,
    merged or gone before are so still, and change nothing. The others are counted, all of them. Where they are more
    than are asked for by Id, so many from among them are, and all rows of the object against what was read of it.
    """
    rows = asking.space.run(
        f"SELECT a.key FROM {asked_of(table.name)} AS a"
        f' JOIN {name_of(CURRENT, "statisfy", table.name)} AS c ON c."Id" = a.key'
        " WHERE a.answer = 'gone' AND c.record_status NOT IN ('deleted', 'merged', 'gone') ORDER BY 1"
    )
    gone = [key for (key,) in rows]
    apart = max(1, -(-len(gone) // max(1, asking.reading.by_id)))
    for part_of in parts_that_fit(gone[::apart], partial(existing_count, sobject)):
        if _are_there(asking, sobject, table, part_of):
            raise UnexplainedError(table.name, part_of, _FALSELY_GONE)
    if apart > 1 and _lacks_rows(asking, sobject, found, asked_at):
        raise UnexplainedError(table.name, gone, _FALSELY_GONE)


def _are_there(asking: Asking, sobject: SObject, table: Table, ids: Sequence[str]) -> bool:
    """Whether Salesforce counts any of these rows; where it does not count in time, whether it returns any."""
    there = _count(asking, sobject, existing_count(sobject, ids))
    return there > 0 if there is not None else ask_rows(asking, sobject, ids, f"{table.name}(gone)").rows > 0


def _lacks_rows(asking: Asking, sobject: SObject, found: Staged, asked_at: datetime) -> bool:
    """Whether an answer about all rows of an object has fewer than there are of those that have not changed since.

    Where that cannot be counted, nothing is known against it.
    """
    stamp = sobject.field(STAMP)
    if stamp is None or not stamp.filterable:
        return False
    there = _count(asking, sobject, existing_before(sobject, written(asked_at.astimezone(UTC))))
    return there is not None and there > found.read - found.duplicates


def _count(asking: Asking, sobject: SObject, query: Query) -> int | None:
    """How many rows there are, those in the bin included; None if that takes too long."""
    binned = sobject.field("IsDeleted") is not None
    try:
        return count(asking.client, query, all_rows=binned)
    except (QueryTimeoutError, TransportError):
        return None
