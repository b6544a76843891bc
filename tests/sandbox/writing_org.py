"""An org that is strict about what is written to it."""

from __future__ import annotations

from typing import Any

USER = "005000000000001AAA"
QUEUE = "00G000000000001EAA"
NOW = "2026-02-01T12:00:00Z"
NOW_REST = "2026-02-01T12:00:00.000+0000"
SECOND_USER = "005000000000002AAA"

DESCRIBES: list[dict[str, Any]] = [
    {
        "name": "Account",
        "fields": [
            {"name": "Name", "type": "string", "length": 20, "nillable": False, "label": "Account Name"},
            {"name": "Type", "type": "picklist", "restrictedPicklist": True,
             "picklistValues": [{"value": "Prospect"}, {"value": "Customer"}, {"value": "Old", "active": False}]},
            {"name": "Rating", "type": "picklist", "picklistValues": [{"value": "Warm", "defaultValue": True}]},
            {"name": "ARR__c", "type": "currency", "precision": 18, "scale": 2},
            {"name": "Seats__c", "type": "int"},
            {"name": "Active__c", "type": "boolean"},
            {"name": "Renewal__c", "type": "date"},
            {"name": "Seen__c", "type": "datetime"},
            {"name": "Number__c", "type": "string", "length": 20, "externalId": True, "unique": True},
            {"name": "Legacy__c", "type": "string", "length": 20, "externalId": True},
            {"name": "Code__c", "type": "string", "autoNumber": True},
            {"name": "OwnerId", "type": "reference", "referenceTo": ["User", "Group"]},
            {"name": "ParentId", "type": "reference", "referenceTo": ["Account"]},
            {"name": "Monthly__c", "type": "currency", "precision": 18, "scale": 2, "calculated": True,
             "_sql": "\"ARR__c\" / 12"},
            {"name": "Contacts__c", "type": "double", "precision": 18, "scale": 0, "calculated": True,
             "_sql": '(SELECT count(*) FROM "Contact" WHERE "AccountId" = "Account"."Id" AND NOT "IsDeleted")'},
            {"name": "Days__c", "type": "double", "precision": 18, "scale": 0, "calculated": True,
             "_sql": "date_diff('day', org_today(), \"Renewal__c\")"},
        ],
        "childRelationships": [
            {"childSObject": "Contact", "field": "AccountId", "relationshipName": "Contacts", "cascadeDelete": True}
        ],
    },
    {
        "name": "Contact",
        "fields": [
            {"name": "FirstName", "type": "string", "length": 40},
            {"name": "LastName", "type": "string", "length": 80, "nillable": False},
            {"name": "Name", "type": "string", "length": 121},
            {"name": "Email", "type": "email"},
            {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]},
        ],
    },
    {
        "name": "User",
        "fields": [
            {"name": "Username", "type": "string"},
            {"name": "Name", "type": "string"},
            {"name": "Email", "type": "email"},
            {"name": "IsActive", "type": "boolean"},
        ],
    },
    {"name": "Group", "fields": [{"name": "Name", "type": "string"}]},
    {"name": "Setting__c", "createable": False, "updateable": False, "deletable": False, "fields": []},
]  # fmt: skip

SETTINGS: dict[str, object] = {
    "name": "Strict",
    "now": NOW,
    "validation": [
        {"object": "Account", "condition": "ARR__c < 0", "message": "ARR cannot be negative.", "field": "ARR__c"},
        {
            "object": "Contact",
            "condition": "LastName = 'Nobody' AND Account.Type = 'Customer'",
            "message": "Who is it?",
        },
    ],
    "user": [
        {"username": "ada@acme.example", "connected": True},
        {"username": "bob@acme.example", "hidden_fields": ["Account.ARR__c"], "hidden_objects": ["Group"]},
    ],
}


def account(number: int) -> str:
    return f"0010000000{number:05d}AAA"


def contact(number: int) -> str:
    return f"0030000000{number:05d}AAA"


def rows() -> dict[str, list[dict[str, object]]]:
    return {
        "Account": [
            {"Id": account(1), "Name": "Acme", "Type": "Customer", "ARR__c": "1200", "Number__c": "A-1",
             "Legacy__c": "twice", "Code__c": "AC-0041", "Renewal__c": "2026-02-11", "OwnerId": USER,
             "SystemModstamp": "2026-01-20T10:00:00.400Z"},
            {"Id": account(2), "Name": "Bravo", "ARR__c": "10.5", "Number__c": "A-2", "Legacy__c": "twice",
             "Code__c": "AC-0007", "OwnerId": QUEUE, "SystemModstamp": "2026-01-25T10:00:00Z"},
            {"Id": account(3), "Name": "Gone", "Number__c": "A-3", "Code__c": "AC-0001", "IsDeleted": "true",
             "SystemModstamp": "2026-01-26T10:00:30Z"},
        ],
        "Contact": [{"Id": contact(1), "FirstName": "Ann", "LastName": "Bo", "AccountId": account(1)}],
        "User": [
            {"Id": USER, "Username": "ada@acme.example", "Name": "Ada", "IsActive": "true"},
            {"Id": SECOND_USER, "Username": "bob@acme.example", "Name": "Bob", "IsActive": "true"},
        ],
        "Group": [{"Id": QUEUE, "Name": "Inbound"}],
    }  # fmt: skip
