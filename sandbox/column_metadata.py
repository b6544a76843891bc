"""`&columns=true`: what the columns of a query are, without its rows."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.schema import NUMBER_TYPES, TEXT_TYPES, Field, SObject
from sandbox.errors import ApiError
from sandbox.org import Org
from sandbox.query_api import prepare
from sandbox.soql_output import ChildRecords, ParentRecord, RecordShape
from sandbox.wire import Answer, Call, json_answer

_APEX = {
    "id": "Id", "reference": "Id", "boolean": "Boolean", "int": "Integer", "long": "Long", "double": "Double",
    "currency": "Decimal", "percent": "Double", "date": "Date", "datetime": "Datetime", "time": "Time",
    "base64": "Blob", "address": "Address", "location": "Location",
}  # fmt: skip


def columns(org: Org, call: Call, path: Mapping[str, str], *, all_rows: bool) -> Answer:
    """`GET /query?q=...&columns=true`."""
    soql = call.query.get("q")
    if soql is None:
        raise ApiError(400, "MALFORMED_QUERY", "SOQL statement is missing: the parameter q is wanted")
    translation = prepare(org, soql, all_rows=all_rows)
    metadata = _columns(org, translation.shape, translation.object)
    return json_answer(
        {
            "columnMetadata": metadata,
            "entityName": translation.object.name,
            "groupBy": translation.shape.type == "AggregateResult" and not translation.count_only,
            "idSelected": any(entry["columnName"] == "Id" for entry in metadata),
            "keyPrefix": translation.object.key_prefix,
        }
    )


def _columns(org: Org, shape: RecordShape, sobject: SObject | None) -> list[dict[str, object]]:
    out = []
    for member in shape.members:
        match member:
            case ParentRecord(key=key, record=record):
                parent = org.schema.object(record.type)
                out.append(_entry(key, None, joins=_columns(org, record, parent)))
            case ChildRecords(key=key):
                out.append(_entry(key, None, aggregate=True))
            case _:
                field = sobject.field(member.key) if sobject else None
                out.append(_entry(member.key, field, aggregate=shape.type == "AggregateResult" and field is None))
    return out


def _entry(
    name: str, field: Field | None, *, aggregate: bool = False, joins: list[dict[str, object]] | None = None
) -> dict[str, object]:
    kind = field.type if field else ""
    return {
        "aggregate": aggregate,
        "apexType": _APEX.get(kind, "String") if field else None,
        "booleanType": kind == "boolean",
        "columnName": name,
        "custom": bool(field and field.custom),
        "displayName": name,
        "foreignKeyName": field.relationship_name if field else None,
        "insertable": bool(field and field.createable),
        "joinColumns": joins or [],
        "numberType": kind in NUMBER_TYPES,
        "textType": kind in TEXT_TYPES or kind in ("id", "reference", "multipicklist"),
        "updatable": bool(field and field.updateable),
    }
