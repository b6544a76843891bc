"""`/query` and `/queryAll`: SOQL in, pages of records out, with locators that belong to their session."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import duckdb

from compiler.record_id import to_18
from grammar.parse import parse_query
from grammar.soql_tree import Query
from sandbox.currencies import read_currencies
from sandbox.errors import ApiError, SoqlError
from sandbox.org import Org
from sandbox.quoting import identifier
from sandbox.records_json import Row, records
from sandbox.soql_output import rest_text
from sandbox.soql_scope import World
from sandbox.soql_to_duckdb import Render, Translation, translate
from sandbox.wire import Answer, Call, json_text_answer

DEFAULT_PAGE, SMALLEST_PAGE, LARGEST_PAGE = 2000, 200, 2000
_MOST_CURSORS = 200


class OpenCursor(NamedTuple):
    """A query whose answer has more pages: the table that holds its rows, and whose it is."""

    translation: Translation
    table: str
    total: int
    page: int
    token: str


class Cursors:
    """The open query locators of a server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._open: dict[str, OpenCursor] = {}

    def name(self) -> str:
        """A new locator: 18 characters beginning with 0r8."""
        with self._lock:
            self._count += 1
            return to_18(f"0r8SB{self._count:010d}")

    def put(self, locator: str, cursor: OpenCursor) -> list[OpenCursor]:
        """Keep an open cursor; returns the oldest ones that had to go."""
        with self._lock:
            self._open[locator] = cursor
            gone = []
            while len(self._open) > _MOST_CURSORS:
                gone.append(self._open.pop(next(iter(self._open))))
            return gone

    def get(self, locator: str, token: str) -> OpenCursor | None:
        """The cursor of that name if it was opened by the same session."""
        with self._lock:
            found = self._open.get(locator)
        return found if found is not None and found.token == token else None


def parse(text: str) -> Query:
    """Parse a query; raises ApiError MALFORMED_QUERY in Salesforce's words."""
    parsed = parse_query(text)
    errors = [d for d in parsed.diagnostics if d.severity == "error"]
    if parsed.tree is not None and not errors:
        return parsed.tree
    if not errors:
        raise ApiError(400, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
    span = errors[0].span
    if text[span.start : span.start + 1] == ":":
        raise SoqlError("MALFORMED_QUERY", "Bind variables only allowed in Apex code", span).answer(text)
    if not text.strip():
        raise ApiError(400, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
    token = text[span.start : span.end].strip() or "<EOF>"
    raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{token}'", span).answer(text)


def prepare(org: Org, text: str, *, all_rows: bool, render: Render = rest_text) -> Translation:
    """Parse and translate a query for this org and moment; raises ApiError."""
    query = parse(text)
    try:
        return translate(query, world(org, all_rows), render)
    except SoqlError as error:
        raise error.answer(text) from None


def world(org: Org, all_rows: bool) -> World:
    """What queries are read against now."""
    with org.cursor() as cursor:
        currencies = read_currencies(cursor, org.schema, org.settings.currency)
    return World(org.schema, org.calendar(), org.switches, currencies, all_rows, org.user.id)


def query(org: Org, cursors: Cursors, call: Call, path: Mapping[str, str], *, all_rows: bool) -> Answer:
    """Answer the first page of a query."""
    text = call.query.get("q")
    if text is None:
        raise ApiError(400, "MALFORMED_QUERY", "SOQL statement is missing: the parameter q is wanted")
    translation = prepare(org, text, all_rows=all_rows)
    version = path["version"]
    page = _page_size(call)
    with org.cursor() as cursor:
        cursor.execute("BEGIN TRANSACTION")
        if translation.count_only:
            row = cursor.execute(translation.sql).fetchone()
            cursor.execute("COMMIT")
            assert row is not None
            return json_text_answer(f'{{"totalSize":{row[0]},"done":true,"records":[]}}')
        rows = cursor.execute(translation.sql).fetchmany(page + 1)
        if len(rows) <= page:
            body = _body(cursor, translation, rows, version, len(rows), None)
            cursor.execute("COMMIT")
            return json_text_answer(body)
        locator = cursors.name()
        table = f"sandbox.{identifier(locator)}"
        cursor.execute(f"CREATE TABLE {table} AS {translation.sql}")
        total = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        cursor.execute("COMMIT")
        opened = OpenCursor(translation, table, total, page, call.user.token)
        for gone in cursors.put(locator, opened):
            cursor.execute(f"DROP TABLE {gone.table}")
        return json_text_answer(_page(cursor, opened, locator, 0, version))


def next_page(org: Org, cursors: Cursors, call: Call, path: Mapping[str, str]) -> Answer:
    """Answer a further page: the locator is `0r8...-2000`."""
    locator, _, offset = path["locator"].rpartition("-")
    opened = cursors.get(locator, call.user.token)
    if opened is None or not offset.isdigit() or int(offset) >= opened.total:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    with org.cursor() as cursor:
        return json_text_answer(_page(cursor, opened, locator, int(offset), path["version"]))


def _page(cursor: duckdb.DuckDBPyConnection, opened: OpenCursor, locator: str, offset: int, version: str) -> str:
    end = min(offset + opened.page, opened.total)
    rows = cursor.execute(
        f"SELECT * FROM {opened.table} WHERE rowid >= {offset} AND rowid < {end} ORDER BY rowid"
    ).fetchall()
    following = f"{locator}-{end}" if end < opened.total else None
    return _body(cursor, opened.translation, rows, version, opened.total, following)


def _body(
    cursor: duckdb.DuckDBPyConnection,
    translation: Translation,
    rows: Sequence[Row],
    version: str,
    total: int,
    following: str | None,
) -> str:
    texts = records(cursor, translation, rows, version)
    more = '"done":true'
    if following:
        more = f'"done":false,"nextRecordsUrl":"/services/data/v{version}/query/{following}"'
    return f'{{"totalSize":{total},{more},"records":[{",".join(texts)}]}}'


def _page_size(call: Call) -> int:
    found = re.search(r"batchSize\s*=\s*(\d+)", call.headers.get("sforce-query-options", ""), re.IGNORECASE)
    return min(max(int(found[1]), SMALLEST_PAGE), LARGEST_PAGE) if found else DEFAULT_PAGE
