"""Builds describes as Salesforce answers them: from public ones, cut down, and from short lists of fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Describe = dict[str, Any]
FieldDescribe = dict[str, Any]

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
_LENGTHS = {
    "id": 18,
    "reference": 18,
    "string": 255,
    "picklist": 255,
    "textarea": 255,
    "url": 255,
    "multipicklist": 4099,
    "email": 80,
    "phone": 40,
    "encryptedstring": 175,
}
_NUMBERS = {"currency": (18, 2), "percent": (5, 2), "double": (18, 0)}
_COMPOUND = {"address", "location"}
_UNGROUPABLE = {"currency", "double", "percent", "datetime", "multipicklist", "encryptedstring"} | _COMPOUND
_UNSORTABLE = {"multipicklist", "encryptedstring"} | _COMPOUND
_KEPT_OF_OBJECT = ("createable", "updateable", "deletable", "replicateable", "retrieveable", "queryable")
_LONG_TEXT = 255
_API = "/services/data/v66.0/sobjects"


def make_field(name: str, kind: str, label: str | None = None, **said: Any) -> FieldDescribe:
    """A field's describe with Salesforce's usual attributes for its type; `said` names those that differ."""
    length = said.get("length") or _LENGTHS.get(kind, 0)
    precision, scale = _NUMBERS.get(kind, (0, 0))
    long_text = kind == "textarea" and length > _LONG_TEXT
    custom = name.endswith("__c")
    written = not (said.get("calculated") or said.get("autoNumber") or kind in ("id", *_COMPOUND))
    targets = said.get("referenceTo", [])
    usual: FieldDescribe = {
        "name": name,
        "label": label or _spaced(name),
        "type": kind,
        "length": length,
        "precision": precision,
        "scale": scale,
        "nillable": kind not in ("id", "boolean"),
        "filterable": kind not in _COMPOUND | {"encryptedstring"} and not long_text,
        "sortable": kind not in _UNSORTABLE and not long_text,
        "groupable": kind not in _UNGROUPABLE and not long_text and not said.get("calculated"),
        "aggregatable": kind not in _UNSORTABLE | {"boolean"} and not long_text,
        "calculated": False,
        "calculatedFormula": None,
        "custom": custom,
        "createable": written,
        "updateable": written,
        "defaultedOnCreate": kind in ("id", "boolean"),
        "referenceTo": [],
        "relationshipName": _relationship(name) if kind == "reference" else None,
        "polymorphicForeignKey": len(targets) > 1,
        "namePointing": len(targets) > 1,
        "picklistValues": [],
        "restrictedPicklist": False,
        "compoundFieldName": None,
        "externalId": False,
        "unique": False,
        "idLookup": kind == "id",
        "caseSensitive": False,
        "autoNumber": False,
        "encrypted": kind == "encryptedstring",
        "htmlFormatted": False,
        "deprecatedAndHidden": False,
        "extraTypeInfo": None,
        "nameField": False,
        "soapType": _SOAP_TYPES.get(kind, "xsd:string"),
    }
    if unknown := said.keys() - usual.keys():
        raise ValueError(f"{name}: a describe has no attribute {', '.join(sorted(unknown))}")
    return usual | {attribute: value for attribute, value in said.items() if value is not None}


def reference(name: str, *targets: str, label: str | None = None, **said: Any) -> FieldDescribe:
    """A lookup; with several targets it is polymorphic."""
    return make_field(name, "reference", label, referenceTo=list(targets), **said)


def picklist(name: str, values: Sequence[str], label: str | None = None, **said: Any) -> FieldDescribe:
    """A picklist, or with `type="multipicklist"` one that holds several values."""
    return make_field(name, said.pop("type", "picklist"), label, picklistValues=picklist_values(values), **said)


def picklist_values(values: Sequence[str]) -> list[dict[str, Any]]:
    """The entries of a picklist; one that starts with `-` is inactive, `value=Label` differ."""
    entries = []
    for written in values:
        value, _, label = written.removeprefix("-").partition("=")
        active = not written.startswith("-")
        entry = {"active": active, "defaultValue": False, "label": label or value, "validFor": None}
        entries.append(entry | {"value": value})
    return entries


def system_fields(*, deletable: bool = True) -> list[FieldDescribe]:
    """The fields that Salesforce fills itself. Users, groups and record types cannot be deleted."""

    def fixed(name: str, kind: str, label: str, **said: Any) -> FieldDescribe:
        flags = {"nillable": False, "createable": False, "updateable": False, "defaultedOnCreate": True}
        return make_field(name, kind, label, **(flags | said))

    user = {"referenceTo": ["User"]}
    fields = [
        fixed("Id", "id", "Record ID"),
        fixed("IsDeleted", "boolean", "Deleted"),
        fixed("CreatedDate", "datetime", "Created Date"),
        fixed("CreatedById", "reference", "Created By ID", **user),
        fixed("LastModifiedDate", "datetime", "Last Modified Date"),
        fixed("LastModifiedById", "reference", "Last Modified By ID", **user),
        fixed("SystemModstamp", "datetime", "System Modstamp"),
    ]
    return [field for field in fields if deletable or field["name"] != "IsDeleted"]


def make_object(
    name: str, key_prefix: str, label: str, plural: str, fields: Iterable[FieldDescribe], **said: Any
) -> Describe:
    """An object's describe; `connect` fills its child relationships."""
    flags = dict.fromkeys(_KEPT_OF_OBJECT, True)
    head = {"name": name, "label": label, "labelPlural": plural, "keyPrefix": key_prefix}
    return {
        **head,
        "custom": name.endswith("__c"),
        **flags,
        "deprecatedAndHidden": False,
        "urls": {"sobject": f"{_API}/{name}", "describe": f"{_API}/{name}/describe"},
        "fields": list(fields),
        "childRelationships": [],
        "recordTypeInfos": [],
        **said,
    }


def read_public(path: Path, kept: Iterable[str]) -> dict[str, FieldDescribe]:
    """The fields of a public describe that are kept; what it leaves open gets the usual value."""
    public = {field["name"]: field for field in json.loads(path.read_text(encoding="utf-8"))["fields"]}
    usual = {field["name"]: field for field in system_fields()}
    fields = {}
    for name in kept:
        raw: dict[str, Any] = public[name]
        if name in usual and "label" not in raw:
            fields[name] = usual[name]
            continue
        targets = raw.get("referenceTo", [])
        made = make_field(name, raw["type"], length=raw.get("length") or None, referenceTo=targets)
        fields[name] = made | {
            attribute: raw[attribute]
            for attribute in made
            if raw.get(attribute) is not None and attribute not in ("custom", "length")
        }
    return fields


def connect(describes: Sequence[Describe], public: Mapping[tuple[str, str], str | None]) -> None:
    """Fill the child relationships among these objects, and drop lookups' targets that are not among them.

    `public` gives the names that Salesforce or the object's author chose, by child object and field.

    Raises:
        ValueError: a lookup is left without any target.
    """
    known = {describe["name"]: describe for describe in describes}
    for child in describes:
        for field in child["fields"]:
            if field["type"] != "reference":
                continue
            field["referenceTo"] = [target for target in field["referenceTo"] if target in known]
            if not field["referenceTo"]:
                raise ValueError(f"{child['name']}.{field['name']} points to no object of this org")
            field["polymorphicForeignKey"] = field["namePointing"] = len(field["referenceTo"]) > 1
            for target in field["referenceTo"]:
                known[target]["childRelationships"].append(
                    {
                        "cascadeDelete": False,
                        "childSObject": child["name"],
                        "deprecatedAndHidden": False,
                        "field": field["name"],
                        "relationshipName": public.get((child["name"], field["name"])),
                        "restrictedDelete": False,
                    }
                )


def public_relationships(path: Path) -> dict[tuple[str, str], str | None]:
    """The names of the child relationships of a public describe, by child object and field."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    return {(c["childSObject"], c["field"]): c["relationshipName"] for c in raw["childRelationships"]}


def names_with_data(describe: Describe) -> list[str]:
    """The fields for which a row holds a value of its own: all but the compound ones."""
    return [field["name"] for field in describe["fields"] if field["type"] not in _COMPOUND]


def _relationship(name: str) -> str:
    return f"{name[:-1]}r" if name.endswith("__c") else name.removesuffix("Id")


def _spaced(name: str) -> str:
    words = name.split("__")[-2] if name.endswith("__c") else name.removesuffix("Id")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words.replace("_", " "))
