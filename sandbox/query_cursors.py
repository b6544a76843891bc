"""Open query locators: the rows of a query that has more pages, and whose they are."""

from __future__ import annotations

import threading
from typing import NamedTuple

from compiler.record_id import to_18
from sandbox.soql_to_duckdb import Translation

_MOST_OPEN = 200
_MOST_LAST_PAGES = 20


class OpenCursor(NamedTuple):
    """A query whose answer has more pages: the table that holds its rows, and whose it is.

    `read` holds the places of the pages that were fetched.
    """

    locator: str
    translation: Translation
    table: str
    total: int
    page: int
    token: str
    read: set[int]

    @property
    def is_exhausted(self) -> bool:
        """Whether every page was fetched."""
        return len(self.read) * self.page >= self.total


class ChildCursor(NamedTuple):
    """The answer of a child query that has more pages: its records as JSON, and whose it is."""

    texts: list[str]
    page: int
    token: str


class Cursors:
    """The open query locators of a server.

    Once all pages were fetched the rows go; the page that came last is kept for a while, since it may have been lost on
    the way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._open: dict[str, OpenCursor] = {}
        self._last_pages: dict[tuple[str, str], str] = {}
        self._children: dict[str, ChildCursor] = {}

    def name(self) -> str:
        """A new locator: 18 characters beginning with 0r8."""
        with self._lock:
            self._count += 1
            return to_18(f"0r8SB{self._count:010d}")

    def put(self, cursor: OpenCursor) -> list[OpenCursor]:
        """Keep an open cursor; returns the oldest ones that had to go."""
        with self._lock:
            self._open[cursor.locator] = cursor
            gone = []
            while len(self._open) > _MOST_OPEN:
                gone.append(self._open.pop(next(iter(self._open))))
            return gone

    def get(self, locator: str, token: str) -> OpenCursor | None:
        """The cursor of that name if it was opened by the same session."""
        found = self.look_up(locator)
        return found if found is not None and found.token == token else None

    def look_up(self, locator: str) -> OpenCursor | None:
        """The cursor of that name, whoever opened it."""
        with self._lock:
            return self._open.get(locator)

    def forget(self, locator: str) -> OpenCursor | None:
        """Close a cursor; the caller drops its table."""
        with self._lock:
            return self._open.pop(locator, None)

    def put_children(self, cursor: ChildCursor) -> str:
        """Keep the records of a child query; returns their locator. The oldest go when there are very many."""
        locator = self.name()
        with self._lock:
            self._children[locator] = cursor
            while len(self._children) > _MOST_OPEN:
                del self._children[next(iter(self._children))]
        return locator

    def children(self, locator: str, token: str) -> ChildCursor | None:
        """The records of a child query, if the same session asks."""
        with self._lock:
            found = self._children.get(locator)
        return found if found is not None and found.token == token else None

    def keep_last_page(self, name: str, token: str, body: str) -> None:
        """Keep the page that came last: `name` is its locator with its place."""
        with self._lock:
            self._last_pages[name, token] = body
            while len(self._last_pages) > _MOST_LAST_PAGES:
                del self._last_pages[next(iter(self._last_pages))]

    def last_page(self, name: str, token: str) -> str | None:
        """A page that was kept."""
        with self._lock:
            return self._last_pages.get((name, token))
