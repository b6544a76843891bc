"""The org's schema, as describes tell it: one model for the checker, the sandbox and the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

NUMBER_TYPES = frozenset({"int", "long", "double", "currency", "percent"})
MONEY_TYPES = frozenset({"currency"})
TEXT_TYPES = frozenset(
    {"string", "textarea", "picklist", "combobox", "email", "phone", "url", "encryptedstring", "anyType"}
)
COMPOUND_TYPES = frozenset({"address", "location", "complexvalue"})
LONG_TEXT_LENGTH = 255


class PicklistValue(NamedTuple):
    """One entry of a picklist: the value that is stored, the label that people see."""

    value: str
    label: str
    active: bool


class Field(NamedTuple):
    """A field as describe tells it. `type` is describe's own word: `string`, `currency`, `reference` ..."""

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    filterable: bool = True
    sortable: bool = True
    groupable: bool = True
    aggregatable: bool = True
    calculated: bool = False
    custom: bool = False
    createable: bool = True
    updateable: bool = True
    case_sensitive: bool = False
    unique: bool = False
    external_id: bool = False
    auto_number: bool = False
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    polymorphic: bool = False
    compound_of: str | None = None
    picklist: tuple[PicklistValue, ...] = ()
    restricted_picklist: bool = False
    deprecated_and_hidden: bool = False
    html: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it holds a number of any kind."""
        return self.type in NUMBER_TYPES

    @property
    def is_id(self) -> bool:
        """Whether it holds a record Id."""
        return self.type in ("id", "reference")

    @property
    def is_compound(self) -> bool:
        """Whether it is an address or a location, whose parts are fields of their own."""
        return self.type in COMPOUND_TYPES


class ChildRelationship(NamedTuple):
    """How a parent names the rows of a child object: `Contacts` for Contact.AccountId."""

    name: str
    child: str
    field: str


class SObject(NamedTuple):
    """An object with its fields. Look names up with `field`, `parent` and `child`, which ignore case."""

    name: str
    label: str
    label_plural: str
    key_prefix: str | None
    custom: bool
    queryable: bool
    createable: bool
    updateable: bool
    deletable: bool
    fields: Mapping[str, Field]
    relationships: Mapping[str, Field]
    children: Mapping[str, ChildRelationship]
    complete: bool = False
    """Whether it is described as Salesforce does, with all fields that the connected user may see."""

    def field(self, name: str) -> Field | None:
        """The field of that API name, in any case, or None."""
        return self.fields.get(name.lower())

    def parent(self, relationship: str) -> Field | None:
        """The reference field whose relationship has that name (`Owner`, `Account__r`), or None."""
        return self.relationships.get(relationship.lower())

    def child(self, relationship: str) -> ChildRelationship | None:
        """The child relationship of that name (`Contacts`, `Subscriptions__r`), or None."""
        return self.children.get(relationship.lower())


class Schema(NamedTuple):
    """All objects that are known. `objects` is keyed by lower-case name; `object` ignores case.

    `named_only` holds objects that the org has but that are not described here (from describeGlobal).
    """

    objects: Mapping[str, SObject]
    multi_currency: bool = False
    named_only: frozenset[str] = frozenset()

    def object(self, name: str) -> SObject | None:
        """The object of that API name, in any case, or None."""
        return self.objects.get(name.lower())


def build_schema(
    describes: Iterable[Mapping[str, Any]],
    *,
    multi_currency: bool | None = None,
    named_only: Iterable[str] = (),
) -> Schema:
    """Build a schema from describe answers, which may be reduced to `name` and `fields` with name and type.

    What a reduced describe lacks gets Salesforce's usual defaults. `multi_currency` unsaid means: as the org's objects
    show, since only an org with several currencies has an object CurrencyType and fields CurrencyIsoCode. The fields
    tell even where the connected user may not see the object.
    """
    objects = {str(d["name"]).lower(): _object(d) for d in describes}
    listed = frozenset(named_only)
    if multi_currency is None:
        names = {*objects, *(name.lower() for name in listed)}
        multi_currency = "currencytype" in names or any(one.field("CurrencyIsoCode") for one in objects.values())
    return Schema(objects, multi_currency, listed)


def undescribed(name: str) -> SObject:
    """An object that no describe tells of: it has what every object has."""
    return _object({"name": name, "fields": ()})


_UNFILTERABLE = frozenset({"base64", "encryptedstring", "address", "location", "complexvalue"})
_UNSORTABLE = _UNFILTERABLE | {"multipicklist"}
_UNGROUPABLE = _UNSORTABLE | {"currency", "double", "percent", "datetime", "time"}
_SYSTEM_FIELDS: tuple[tuple[str, str, str, str | None, tuple[str, ...]], ...] = (
    ("Id", "id", "Record ID", None, ()),
    ("IsDeleted", "boolean", "Deleted", None, ()),
    ("CreatedDate", "datetime", "Created Date", None, ()),
    ("CreatedById", "reference", "Created By ID", "CreatedBy", ("User",)),
    ("LastModifiedDate", "datetime", "Last Modified Date", None, ()),
    ("LastModifiedById", "reference", "Last Modified By ID", "LastModifiedBy", ("User",)),
    ("SystemModstamp", "datetime", "System Modstamp", None, ()),
)


def _object(describe: Mapping[str, Any]) -> SObject:
    name = str(describe["name"])
    fields = {f.name.lower(): f for f in (_field(raw, name) for raw in describe["fields"])}
    reduced = "urls" not in describe  # every answer of Salesforce's own has them
    if reduced:
        for field_name, kind, label, relationship, targets in _SYSTEM_FIELDS:
            if field_name.lower() not in fields:
                fields[field_name.lower()] = Field(
                    field_name,
                    kind,
                    label,
                    length=18 if kind in ("id", "reference") else 0,
                    nillable=False,
                    groupable=kind != "datetime",
                    createable=False,
                    updateable=False,
                    reference_to=targets,
                    relationship_name=relationship,
                )
    custom = bool(describe.get("custom", _is_custom(name)))
    children = (
        ChildRelationship(c["relationshipName"], c["childSObject"], c["field"])
        for c in describe.get("childRelationships") or ()
        if c.get("relationshipName") and c.get("childSObject") and c.get("field")
    )
    return SObject(
        name=name,
        label=str(describe.get("label") or name),
        label_plural=str(describe.get("labelPlural") or describe.get("label") or name),
        key_prefix=describe.get("keyPrefix"),
        custom=custom,
        queryable=_flag(describe, "queryable", True),
        createable=_flag(describe, "createable", True),
        updateable=_flag(describe, "updateable", True),
        deletable=_flag(describe, "deletable", True),
        fields=fields,
        relationships={f.relationship_name.lower(): f for f in fields.values() if f.relationship_name},
        children={c.name.lower(): c for c in children},
        complete=not reduced,
    )


def _field(raw: Mapping[str, Any], sobject: str) -> Field:
    name = str(raw["name"])
    kind = str(raw["type"])
    custom = bool(raw.get("custom", _is_custom(name)))
    length = int(raw.get("length") or 0)
    calculated = _flag(raw, "calculated", False)
    long_text = kind == "textarea" and length > LONG_TEXT_LENGTH
    relationship = raw.get("relationshipName")
    if relationship is None and kind == "reference" and "relationshipName" not in raw:
        relationship = _usual_relationship(name)
    references = tuple(raw.get("referenceTo") or ())
    if kind == "reference" and not references:
        references = _usual_target(name, sobject)
    filterable = _flag(raw, "filterable", kind not in _UNFILTERABLE and not long_text)
    return Field(
        name=name,
        type=kind,
        label=str(raw.get("label") or name),
        length=length,
        precision=int(raw.get("precision") or 0),
        scale=int(raw.get("scale") or 0),
        nillable=_flag(raw, "nillable", kind not in ("id", "boolean")),
        filterable=filterable,
        sortable=_flag(raw, "sortable", kind not in _UNSORTABLE and not long_text),
        groupable=_flag(raw, "groupable", kind not in _UNGROUPABLE and not long_text and not calculated),
        aggregatable=_flag(raw, "aggregatable", kind not in _UNSORTABLE and kind != "boolean" and not long_text),
        calculated=calculated,
        custom=custom,
        createable=_flag(raw, "createable", not calculated and kind != "id"),
        updateable=_flag(raw, "updateable", not calculated and kind != "id"),
        case_sensitive=_flag(raw, "caseSensitive", False),
        unique=_flag(raw, "unique", False),
        external_id=_flag(raw, "externalId", False),
        auto_number=_flag(raw, "autoNumber", False),
        reference_to=references,
        relationship_name=relationship,
        polymorphic=_flag(raw, "polymorphicForeignKey", len(references) > 1),
        compound_of=raw.get("compoundFieldName") if raw.get("compoundFieldName") != name else None,
        picklist=tuple(
            PicklistValue(str(p["value"]), str(p.get("label") or p["value"]), bool(p.get("active", True)))
            for p in raw.get("picklistValues") or ()
        ),
        restricted_picklist=_flag(raw, "restrictedPicklist", False),
        deprecated_and_hidden=_flag(raw, "deprecatedAndHidden", False),
        html=_flag(raw, "htmlFormatted", False),
    )


def _flag(raw: Mapping[str, Any], name: str, default: bool) -> bool:
    value = raw.get(name)
    return default if value is None else bool(value)


def _is_custom(name: str) -> bool:
    return name.endswith(("__c", "__s", "__pc"))


_STANDARD_TARGETS = frozenset({"Account", "Asset", "Case", "Contact", "Contract", "Lead", "Opportunity", "User"})
_USER_FIELDS = frozenset({"OwnerId", "CreatedById", "LastModifiedById", "ManagerId"})


def _usual_target(name: str, sobject: str) -> tuple[str, ...]:
    """What a reference field most likely points to where a reduced describe does not say: its name tells."""
    if name in _USER_FIELDS:
        return ("User",)
    if name == "ParentId":
        return (sobject,)
    bare = name.removesuffix("__c").removesuffix("Id").rstrip("_")
    return (bare,) if bare in _STANDARD_TARGETS or not name.endswith("__c") else (name,)


def _usual_relationship(field_name: str) -> str | None:
    """The relationship name that Salesforce gives a reference field unless told otherwise."""
    if field_name.endswith("__c"):
        return field_name[:-1] + "r"
    if field_name.endswith("Id") and len(field_name) > 2:
        return field_name[:-2]
    return None
