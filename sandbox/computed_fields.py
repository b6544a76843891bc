"""Formula and roll-up fields that an org folder gives as SQL, kept true when rows or the clock move.

A field of a describe with `"_sql"` holds what that DuckDB expression gives for its row. The expression may name the
row's own columns and read other tables; `org_now()` and `org_today()` are the org's time (UTC) and the connected user's
day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb

from compiler.schema import Field, Schema
from sandbox.column_types import column_type
from sandbox.errors import ApiError, OrgError
from sandbox.quoting import identifier, text

SQL_KEY = "_sql"
_MOST_PASSES = 10


class ComputedField(NamedTuple):
    """A field and the expression that gives its value."""

    object: str
    field: Field
    sql: str

    def statement(self, record_id: str | None) -> str:
        """The UPDATE that makes the values true, of one record or of all."""
        table, column = identifier(self.object), identifier(self.field.name)
        value = f"TRY_CAST(({self.sql}) AS {column_type(self.field, 0, self.field.scale)})"
        if self.field.type == "boolean":
            value = f"coalesce({value}, false)"
        elif column_type(self.field) == "VARCHAR":
            value = f"nullif({value}, '')"
        rows = f'SELECT {table}."Id" AS id, {value} AS value FROM {table}'
        if record_id is not None:
            rows += f' WHERE {table}."Id" = {text(record_id)}'
        return (
            f"UPDATE {table} SET {column} = computed.value FROM ({rows}) AS computed "
            f'WHERE {table}."Id" = computed.id AND {table}.{column} IS DISTINCT FROM computed.value'
        )

    def unfit_values(self) -> str:
        """The SELECT of a value that the field cannot hold, if there is one."""
        table, kind = identifier(self.object), column_type(self.field, 0, self.field.scale)
        return (
            f"SELECT value FROM (SELECT ({self.sql}) AS value FROM {table}) "
            f"WHERE value IS NOT NULL AND TRY_CAST(value AS {kind}) IS NULL LIMIT 1"
        )


class ComputedFields:
    """All computed fields of an org."""

    def __init__(self, describes: Iterable[Mapping[str, Any]], schema: Schema) -> None:
        self._fields: list[ComputedField] = []
        for describe in describes:
            for raw in describe["fields"]:
                if SQL_KEY in raw:
                    self._fields.append(_computed(str(describe["name"]), raw, schema))
        self._follows_clock = any("org_now" in f.sql or "org_today" in f.sql for f in self._fields)
        self._moment: datetime | None = None

    def names(self, object_name: str) -> frozenset[str]:
        """The API names of an object's computed fields."""
        return frozenset(f.field.name for f in self._fields if f.object == object_name)

    def is_behind(self, now: datetime) -> bool:
        """Whether the clock has moved since the values were computed, and that matters."""
        return self._follows_clock and self._moment != now

    def recompute(self, cursor: duckdb.DuckDBPyConnection, now: datetime, zone: ZoneInfo) -> None:
        """Make all values true again; raises ApiError where an expression fails on some row."""
        if not self._fields:
            return
        if self._follows_clock:
            self._set_clock(cursor, now, zone)
        for _ in range(_MOST_PASSES):
            if not sum(self._run(cursor, f, None) for f in self._fields):
                return
        names = ", ".join(f"{f.object}.{f.field.name}" for f in self._fields)
        raise ApiError(500, "UNKNOWN_EXCEPTION", f"the SQL of these fields never comes to rest: {names}")

    def recompute_record(self, cursor: duckdb.DuckDBPyConnection, object_name: str, record_id: str) -> None:
        """Make the values of one record true, before a validation rule looks at it."""
        own = [f for f in self._fields if f.object == object_name]
        for _ in range(_MOST_PASSES):
            if not sum(self._run(cursor, f, record_id) for f in own):
                return

    def check(self, cursor: duckdb.DuckDBPyConnection, folder: Path, now: datetime, zone: ZoneInfo) -> None:
        """Compute everything for the first time; raises OrgError that names the describe and the field."""
        if self._follows_clock:
            self._set_clock(cursor, now, zone)
        for f in self._fields:
            try:
                cursor.execute(f.statement(None))
                unfit = cursor.execute(f.unfit_values()).fetchall()
            except duckdb.Error as error:
                first = next(line for line in str(error).splitlines() if line.strip())
                raise OrgError(
                    f"`{SQL_KEY}` does not run: {first}", folder / f"{f.object}.json", None, f.field.name
                ) from error
            if unfit:
                words = f"`{SQL_KEY}` gives `{unfit[0][0]}`, which is no {f.field.type}"
                raise OrgError(words, folder / f"{f.object}.json", None, f.field.name)
        self.recompute(cursor, now, zone)

    def _set_clock(self, cursor: duckdb.DuckDBPyConnection, now: datetime, zone: ZoneInfo) -> None:
        moment = text(now.replace(tzinfo=None).isoformat(sep=" "))
        today = text(now.astimezone(zone).date().isoformat())
        cursor.execute(f"CREATE OR REPLACE MACRO org_now() AS TIMESTAMP {moment}")
        cursor.execute(f"CREATE OR REPLACE MACRO org_today() AS DATE {today}")
        self._moment = now

    def _run(self, cursor: duckdb.DuckDBPyConnection, computed: ComputedField, record_id: str | None) -> int:
        try:
            changed = cursor.execute(computed.statement(record_id)).fetchall()
        except duckdb.Error as error:
            name = f"{computed.object}.{computed.field.name}"
            raise ApiError(500, "UNKNOWN_EXCEPTION", f"the SQL of {name} failed: {error}") from error
        return int(changed[0][0])


def _computed(object_name: str, raw: Mapping[str, Any], schema: Schema) -> ComputedField:
    place = Path("describe") / f"{object_name}.json"
    name = str(raw["name"])
    sql = raw[SQL_KEY]
    if not isinstance(sql, str) or not sql.strip():
        raise OrgError(f"`{SQL_KEY}` is an SQL expression", place, column=name)
    sobject = schema.object(object_name)
    field = sobject.field(name) if sobject else None
    assert sobject is not None
    assert field is not None
    if not field.calculated:
        raise OrgError(f'a field with `{SQL_KEY}` needs `"calculated": true` too', place, column=name)
    return ComputedField(sobject.name, field, sql)
