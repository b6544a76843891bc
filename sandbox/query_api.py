"""`/query` and `/queryAll`: SOQL in, pages of records out, with locators that belong to their session."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import duckdb

from grammar.parse import parse_query
from grammar.soql_tree import Query
from sandbox.currencies import read_currencies
from sandbox.errors import ApiError, SoqlError
from sandbox.org import Org
from sandbox.query_cursors import ChildCursor, Cursors, OpenCursor
from sandbox.quoting import identifier
from sandbox.records_json import Row, Split, records
from sandbox.soql_output import rest_text
from sandbox.soql_scope import World
from sandbox.soql_select import Render
from sandbox.soql_to_duckdb import Translation, translate
from sandbox.wire import Answer, Call, json_text_answer

_MOST_SUBTOTALS = 8  # CUBE of three fields
DEFAULT_PAGE, SMALLEST_PAGE, LARGEST_PAGE = 2000, 200, 2000


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


def prepare(org: Org, text: str, *, all_rows: bool, render: Render = rest_text, numbered: bool = False) -> Translation:
    """Parse and translate a query for this org and moment; raises ApiError."""
    query = parse(text)
    try:
        return translate(query, world(org, all_rows), render, numbered=numbered)
    except SoqlError as error:
        raise error.answer(text) from None


def world(org: Org, all_rows: bool) -> World:
    """What queries are read against now."""
    with org.reading() as cursor:
        currencies = read_currencies(cursor, org.schema, org.settings.currency)
    return World(org.schema, org.calendar(), org.switches, currencies, all_rows, org.user.id)


def query(org: Org, cursors: Cursors, call: Call, path: Mapping[str, str], *, all_rows: bool) -> Answer:
    """Answer the first page of a query."""
    text = call.query.get("q")
    if text is None:
        raise ApiError(400, "MALFORMED_QUERY", "SOQL statement is missing: the parameter q is wanted")
    return first_page(org, cursors, call, path["version"], prepare(org, text, all_rows=all_rows))


def first_page(org: Org, cursors: Cursors, call: Call, version: str, translation: Translation) -> Answer:
    """Answer what a translated query finds, with a locator where there is more of it."""
    is_grouped = translation.shape.id_index is None
    page = LARGEST_PAGE if is_grouped else _page_size(call)
    with org.reading() as cursor:
        if translation.count_only:
            row = cursor.execute(translation.sql).fetchone()
            assert row is not None
            return json_text_answer(f'{{"totalSize":{row[0]},"done":true,"records":[]}}')
        if _is_one_page(cursor, translation, page):
            rows = cursor.execute(translation.sql).fetchall()
            split = _split_children(cursors, page, call.user.token, version)
            return json_text_answer(_body(cursor, translation, rows, version, len(rows), None, split))
        locator = cursors.name()
        table = f"sandbox.{identifier(locator)}"
        cursor.execute(f"CREATE TABLE {table} AS {translation.sql}")
        total = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        if is_grouped and total > page:
            cursor.execute(f"DROP TABLE {table}")
            words = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
            raise ApiError(400, "EXCEEDED_ID_LIMIT", words)
        opened = OpenCursor(locator, translation, table, total, page, call.user.token, set())
        body = _page(cursor, opened, 0, version, _split_children(cursors, page, call.user.token, version))
        for gone in [opened] if opened.is_exhausted else cursors.put(opened):
            cursor.execute(f"DROP TABLE {gone.table}")
        return json_text_answer(body)


def next_page(org: Org, cursors: Cursors, call: Call, path: Mapping[str, str]) -> Answer:
    """Answer a further page: the locator is `0r8...-2000`."""
    token = call.user.token
    if (kept := cursors.last_page(path["locator"], token)) is not None:
        return json_text_answer(kept)
    locator, _, offset = path["locator"].rpartition("-")
    if (children := cursors.children(locator, token)) is not None and offset.isdigit():
        return json_text_answer(_children_page(children, locator, int(offset), path["version"]))
    opened = cursors.get(locator, token)
    if opened is None or not offset.isdigit() or int(offset) >= opened.total:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    with org.reading() as cursor:
        split = _split_children(cursors, opened.page, token, path["version"])
        body = _page(cursor, opened, int(offset), path["version"], split)
    if opened.is_exhausted:
        cursors.keep_last_page(path["locator"], token, body)
        close_cursor(org, cursors, locator)
    return json_text_answer(body)


def close_cursor(org: Org, cursors: Cursors, locator: str) -> None:
    """Close an open cursor and let go of its rows; one that is closed already is left alone."""
    if (opened := cursors.forget(locator)) is not None:
        with org.cursor() as cursor:
            cursor.execute(f"DROP TABLE {opened.table}")


def _is_one_page(cursor: duckdb.DuckDBPyConnection, translation: Translation, page: int) -> bool:
    """Whether the answer cannot be longer than a page, whatever it holds."""
    if translation.limit is not None and translation.limit <= page:
        return True
    rows = cursor.execute(f"SELECT count(*) FROM {identifier(translation.object.name)}").fetchall()[0][0]
    most_for_a_row = _MOST_SUBTOTALS if translation.shape.id_index is None else 1
    return bool(rows * most_for_a_row <= page)


def _split_children(cursors: Cursors, page: int, token: str, version: str) -> Split:
    """Child queries have pages of the same size, with locators of their own."""

    def split(texts: list[str]) -> tuple[list[str], str | None]:
        if len(texts) <= page:
            return texts, None
        locator = cursors.put_children(ChildCursor(texts, page, token))
        return texts[:page], f"/services/data/v{version}/query/{locator}-{page}"

    return split


def _children_page(children: ChildCursor, locator: str, offset: int, version: str) -> str:
    end = offset + children.page
    total = len(children.texts)
    if offset >= total:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _answer_text(children.texts[offset:end], total, version, f"{locator}-{end}" if end < total else None)


def _page(cursor: duckdb.DuckDBPyConnection, opened: OpenCursor, offset: int, version: str, split: Split) -> str:
    opened.read.add(offset)
    end = min(offset + opened.page, opened.total)
    # the numbers of rows count from 0 only once the table is committed, which it is not yet for the first page
    place = f"WHERE rowid >= {offset} AND rowid < {end} ORDER BY rowid" if offset else f"ORDER BY rowid LIMIT {end}"
    rows = cursor.execute(f"SELECT * FROM {opened.table} {place}").fetchall()
    following = f"{opened.locator}-{end}" if end < opened.total else None
    return _body(cursor, opened.translation, rows, version, opened.total, following, split)


def _body(
    cursor: duckdb.DuckDBPyConnection,
    translation: Translation,
    rows: Sequence[Row],
    version: str,
    total: int,
    following: str | None,
    split: Split,
) -> str:
    return _answer_text(records(cursor, translation, rows, version, split), total, version, following)


def _answer_text(texts: Sequence[str], total: int, version: str, following: str | None) -> str:
    more = '"done":true'
    if following:
        more = f'"done":false,"nextRecordsUrl":"/services/data/v{version}/query/{following}"'
    return f'{{"totalSize":{total},{more},"records":[{",".join(texts)}]}}'


def _page_size(call: Call) -> int:
    found = re.search(r"batchSize\s*=\s*(\d+)", call.headers.get("sforce-query-options", ""), re.IGNORECASE)
    return min(max(int(found[1]), SMALLEST_PAGE), LARGEST_PAGE) if found else DEFAULT_PAGE
