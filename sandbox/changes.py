"""Changes that happen in the org: what users, jobs and the clock do to rows, with Salesforce's rules for stamps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from compiler.record_id import is_record_id, to_18
from compiler.schema import SObject
from sandbox.column_types import stored_fields
from sandbox.errors import ApiError
from sandbox.org import Org
from sandbox.quoting import identifier, text
from sandbox.row_values import BadValueError, column_types, composed_name, value_sql, widen

OPERATIONS = ("create", "update", "system_touch", "formula_change", "delete", "undelete", "hard_delete", "merge")
_KEYS = frozenset({"op", "object", "id", "at", "stamp", "fields", "loser", "reparented_contacts"})


def apply_changes(org: Org, changes: Sequence[object]) -> int:
    """Apply changes in their order, all or none; returns how many there were.

    Raises ApiError BAD_CHANGE that names the index (from 0) of the first change that cannot be applied.
    """
    with org.writing() as cursor:
        parsed = [_Change(org, index, raw) for index, raw in enumerate(changes)]
        for step in (_Change.make_room, _Change.apply):
            for change in parsed:
                try:
                    step(change, cursor)
                except duckdb.Error as error:
                    raise change.bad(str(error).splitlines()[0]) from None
    return len(parsed)


class _Change:
    """One change, its names looked up."""

    def __init__(self, org: Org, index: int, raw: object) -> None:
        self.org = org
        self.index = index
        if not isinstance(raw, Mapping):
            raise self.bad("a change is a JSON object")
        if unknown := set(raw) - _KEYS:
            raise self.bad(f"unknown key `{sorted(unknown)[0]}`; known are {', '.join(sorted(_KEYS))}")
        self.op = raw.get("op")
        if self.op not in OPERATIONS:
            raise self.bad(f"`{self.op}` is no operation; there are {', '.join(OPERATIONS)}")
        sobject = org.schema.object(str(raw.get("object")))
        if sobject is None:
            raise self.bad(f"there is no object `{raw.get('object')}`")
        self.sobject = sobject
        self.table = identifier(sobject.name)
        self.id = self._record_id(raw.get("id"), "id")
        self.stamp = self._moment(raw)
        self.fields = self._fields(raw.get("fields"))
        for name in self.fields:
            field = sobject.field(name)
            if field is None or field.is_compound or field.name == "Id":
                raise self.bad(f"{sobject.name} has no field `{name}` that can be set")
            if field.name in org.computed.names(sobject.name):
                raise self.bad(f"{sobject.name}.{field.name} is computed by its SQL and cannot be set")
        self.loser = self._record_id(raw.get("loser"), "loser") if self.op == "merge" else ""
        self.reparented = self._reparented(raw.get("reparented_contacts"))

    def _fields(self, given: object) -> dict[str, Any]:
        if given is not None and not isinstance(given, Mapping):
            raise self.bad("`fields` is a JSON object of API names and values")
        return dict(given or {})

    def _reparented(self, given: object) -> list[str] | None:
        if given is None:
            return None
        if not isinstance(given, list):
            raise self.bad("`reparented_contacts` is a list of record Ids")
        return [self._record_id(contact, "reparented_contacts") for contact in given]

    def bad(self, message: str) -> ApiError:
        """The refusal of this change, and so of the whole list."""
        return ApiError(400, "BAD_CHANGE", f"change {self.index}: {message}; nothing of the list was applied")

    def _record_id(self, value: object, key: str) -> str:
        if not isinstance(value, str) or not is_record_id(value):
            raise self.bad(f"`{value}` in `{key}` is no record Id")
        return to_18(value)

    def _moment(self, raw: Mapping[str, object]) -> str:
        """The stamp of the change: what `stamp` says, else `at`, else now. Both are checked."""
        at = self.org.now()
        for key in ("at", "stamp"):
            value = raw.get(key)
            if value is None:
                continue
            try:
                at = parse_moment(value)
            except ValueError:
                raise self.bad(f"`{value}` in `{key}` is no time such as 2026-03-01T10:20:30Z") from None
        return f"TIMESTAMP {text(at.replace(tzinfo=None).isoformat(sep=' '))}"

    def make_room(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Make the columns wide enough for the new values."""
        widen(cursor, self.sobject, [self.fields])

    def apply(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Do it; raises ApiError BAD_CHANGE."""
        match self.op:
            case "create":
                self._create(cursor)
            case "update":
                self._set(cursor, self.id, self._values(cursor) | self._stamps("LastModifiedDate", "SystemModstamp"))
            case "system_touch":
                self._set(cursor, self.id, self._stamps("SystemModstamp"))
            case "formula_change":
                self._set(cursor, self.id, self._values(cursor))
            case "delete" | "undelete":
                self._need("IsDeleted")
                deleted = {"IsDeleted": "true" if self.op == "delete" else "false"}
                if self.op == "undelete" and self.sobject.field("MasterRecordId"):
                    deleted["MasterRecordId"] = "NULL"
                self._set(cursor, self.id, deleted | self._stamps("LastModifiedDate", "SystemModstamp"))
            case "hard_delete":
                self._remove(cursor)
            case "merge":
                self._merge(cursor)

    def _values(self, cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
        types = column_types(cursor, self.sobject)
        values: dict[str, str] = {}
        for name, value in self.fields.items():
            field = self.sobject.fields[name.lower()]
            try:
                values[field.name] = value_sql(cursor, field, value, types[field.name])
            except BadValueError as error:
                raise self.bad(f"{self.sobject.name}.{error.field}: {error.message}") from None
        return values

    def _stamps(self, *names: str) -> dict[str, str]:
        return {name: self.stamp for name in names if self.sobject.field(name)}

    def _need(self, name: str) -> None:
        if not self.sobject.field(name):
            raise self.bad(f"{self.sobject.name} has no {name}")

    def _set(self, cursor: duckdb.DuckDBPyConnection, record_id: str, values: Mapping[str, str]) -> None:
        where = f'"Id" = {text(record_id)}'
        if not cursor.execute(f"SELECT 1 FROM {self.table} WHERE {where}").fetchall():
            raise self.bad(f"there is no {self.sobject.name} {record_id}")
        if values:
            sets = ", ".join(f"{identifier(name)} = {sql}" for name, sql in values.items())
            cursor.execute(f"UPDATE {self.table} SET {sets} WHERE {where}")
        if name := composed_name(self.sobject, self.fields):
            cursor.execute(f'UPDATE {self.table} SET "Name" = {name} WHERE {where}')

    def _create(self, cursor: duckdb.DuckDBPyConnection) -> None:
        if cursor.execute(f'SELECT 1 FROM {self.table} WHERE "Id" = {text(self.id)}').fetchall():
            raise self.bad(f"there is a {self.sobject.name} {self.id} already")
        author = {n: text(self.org.user.id) for n in ("CreatedById", "LastModifiedById") if self.sobject.field(n)}
        booleans = {f.name: "false" for f in stored_fields(self.sobject) if f.type == "boolean"}
        stamps = self._stamps("CreatedDate", "LastModifiedDate", "SystemModstamp")
        values = booleans | author | stamps | {"Id": text(self.id)} | self._values(cursor)
        names = ", ".join(identifier(name) for name in values)
        cursor.execute(f"INSERT INTO {self.table} ({names}) VALUES ({', '.join(values.values())})")
        if name := composed_name(self.sobject, self.fields):
            cursor.execute(f'UPDATE {self.table} SET "Name" = {name} WHERE "Id" = {text(self.id)}')

    def _remove(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._set(cursor, self.id, {})
        cursor.execute(f'DELETE FROM {self.table} WHERE "Id" = {text(self.id)}')
        cursor.execute(f"INSERT INTO sandbox.purged VALUES ({text(self.sobject.name)}, {text(self.id)}, {self.stamp})")

    def _merge(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """`id` wins: the loser goes to the bin and points at it, the loser's children become the winner's."""
        if self.loser == self.id:
            raise self.bad("a record cannot be merged with itself")
        self._need("IsDeleted")
        stamps = self._stamps("LastModifiedDate", "SystemModstamp")
        gone = {"IsDeleted": "true"} | stamps
        if self.sobject.field("MasterRecordId"):
            gone["MasterRecordId"] = text(self.id)
        self._set(cursor, self.id, self._values(cursor) | stamps)
        fields, self.fields = self.fields, {}
        self._set(cursor, self.loser, gone)
        self.fields = fields
        for child in self.org.schema.objects.values():
            for field in stored_fields(child):
                if self.sobject.name not in field.reference_to or field.name == "MasterRecordId":
                    continue
                self._reparent(cursor, child, field.name)

    def _reparent(self, cursor: duckdb.DuckDBPyConnection, child: SObject, link: str) -> None:
        where = f"{identifier(link)} = {text(self.loser)}"
        if self.reparented is not None and child.name == "Contact" and link == "AccountId":
            listed = ", ".join(text(c) for c in self.reparented) or "NULL"
            where = f'("Id" IN ({listed}))'
        sets = {link: text(self.id)}
        sets |= {n: self.stamp for n in ("LastModifiedDate", "SystemModstamp") if child.field(n)}
        assigned = ", ".join(f"{identifier(name)} = {sql}" for name, sql in sets.items())
        cursor.execute(f"UPDATE {identifier(child.name)} SET {assigned} WHERE {where}")


def parse_moment(value: object) -> datetime:
    """A moment from JSON, in UTC; without a zone it is UTC. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(value)
    at = datetime.fromisoformat(value)
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(value) from error
