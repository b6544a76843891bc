"""Which fields come when the author does not say, and which never do."""

from __future__ import annotations

from compiler.schema import Field, SObject

CONTACT_CORE = (
    "Name",
    "FirstName",
    "LastName",
    "Email",
    "Phone",
    "MobilePhone",
    "HomePhone",
    "Title",
    "Department",
    "Birthdate",
    "ReportsToId",
    "OwnerId",
)
CASE_CORE = (
    "CaseNumber",
    "Subject",
    "Status",
    "Priority",
    "Origin",
    "Type",
    "IsClosed",
    "CreatedDate",
    "ClosedDate",
    "OwnerId",
)
# These change by looking at a record, for each user apart.
NEVER = frozenset({"lastvieweddate", "lastreferenceddate"})


def why_not_synced(field: Field) -> str | None:
    """Why the values of a field cannot be brought, or None if they can."""
    if field.is_compound:
        return "its parts are fields of their own, which come"
    if field.type == "base64":
        return "it holds a file"
    if field.name.lower() in NEVER:
        return "it changes whenever somebody looks at the record"
    return None


def core_fields(sobject: SObject, core: tuple[str, ...]) -> list[Field]:
    """Those of the core set that the org has and the connected user may see."""
    return [field for name in core if (field := sobject.field(name)) is not None]


def readable_fields(sobject: SObject) -> list[Field]:
    """All fields that can be brought; encrypted ones only come when they are named."""
    return [
        field
        for field in sobject.fields.values()
        if why_not_synced(field) is None and field.type != "encryptedstring" and not field.deprecated_and_hidden
    ]
