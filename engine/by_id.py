"""Asking Salesforce again for rows that are known by Id: what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from compiler.checks.query_size import LONGEST
from compiler.print_soql import print_query
from compiler.probe import columns_of, count_of, ids_that_fit
from compiler.relation_columns import Columns
from engine.asked_for import take_asked
from engine.errors import BrokenAnswerError, QueryTimeoutError, TransportError
from engine.file_names import file_name
from engine.load import Staged, load
from engine.own_ids import count_foreign
from engine.rejoin import KEY, STAMP
from engine.salesforce.client import SalesforceClient
from engine.salesforce.pages import Page, Pages, Transport
from engine.salesforce.read import LONGEST_QUERY, Reading, address_length, fits_in_address
from engine.salesforce.rest_query import count
from engine.wide import read_rows
from engine.workspace import Workspace
from grammar.soql_tree import Query

# How often an answer that does not hold all rows is asked for; each part of it had its own tries before that.
READINGS = 3


@dataclass(frozen=True, slots=True)
class Asking:
    """What is needed to ask: the client, where pages go, how they are read.

    Up to `reading.by_id` Ids are asked for one by one; for more the whole query is read and the others are left out.
    `prefixes` are the beginnings of the objects' Ids, as far as they are known.
    """

    client: SalesforceClient
    space: Workspace
    folder: Path
    reading: Reading = field(default_factory=Reading)
    prefixes: Mapping[str, str] = field(default_factory=dict)


class Together:
    """The pages of several queries of the same columns (or of none), as one answer."""

    def __init__(self, parts: Sequence[Pages]) -> None:
        self.transport: Transport = parts[0].transport if parts else "rest"
        self.asked_at = parts[0].asked_at if parts else datetime.now(UTC)
        self.rows = sum(part.rows for part in parts)
        self.surplus = sum(part.surplus for part in parts)
        self._parts = parts

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages of all."""
        return tuple(page for part in self._parts for page in part.pages)

    def fetch_again(self, page: Page) -> None:
        """Have the one that a page belongs to replace it."""
        for part in self._parts:
            if any(own is page for own in part.pages):
                part.fetch_again(page)

    def close(self) -> None:
        """Close them all."""
        for part in self._parts:
            part.close()


def ask(
    asking: Asking,
    query_of: Callable[[Sequence[str]], Query],
    whole: Query,
    columns: Columns,
    ids: Sequence[str],
    name: str,
    *,
    all_rows: bool = False,
    key: str = "Id",
) -> Staged:
    """Load the rows among `ids` that a query still returns into `staged."<name>"`.

    Args:
        asking: the means.
        query_of: the query for some Ids.
        whole: the same query for all rows, for when there are many Ids.
        columns: the columns that both select, with their types; `Id` among them.
        ids: 18-character Ids.
        name: the staged table's name.
        all_rows: ask queryAll, so that deleted rows answer too.
        key: the column that holds the Ids that are asked for.

    Raises BrokenAnswerError if rows come that were not asked for, or without an Id, as often as it is asked.
    """
    many = len(ids) > asking.reading.by_id
    queries = _queries(asking, query_of, whole, ids)
    for _ in range(READINGS):
        answer = _read(asking, queries, columns, name, all_rows)
        staged, strange = take_asked(asking.space, answer, ids, key, whole=many)
        strange += count_foreign(asking.space, asking.prefixes, whole, staged)
        if not strange:
            return staged
    raise BrokenAnswerError(f"{name}: {strange} rows of the answer have an Id that was not asked for, or none")


def _queries(
    asking: Asking, query_of: Callable[[Sequence[str]], Query], whole: Query, ids: Sequence[str]
) -> list[Query]:
    """What is sent for some Ids: a query for each part of them, or the whole one where they are many."""
    if len(ids) > asking.reading.by_id:
        return [whole]
    return [query_of(part) for part in parts_that_fit(ids, query_of)]


def _read(asking: Asking, queries: Sequence[Query], columns: Columns, name: str, all_rows: bool) -> Staged:
    answers: list[Pages] = []
    try:
        for number, query in enumerate(queries):
            file = f"{file_name(name)}.{number}"
            answers.append(
                read_rows(asking.client, query, asking.folder, file, all_rows=all_rows, reading=asking.reading)
            )
        return load(asking.space, name, columns, Together(answers))
    finally:
        for answer in answers:
            answer.close()


def ask_counted(
    asking: Asking,
    query_of: Callable[[Sequence[str]], Query],
    whole: Query,
    columns: Columns,
    ids: Sequence[str],
    name: str,
    *,
    all_rows: bool = False,
    key: str = "Id",
) -> Staged:
    """The same as `ask`, for answers that are believed when rows do not come: there are no more than Salesforce counts.

    Raises BrokenAnswerError if rows stay away, besides what `ask` raises.
    """
    for _ in range(READINGS):
        found = ask(asking, query_of, whole, columns, ids, name, all_rows=all_rows, key=key)
        many = len(ids) > asking.reading.by_id
        got = found.read - found.duplicates if many else found.rows + found.rejected
        queries = _queries(asking, query_of, whole, ids)
        try:
            there = sum(count(asking.client, print_query(count_of(query)).text, all_rows=all_rows) for query in queries)
        except (QueryTimeoutError, TransportError):
            # What is not counted in time is asked for twice.
            second = ask(asking, query_of, whole, columns, ids, f"{name}(again)", all_rows=all_rows, key=key)
            there, got = second.rows + second.rejected, found.rows + found.rejected
        if there <= got:
            return found
    raise BrokenAnswerError(
        f"{name}: {there} rows match by Id, and the answer has {got}", hint="run again; what was published stays"
    )


def parts_that_fit(ids: Sequence[str], query_of: Callable[[Sequence[str]], Query]) -> Iterator[Sequence[str]]:
    """The Ids in parts that a query by REST has room for."""
    if not ids:
        return
    fit = ids_a_query(query_of)
    for at in range(0, len(ids), fit):
        yield ids[at : at + fit]


def ids_a_query(query_of: Callable[[Sequence[str]], Query]) -> int:
    """How many Ids a query asks for: as many as REST takes; where none fits in an address, as many as Bulk takes.

    Where Bulk does not take it either, the columns are asked for in parts: then the Ids have half of what room there
    is beside the condition. Raises ValueError for one that leaves none; checks of a spec leave no such condition.
    """
    one = print_query(query_of(["0" * 18])).text
    if fits_in_address(one):
        return ids_that_fit(query_of, LONGEST_QUERY, address_length)
    if len(one) <= LONGEST:
        return ids_that_fit(query_of, LONGEST)

    def keys_of(ids: Sequence[str]) -> Query:
        return columns_of(query_of(ids), (KEY, STAMP))

    alone = len(print_query(keys_of(["0" * 18])).text)
    return ids_that_fit(keys_of, alone + (LONGEST - alone) // 2)
