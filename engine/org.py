"""Which org this is, and through whose eyes it is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compiler.record_id import to_18
from engine.errors import (
    AccessError,
    BrokenAnswerError,
    NoConnectionError,
    NotStartedError,
    QuotaError,
    SalesforceError,
    SchemaDriftError,
    SessionExpiredError,
    SignInError,
)
from engine.identity import UNKNOWN, Identity
from engine.salesforce.answers import whole_number
from engine.salesforce.client import SalesforceClient
from engine.salesforce.rest_query import records


def identify(client: SalesforceClient) -> Identity:
    """Ask who is connected to what.

    Raises:
        SignInError: the token or the credentials are refused.
        NoConnectionError: no Salesforce answers there.
        NotStartedError: the org's requests are used up, or all that are not left to others.
    """
    try:
        return _identify(client)
    except NotStartedError:
        raise
    except QuotaError as error:
        raise NotStartedError(f"nothing was started: {error.message}", hint=error.hint) from error
    except SessionExpiredError as error:
        raise SignInError(error.message, hint="sign in again, or set a new ACCORD_ACCESS_TOKEN") from error
    except SalesforceError as error:
        raise NoConnectionError(error.message, hint=error.hint) from error


def _identify(client: SalesforceClient) -> Identity:
    info = client.get_json("/services/oauth2/userinfo", tries=3)
    organization_id, user_id = (_record_id(info, name) for name in ("organization_id", "user_id"))
    if organization_id is None or user_id is None:
        raise NoConnectionError(
            f"{client.instance_url} does not say which org and user this is",
            hint="check the instance URL: it is the org's My Domain address",
        )
    org = _row(client, "Organization", ("Id", "Name", "IsSandbox", "TimeZoneSidKey", "FiscalYearStartMonth"))
    fields = ("Id", "Username", "TimeZoneSidKey", "LocaleSidKey", "DefaultCurrencyIsoCode")
    user = _row(client, "User", fields, user_id)
    month, kind = org.get("FiscalYearStartMonth"), org.get("IsSandbox")
    if month is not None and whole_number(month) not in range(1, 13):
        raise BrokenAnswerError("Organization.FiscalYearStartMonth is no month")
    if not isinstance(kind, bool | None):
        raise BrokenAnswerError("Organization.IsSandbox is neither true nor false")
    return Identity(
        organization_id=organization_id,
        instance_kind={True: "sandbox", False: "production", None: UNKNOWN}[kind],
        organization_name=_text(org, "Name"),
        user_id=user_id,
        username=_text(info, "preferred_username") or _text(user, "Username") or user_id,
        time_zone=_text(user, "TimeZoneSidKey") or _text(info, "zoneinfo") or _text(org, "TimeZoneSidKey"),
        locale=_text(user, "LocaleSidKey") or _text(info, "locale"),
        currency=_text(user, "DefaultCurrencyIsoCode"),
        fiscal_year_start_month=whole_number(month),
    )


def _record_id(info: Any, name: str) -> str | None:
    """An Id of the userinfo answer in its 18 characters, or None if it has none."""
    found = info.get(name) if isinstance(info, dict) else None
    if not isinstance(found, str) or not (found.isascii() and found.isalnum() and len(found) in (15, 18)):
        return None
    return to_18(found)


def _text(row: Mapping[str, Any], name: str) -> str | None:
    found = row.get(name)
    if found is not None and not isinstance(found, str):
        raise BrokenAnswerError(f"{name} of the connected org or user is no text")
    return found or None


def _row(
    client: SalesforceClient, sobject: str, fields: Sequence[str], record_id: str | None = None
) -> Mapping[str, Any]:
    """The one row of an object, with those of the fields that the user may see; empty if there are none.

    The names and the Id come from here and from Salesforce, not from an author, and hold letters and digits alone.
    """
    where = f" WHERE Id = '{record_id}'" if record_id else ""
    wanted = list(fields)
    while wanted:
        try:
            found = records(client, f"SELECT {', '.join(wanted)} FROM {sobject}{where} LIMIT 1")
            if not found:
                raise BrokenAnswerError(
                    f"{sobject} has no row for the connected user",
                    hint=f"give this user read access to {sobject} and to its own record there, then run again",
                )
            return found[0]
        except (SchemaDriftError, AccessError) as error:
            # Any other refusal passes, and must not make another org of this one.
            hidden = [name for name in wanted if f"'{name}'" in error.message]
            if not hidden:
                return {}
            wanted = [name for name in wanted if name not in hidden]
    return {}
