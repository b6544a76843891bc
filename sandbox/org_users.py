"""Who is connected, and the rows that no org lacks: its Organization and its users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import duckdb

from compiler.record_id import to_18
from compiler.schema import Schema, SObject
from sandbox.org_settings import OrgSettings, name_digest
from sandbox.quoting import identifier, text


class User(NamedTuple):
    """The user that a session belongs to."""

    id: str
    username: str
    name: str
    email: str
    time_zone: str
    locale: str


_ORGANIZATION: dict[str, Any] = {
    "name": "Organization",
    "keyPrefix": "00D",
    "createable": False,
    "deletable": False,
    "fields": [
        {"name": "Name", "type": "string", "length": 80},
        {"name": "OrganizationType", "type": "picklist"},
        {"name": "InstanceName", "type": "string"},
        {"name": "IsSandbox", "type": "boolean"},
        {"name": "TrialExpirationDate", "type": "datetime"},
        {"name": "NamespacePrefix", "type": "string"},
        {"name": "FiscalYearStartMonth", "type": "int"},
        {"name": "UsesStartDateAsFiscalYearName", "type": "boolean"},
        {"name": "DefaultLocaleSidKey", "type": "picklist"},
        {"name": "LanguageLocaleKey", "type": "picklist"},
        {"name": "TimeZoneSidKey", "type": "picklist"},
    ],
}
_USER: dict[str, Any] = {
    "name": "User",
    "keyPrefix": "005",
    "deletable": False,
    "fields": [
        {"name": "Username", "type": "string", "length": 80},
        {"name": "FirstName", "type": "string", "length": 40},
        {"name": "LastName", "type": "string", "length": 80},
        {"name": "Name", "type": "string", "length": 121},
        {"name": "Alias", "type": "string", "length": 8},
        {"name": "Email", "type": "email"},
        {"name": "IsActive", "type": "boolean"},
        {"name": "UserType", "type": "picklist"},
        {"name": "TimeZoneSidKey", "type": "picklist"},
        {"name": "LocaleSidKey", "type": "picklist"},
        {"name": "LanguageLocaleKey", "type": "picklist"},
    ],
}


def missing_describes(given: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Describes of the objects that every org has and this one does not give."""
    names = {str(d["name"]).lower() for d in given}
    return [d for d in (_ORGANIZATION, _USER) if str(d["name"]).lower() not in names]


def default_rows(object_name: str, settings: OrgSettings) -> list[dict[str, object]]:
    """The rows of an object that the folder gives no data for: Organization and User have one, others none."""
    if object_name == "Organization":
        return [
            {
                "Id": settings.organization_id,
                "Name": settings.name,
                "OrganizationType": settings.organization_type,
                "InstanceName": settings.instance_name,
                "IsSandbox": settings.is_sandbox,
                "FiscalYearStartMonth": settings.fiscal_year_start_month,
                "UsesStartDateAsFiscalYearName": settings.fiscal_year_named_by == "start",
                "DefaultLocaleSidKey": settings.locale,
                "LanguageLocaleKey": settings.language,
                "TimeZoneSidKey": settings.time_zone,
            }
        ]
    if object_name == "User":
        user = settings.user or _default_username(settings)
        return [
            {
                "Id": "005000000000001AAA",
                "Username": user if "@" in user else _default_username(settings),
                "FirstName": "Sandbox",
                "LastName": "Admin",
                "Name": "Sandbox Admin",
                "Alias": "sadmin",
                "Email": "admin@example.com",
                "IsActive": True,
                "UserType": "Standard",
                "TimeZoneSidKey": settings.time_zone,
                "LocaleSidKey": settings.locale,
                "LanguageLocaleKey": settings.language,
            }
        ]
    return []


def _default_username(settings: OrgSettings) -> str:
    return f"admin@{name_digest(settings.name).lower()}.example"


def read_user(con: duckdb.DuckDBPyConnection, schema: Schema, settings: OrgSettings) -> User:
    """The connected user: the one that the settings name by Username or Id, else the first active one by Id.

    Zone and locale are those of `org.toml`.
    """
    sobject = schema.objects["user"]
    wanted = {"Id": "Id", "Username": "", "Name": "", "Email": ""}
    columns = [identifier(n) if sobject.field(n) else "NULL" for n in wanted]
    where = _named(sobject, settings.user) if settings.user else "true"
    order = "IsActive DESC, Id" if sobject.field("IsActive") else "Id"
    found = con.execute(
        f"SELECT {', '.join(columns)} FROM {identifier(sobject.name)} WHERE {where} ORDER BY {order} LIMIT 1"
    ).fetchall()
    if not found:
        return User(
            "005000000000001AAA",
            settings.user or _default_username(settings),
            "Sandbox Admin",
            "admin@example.com",
            settings.time_zone,
            settings.locale,
        )
    user_id, username, name, email = found[0]
    return User(
        user_id,
        username or _default_username(settings),
        name or "",
        email or "",
        settings.time_zone,
        settings.locale,
    )


def named_user(
    con: duckdb.DuckDBPyConnection, schema: Schema, settings: OrgSettings, username_or_id: str
) -> User | None:
    """The active user of that Username or Id, or None."""
    sobject = schema.objects["user"]
    active = ' AND "IsActive"' if sobject.field("IsActive") else ""
    if not con.execute(
        f"SELECT 1 FROM {identifier(sobject.name)} WHERE {_named(sobject, username_or_id)}{active}"
    ).fetchall():
        return None
    return read_user(con, schema, settings._replace(user=username_or_id))


def _named(sobject: SObject, username_or_id: str) -> str:
    """SQL that is true for the user of that Username or Id."""
    name = f"lower(Username) = lower({text(username_or_id)})" if sobject.field("Username") else "false"
    return f"({name} OR Id = {text(to_18(username_or_id) if len(username_or_id) == 15 else username_or_id)})"
