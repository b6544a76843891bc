"""sObject Collections: up to 200 records in one request, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias

from compiler.record_id import is_record_id, to_18
from compiler.schema import Field, SObject
from sandbox.errors import ApiError
from sandbox.org import Org
from sandbox.record_api import find_object, is_key, record_json
from sandbox.record_body import wrong_type_in_collection
from sandbox.row_errors import Problem, RowError, row_error
from sandbox.wire import Answer, Call, json_answer, json_text_answer
from sandbox.writer import AmbiguousError, Writer

MOST_RECORDS = 200
MOST_CHUNKS = 10
MOST_READ = 2000
_ROLLED_BACK = Problem(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


class _Saved(NamedTuple):
    """A row that went well; `created` is told by upserts only."""

    id: str
    created: bool | None = None


class _Failed(NamedTuple):
    """A row that did not; `id` where the client gave one."""

    problems: tuple[Problem, ...]
    id: str | None = None


Outcome: TypeAlias = _Saved | _Failed
Save: TypeAlias = Callable[[Writer, int], _Saved]
"""Saves the row of that index; raises RowError."""


def create(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /composite/sobjects`."""
    records, all_or_none = _records(call)
    types = [_type_of(org, record, at) for at, record in enumerate(records)]
    _check_chunks([sobject.name for sobject, _ in types])

    def save(writer: Writer, at: int) -> _Saved:
        sobject, given = types[at]
        if any(name.lower() == "id" for name in given):
            raise row_error("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
        return _Saved(writer.create(sobject, given, wrong_type_in_collection))

    return _answer(_run(org, len(records), save, all_or_none))


def update(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`PATCH /composite/sobjects`."""
    records, all_or_none = _records(call)
    types = [_type_of(org, record, at) for at, record in enumerate(records)]
    _check_chunks([sobject.name for sobject, _ in types])
    ids = [next((v for k, v in given.items() if k.lower() == "id"), None) for _, given in types]

    def save(writer: Writer, at: int) -> _Saved:
        sobject, given = types[at]
        record_id = _record_id(ids[at], "Id not specified in an update call")
        fields = {name: value for name, value in given.items() if name.lower() != "id"}
        writer.update(sobject, record_id, fields, wrong_type_in_collection)
        return _Saved(record_id)

    return _answer(_run(org, len(records), save, all_or_none, ids))


def upsert(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`PATCH /composite/sobjects/X/{field}`."""
    sobject = find_object(org, path["object"])
    key = sobject.field(path["field"])
    if key is None or not is_key(org, sobject, key):
        words = f"Provided external ID field does not exist or is not accessible: {path['field']}"
        raise ApiError(404, "NOT_FOUND", words)
    records, all_or_none = _records(call)
    for at, record in enumerate(records):
        found, _ = _type_of(org, record, at)
        if found.name != sobject.name:
            raise ApiError(400, "INVALID_TYPE", f"record {at} is not of type {sobject.name}")
    seen: dict[str, int] = {}
    for record in records:
        value = str(_value_of(record, key)).lower()
        seen[value] = seen.get(value, 0) + 1

    def save(writer: Writer, at: int) -> _Saved:
        value = _value_of(records[at], key)
        if value is None and key.name == "Id":
            return _Saved(writer.create(sobject, _fields(records[at], key), wrong_type_in_collection), created=True)
        if value is None or value == "":
            raise row_error("MISSING_ARGUMENT", f"{key.name} not specified", key.name)
        if isinstance(value, (bool, float, dict, list)):
            raise wrong_type_in_collection(key, value)
        if seen[str(value).lower()] > 1:
            raise row_error("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", key.name)
        try:
            saved = writer.upsert(sobject, key, str(value), _fields(records[at], key), wrong_type_in_collection)
        except AmbiguousError as error:
            words = f"{key.name}: more than one record found for external id field: [{', '.join(error.ids)}]"
            raise row_error("DUPLICATE_EXTERNAL_ID", words) from None
        return _Saved(saved.id, saved.created)

    return _answer(_run(org, len(records), save, all_or_none))


def delete(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`DELETE /composite/sobjects?ids=&allOrNone=`."""
    ids = [part.strip() for part in call.query.get("ids", "").split(",") if part.strip()]
    if not ids:
        raise ApiError(400, "MISSING_ARGUMENT", "The ids parameter is missing")
    _check_number(len(ids))
    prefixes = {o.key_prefix: o for o in org.schema.objects.values() if o.key_prefix}
    _check_chunks([record_id[:3] for record_id in ids])

    def save(writer: Writer, at: int) -> _Saved:
        record_id = _record_id(ids[at], "")
        sobject = prefixes.get(record_id[:3])
        if sobject is None:
            raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        writer.delete(sobject, record_id)
        return _Saved(record_id)

    return _answer(_run(org, len(ids), save, call.query.get("allOrNone", "").lower() == "true", ids))


def read(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /composite/sobjects/X?ids=&fields=`, and `POST` with the same in the body: null for what is not there."""
    sobject = find_object(org, path["object"])
    if call.method == "POST":
        body = call.json()
        ids, fields = body.get("ids"), body.get("fields")
    else:
        ids, fields = (_listed(call.query.get(name)) for name in ("ids", "fields"))
    if not isinstance(ids, list) or not isinstance(fields, list) or not ids or not fields:
        raise ApiError(400, "MISSING_ARGUMENT", "ids and fields are wanted")
    if len(ids) > MOST_READ:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", f"cannot retrieve more than {MOST_READ} records in this call")
    wanted = [to_18(i) if isinstance(i, str) and is_record_id(i) else None for i in ids]
    for given, found in zip(ids, wanted, strict=True):
        if found is None:
            raise ApiError(400, "MALFORMED_ID", f"bad id {given}")
    known = [i for i in wanted if i is not None]
    with org.reading() as cursor:
        texts = record_json(
            org, cursor, sobject, list(dict.fromkeys(known)), ",".join(map(str, fields)), path["version"], deleted=False
        )
    return json_text_answer("[" + ",".join(texts.get(i, "null") for i in known) + "]")


def _run(org: Org, count: int, save: Save, all_or_none: bool, ids: Sequence[object] = ()) -> list[Outcome]:
    """Save the rows in their order; with `all_or_none` none of them if one fails."""
    outcomes: list[Outcome] = []
    with org.writing() as cursor:
        writer = Writer(org, cursor)
        mark = writer.undo.mark()
        for at in range(count):
            given = ids[at] if ids else None
            try:
                outcomes.append(save(writer, at))
            except RowError as error:
                outcomes.append(_Failed(error.problems, given if isinstance(given, str) else None))
        if all_or_none and any(isinstance(o, _Failed) for o in outcomes):
            writer.undo.back_to(mark)
            outcomes = [
                o if isinstance(o, _Failed) else _Failed((_ROLLED_BACK,), o.id if ids else None) for o in outcomes
            ]
    return outcomes


def _answer(outcomes: Sequence[Outcome]) -> Answer:
    rows: list[dict[str, object]] = []
    for outcome in outcomes:
        row: dict[str, object] = {} if outcome.id is None else {"id": outcome.id}
        match outcome:
            case _Saved(created=created):
                row |= {"success": True, "errors": []}
                if created is not None:
                    row["created"] = created
            case _Failed(problems=problems):
                row |= {"success": False, "errors": [p.for_collection() for p in problems]}
        rows.append(row)
    return json_answer(rows)


def _records(call: Call) -> tuple[list[dict[str, object]], bool]:
    body = call.json()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records) or not records:
        raise ApiError(400, "JSON_PARSER_ERROR", "a list `records` of records is wanted")
    _check_number(len(records))
    all_or_none = body.get("allOrNone", False)
    if not isinstance(all_or_none, bool):
        raise ApiError(400, "JSON_PARSER_ERROR", "allOrNone is true or false")
    return records, all_or_none


def _check_number(count: int) -> None:
    if count > MOST_RECORDS:
        words = f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", words)


def _check_chunks(types: Sequence[str]) -> None:
    if sum(1 for _ in groupby(types)) > MOST_CHUNKS:
        words = (
            f"Cannot have more than {MOST_CHUNKS} chunks in a single operation. Please rearrange the data to reduce "
            "chunking."
        )
        raise ApiError(400, "LIMIT_EXCEEDED", words)


def _type_of(org: Org, record: Mapping[str, object], at: int) -> tuple[SObject, dict[str, object]]:
    """The object of a record of a body, and the record without its attributes."""
    attributes = record.get("attributes")
    kind = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(kind, str):
        raise ApiError(400, "INVALID_TYPE", f"The record at index {at} has no attributes with a type")
    sobject = org.schema.object(kind)
    if sobject is None:
        raise ApiError(400, "INVALID_TYPE", f"sObject type '{kind}' is not supported.")
    return sobject, {name: value for name, value in record.items() if name != "attributes"}


def _fields(record: Mapping[str, object], key: Field) -> dict[str, object]:
    return {n: v for n, v in record.items() if n != "attributes" and n.lower() != key.name.lower()}


def _value_of(record: Mapping[str, object], key: Field) -> object:
    return next((value for name, value in record.items() if name.lower() == key.name.lower()), None)


def _record_id(value: object, missing: str) -> str:
    if value is None:
        raise row_error("MISSING_ARGUMENT", missing, "Id")
    if not isinstance(value, str) or not is_record_id(value):
        raise row_error("MALFORMED_ID", f"malformed id {value}", "Id")
    return to_18(value)


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
