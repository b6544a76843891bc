"""Single records: reading, creating, changing, deleting, and upsert by external id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import duckdb

from compiler.record_id import is_record_id, to_18
from compiler.schema import Field, SObject
from grammar.soql_tree import Comparison, FieldPath, FromItem, Query, SelectItem, StringValue, ValueList
from grammar.source import NOWHERE
from sandbox.conditional import check_unchanged, entity_tag, last_modified, not_modified
from sandbox.errors import ApiError, SoqlError
from sandbox.json_place import place_of
from sandbox.org import Org
from sandbox.query_api import world
from sandbox.quoting import identifier, text
from sandbox.record_body import Refuse
from sandbox.records_json import records
from sandbox.row_errors import RowError, row_error
from sandbox.soql_to_duckdb import translate
from sandbox.wire import Answer, Call, NumberText, json_answer, json_text_answer, no_content
from sandbox.writer import AmbiguousError, Writer

_BODY_SINCE = 46.0
"""From this API version on an upsert that changed a record answers 200 with a body, before it 204."""
_TAGGED = "Account"
"""The one object whose records have an ETag."""


def find_object(org: Org, name: str) -> SObject:
    """The object of a path; raises ApiError NOT_FOUND."""
    sobject = org.schema.object(name)
    if sobject is None:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return sobject


def refused(error: RowError) -> Answer:
    """The answer for a record that cannot be saved."""
    return json_answer([problem.for_record() for problem in error.problems], error.status)


def read(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X/{id}`, with `fields=` for some of the fields only."""
    sobject = find_object(org, path["object"])
    record_id = _id_of(path["id"])
    with org.reading() as cursor:
        at = _modified(cursor, sobject, record_id)
        body = record_json(org, cursor, sobject, [record_id], call.query.get("fields"), path["version"])[record_id]
    tag = entity_tag(f"{record_id} {at}".encode()) if sobject.name == _TAGGED else None
    if at is not None and (known := not_modified(call.headers, at, tag)):
        return known
    answer = json_text_answer(body)
    headers = list(answer.headers)
    if at is not None:
        headers.append(last_modified(at))
    if tag is not None:
        headers.append(("ETag", tag))
    return answer._replace(headers=tuple(headers))


def create(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /sobjects/X`."""
    sobject = find_object(org, path["object"])
    given = _record_of(call, sobject)
    try:
        with org.writing() as cursor:
            record_id = Writer(org, cursor).create(sobject, given, _refuse_in(call))
    except RowError as error:
        return refused(error)
    return _created(sobject, record_id, path["version"])


def update(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`PATCH /sobjects/X/{id}`, with If-Unmodified-Since, and If-Match for accounts."""
    sobject = find_object(org, path["object"])
    record_id = _id_of(path["id"])
    given = _record_of(call, sobject)
    try:
        with org.writing() as cursor:
            at = _modified(cursor, sobject, record_id)
            if at is not None:
                tag = entity_tag(f"{record_id} {at}".encode()) if sobject.name == _TAGGED else None
                check_unchanged(call.headers, at, tag)
            Writer(org, cursor).update(sobject, record_id, given, _refuse_in(call))
    except RowError as error:
        return refused(error)
    return no_content()


def delete(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`DELETE /sobjects/X/{id}`."""
    sobject = find_object(org, path["object"])
    record_id = _id_of(path["id"])
    try:
        with org.writing() as cursor:
            _modified(cursor, sobject, record_id)
            Writer(org, cursor).delete(sobject, record_id)
    except RowError as error:
        return refused(error)
    return no_content()


def read_by_key(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X/{field}/{value}`."""
    sobject, key = _keyed(org, path)
    try:
        with org.reading() as cursor:
            found = Writer(org, cursor).find(sobject, key, path["value"])
    except RowError as error:
        return refused(error)
    except AmbiguousError as error:
        return _several(sobject, error, path["version"])
    if found is None:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return read(org, call, {**path, "id": found})


def upsert(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`PATCH /sobjects/X/{field}/{value}`, with `updateOnly=true` for no new records."""
    sobject, key = _keyed(org, path)
    given = _record_of(call, sobject)
    try:
        if any(name.lower() == key.name.lower() for name in given):
            words = f"The {key.name} field should not be specified in the sobject data."
            raise row_error("INVALID_FIELD", words)
        with org.writing() as cursor:
            writer = Writer(org, cursor)
            if call.query.get("updateOnly", "").lower() == "true" and writer.find(sobject, key, path["value"]) is None:
                raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
            saved = writer.upsert(sobject, key, path["value"], given, _refuse_in(call))
    except RowError as error:
        return refused(error)
    except AmbiguousError as error:
        return _several(sobject, error, path["version"])
    if saved.created:
        return _created(sobject, saved.id, path["version"], created=True)
    if float(path["version"]) < _BODY_SINCE:
        return no_content()
    return json_answer({"id": saved.id, "success": True, "errors": [], "created": False})


def delete_by_key(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`DELETE /sobjects/X/{field}/{value}`."""
    sobject, key = _keyed(org, path)
    try:
        with org.writing() as cursor:
            writer = Writer(org, cursor)
            found = writer.find(sobject, key, path["value"])
            if found is None:
                raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
            writer.delete(sobject, found)
    except RowError as error:
        return refused(error)
    except AmbiguousError as error:
        return _several(sobject, error, path["version"])
    return no_content()


def record_json(
    org: Org,
    cursor: duckdb.DuckDBPyConnection,
    sobject: SObject,
    ids: list[str],
    listed: str | None,
    version: str,
    *,
    deleted: bool = True,
) -> dict[str, str]:
    """The JSON text of records by their Id; with `deleted` those in the bin too.

    `listed` are field names, separated by commas; None means all. Raises ApiError for one that is not there.
    """
    names = [n.strip() for n in listed.split(",")] if listed else [f.name for f in sobject.fields.values()]
    query = Query(
        select=tuple(SelectItem(FieldPath(tuple(n.split(".")), NOWHERE), None, NOWHERE) for n in names),
        source=(FromItem(FieldPath((sobject.name,), NOWHERE), None, NOWHERE),),
        span=NOWHERE,
        where=Comparison(FieldPath(("Id",), NOWHERE), "IN", _values(ids), NOWHERE),
    )
    try:
        translation = translate(query, world(org, all_rows=deleted))
    except SoqlError as error:
        raise ApiError(400, error.code, error.message) from None
    rows = cursor.execute(translation.sql).fetchall()
    at = translation.shape.id_index
    assert at is not None
    texts = records(cursor, translation, rows, version)
    return {row[at]: written for row, written in zip(rows, texts, strict=True)}


def _values(ids: list[str]) -> ValueList:
    return ValueList(tuple(StringValue(record_id, record_id, NOWHERE) for record_id in ids), NOWHERE)


def _id_of(given: str) -> str:
    if not is_record_id(given):
        raise ApiError(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {given}")
    return to_18(given)


def _keyed(org: Org, path: Mapping[str, str]) -> tuple[SObject, Field]:
    sobject = find_object(org, path["object"])
    key = sobject.field(path["field"])
    if key is None or not is_key(org, sobject, key):
        words = f"Provided external ID field does not exist or is not accessible: {path['field']}"
        raise ApiError(404, "NOT_FOUND", words)
    return sobject, key


def is_key(org: Org, sobject: SObject, field: Field) -> bool:
    """Whether records can be named by the field: Ids, external ids, and what describe calls `idLookup`."""
    raw = next(f for f in org.describes[sobject.name.lower()]["fields"] if f["name"] == field.name)
    return field.external_id or bool(raw["idLookup"])


def _modified(cursor: duckdb.DuckDBPyConnection, sobject: SObject, record_id: str) -> datetime | None:
    """When a living record was changed last; raises ApiError where there is none."""
    deleted = '"IsDeleted"' if sobject.field("IsDeleted") else "false"
    stamp = next((n for n in ("SystemModstamp", "LastModifiedDate", "CreatedDate") if sobject.field(n)), None)
    rows = cursor.execute(
        f"SELECT {deleted}, {identifier(stamp) if stamp else 'NULL'} FROM {identifier(sobject.name)} "
        f'WHERE "Id" = {text(record_id)}'
    ).fetchall()
    if not rows:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    if rows[0][0]:
        raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted")
    at: datetime | None = rows[0][1]
    return at.replace(tzinfo=UTC) if at else None


def _record_of(call: Call, sobject: SObject) -> dict[str, object]:
    """The fields of the body; raises ApiError for what a record cannot be."""
    given = {name: value for name, value in call.json().items() if name != "attributes"}
    if any(name.lower() == "id" for name in given):
        raise ApiError(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.")
    return given


def _refuse_in(call: Call) -> Refuse:
    """How a value of the wrong type is refused in a body that is one record: as the JSON parser does."""

    def refuse(field: Field, value: object) -> RowError:
        body = call.body.decode("utf-8", "replace")
        name = next((n for n in call.json() if n.lower() == field.name.lower()), field.name)
        place = place_of(body, (name,))
        return row_error(
            "JSON_PARSER_ERROR",
            f"Cannot deserialize instance of {_KINDS.get(field.type, 'string')} from {_token(value)} value {value} or "
            f"request may be missing a required field at [line:{place.line}, column:{place.column}]",
        )

    return refuse


_KINDS = {
    "boolean": "boolean", "int": "int", "long": "long", "double": "double", "currency": "currency",
    "percent": "percent", "date": "date", "datetime": "datetime", "time": "time", "id": "reference",
    "reference": "reference",
}  # fmt: skip


def _token(value: object) -> str:
    match value:
        case bool():
            return "VALUE_TRUE" if value else "VALUE_FALSE"
        case NumberText() | float():
            return "VALUE_NUMBER_FLOAT"
        case int():
            return "VALUE_NUMBER_INT"
        case str():
            return "VALUE_STRING"
        case dict():
            return "START_OBJECT"
        case _:
            return "START_ARRAY"


def _created(sobject: SObject, record_id: str, version: str, *, created: bool | None = None) -> Answer:
    body: dict[str, object] = {"id": record_id, "success": True, "errors": []}
    if created is not None:
        body["created"] = created
    return json_answer(body, 201, (("Location", _address(sobject, record_id, version)),))


def _several(sobject: SObject, error: AmbiguousError, version: str) -> Answer:
    return json_answer([_address(sobject, found, version) for found in error.ids], 300)


def _address(sobject: SObject, record_id: str, version: str) -> str:
    return f"/services/data/v{version}/sobjects/{sobject.name}/{record_id}"
