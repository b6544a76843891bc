"""Field-level security: what an org looks like to a user who may not see all of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from compiler.schema import Schema
from sandbox.describes import Describe
from sandbox.errors import OrgError
from sandbox.org_rules import UserAccess


def check_access(access: UserAccess, schema: Schema, path: Path) -> None:
    """Raise OrgError where `[[user]]` hides what the org does not have, or what nobody can hide."""
    for name in access.hidden_objects:
        if schema.object(name) is None:
            raise OrgError(f"there is no object `{name}` to hide", path, column="user hidden_objects")
    for name in access.hidden_fields:
        object_name, _, field_name = name.partition(".")
        sobject = schema.object(object_name)
        if sobject is None or sobject.field(field_name) is None:
            raise OrgError(f"there is no field `{name}` to hide", path, column="user hidden_fields")
        if field_name.lower() == "id":
            raise OrgError("an Id cannot be hidden", path, column="user hidden_fields")


def visible_describes(describes: Mapping[str, Describe], access: UserAccess) -> dict[str, Describe]:
    """The describes without what the user may not see: not a trace of it is left."""
    objects = {name.lower() for name in access.hidden_objects}
    fields = {name.lower() for name in access.hidden_fields}

    def is_hidden(object_name: object, field_name: object) -> bool:
        return str(object_name).lower() in objects or f"{object_name}.{field_name}".lower() in fields

    out: dict[str, Describe] = {}
    for key, describe in describes.items():
        if key in objects:
            continue
        name = describe["name"]
        out[key] = {
            **describe,
            "fields": [f for f in describe["fields"] if not is_hidden(name, f["name"])],
            "childRelationships": [
                c for c in describe["childRelationships"] if not is_hidden(c["childSObject"], c["field"])
            ],
        }
    return out
