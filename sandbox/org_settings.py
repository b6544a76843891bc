"""The settings of an org: `org.toml`, with what Salesforce would assume where it says nothing."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from compiler.meaning import DEFAULTS, Switches
from compiler.record_id import is_record_id, to_18
from sandbox.errors import OrgError
from sandbox.org_rules import (
    OAuthSettings,
    UserAccess,
    ValidationRule,
    oauth_settings,
    switches_of,
    user_accesses,
    validation_rules,
)

FILE_NAME = "org.toml"


class OrgSettings(NamedTuple):
    """What an org is called and whose eyes look at it. `now` None means that the host's clock is the org's."""

    name: str
    now: datetime | None = None
    time_zone: str = "UTC"
    locale: str = "en_US"
    language: str = "en_US"
    fiscal_year_start_month: int = 1
    fiscal_year_named_by: str = "end"
    multi_currency: bool | None = None
    currency: str = "USD"
    user: str | None = None
    organization_id: str = ""
    organization_type: str = "Developer Edition"
    instance_name: str = "SBX1"
    is_sandbox: bool = True
    daily_api_requests: int = 100_000
    validations: tuple[ValidationRule, ...] = ()
    accesses: tuple[UserAccess, ...] = ()
    oauth: OAuthSettings = OAuthSettings()
    switches: Switches = DEFAULTS


def read_settings(folder: Path) -> OrgSettings:
    """Read `org.toml`; raises OrgError where it is missing, broken, or has a key or value that means nothing."""
    path = folder / FILE_NAME
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OrgError('an org folder needs an org.toml with at least `name = "..."`', path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OrgError(f"is not valid TOML: {error}", path) from error
    return settings_from(raw, path)


def settings_from(raw: Mapping[str, object], path: Path) -> OrgSettings:
    """Check the keys of an `org.toml`; `path` is named in errors."""
    known = set(OrgSettings._fields) - {"validations", "accesses"} | {"validation"}
    for key in raw:
        if key not in known:
            raise OrgError(f"unknown key; known are {', '.join(sorted(known))}", path, column=key)
    name = raw.get("name")
    if not isinstance(name, str) or not name:
        raise OrgError('a text is wanted, such as name = "Acme"', path, column="name")
    values: dict[str, object] = {"name": name}
    for key, value in raw.items():
        if key == "now":
            values[key] = _moment(value, path)
        elif key == "fiscal_year_start_month":
            if type(value) is not int or not 1 <= value <= 12:
                raise OrgError("a month from 1 to 12 is wanted", path, column=key)
            values[key] = value
        elif key == "validation":
            values["validations"] = validation_rules(value, path)
        elif key == "oauth":
            values[key] = oauth_settings(value, path)
        elif key == "switches":
            values[key] = switches_of(value, path)
        elif key == "user" and not isinstance(value, str):
            accesses = user_accesses(value, path)
            values["accesses"] = accesses
            values[key] = next((access.username for access in accesses if access.connected), None)
        elif key in ("multi_currency", "is_sandbox"):
            if not isinstance(value, bool):
                raise OrgError("true or false is wanted", path, column=key)
            values[key] = value
        elif key == "daily_api_requests":
            if type(value) is not int or value < 1:
                raise OrgError("a positive number is wanted", path, column=key)
            values[key] = value
        elif not isinstance(value, str) or not value:
            raise OrgError("a text is wanted", path, column=key)
        else:
            values[key] = value
    settings = OrgSettings(**values)  # type: ignore[arg-type]  # each value's type was checked above
    if settings.fiscal_year_named_by not in ("start", "end"):
        raise OrgError("`start` or `end` is wanted", path, column="fiscal_year_named_by")
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise OrgError(
            f"`{settings.time_zone}` is not a time zone; one is `Europe/Berlin`", path, column="time_zone"
        ) from None
    given = settings.organization_id
    if given and not (is_record_id(given) and given.startswith("00D")):
        raise OrgError("an Id that begins with 00D is wanted", path, column="organization_id")
    return settings._replace(organization_id=to_18(given or "00D" + name_digest(name)))


def name_digest(name: str) -> str:
    """Twelve characters that a name always gives, for Ids and tokens that must differ between orgs."""
    return hashlib.sha256(name.encode()).hexdigest()[:12].upper()


def _moment(value: object, path: Path) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise OrgError("a time such as 2026-03-01T10:20:30Z is wanted", path, column="now") from None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise OrgError("a time such as 2026-03-01T10:20:30Z is wanted", path, column="now")
