"""`/sobjects/Account/001.../Contacts`: the records that a relationship leads to from one record."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.record_id import is_record_id, to_18
from compiler.schema import Field, SObject
from grammar.soql_tree import Comparison, FieldPath, FromItem, Query, SelectItem, StringValue
from grammar.source import NOWHERE
from sandbox.errors import ApiError, SoqlError
from sandbox.org import Org
from sandbox.query_api import first_page, world
from sandbox.query_cursors import Cursors
from sandbox.quoting import identifier, text
from sandbox.record_api import find_object, read
from sandbox.soql_to_duckdb import translate
from sandbox.wire import Answer, Call


def is_relationship(org: Org, path: Mapping[str, str]) -> bool:
    """Whether the path has an Id where the name of an external id field would stand."""
    sobject = find_object(org, path["object"])
    return is_record_id(path["field"]) and sobject.field(path["field"]) is None


def related(org: Org, cursors: Cursors, call: Call, path: Mapping[str, str]) -> Answer:
    """One record for a relationship to a parent, the answer of a query for one to children; `fields=` for some only."""
    sobject = find_object(org, path["object"])
    record_id = to_18(path["field"])
    name = path["value"]
    if link := sobject.parent(name):
        return _parent(org, call, path, sobject, record_id, link)
    if (relationship := sobject.child(name)) and (child := org.schema.object(relationship.child)):
        return _children(org, cursors, call, path, child, relationship.field, record_id)
    raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def _parent(org: Org, call: Call, path: Mapping[str, str], sobject: SObject, record_id: str, link: Field) -> Answer:
    with org.reading() as cursor:
        rows = cursor.execute(
            f'SELECT {identifier(link.name)} FROM {identifier(sobject.name)} WHERE "Id" = {text(record_id)}'
        ).fetchall()
    parent_id = rows[0][0] if rows else None
    targets = [target for target in map(org.schema.object, link.reference_to) if target is not None]
    for target in targets:
        if parent_id is not None and (len(targets) == 1 or parent_id.startswith(target.key_prefix or " ")):
            return read(org, call, {**path, "object": target.name, "id": parent_id})
    raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def _children(
    org: Org, cursors: Cursors, call: Call, path: Mapping[str, str], child: SObject, link: str, record_id: str
) -> Answer:
    listed = call.query.get("fields")
    names = [n.strip() for n in listed.split(",")] if listed else [f.name for f in child.fields.values()]
    query = Query(
        select=tuple(SelectItem(FieldPath(tuple(n.split(".")), NOWHERE), None, NOWHERE) for n in names),
        source=(FromItem(FieldPath((child.name,), NOWHERE), None, NOWHERE),),
        span=NOWHERE,
        where=Comparison(FieldPath((link,), NOWHERE), "=", StringValue(record_id, record_id, NOWHERE), NOWHERE),
    )
    try:
        translation = translate(query, world(org, all_rows=False))
    except SoqlError as error:
        raise ApiError(400, error.code, error.message) from None
    return first_page(org, cursors, call, path["version"], translation)
