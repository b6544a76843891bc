"""Reading a query to pages: by REST what is small, by Bulk what is large."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from engine.errors import BulkQuotaError, CursorLostError, QueryTimeoutError, TransportError
from engine.salesforce.bulk_query import BulkSettings, read_bulk
from engine.salesforce.client import SalesforceClient
from engine.salesforce.pages import Pages
from engine.salesforce.rest_query import TooMany, read_rest

# Salesforce takes 16,384 bytes of address and headers together; the token alone may be a kilobyte or two.
LONGEST_QUERY = 12_000
ROWS_A_PAGE = 2_000
# What REST may bring in Bulk's place where the org does not say how many requests are left.
ROWS_UNASKED = 200_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How queries are read: up to `rest_rows` rows by REST, more by Bulk.

    Up to `by_id` rows that are known by Id are asked for by it, for more the whole object is read.
    The match list of an extract with more than `list_rows` rows is read once a day; in between runs go by what changed.
    What a first run reads of at least `in_place_rows` rows is loaded where it is published: fewer are as soon written
    twice.
    """

    rest_rows: int = 10_000
    list_rows: int = 2_000_000
    in_place_rows: int = 20_000
    by_id: int = 2_000
    bulk: BulkSettings = field(default_factory=BulkSettings)


def read_query(
    client: SalesforceClient,
    soql: str,
    columns: Sequence[str],
    folder: Path,
    name: str,
    *,
    all_rows: bool = False,
    reading: Reading | None = None,
    expected: int | None = None,
) -> Pages:
    """Read a whole query to page files in `folder`; `columns` are the paths that it selects, in order.

    `expected` is how many rows will come, where that is known: then REST need not be asked what is Bulk's. A query
    that Bulk does not take goes by REST whatever its size, one that REST does not take (too long, too slow, or lost
    again and again) by Bulk. Where the day's Bulk jobs are used up it goes by REST if the requests that are left allow
    it. Raises SalesforceError or SignInError.
    """
    reading = reading or Reading()
    if not fits_in_address(soql):
        return read_bulk(client, soql, folder, name, all_rows=all_rows, settings=reading.bulk)
    if expected is None or expected <= reading.rest_rows:
        with suppress(TooMany, QueryTimeoutError, TransportError, CursorLostError):
            return read_rest(client, soql, columns, folder, name, all_rows=all_rows, at_most=reading.rest_rows)
    try:
        return read_bulk(client, soql, folder, name, all_rows=all_rows, settings=reading.bulk)
    except TransportError:
        return read_rest(client, soql, columns, folder, name, all_rows=all_rows)
    except BulkQuotaError as error:
        try:
            return read_rest(client, soql, columns, folder, name, all_rows=all_rows, at_most=_affordable(client))
        except TooMany:
            raise error from None


def _affordable(client: SalesforceClient) -> int:
    """How many rows REST may bring in Bulk's place: half of the requests that are left are for that."""
    if client.usage is None:
        return ROWS_UNASKED
    used, allowed = client.usage
    return max(0, int(allowed * (1 - client.reserve)) - used) // 2 * ROWS_A_PAGE


def fits_in_address(soql: str) -> bool:
    """Whether a query is short enough to be sent by REST."""
    return address_length(soql) <= LONGEST_QUERY


def address_length(soql: str) -> int:
    """How long a query is in an address."""
    return len(quote(soql))
