"""Creating, changing and deleting records as a user does it: with defaults, checks, stamps and validation rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import duckdb

from compiler.record_id import is_record_id, to_18
from compiler.schema import Field, SObject
from sandbox.column_types import stored_fields, typed
from sandbox.errors import SandboxError
from sandbox.new_ids import next_number
from sandbox.org import Org
from sandbox.query_api import world
from sandbox.quoting import identifier, text
from sandbox.record_body import Refuse, Values, checked_value, checked_values, is_writeable, missing_fields
from sandbox.row_checks import check_references, check_unique, ids_with, is_deleted
from sandbox.row_errors import RowError, row_error
from sandbox.row_values import column_types, composed_name, widen
from sandbox.undo import Undo


class Upserted(NamedTuple):
    """The record that an upsert made or changed."""

    id: str
    created: bool


class AmbiguousError(SandboxError):
    """An external id that several records have."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__(f"{len(ids)} records")
        self.ids = ids


class Writer:
    """Changes records in one transaction. A method that raises RowError has changed nothing.

    Attributes:
        org: the org through the eyes of the user who writes.
        undo: takes back what was done since a mark.
    """

    def __init__(self, org: Org, cursor: duckdb.DuckDBPyConnection) -> None:
        self.org = org
        self.undo = Undo(cursor)
        self._cursor = cursor

    def create(self, sobject: SObject, given: Mapping[str, object], refuse: Refuse) -> str:
        """Insert a record; returns its Id. Raises RowError."""
        if not sobject.createable:
            raise row_error("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be inserted: {sobject.label}")
        values = self._checked(sobject, given, refuse, creating=True)
        whole = self._whole(sobject)
        record_id = self.org.new_ids.next_id(self._cursor, whole)
        values = self._defaults(whole, record_id, values) | values
        self._check(sobject, record_id, values, creating=True)
        stamps = self._stamps(whole, "CreatedDate", "LastModifiedDate", "SystemModstamp")
        authors = self._authors(whole, "CreatedById", "LastModifiedById")
        mark = self.undo.mark()
        self.undo.remember(whole.name, record_id)
        fixed = {"Id": text(record_id)} | stamps | authors
        booleans = {f.name: "false" for f in stored_fields(whole) if f.type == "boolean"}
        columns = booleans | self._sql(whole, values) | fixed
        names = ", ".join(identifier(name) for name in columns)
        self._cursor.execute(f"INSERT INTO {identifier(whole.name)} ({names}) VALUES ({', '.join(columns.values())})")
        self._finish(whole, record_id, values, mark)
        return record_id

    def update(self, sobject: SObject, record_id: str, given: Mapping[str, object], refuse: Refuse) -> None:
        """Change a record. Raises RowError."""
        if not sobject.updateable:
            raise row_error("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be updated: {sobject.label}")
        self._need(sobject, record_id)
        values = self._checked(sobject, given, refuse, creating=False)
        self._check(sobject, record_id, values, creating=False)
        whole = self._whole(sobject)
        mark = self.undo.mark()
        self.undo.remember(whole.name, record_id)
        self._set(whole, record_id, self._sql(whole, values) | self._touched(whole))
        self._finish(whole, record_id, values, mark)

    def delete(self, sobject: SObject, record_id: str) -> None:
        """Put a record into the bin, with those that cannot be without it. Raises RowError."""
        if not sobject.deletable:
            raise row_error("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be deleted: {sobject.label}")
        self._need(sobject, record_id)
        mark = self.undo.mark()
        try:
            self._delete(self._whole(sobject), record_id)
        except RowError:
            self.undo.back_to(mark)
            raise

    def upsert(self, sobject: SObject, key: Field, value: str, given: Mapping[str, object], refuse: Refuse) -> Upserted:
        """Change the record that has this external id, or make it. Raises RowError, or AmbiguousError."""
        found = self.find(sobject, key, value)
        if found is not None:
            self.update(sobject, found, given, refuse)
            return Upserted(found, created=False)
        if key.name == "Id":
            raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
        return Upserted(self.create(sobject, {**given, key.name: value}, refuse), created=True)

    def find(self, sobject: SObject, key: Field, value: str) -> str | None:
        """The Id of the living record that has this external id. Raises RowError, or AmbiguousError."""
        if key.name == "Id":
            wanted = to_18(value) if is_record_id(value) else None
        else:
            wanted = checked_value(key, value, _wrong_key)
        ids = ids_with(self._cursor, sobject, key, wanted) if wanted else []
        if len(ids) > 1:
            raise AmbiguousError(ids)
        return ids[0] if ids else None

    def _whole(self, sobject: SObject) -> SObject:
        return self.org.whole.schema.objects[sobject.name.lower()]

    def _need(self, sobject: SObject, record_id: str) -> None:
        state = is_deleted(self._cursor, sobject, record_id)
        if state is None:
            raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
        if state:
            raise row_error("ENTITY_IS_DELETED", "entity is deleted", status=404)

    def _checked(self, sobject: SObject, given: Mapping[str, object], refuse: Refuse, *, creating: bool) -> Values:
        plain: dict[str, object] = {}
        for name, value in given.items():
            link = sobject.parent(name) if isinstance(value, Mapping) and not sobject.field(name) else None
            if link is None:
                plain[name] = value
            else:
                plain[link.name] = self._by_external_id(link, name, value)
        return checked_values(sobject, plain, refuse, creating=creating)

    def _by_external_id(self, link: Field, relationship: str, given: object) -> str:
        """The Id behind `"Account": {"Number__c": "7"}`."""
        assert isinstance(given, Mapping)
        named = {key: value for key, value in given.items() if key != "attributes"}
        attributes = given.get("attributes")
        kind = attributes.get("type") if isinstance(attributes, Mapping) else None
        kind = kind or link.reference_to[0]
        target = self.org.schema.object(str(kind))
        key = target.field(next(iter(named), "")) if target and len(named) == 1 else None
        if target is None or key is None or not (key.external_id or key.name == "Id"):
            raise row_error(
                "INVALID_FIELD", f"Cannot reference a foreign key field {relationship} without one external ID"
            )
        value = str(next(iter(named.values())))
        try:
            found = self.find(target, key, value)
        except AmbiguousError:
            raise row_error(
                "DUPLICATE_EXTERNAL_ID", f"{key.name}: more than one record found for external id field: {value}"
            ) from None
        if found is None:
            raise row_error(
                "INVALID_FIELD",
                f"Foreign key external ID: {value} not found for field {key.name} in entity {target.name}",
            )
        return found

    def _check(self, sobject: SObject, record_id: str, values: Values, *, creating: bool) -> None:
        whole = self._whole(sobject)
        missing = missing_fields(whole, self.org.whole.describes[whole.name.lower()], values, creating=creating)
        if missing:
            words = f"Required fields are missing: [{', '.join(missing)}]"
            raise row_error("REQUIRED_FIELD_MISSING", words, *missing)
        check_references(self._cursor, self.org.whole.schema, whole, values)
        check_unique(self._cursor, whole, values, record_id)

    def _defaults(self, sobject: SObject, record_id: str, values: Values) -> Values:
        """What the server sets in a new record where the client says nothing."""
        out: Values = {}
        for raw in self.org.whole.describes[sobject.name.lower()]["fields"]:
            field = sobject.fields[raw["name"].lower()]
            if field.auto_number:
                out[field.name] = next_number(self._cursor, sobject, field)
            elif field.name in values or not is_writeable(sobject, field, creating=True):
                continue
            elif (default := _default(field, raw)) is not None:
                out[field.name] = default
            elif field.name == "OwnerId" and "User" in field.reference_to:
                out[field.name] = self.org.user.id
            elif field.name == "Name" and sobject.custom:
                out[field.name] = record_id[:15]
        return out

    def _sql(self, sobject: SObject, values: Values) -> dict[str, str]:
        widen(self._cursor, sobject, [values])
        types = column_types(self._cursor, sobject)
        out: dict[str, str] = {}
        for name, value in values.items():
            field = sobject.fields[name.lower()]
            if value is None:
                out[name] = "false" if field.type == "boolean" else "NULL"
            else:
                out[name] = f"CAST({typed(field, text(value), types[name])} AS {types[name]})"
        return out

    def _stamps(self, sobject: SObject, *names: str) -> dict[str, str]:
        now = text(self.org.now().replace(tzinfo=None).isoformat(sep=" "))
        return {name: f"TIMESTAMP {now}" for name in names if sobject.field(name)}

    def _authors(self, sobject: SObject, *names: str) -> dict[str, str]:
        return {name: text(self.org.user.id) for name in names if sobject.field(name)}

    def _touched(self, sobject: SObject) -> dict[str, str]:
        return self._stamps(sobject, "LastModifiedDate", "SystemModstamp") | self._authors(sobject, "LastModifiedById")

    def _set(self, sobject: SObject, record_id: str, columns: Mapping[str, str]) -> None:
        if columns:
            sets = ", ".join(f"{identifier(name)} = {sql}" for name, sql in columns.items())
            self._cursor.execute(f'UPDATE {identifier(sobject.name)} SET {sets} WHERE "Id" = {text(record_id)}')

    def _finish(self, sobject: SObject, record_id: str, values: Values, mark: int) -> None:
        if name := composed_name(sobject, values):
            self._set(sobject, record_id, {"Name": name})
        rules = self.org.whole.validation
        if rules.concerns(sobject):
            computed = self.org.computed
            if rules.mentions(sobject, computed.names(sobject.name)):
                computed.recompute_record(self._cursor, sobject.name, record_id)
            problems = rules.problems(self._cursor, world(self.org.whole, all_rows=True), sobject, record_id)
            if problems:
                self.undo.back_to(mark)
                raise RowError(*problems)

    def _delete(self, sobject: SObject, record_id: str) -> None:
        for child, link, restricted in self._dependents(sobject):
            for child_id in ids_with(self._cursor, child, link, record_id):
                if restricted:
                    raise row_error(
                        "DELETE_FAILED",
                        f"Your attempt to delete {record_id[:15]} could not be completed because it is associated "
                        f"with the following {child.label_plural}: {child_id[:15]}",
                    )
                self._delete(child, child_id)
        self.undo.remember(sobject.name, record_id)
        if sobject.field("IsDeleted"):
            self._set(sobject, record_id, {"IsDeleted": "true"} | self._touched(sobject))
        else:
            self._cursor.execute(f'DELETE FROM {identifier(sobject.name)} WHERE "Id" = {text(record_id)}')

    def _dependents(self, sobject: SObject) -> list[tuple[SObject, Field, bool]]:
        """The links of other objects that go with a record, or that keep it from going."""
        whole = self.org.whole
        relations: list[dict[str, Any]] = whole.describes[sobject.name.lower()]["childRelationships"]
        out = []
        for relation in relations:
            child = whole.schema.object(relation["childSObject"])
            link = child.field(relation["field"]) if child else None
            if child and link and (relation.get("cascadeDelete") or relation.get("restrictedDelete")):
                out.append((child, link, bool(relation.get("restrictedDelete"))))
        return sorted(out, key=lambda found: not found[2])


def _wrong_key(field: Field, value: object) -> RowError:
    return row_error("INVALID_FIELD", f"{field.name}: value not of required type: {value}", field.name)


def _default(field: Field, raw: Mapping[str, Any]) -> str | None:
    """The default value that describe tells."""
    value = raw.get("defaultValue")
    if value is not None:
        return str(value).lower() if isinstance(value, bool) else str(value)
    chosen = [str(entry["value"]) for entry in raw["picklistValues"] if entry.get("defaultValue") and entry["active"]]
    return chosen[0] if chosen else None
