"""The schema moves: fields come, go and change, objects hide. Switching the fault off brings the schema back."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from compiler.schema import NUMBER_TYPES, build_schema
from sandbox.describes import Describe, complete
from sandbox.faults.model import Entry, Hit
from sandbox.faults.places import objects_of
from sandbox.org import Org
from sandbox.quoting import identifier, text
from sandbox.wire import Answer, Call

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_LONGER = 4
_KEPT = frozenset({"Id", "Name", "OwnerId", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp"})


def names_one(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether the call is about the entry's object, or about one object where the entry names none."""
    objects = objects_of(sandbox, call)
    return _object_name(entry, objects) is not None


def _object_name(entry: Entry, objects: frozenset[str] | None) -> str | None:
    if entry.match.object:
        return entry.match.object.lower()
    return min(objects) if objects else None


def _changed(hit: Hit, change: Callable[[Describe], bool]) -> Answer:
    """Change the describe of the object; `change` says whether it found something to change."""
    org = hit.sandbox.org
    name = _object_name(hit.entry, objects_of(hit.sandbox, hit.call))
    before = org.describes.get(name or "")
    if before is None or name is None:
        return hit.passed_over()
    after = copy.deepcopy(before)
    if not change(after):
        return hit.passed_over()
    set_describe(org, name, after)
    hit.entry.undo.append(lambda: set_describe(org, name, before))
    return hit.real()


def set_describe(org: Org, name: str, describe: Describe | None) -> None:
    """Give an object another describe, or none."""
    described = {key: value for key, value in org.describes.items() if key != name}
    if describe is not None:
        described[name] = describe
    org.describes = described
    org.schema = build_schema(described.values(), multi_currency=org.settings.multi_currency)
    org.described_at = org.now()


def _field(describe: Describe, named: str | None, suits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """The field that the entry names, else the last one that suits."""
    fields: list[dict[str, Any]] = describe["fields"]
    if named is not None:
        return next((f for f in fields if f["name"].lower() == named.lower()), None)
    return next((f for f in reversed(fields) if suits(f)), None)


def field_added(hit: Hit) -> Answer:
    """A text field appears; all rows have a value in it, and no stamp moves."""
    added = hit.text("field") or "Added__c"

    def change(describe: Describe) -> bool:
        if _field(describe, added, lambda f: True) is not None:
            return False
        bare = {"name": describe["name"], "fields": [{"name": added, "type": "string", "length": 80}]}
        (whole,) = complete([bare]).values()
        describe["fields"].append(next(f for f in whole["fields"] if f["name"] == added))
        table, column = identifier(describe["name"]), identifier(added)
        with hit.sandbox.org.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} VARCHAR")
            cursor.execute(f'UPDATE {table} SET {column} = {text("value of ")} || "Id"')
        return True

    return _changed(hit, change)


def field_removed(hit: Hit) -> Answer:
    """A field is gone from describe, and a query that names it is refused."""

    def change(describe: Describe) -> bool:
        gone = _field(describe, hit.text("field"), lambda f: f["name"] not in _KEPT and not f["referenceTo"])
        if gone is None:
            return False
        describe["fields"].remove(gone)
        return True

    return _changed(hit, change)


def type_changed(hit: Hit) -> Answer:
    """A field becomes a number, a multi-select picklist, or four times as long."""
    to = hit.text("to")
    types = {"multipicklist": ("picklist",), "number": ("string",), "longer": ("string", "textarea")}

    def change(describe: Describe) -> bool:
        wanted = types[to] if to else types["multipicklist"] + types["longer"]
        field = _field(describe, hit.text("field"), lambda f: f["type"] in wanted and f["name"] not in _KEPT)
        if field is None:
            return False
        kind = to or ("multipicklist" if field["type"] == "picklist" else "longer")
        if kind == "longer":
            field["length"] *= _LONGER
            field["byteLength"] *= _LONGER
        elif kind == "multipicklist":
            field |= {"type": "multipicklist", "length": 4099, "byteLength": 12297, "sortable": False}
        else:
            field |= {"type": "double", "soapType": "xsd:double", "length": 0, "byteLength": 0, "precision": 18}
            _as_number(hit, describe["name"], field["name"])
        return True

    return _changed(hit, change)


def _as_number(hit: Hit, object_name: str, field_name: str) -> None:
    """Make the column a number, and a text again when the fault ends; texts that are none are null in between."""
    org = hit.sandbox.org
    field = org.schema.objects[object_name.lower()].fields[field_name.lower()]
    if field.type in NUMBER_TYPES:
        return
    table, column = identifier(object_name), identifier(field_name)
    number = f"TRY_CAST({column} AS DECIMAL(38,10))"
    with org.cursor() as cursor:
        texts = cursor.execute(f'SELECT {column}, "Id" FROM {table} WHERE {column} IS NOT NULL').fetchall()
        cursor.execute(f"ALTER TABLE {table} ALTER {column} TYPE DECIMAL(38,10) USING {number}")

    def as_text() -> None:
        with org.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ALTER {column} TYPE VARCHAR")
            if texts:
                unchanged = f"{number} IS NOT DISTINCT FROM TRY_CAST(? AS DECIMAL(38,10))"
                cursor.executemany(
                    f'UPDATE {table} SET {column} = ? WHERE "Id" = ? AND {unchanged}',
                    [(text, key, text) for text, key in texts],
                )

    hit.entry.undo.append(as_text)


def object_hidden(hit: Hit) -> Answer:
    """An object is gone from describeGlobal; describing or querying it is refused."""
    name = _object_name(hit.entry, objects_of(hit.sandbox, hit.call))
    org = hit.sandbox.org
    before = org.describes.get(name or "")
    if name is None or before is None:
        return hit.passed_over()
    set_describe(org, name, None)
    hit.entry.undo.append(lambda: set_describe(org, name, before))
    return hit.real()


def cursor_not_filterable(hit: Hit) -> Answer:
    """SystemModstamp is there, but cannot be filtered on."""

    def change(describe: Describe) -> bool:
        field = _field(describe, "SystemModstamp", lambda f: False)
        if field is None or not field["filterable"]:
            return False
        field["filterable"] = False
        return True

    return _changed(hit, change)
