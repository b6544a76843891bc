"""The objects of the NPSP org: one field for every column of the dump, and what Salesforce adds itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from specs.describes import (
    Describe,
    FieldDescribe,
    connect,
    make_field,
    make_object,
    picklist_values,
    public_relationships,
    read_public,
    reference,
    system_fields,
)

NAME_FORMATS = {
    "Address__c": "A-{:08d}",
    "Allocation__c": "ALLO-{:06d}",
    "Partial_Soft_Credit__c": "PSC-{:06d}",
    "npe01__OppPayment__c": "PMT-{:06d}",
    "npe4__Relationship__c": "R-{:06d}",
}

# Standard objects: the public describe to read, and the fields to keep.
_AUDIT = "Id IsDeleted CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp"
_PUBLIC = {
    "Account": (
        "Account.personaccounts_customfields.json",
        f"""{_AUDIT} OwnerId Name RecordTypeId BillingStreet BillingCity BillingState BillingPostalCode
        BillingCountry BillingAddress npe01__SYSTEM_AccountType__c""",
    ),
    "Contact": (
        "Contact.json",
        f"""{_AUDIT} OwnerId AccountId LastName FirstName Salutation Name Email Phone MobilePhone HomePhone
        Title Department Birthdate ReportsToId""",
    ),
    "Opportunity": (
        "Opportunity.json",
        f"{_AUDIT} OwnerId AccountId CampaignId Name Amount StageName CloseDate IsClosed IsWon",
    ),
    "OpportunityContactRole": (
        "OpportunityContactRole.json",
        f"{_AUDIT} OpportunityId ContactId Role IsPrimary",
    ),
    "Campaign": ("derived/Campaign.json", f"{_AUDIT} OwnerId Name"),
    "CampaignMember": ("derived/CampaignMember.json", f"{_AUDIT} CampaignId ContactId Status"),
    "User": (
        "derived/User.json",
        f"""{_AUDIT.replace(" IsDeleted", "")} Username LastName FirstName Name Email Alias IsActive
        TimeZoneSidKey LocaleSidKey LanguageLocaleKey UserType""",
    ),
    "RecordType": (
        "derived/RecordType.json",
        f"{_AUDIT.replace(' IsDeleted', '')} Name DeveloperName SobjectType IsActive",
    ),
}
_LABELS = {"OpportunityContactRole": "Opportunity Contact Role", "CampaignMember": "Campaign Member"}
_LABELS |= {"RecordType": "Record Type"}
_PREFIXES = dict(zip(_PUBLIC, ("001", "003", "006", "00K", "701", "00v", "005", "012"), strict=True))

# NPSP's own objects: key prefix, label, and the columns of the dump under their API names. The type stands
# only where the published metadata lacks the field; `>Object` is a lookup.
_OBJECTS = {
    "Address__c": (
        *("a00", "Address"),
        """Household_Account__c MailingCountry__c MailingStreet__c MailingState__c MailingCity__c
        MailingPostalCode__c Seasonal_Start_Month__c Seasonal_Start_Day__c Seasonal_End_Month__c
        Seasonal_End_Day__c""",
    ),
    "General_Accounting_Unit__c": ("a01", "General Accounting Unit", ""),
    "Allocation__c": (
        *("a02", "GAU Allocation"),
        "Amount__c Percent__c Opportunity__c General_Accounting_Unit__c Recurring_Donation__c",
    ),
    "Partial_Soft_Credit__c": ("a03", "Partial Soft Credit", "Contact__c Opportunity__c Role_Name__c Amount__c"),
    "npe01__OppPayment__c": (
        *("a04", "Payment"),
        """npe01__Opportunity__c:>Opportunity npe01__Payment_Amount__c:currency npe01__Payment_Date__c:date
        npe01__Scheduled_Date__c:date npe01__Paid__c:boolean npe01__Written_Off__c:boolean""",
    ),
    "npe03__Recurring_Donation__c": (
        *("a05", "Recurring Donation"),
        """npe03__Contact__c:>Contact npe03__Amount__c:currency npe03__Date_Established__c:date
        npe03__Schedule_Type__c:picklist npe03__Open_Ended_Status__c:picklist
        npe03__Last_Payment_Date__c:date npe03__Next_Payment_Date__c:date
        npe03__Installment_Period__c:picklist Day_of_Month__c InstallmentFrequency__c StartDate__c
        PaymentMethod__c RecurringType__c Status__c""",
    ),
    "npe4__Relationship__c": (
        *("a06", "Relationship"),
        "npe4__Contact__c:>Contact npe4__RelatedContact__c:>Contact npe4__Type__c:picklist",
    ),
}
_EXTRA_FIELDS = {
    "Contact": "Primary_Affiliation__c",
    "Opportunity": """Primary_Contact__c npe03__Recurring_Donation__c:>npe03__Recurring_Donation__c
        npe01__Do_Not_Automatically_Create_Payment__c:boolean""",
}
_PICKLISTS = {
    ("npe03__Recurring_Donation__c", "npe03__Open_Ended_Status__c"): ("Open", "Closed", "None"),
    ("npe03__Recurring_Donation__c", "npe03__Installment_Period__c"): ("Monthly", "Weekly", "Yearly"),
    ("npe4__Relationship__c", "npe4__Type__c"): ("Employee", "Partner"),
    ("Opportunity", "StageName"): ("Prospecting", "Pledged", "Closed Won", "Closed Lost"),
    ("OpportunityContactRole", "Role"): ("Donor", "Household Member", "Influencer", "Soft Credit"),
    ("CampaignMember", "Status"): ("Sent", "Responded"),
}
_CHILDREN: dict[tuple[str, str], str | None] = {
    ("npe01__OppPayment__c", "npe01__Opportunity__c"): "npe01__OppPayment__r",
    ("npe03__Recurring_Donation__c", "npe03__Contact__c"): "npe03__RecurringDonations__r",
    ("Opportunity", "npe03__Recurring_Donation__c"): "npe03__Donations__r",
    ("npe4__Relationship__c", "npe4__Contact__c"): "npe4__Relationships__r",
    ("npe4__Relationship__c", "npe4__RelatedContact__c"): "npe4__Relationships1__r",
}
_TYPES = {
    "Text": "string",
    "Currency": "currency",
    "Date": "date",
    "Checkbox": "boolean",
    "Number": "double",
    "Percent": "percent",
    "Picklist": "picklist",
    "Lookup": "reference",
    "MasterDetail": "reference",
}
Metadata = Mapping[str, Any]


def npsp_describes(public: Path, metadata_file: Path, record_types: Mapping[str, str]) -> list[Describe]:
    """The describes of the org, from public describes and the package's published metadata."""
    published = json.loads(metadata_file.read_text(encoding="utf-8"))
    metadata = {(name, field["name"]): field for name, fields in published.items() for field in fields}
    objects = [_standard(public, metadata, name) for name in _PUBLIC]
    objects += [_of_package(metadata, name) for name in _OBJECTS]
    relationships = dict(_CHILDREN)
    for name in ("Account", "Contact", "Opportunity"):
        relationships |= public_relationships(public / _PUBLIC[name][0])
    for (name, field_name), field in metadata.items():
        if "relationshipName" in field:
            relationships[name, field_name] = f"{field['relationshipName']}__r"
    connect(objects, relationships)
    objects[0]["recordTypeInfos"] = _record_type_infos(record_types)
    return objects


def _standard(public: Path, metadata: Mapping[tuple[str, str], Metadata], name: str) -> Describe:
    file, kept = _PUBLIC[name]
    fields = read_public(public / file, kept.split())
    if "Name" in fields:
        fields["Name"]["nameField"] = True
    for field_name, field in fields.items():
        if (name, field_name) in _PICKLISTS:
            field["picklistValues"] = picklist_values(_PICKLISTS[name, field_name])
    label = _LABELS.get(name, name)
    plural = "Opportunities" if name == "Opportunity" else f"{label}s"
    extra = _own_fields(metadata, name, _EXTRA_FIELDS.get(name, ""))
    return make_object(name, _PREFIXES[name], label, plural, [*fields.values(), *extra])


def _of_package(metadata: Mapping[tuple[str, str], Metadata], name: str) -> Describe:
    prefix, label, columns = _OBJECTS[name]
    own = _own_fields(metadata, name, columns)
    auto = name in NAME_FORMATS
    named = make_field("Name", "string", f"{label} Name", length=80, nameField=True, autoNumber=auto)
    head = [*system_fields(), named]
    if not any(_is_master(metadata.get((name, field["name"]), {})) for field in own):
        head.append(reference("OwnerId", "Group", "User", label="Owner ID", nillable=False))
    plural = f"{label}es" if label.endswith("s") else f"{label}s"
    return make_object(name, prefix, label, plural, [*head, *own])


def _own_fields(metadata: Mapping[tuple[str, str], Metadata], name: str, columns: str) -> list[FieldDescribe]:
    fields = []
    for column in columns.split():
        field_name, _, kind = column.partition(":")
        if kind.startswith(">"):
            fields.append(reference(field_name, kind[1:]))
        elif kind:
            values = picklist_values(_PICKLISTS.get((name, field_name), ()))
            fields.append(make_field(field_name, kind, picklistValues=values))
        else:
            fields.append(_published(field_name, metadata[name, field_name]))
    return fields


def _published(name: str, field: Metadata) -> FieldDescribe:
    values = picklist_values(field.get("picklist", ()))
    said: dict[str, Any] = {"picklistValues": values} if values else {}
    said |= {key: int(field[key]) for key in ("length", "precision", "scale") if key in field}
    if field["type"] in ("Lookup", "MasterDetail"):
        said["referenceTo"] = [field["referenceTo"]]
    return make_field(name, _TYPES[field["type"]], field["label"], nillable=not _is_master(field), **said)


def _is_master(field: Metadata) -> bool:
    return field.get("type") == "MasterDetail"


def _record_type_infos(record_types: Mapping[str, str]) -> list[dict[str, Any]]:
    infos = [*record_types.items(), ("012000000000000AAA", "Master")]
    return [
        {
            "active": True,
            "available": True,
            "defaultRecordTypeMapping": name == "HH_Account",
            "developerName": name,
            "master": name == "Master",
            "name": name,
            "recordTypeId": key,
        }
        for key, name in infos
    ]
