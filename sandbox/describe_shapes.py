"""What the parts of a describe must be, so that a mistake in a file is told with file and field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.errors import OrgError

MOST_DIGITS = 38
_NUMBERS = ("length", "byteLength", "precision", "scale", "digits")
_TEXTS = ("label", "relationshipName", "compoundFieldName", "soapType")
_FLAGS = (
    "autoNumber", "calculated", "caseSensitive", "createable", "custom", "defaultedOnCreate", "deprecatedAndHidden",
    "externalId", "filterable", "groupable", "htmlFormatted", "idLookup", "nillable", "polymorphicForeignKey",
    "aggregatable", "restrictedPicklist", "sortable", "unique", "updateable", "cascadeDelete", "restrictedDelete",
)  # fmt: skip
_OBJECT_FLAGS = ("createable", "custom", "deletable", "queryable", "updateable")


def check_object(raw: Mapping[str, Any], path: Path) -> None:
    """Raise OrgError where a part of the object's own is of a kind that it cannot be."""
    for key in _OBJECT_FLAGS:
        _want(raw, key, bool, "true or false", path)
    for key in ("label", "labelPlural", "keyPrefix"):
        _want(raw, key, str, "a text", path)
    prefix = raw.get("keyPrefix")
    if prefix is not None and not (len(prefix) == 3 and prefix.isascii() and prefix.isalnum()):
        raise OrgError("`keyPrefix` is three letters or digits", path)
    children = raw.get("childRelationships")
    if children is not None and not (isinstance(children, list) and all(isinstance(c, Mapping) for c in children)):
        raise OrgError("`childRelationships` is a list of objects", path)
    for child in children or ():
        for key in ("childSObject", "field", "relationshipName"):
            _want(child, key, str, "a text", path, "childRelationships")


def check_field(raw: Mapping[str, Any], path: Path) -> None:
    """Raise OrgError where an attribute of a field is of a kind that it cannot be."""
    name = str(raw["name"])
    for key in _NUMBERS:
        _want(raw, key, int, "a whole number", path, name)
        if (raw.get(key) or 0) < 0:
            raise OrgError(f"`{key}` is not below 0", path, column=name)
    for key in _FLAGS:
        _want(raw, key, bool, "true or false", path, name)
    for key in _TEXTS:
        _want(raw, key, str, "a text", path, name)
    precision, scale = raw.get("precision") or 0, raw.get("scale") or 0
    if precision > MOST_DIGITS or scale > MOST_DIGITS or (precision and scale > precision):
        words = f"`precision` is at most {MOST_DIGITS} digits, of which `scale` are behind the point"
        raise OrgError(words, path, column=name)
    targets = raw.get("referenceTo")
    if targets is not None and not (isinstance(targets, list) and all(isinstance(t, str) for t in targets)):
        raise OrgError('`referenceTo` is a list of objects, such as ["Account"]', path, column=name)
    values = raw.get("picklistValues")
    if values is not None and not (
        isinstance(values, list) and all(isinstance(v, Mapping) and isinstance(v.get("value"), str) for v in values)
    ):
        raise OrgError('`picklistValues` is a list such as [{"value": "New"}]', path, column=name)


def _want(raw: Mapping[str, Any], key: str, kind: type, words: str, path: Path, column: str | None = None) -> None:
    value = raw.get(key)
    if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise OrgError(f"`{key}` is {words}, not `{value}`", path, column=column)
