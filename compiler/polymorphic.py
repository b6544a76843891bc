"""What is reachable through a reference that may point at several objects: the fields of Salesforce's `Name` object.

Source: SOQL and SOSL Reference, "Understanding Relationship Fields and Polymorphic Fields".
"""

from __future__ import annotations

from compiler.schema import SObject, build_schema

_FIELDS = {
    "Id": "id",
    "Name": "string",
    "FirstName": "string",
    "LastName": "string",
    "Type": "picklist",
    "Alias": "string",
    "Username": "string",
    "Email": "email",
    "Phone": "phone",
    "Title": "string",
    "IsActive": "boolean",
}
_DESCRIBE = {
    "name": "Name",
    "label": "Name",
    "urls": {},
    "fields": [
        *({"name": name, "type": kind, "custom": False} for name, kind in _FIELDS.items()),
        {"name": "ProfileId", "type": "reference", "referenceTo": ["Profile"], "relationshipName": "Profile"},
        {"name": "UserRoleId", "type": "reference", "referenceTo": ["UserRole"], "relationshipName": "UserRole"},
    ],
}


def name_object() -> SObject:
    """The object whose fields every polymorphic relationship has."""
    schema = build_schema([_DESCRIBE])
    found = schema.object("Name")
    assert found is not None
    return found
