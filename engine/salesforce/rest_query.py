"""Queries by REST: pages of JSON, followed until Salesforce says that it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from compiler.record_id import is_record_id
from engine.errors import BrokenAnswerError, CursorLostError, SalesforceError, SessionExpiredError
from engine.events import RowsRead
from engine.salesforce.answers import whole_number
from engine.salesforce.client import SalesforceClient
from engine.salesforce.pages import EMPTY_PAGES, MOST_SURPLUS, Page, Transport, write_page

ATTEMPTS = 3


class RestPages:
    """The answer to a query by REST, as CSV files of our own."""

    transport: Transport = "rest"

    def __init__(self, pages: tuple[Page, ...], rows: int, asked_at: datetime, surplus: int = 0) -> None:
        self.surplus = surplus
        self.pages = pages
        self.rows = rows
        self.asked_at = asked_at

    def fetch_again(self, page: Page) -> None:
        """A page that was written here cannot be damaged by the network."""
        raise BrokenAnswerError(f"the page {page.path.name} does not hold what was written to it")

    def close(self) -> None:
        """Remove the files."""
        for page in self.pages:
            page.path.unlink(missing_ok=True)


class TooMany(Exception):  # noqa: N818 - a decision, not an error
    """The query has more rows than the caller wants to read this way."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


def read_rest(
    client: SalesforceClient,
    soql: str,
    columns: Sequence[str],
    folder: Path,
    name: str,
    *,
    all_rows: bool = False,
    at_most: int | None = None,
) -> RestPages:
    """Read a whole query to page files `<name>.<n>.csv` in `folder`.

    `all_rows` asks queryAll: deleted and archived rows too. Raises TooMany, before anything is read further, when the
    query has more than `at_most` rows; SalesforceError when it cannot be read whole.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _read(client, soql, columns, folder, name, all_rows, at_most)
        except (CursorLostError, BrokenAnswerError):
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _read(
    client: SalesforceClient,
    soql: str,
    columns: Sequence[str],
    folder: Path,
    name: str,
    all_rows: bool,
    at_most: int | None,
) -> RestPages:
    asked_at = client.now()
    pages: list[Page] = []
    rows, total = 0, 0
    for answer in answers(client, soql, all_rows=all_rows):
        if not pages:
            total = int(answer["totalSize"])
            if at_most is not None and total > at_most:
                raise TooMany(total)
        path = folder / f"{name}.{len(pages)}.csv"
        count = write_page(path, columns, answer["records"])
        pages.append(Page(path, tuple(columns), count))
        rows += count
        client.events(RowsRead(name, rows, total))
        if rows > total + MOST_SURPLUS:
            raise BrokenAnswerError(f"{name}: Salesforce announced {total} rows and does not stop sending")
    if rows < total:
        raise BrokenAnswerError(f"{name}: Salesforce announced {total} rows and sent {rows}")
    return RestPages(tuple(pages), rows, asked_at, surplus=rows - total)


def answers(client: SalesforceClient, soql: str, *, all_rows: bool = False) -> Iterator[dict[str, Any]]:
    """The pages of a query as JSON whose numbers are text. Raises BrokenAnswerError for a page that is none."""
    path = client.data("queryAll" if all_rows else "query")
    answer = _page(client.get_json(path, {"q": soql}, exact=True), path)
    yield answer
    seen: set[str] = set()
    empty = 0
    while not answer["done"]:
        following = answer.get("nextRecordsUrl")
        if not following:
            raise SalesforceError(f"the answer to {path} is not done and does not say where it goes on")
        # The token goes where this leads, so that it must be a path of the same server.
        if not isinstance(following, str) or not following.startswith("/services/data/") or not following.isascii():
            raise BrokenAnswerError(f"the answer to {path} goes on at no address of Salesforce's")
        if following in seen:
            raise BrokenAnswerError(f"the pages of {path} go round in a circle")
        empty = 0 if answer["records"] else empty + 1
        if empty > EMPTY_PAGES:
            raise BrokenAnswerError(f"{empty} pages of {path} in a row are empty, and it is still not done")
        seen.add(following)
        try:
            answer = _page(client.get_json(following, exact=True), path)
        except SessionExpiredError as error:
            # A locator belongs to the session that opened it and may be lost with it.
            raise CursorLostError(error.message, status=error.status) from error
        yield answer


def records(client: SalesforceClient, soql: str, *, all_rows: bool = False) -> list[dict[str, Any]]:
    """All records of a small query; numbers are text."""
    return [record for answer in answers(client, soql, all_rows=all_rows) for record in answer["records"]]


def count(client: SalesforceClient, soql: str, *, all_rows: bool = False) -> int:
    """The answer to a `SELECT COUNT() ...`."""
    path = client.data("queryAll" if all_rows else "query")
    return int(_page(client.get_json(path, {"q": soql}, exact=True), path)["totalSize"])


def _page(answer: Any, path: str) -> dict[str, Any]:
    if (
        isinstance(answer, dict)
        and isinstance(answer.get("records"), list)
        and isinstance(answer.get("done"), bool)
        and whole_number(answer.get("totalSize")) is not None
        and all(isinstance(record, dict) for record in answer["records"])
    ):
        return answer
    raise BrokenAnswerError(f"the answer to {path} is no page of a query")


def id_of(record: Mapping[str, Any]) -> str:
    """A record's Id, which may go into a query. Raises BrokenAnswerError for a record without one."""
    found = record.get("Id")
    if not isinstance(found, str) or not is_record_id(found):
        raise BrokenAnswerError("a record of the answer has no Id")
    return found
