"""Data files of an org folder: each becomes a staging table of texts, with the API names as columns."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from compiler.schema import SObject
from sandbox.data_mistakes import csv_mistake, first_line_with, json_lines_mistake
from sandbox.errors import OrgError
from sandbox.quoting import identifier, text

SUFFIXES = (".csv", ".jsonl", ".parquet")
_LONGEST_LINE = 64 * 1024 * 1024


def stage_file(con: duckdb.DuckDBPyConnection, path: Path, sobject: SObject, table: str) -> list[str]:
    """Read a data file into `table`, all columns as text, rows in their order.

    Returns the API names of the columns as the schema writes them. Raises OrgError for a file that cannot be read, and
    for columns that the object does not have.
    """
    if path.suffix == ".csv":
        header = _csv_header(path)
        names = _known(header, sobject, path)
        columns = ", ".join(f"{text(n)}: 'VARCHAR'" for n in names)
        source = (
            f"read_csv({text(str(path))}, columns = {{{columns}}}, "
            "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
            f"max_line_size = {_LONGEST_LINE}, null_padding = false)"
        )
    elif path.suffix == ".jsonl":
        listing = f"SELECT DISTINCT unnest(json_keys(json)) FROM read_ndjson_objects({text(str(path))})"
        no_objects = f"SELECT 1 FROM read_ndjson_objects({text(str(path))}) WHERE json_type(json) <> 'OBJECT' LIMIT 1"
        if _read(con, no_objects, path):
            raise json_lines_mistake(path) or OrgError("a JSON object is wanted on each line", path)
        header = sorted(str(row[0]) for row in _read(con, listing, path))
        if not header and (mistake := json_lines_mistake(path)):
            raise mistake
        names = _known(header, sobject, path)
        parts = ", ".join(f"json ->> {text(h)} AS {identifier(n)}" for h, n in zip(header, names, strict=True))
        source = f"(SELECT {parts or '1 AS nothing'} FROM read_ndjson_objects({text(str(path))}))"
    else:
        listing = f"SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet({text(str(path))}))"
        header = [str(row[0]) for row in _read(con, listing, path)]
        names = _known(header, sobject, path)
        parts = ", ".join(
            f"CAST({identifier(h)} AS VARCHAR) AS {identifier(n)}" for h, n in zip(header, names, strict=True)
        )
        source = f"(SELECT {parts} FROM read_parquet({text(str(path))}))"
    columns = ", ".join(f"nullif({identifier(n)}, '') AS {identifier(n)}" for n in names)
    staging = f"CREATE TEMP TABLE {identifier(table)} AS SELECT {columns or '1 AS nothing'} FROM {source}"
    _read(con, staging, path, header)
    return names


def stage_rows(
    con: duckdb.DuckDBPyConnection,
    rows: Iterable[Mapping[str, object]],
    sobject: SObject,
    table: str,
    path: Path,
) -> list[str]:
    """As `stage_file`, for rows that are at hand already; `path` is named in errors."""
    given = list(rows)
    header = list(dict.fromkeys(key for row in given for key in row))
    names = _known(header, sobject, path)
    columns = ", ".join(f"{identifier(n)} VARCHAR" for n in names) or "nothing VARCHAR"
    con.execute(f"CREATE TEMP TABLE {identifier(table)} ({columns})")
    if given and names:
        marks = ", ".join("?" for _ in names)
        con.executemany(
            f"INSERT INTO {identifier(table)} VALUES ({marks})",
            [[as_text(row.get(h)) for h in header] for row in given],
        )
    return names


def as_text(value: object) -> str | None:
    """A JSON value as the text that a CSV would hold; the empty text is null."""
    match value:
        case None | "":
            return None
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case dict() | list():
            return json.dumps(value)
        case _:
            return str(value)


def _csv_header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            header = next(csv.reader(file), None)
        "".join(header or ()).encode()
    except (UnicodeEncodeError, csv.Error) as error:
        raise OrgError("is not readable as CSV in UTF-8", path, 1) from error
    if not header:
        raise OrgError("is empty: the first row holds the API names of the columns", path, 1)
    return header


def _known(header: Sequence[str], sobject: SObject, path: Path) -> list[str]:
    """The schema's spelling of each column; raises OrgError for one that cannot hold data."""
    names: list[str] = []
    for column in header:
        row = 1 if path.suffix == ".csv" else first_line_with(path, column) if path.suffix == ".jsonl" else None
        field = sobject.field(column)
        if field is None:
            raise OrgError(f"{sobject.name} has no such field in its describe", path, row, column)
        if field.is_compound:
            raise OrgError(f"{field.type} is made of its parts: give those", path, row, column)
        if field.name in names:
            raise OrgError("the column stands there twice", path, row, column)
        names.append(field.name)
    if "Id" not in names and header:
        raise OrgError(
            f"the column Id is missing; there are {', '.join(header)}", path, 1 if path.suffix == ".csv" else None
        )
    return names


def _read(con: duckdb.DuckDBPyConnection, sql: str, path: Path, header: Sequence[str] = ()) -> list[tuple[object, ...]]:
    try:
        return con.execute(sql).fetchall()
    except duckdb.Error as error:
        found = csv_mistake(path, header) if path.suffix == ".csv" else None
        if path.suffix == ".jsonl":
            found = json_lines_mistake(path)
        lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("LINE ")]
        raise found or OrgError(f"cannot be read: {lines[0]}", path) from error
