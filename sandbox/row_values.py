"""Values from JSON on their way into a table: checked against describe, then SQL of the column's type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

import duckdb

from compiler.schema import Field, SObject
from sandbox.column_types import column_type, typed, words_for, wrong_text
from sandbox.data_files import as_text
from sandbox.quoting import identifier, text

_STRUCTURED = frozenset({"json", "anyType", "complexvalue"})
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


class BadValueError(Exception):
    """A value that its field cannot hold; `field` is the API name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def column_types(cursor: duckdb.DuckDBPyConnection, sobject: SObject) -> dict[str, str]:
    """The SQL type of each column of the object's table."""
    rows = cursor.execute(f"SELECT column_name, column_type FROM (DESCRIBE {identifier(sobject.name)})").fetchall()
    return {str(name): str(kind) for name, kind in rows}


def value_sql(cursor: duckdb.DuckDBPyConnection, field: Field, value: object, sql_type: str) -> str:
    """SQL for a JSON value; raises BadValueError."""
    if isinstance(value, (dict, list)) and field.type not in _STRUCTURED:
        raise BadValueError(field.name, "a list or an object cannot be its value")
    written = as_text(value)
    if written is None:
        return "false" if field.type == "boolean" else "NULL"
    literal = text(written)
    wrong = wrong_text(field, literal)
    if wrong is not None and cursor.execute(f"SELECT {wrong}").fetchall()[0][0]:
        raise BadValueError(field.name, f"`{written}` {words_for(field)}")
    return f"CAST({typed(field, literal, sql_type)} AS {sql_type})"


def widen(cursor: duckdb.DuckDBPyConnection, sobject: SObject, rows: Iterable[Mapping[str, object]]) -> None:
    """Make number columns wide enough for new values, which may have more decimals than the field shows."""
    types: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            field = sobject.field(name)
            if field is None or not field.is_number or value is None:
                continue
            types = types or column_types(cursor, sobject)
            digits = _digits(value)
            current = _DECIMAL.fullmatch(types[field.name])
            if digits is None or current is None:
                continue
            width, scale = int(current[1]), int(current[2])
            whole = width - scale
            if digits[0] <= whole and digits[1] <= scale:
                continue
            wider = column_type(field, max(digits[0], whole), max(digits[1], scale))
            cursor.execute(f"ALTER TABLE {identifier(sobject.name)} ALTER {identifier(field.name)} TYPE {wider}")
            types[field.name] = wider


def _digits(value: object) -> tuple[int, int] | None:
    try:
        number = Decimal(str(value)).normalize()
    except InvalidOperation:
        return None
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return None
    return max(len(digits) + exponent, 0), max(-exponent, 0)


def composed_name(sobject: SObject, fields: Mapping[str, object]) -> str | None:
    """SQL that puts a person's Name together again, where a part of it is among the changed fields; else None."""
    parts = [sobject.field(name) for name in ("FirstName", "LastName")]
    name = sobject.field("Name")
    changed = {key.lower() for key in fields}
    if name is None or not all(parts) or "name" in changed or not changed & {"firstname", "lastname"}:
        return None
    return "nullif(concat_ws(' ', \"FirstName\", \"LastName\"), '')"
