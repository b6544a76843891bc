"""Asking Salesforce again for rows that are known by Id: what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from compiler.checks.query_size import LONGEST
from compiler.plan import Extract
from compiler.print_soql import print_query
from compiler.probe import by_id_query, columns_of, count_of, ids_that_fit, match_list_query
from compiler.relation_columns import Columns
from engine.asked_for import take_asked
from engine.at_once import count
from engine.errors import BrokenAnswerError, QueryTimeoutError, TransportError
from engine.file_names import file_name
from engine.load import Staged, load
from engine.own_ids import count_foreign
from engine.rejoin import KEY, STAMP
from engine.salesforce.client import SalesforceClient
from engine.salesforce.pages import Page, Pages, Transport
from engine.salesforce.read import LONGEST_QUERY, Reading, address_length, fits_in_address
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


@dataclass(frozen=True, slots=True)
class IdQuestion:
    """What is asked about rows that are known by Id.

    Args:
        some: the query for some Ids, of 18 characters.
        whole: the same query for all rows, for when there are many Ids.
        columns: the columns that both select, with their types; `Id` among them.
        all_rows: ask queryAll, so that deleted rows answer too.
        key: the column that holds the Ids that are asked for.
    """

    some: Callable[[Sequence[str]], Query]
    whole: Query
    columns: Columns
    all_rows: bool = False
    key: str = "Id"

    def queries(self, ids: Sequence[str], reading: Reading) -> list[Query]:
        """What is sent for some Ids: a query for each part of them, or the whole one where they are many."""
        if len(ids) > reading.by_id:
            return [self.whole]
        return [self.some(part) for part in parts_that_fit(ids, self.some)]


def rows_of(extract: Extract) -> IdQuestion:
    """Ask for rows of an extract with all its columns."""
    return IdQuestion(partial(by_id_query, extract), extract.fetch, extract.types)


def entries_of(extract: Extract, listed: Columns) -> IdQuestion:
    """Ask for entries of an extract's match list, which has these columns."""
    names = tuple(listed)
    return IdQuestion(lambda ids: by_id_query(extract, ids, names), match_list_query(extract, names), listed)


def ask(asking: Asking, question: IdQuestion, ids: Sequence[str], name: str) -> Staged:
    """Load the rows among `ids` (18 characters) that a query still returns into `staged."<name>"`.

    Raises BrokenAnswerError if rows come that were not asked for, or without an Id, as often as it is asked.
    """
    many = len(ids) > asking.reading.by_id
    queries = question.queries(ids, asking.reading)
    for _ in range(READINGS):
        answer = _read(asking, question, queries, name)
        staged, strange = take_asked(asking.space, answer, ids, question.key, whole=many)
        strange += count_foreign(asking.space, asking.prefixes, question.whole, staged)
        if not strange:
            return staged
    raise BrokenAnswerError(f"{name}: {strange} rows of the answer have an Id that was not asked for, or none")


def _read(asking: Asking, question: IdQuestion, queries: Sequence[Query], name: str) -> Staged:
    answers: list[Pages] = []
    try:
        for number, query in enumerate(queries):
            file = f"{file_name(name)}.{number}"
            answers.append(
                read_rows(asking.client, query, asking.folder, file, all_rows=question.all_rows, reading=asking.reading)
            )
        return load(asking.space, name, question.columns, Together(answers))
    finally:
        for answer in answers:
            answer.close()


def ask_counted(asking: Asking, question: IdQuestion, ids: Sequence[str], name: str) -> Staged:
    """The same as `ask`, for answers that are believed when rows do not come: there are no more than Salesforce counts.

    Raises BrokenAnswerError if rows stay away, besides what `ask` raises.
    """
    for _ in range(READINGS):
        found = ask(asking, question, ids, name)
        many = len(ids) > asking.reading.by_id
        got = found.read - found.duplicates if many else found.rows + found.rejected
        counts = [count_of(query) for query in question.queries(ids, asking.reading)]
        try:
            there = sum(count(asking.client, one, all_rows=question.all_rows) for one in counts)
        except (QueryTimeoutError, TransportError):
            # What is not counted in time is asked for twice.
            second = ask(asking, question, ids, f"{name}(again)")
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
