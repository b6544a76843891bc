"""Queries of so many columns that none of Salesforce's ways takes them whole: asked for in parts, rejoined by Id.

Each part is the same query with some of the columns, and Id and SystemModstamp in all of them. A row is taken where all
parts have it with the same stamp. The others changed, came or left while the parts were read: they are asked for again
by Id. Stamps come in whole seconds, so that a row which changed just now may have changed once more under the same
stamp: it is asked for again too, and taken when two readings in a row say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from compiler.archived import asks_all
from compiler.checks.query_size import LONGEST
from compiler.print_soql import print_query
from compiler.probe import columns_of, halves_of, names_of, rows_of
from engine.errors import TornRowsError, TransportError
from engine.rejoin import KEY, STAMP, Rejoining, rejoining
from engine.salesforce.client import SalesforceClient
from engine.salesforce.pages import Page, Pages, Transport
from engine.salesforce.read import LONGEST_QUERY, Reading, address_length, fits_in_address, read_query
from engine.salesforce.rest_query import RestPages
from grammar.soql_tree import Query

# How often rows that are not the same in all parts are asked for before they are given up.
TRIES = 5
# For more rows than these the whole query is asked again.
MOST_BY_ID = 2_000
# Proxies may take shorter addresses than Salesforce does; with less than this there is no working.
SHORTEST_QUERY = 1_000
_ADDRESS_TOO_LONG = (414, 431)


class _Room(NamedTuple):
    """How long a query may be, in what `length` counts."""

    most: int
    length: Callable[[str], int]

    def left(self, query: Query) -> int:
        """How much longer a query may get."""
        return self.most - self.length(print_query(query).text)

    def need(self, column: str) -> int:
        """How much longer a further column makes a query."""
        return self.length(f", {column}")


class _NoRoomError(Exception):
    """The condition of a query leaves no room for its columns."""


def read_rows(
    client: SalesforceClient,
    query: Query,
    folder: Path,
    name: str,
    *,
    all_rows: bool = False,
    reading: Reading | None = None,
    expected: int | None = None,
) -> Pages:
    """Read a whole query of fields, however many, to page files in `folder`; `expected` is as for `read_query`.

    Raises SalesforceError or SignInError: TransportError where the condition alone is too long for the ways that
    Salesforce leaves, TornRowsError for rows that change too fast to be read in parts.
    """
    soql, columns = print_query(query).text, names_of(query)
    all_rows = all_rows or asks_all(query)
    reading = reading or Reading()
    refused: TransportError | None = None
    if len(soql) <= LONGEST:
        try:
            return read_query(
                client, soql, columns, folder, name, all_rows=all_rows, reading=reading, expected=expected
            )
        except TransportError as error:
            if fits_in_address(soql) and error.status not in _ADDRESS_TOO_LONG:
                raise
            refused = error
    if not {KEY, STAMP} <= set(columns):
        raise refused or TransportError(f"{name}: the query has more than {LONGEST:,} characters")
    for room in _rooms(soql, refused):
        try:
            with rejoining(folder, name, columns) as rows:
                return _Parts(client, rows, folder, name, room, all_rows, reading).read(query, expected)
        except TransportError as error:
            refused = error
        except _NoRoomError:
            break
    else:
        raise refused or AssertionError("unreachable")
    said = f"{name}: Salesforce takes {LONGEST:,} characters" if refused is None else refused.message
    raise TransportError(
        f"{said}; read in parts, the condition alone leaves no room for its columns",
        hint="write a shorter filter: a checkbox in Salesforce can stand for a long list of values",
    ) from refused


def _rooms(soql: str, refused: TransportError | None) -> Iterator[_Room]:
    """What to try for a query, the longest parts first."""
    if len(soql) > LONGEST:
        yield _Room(LONGEST, len)
    most = LONGEST_QUERY
    if refused is not None and refused.status in _ADDRESS_TOO_LONG:
        most = min(most, address_length(soql) // 2)
    while most >= SHORTEST_QUERY:
        yield _Room(most, address_length)
        most //= 2


class _Parts:
    """One query, read in parts that have room."""

    def __init__(
        self,
        client: SalesforceClient,
        rows: Rejoining,
        folder: Path,
        name: str,
        room: _Room,
        all_rows: bool,
        reading: Reading,
    ) -> None:
        self.client, self.rows, self.folder, self.name = client, rows, folder, name
        self.room, self.all_rows, self.reading = room, all_rows, reading
        self.transport: Transport = "rest"
        self.asked_at = client.now()
        self.surplus = 0

    def read(self, query: Query, expected: int | None) -> Pages:
        """All rows of the query, in one page."""
        self.take(query, expected, first=True)
        for _ in range(TRIES):
            ids = self.rows.open_ids(MOST_BY_ID + 1)
            if not ids:
                break
            self.rows.begin_round()
            again = rows_of(query, ids) if len(ids) <= MOST_BY_ID else query
            self.take(again, None, first=False)
        if ids := self.rows.open_ids(MOST_BY_ID):
            raise TornRowsError(self.name, ids)
        path = self.folder / f"{self.name}.0.csv"
        page = Page(path, tuple(names_of(query)), self.rows.write(path))
        return _Rejoined(page, self.asked_at, self.surplus, self.transport)

    def take(self, query: Query, expected: int | None, *, first: bool) -> None:
        """Read all parts of a query; a list of values that takes too much of the room is halved."""
        others = [column for column in names_of(query) if column not in (KEY, STAMP)]
        keys = columns_of(query, (KEY, STAMP))
        least = keys
        while halves := halves_of(least):
            least = halves[0]
        widest, most = max(map(self.room.need, others), default=0), self.room.left(least)
        if most < widest:
            raise _NoRoomError
        left = self.room.left(keys)
        if left < max(widest, most // 2) and (halves := halves_of(query)):
            for half in halves:
                self.take(half, expected, first=first)
            return
        asked_at: datetime | None = None
        groups = _groups(others, left, self.room)
        for number, group in enumerate(groups):
            pages = self.ask(columns_of(query, (KEY, STAMP, *group)), number, expected)
            try:
                asked_at = asked_at or pages.asked_at
                self.rows.load(number, (KEY, STAMP, *group), pages, first=first)
            finally:
                pages.close()
        if asked_at is not None:
            self.rows.join(len(groups), asked_at)

    def ask(self, query: Query, number: int, expected: int | None) -> Pages:
        """Read one part."""
        pages = read_query(
            self.client,
            print_query(query).text,
            names_of(query),
            self.folder,
            f"{self.name}.part{number}",
            all_rows=self.all_rows,
            reading=self.reading,
            expected=expected,
        )
        if pages.transport == "bulk":
            self.transport = "bulk"
        self.surplus = max(self.surplus, pages.surplus)
        return pages


class _Rejoined(RestPages):
    """A page that was written here, of the rows of several queries."""

    def __init__(self, page: Page, asked_at: datetime, surplus: int, transport: Transport) -> None:
        super().__init__((page,), page.rows, asked_at, surplus)
        self.transport = transport


def _groups(columns: Sequence[str], left: int, room: _Room) -> list[list[str]]:
    """The columns in groups that fit; at least one group."""
    groups: list[list[str]] = [[]]
    used = 0
    for column in columns:
        need = room.need(column)
        if groups[-1] and used + need > left:
            groups.append([])
            used = 0
        groups[-1].append(column)
        used += need
    return groups
