"""Describe answers: what an org folder gives, made complete as a client expects it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from compiler.schema import Field, SObject, build_schema
from sandbox.describe_shapes import check_field, check_object
from sandbox.errors import OrgError

Describe: TypeAlias = dict[str, Any]

KNOWN_TYPES = frozenset(
    [
        "id",
        "string",
        "textarea",
        "picklist",
        "multipicklist",
        "combobox",
        "reference",
        "boolean",
        "int",
        "long",
        "double",
        "currency",
        "percent",
        "date",
        "datetime",
        "time",
        "email",
        "phone",
        "url",
        "encryptedstring",
        "base64",
        "address",
        "location",
        "anyType",
        "complexvalue",
        "json",
    ]
)
_SOAP_TYPES = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "long": "xsd:long",
    "double": "xsd:double", "currency": "xsd:double", "percent": "xsd:double", "date": "xsd:date",
    "datetime": "xsd:dateTime", "time": "xsd:time", "base64": "xsd:base64Binary", "address": "urn:address",
    "location": "urn:location",
}  # fmt: skip
_LENGTHS = {
    "id": 18, "reference": 18, "string": 255, "textarea": 255, "picklist": 255, "combobox": 255, "url": 255,
    "email": 80, "phone": 40, "multipicklist": 4099, "encryptedstring": 175,
}  # fmt: skip
_SILENT_PARENTS = frozenset({"createdbyid", "lastmodifiedbyid", "ownerid", "masterrecordid"})
_OBJECT_FLAGS = {
    "activateable": False, "compactLayoutable": True, "customSetting": False, "deepCloneable": False,
    "deprecatedAndHidden": False, "feedEnabled": False, "hasSubtypes": False, "isInterface": False, "isSubtype": False,
    "layoutable": True, "mergeable": False, "mruEnabled": True, "queryable": True, "replicateable": True,
    "retrieveable": True, "searchable": True, "triggerable": True, "undeletable": True, "createable": True,
    "updateable": True, "deletable": True,
}  # fmt: skip
_MERGEABLE = frozenset({"Account", "Contact", "Lead", "Case"})
_GLOBAL_KEYS = (
    "activateable", "associateEntityType", "associateParentEntity", "createable", "custom", "customSetting",
    "deepCloneable", "deletable", "deprecatedAndHidden", "feedEnabled", "hasSubtypes", "isInterface", "isSubtype",
    "keyPrefix", "label", "labelPlural", "layoutable", "mergeable", "mruEnabled", "name", "queryable", "replicateable",
    "retrieveable", "searchable", "triggerable", "undeletable", "updateable",
)  # fmt: skip


def read_describes(folder: Path) -> list[Describe]:
    """Read `describe/*.json` of an org folder; raises OrgError where one is no describe."""
    place = folder / "describe"
    paths = sorted(p for p in place.glob("*.json") if not p.name.startswith("_"))
    if not paths:
        raise OrgError("no describes here: an org folder needs describe/<Object>.json", place)
    out: dict[str, Describe] = {}
    for path in paths:
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, UnicodeDecodeError) as error:
            raise OrgError(f"is not valid JSON: {error}", path) from error
        describe = _checked(raw, path)
        if describe["name"].lower() in out:
            raise OrgError(f"{describe['name']} is described twice", path)
        out[describe["name"].lower()] = describe
    return list(out.values())


def _checked(raw: object, path: Path) -> Describe:
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        raise OrgError("a describe is an object with `name` and `fields`", path)
    fields = raw.get("fields")
    if not isinstance(fields, list):
        raise OrgError("a describe needs a list `fields`", path)
    seen: set[str] = set()
    for number, field in enumerate(fields, 1):
        if not isinstance(field, dict) or not isinstance(field.get("name"), str):
            raise OrgError(f"field {number} has no `name`", path)
        name = field["name"]
        if not isinstance(field.get("type"), str) or field["type"] not in KNOWN_TYPES:
            raise OrgError(f"`{field.get('type')}` is not a type of Salesforce's", path, column=name)
        if name.lower() in seen:
            raise OrgError("the field is described twice", path, column=name)
        seen.add(name.lower())
        check_field(field, path)
    check_object(raw, path)
    return {key: value for key, value in raw.items() if not key.startswith("_")}


def complete(describes: Iterable[Mapping[str, Any]]) -> dict[str, Describe]:
    """Fill what reduced describes leave out, child relationships included; keyed by lower-case name."""
    given = [{**d, "childRelationships": _whole_children(d)} for d in describes]
    schema = build_schema(given)
    out = {d["name"].lower(): _complete_object(d, schema.objects[d["name"].lower()]) for d in given}
    prefixes = {str(d["keyPrefix"]) for d in out.values() if d["keyPrefix"]}
    for describe in out.values():
        if not describe["keyPrefix"]:
            describe["keyPrefix"] = _free_prefix(prefixes)
    for child in list(out.values()):
        for field in child["fields"]:
            for target in field["referenceTo"]:
                if parent := out.get(target.lower()):
                    _add_child(parent, child, field)
    return out


def _whole_children(describe: Mapping[str, Any]) -> list[Describe]:
    """The child relationships that say which field they are about; others are derived from reference fields."""
    return [c for c in describe.get("childRelationships") or () if c.get("childSObject") and c.get("field")]


_STANDARD_PREFIXES = {
    "account": "001", "contact": "003", "user": "005", "opportunity": "006", "organization": "00D", "group": "00G",
    "opportunitylineitem": "00k", "lead": "00Q", "task": "00T", "event": "00U", "recordtype": "012", "product2": "01t",
    "pricebook2": "01s", "accountteammember": "01M", "case": "500", "casecomment": "00a", "campaign": "701",
    "contract": "800", "asset": "02i", "emailmessage": "02s", "feeditem": "0D5", "feedcomment": "0D7",
    "profile": "00e", "userrole": "00E", "currencytype": "01L",
}  # fmt: skip


def _free_prefix(taken: set[str]) -> str:
    number = next(n for n in range(1000) if f"a{n:02d}" not in taken)
    prefix = f"a{number:02d}"
    taken.add(prefix)
    return prefix


def _complete_object(raw: Describe, sobject: SObject) -> Describe:
    by_name = {f["name"].lower(): f for f in raw["fields"]}
    name = sobject.name
    flags = {**_OBJECT_FLAGS, "mergeable": name in _MERGEABLE}
    root = f"/services/data/v66.0/sobjects/{name}"
    full: Describe = {
        "actionOverrides": [],
        "childRelationships": [],
        **flags,
        "custom": sobject.custom,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "keyPrefix": sobject.key_prefix or _STANDARD_PREFIXES.get(name.lower()),
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [],
        "searchLayoutable": True,
        "supportedScopes": [{"label": f"All {sobject.label_plural}", "name": "everything"}],
        "urls": {
            "sobject": root,
            "describe": f"{root}/describe",
            "rowTemplate": f"{root}/{{ID}}",
            "layouts": f"{root}/describe/layouts",
        },
    }
    full.update({key: value for key, value in raw.items() if value is not None or key not in full})
    full["fields"] = [_complete_field(f, by_name.get(f.name.lower(), {})) for f in sobject.fields.values()]
    full["childRelationships"] = list(full["childRelationships"] or ())
    return full


def _complete_field(field: Field, raw: Mapping[str, Any]) -> Describe:
    kind = field.type
    length = field.length or _LENGTHS.get(kind, 0)
    decimal = kind in ("double", "currency", "percent") and not field.precision
    full: Describe = {
        "aggregatable": field.aggregatable,
        "aiPredictionField": False,
        "autoNumber": field.auto_number,
        "byteLength": length if kind in ("id", "reference") else length * 3,
        "calculated": field.calculated,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound_of,
        "controllerName": None,
        "createable": field.createable,
        "custom": field.custom,
        "defaultValue": False if kind == "boolean" else None,
        "defaultValueFormula": None,
        "defaultedOnCreate": kind in ("id", "boolean") or not field.createable,
        "dependentPicklist": False,
        "deprecatedAndHidden": field.deprecated_and_hidden,
        "digits": 9 if kind == "int" else 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": None,
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": field.html,
        "idLookup": kind == "id" or field.external_id,
        "inlineHelpText": None,
        "label": field.label,
        "length": length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name == "Name",
        "namePointing": field.polymorphic,
        "nillable": field.nillable,
        "permissionable": field.custom,
        "picklistValues": [],
        "polymorphicForeignKey": field.polymorphic,
        "precision": 18 if decimal else field.precision,
        "queryByDistance": kind in ("address", "location"),
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": field.restricted_picklist,
        "scale": 2 if decimal else field.scale,
        "searchPrefilterable": kind == "reference",
        "soapType": _SOAP_TYPES.get(kind, "xsd:string"),
        "sortable": field.sortable,
        "type": kind,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": False,
    }
    full.update({key: value for key, value in raw.items() if value is not None and not key.startswith("_")})
    full["picklistValues"] = [
        {"active": True, "defaultValue": False, "validFor": None, "label": value["value"], **value}
        for value in full["picklistValues"]
    ]
    return full


def _add_child(parent: Describe, child: Describe, field: Describe) -> None:
    known = parent["childRelationships"]
    if any(c["childSObject"] == child["name"] and c["field"] == field["name"] for c in known):
        return
    taken = {str(c.get("relationshipName")).lower() for c in known}
    known.append(
        {
            "cascadeDelete": field["cascadeDelete"],
            "childSObject": child["name"],
            "deprecatedAndHidden": False,
            "field": field["name"],
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": _child_name(parent["name"], child, field, taken),
            "restrictedDelete": False,
        }
    )


def _child_name(parent: str, child: Describe, field: Describe, taken: set[str]) -> str | None:
    """How a parent would call these rows: `Contacts`, `ChildAccounts`, `Subscriptions__r`; None where it does not."""
    if field["name"].lower() in _SILENT_PARENTS:
        return None
    stem = str(child["name"]).removesuffix("__c")
    plural = stem[:-1] + "ies" if stem.endswith("y") and stem[-2:-1] not in "aeiou" else stem + "s"
    if child["name"] == parent and not field["custom"]:
        plural = "Child" + plural
    suffix = "__r" if field["custom"] else ""
    for name in (plural + suffix, f"{plural}_{field['name'].removesuffix('__c')}{suffix}"):
        if name.lower() not in taken:
            return name
    return None


def global_entry(describe: Describe, version: str) -> Describe:
    """The object's line in describeGlobal."""
    return {key: describe.get(key) for key in _GLOBAL_KEYS} | {"urls": _versioned(describe["urls"], version)}


def versioned(describe: Describe, version: str) -> Describe:
    """The describe with its addresses for the API version that was asked (`66.0`)."""
    return {**describe, "urls": _versioned(describe["urls"], version)}


def _versioned(urls: Mapping[str, str], version: str) -> dict[str, str]:
    out = {}
    for key, url in urls.items():
        head, _, tail = url.partition("/services/data/v")
        out[key] = f"{head}/services/data/v{version}/{tail.partition('/')[2]}" if tail else url
    return out
