"""Staged texts become the typed table of an object; what no field can hold is an OrgError with its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from compiler.schema import NUMBER_TYPES, Field, SObject
from sandbox.column_types import column_type, stored_fields, typed, words_for, wrong_text
from sandbox.data_mistakes import row_number
from sandbox.errors import OrgError
from sandbox.quoting import identifier, text

_STAGE = "stage"


def fill_table(
    con: duckdb.DuckDBPyConnection,
    sobject: SObject,
    staged: Sequence[str],
    path: Path,
    *,
    now: datetime,
    user_id: str,
) -> None:
    """Create the object's table from the temp table `stage`, which goes away.

    Columns that were not given are null; booleans are false; the stamps and authors that Salesforce always sets are
    `now` and `user_id`. Raises OrgError.
    """
    given = set(staged)
    if staged:
        _check(con, sobject, staged, path)
    sizes = _number_sizes(con, [f for f in stored_fields(sobject) if f.is_number and f.name in given])
    columns = []
    for field in stored_fields(sobject):
        whole, scale = sizes.get(field.name, (0, 0))
        sql_type = column_type(field, whole, scale)
        source = typed(field, identifier(field.name), sql_type) if field.name in given else None
        value = f"CAST({_or_default(field, source, sobject, given, now, user_id)} AS {sql_type})"
        columns.append(f"{value} AS {identifier(field.name)}")
    con.execute(f"CREATE TABLE {identifier(sobject.name)} AS SELECT {', '.join(columns)} FROM {_STAGE}")
    con.execute(f"DROP TABLE {_STAGE}")


def create_empty(con: duckdb.DuckDBPyConnection, sobject: SObject) -> None:
    """Create the table of an object without data."""
    columns = ", ".join(f"{identifier(f.name)} {column_type(f)}" for f in stored_fields(sobject))
    con.execute(f"CREATE TABLE {identifier(sobject.name)} ({columns})")


def _or_default(
    field: Field, source: str | None, sobject: SObject, given: set[str], now: datetime, user_id: str
) -> str:
    stamp = text(now.replace(tzinfo=None).isoformat(sep=" "))
    match field.name:
        case "CreatedDate":
            default = f"TIMESTAMP {stamp}"
        case "LastModifiedDate" | "SystemModstamp":
            earlier = ["LastModifiedDate"] if field.name == "SystemModstamp" else []
            older = [
                typed(sobject.fields[name.lower()], identifier(name), "TIMESTAMP")
                for name in (*earlier, "CreatedDate")
                if name in given
            ]
            default = f"coalesce({', '.join((*older, f'TIMESTAMP {stamp}'))})"
        case "CreatedById" | "LastModifiedById":
            default = text(user_id)
        case "Name" if {"FirstName", "LastName"} & given and field.type == "string":
            parts = [identifier(n) for n in ("FirstName", "LastName") if n in given]
            default = f"nullif(concat_ws(' ', {', '.join(parts)}), '')"
        case _:
            default = "false" if field.type == "boolean" else "NULL"
    return f"coalesce({source}, {default})" if source else default


def _check(con: duckdb.DuckDBPyConnection, sobject: SObject, staged: Sequence[str], path: Path) -> None:
    wrong = {name: wrong_text(sobject.fields[name.lower()], identifier(name)) for name in staged}
    tests = {
        name: f"{identifier(name)} IS NOT NULL AND {sql}" if name != "Id" else f"({sql})"
        for name, sql in wrong.items()
        if sql
    }
    counts = con.execute(f"SELECT {', '.join(f'count(*) FILTER ({t})' for t in tests.values())} FROM {_STAGE}")
    row = counts.fetchone()
    for (name, test), count in zip(tests.items(), row or (), strict=True):
        if count:
            found = con.execute(
                f"SELECT rowid, {identifier(name)} FROM {_STAGE} WHERE {test} ORDER BY rowid LIMIT 1"
            ).fetchall()
            at, value = found[0]
            words = words_for(sobject.fields[name.lower()])
            message = "the Id is missing" if value is None else f"`{value}` {words}"
            raise OrgError(message, path, row_number(path, at), name)
    twice = con.execute(
        f"SELECT max(rowid), id18(Id) FROM {_STAGE} GROUP BY id18(Id) HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    ).fetchall()
    if twice:
        at, value = twice[0]
        raise OrgError(f"`{value}` stands there twice", path, row_number(path, at), "Id")


def _number_sizes(con: duckdb.DuckDBPyConnection, fields: Sequence[Field]) -> dict[str, tuple[int, int]]:
    """How many digits the data has before and behind the point, for each number column."""
    if not fields:
        return {}
    parts: list[str] = []
    for field in fields:
        column = identifier(field.name)
        parts += (
            f"max(length(regexp_extract({column}, '^[+-]?0*([0-9]*)', 1)))",
            f"max(length(rtrim(regexp_extract({column}, '[.]([0-9]*)', 1), '0')))",
            f"bool_or(contains(lower({column}), 'e'))",
        )
    row = con.execute(f"SELECT {', '.join(parts)} FROM {_STAGE}").fetchone() or ()
    sizes: dict[str, tuple[int, int]] = {}
    for at, field in enumerate(fields):
        whole, scale, exponent = row[3 * at : 3 * at + 3]
        sizes[field.name] = (28, 10) if exponent else (whole or 0, scale or 0)
    assert all(f.type in NUMBER_TYPES for f in fields)
    return sizes
