"""The tables of `org.toml`: validation rules, what users may not see, and how clients sign in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, get_args, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from compiler.meaning import DEFAULTS, Switches
from sandbox.errors import OrgError


class ValidationRule(NamedTuple):
    """A row for which `condition` (SOQL) holds cannot be saved; `field` is where the message is shown."""

    object: str
    condition: str
    message: str
    field: str | None = None


class UserAccess(NamedTuple):
    """One user's eyes: objects and fields (`Account.ARR__c`) that are hidden, and the zone and locale, if given."""

    username: str
    hidden_objects: tuple[str, ...] = ()
    hidden_fields: tuple[str, ...] = ()
    time_zone: str | None = None
    locale: str | None = None
    connected: bool = False


class OAuthSettings(NamedTuple):
    """The org's one connected app. What is not given follows from the org's name and the seed."""

    client_id: str | None = None
    client_secret: str | None = None
    redirect_uris: tuple[str, ...] = ()
    rotate_refresh_tokens: bool = False
    require_pkce: bool = False
    require_secret: bool = False
    client_credentials: bool = True
    jwt_public_key: str | None = None
    password: str | None = None


def validation_rules(value: object, path: Path) -> tuple[ValidationRule, ...]:
    """Read `[[validation]]`; raises OrgError."""
    rules = []
    for number, table in enumerate(_tables(value, "validation", path), 1):
        place = f"validation {number}"
        _known(table, ValidationRule._fields, place, path)
        texts = {key: _text(table, key, place, path) for key in ("object", "condition", "message")}
        field = _text(table, "field", place, path) if "field" in table else None
        rules.append(ValidationRule(**texts, field=field))
    return tuple(rules)


def user_accesses(value: object, path: Path) -> tuple[UserAccess, ...]:
    """Read `[[user]]`; raises OrgError."""
    users = []
    for number, table in enumerate(_tables(value, "user", path), 1):
        place = f"user {number}"
        _known(table, UserAccess._fields, place, path)
        fields = _texts(table, "hidden_fields", place, path)
        for field in fields:
            if field.count(".") != 1:
                raise OrgError(f"`{field}` is not of the form Object.Field", path, column=f"{place} hidden_fields")
        users.append(
            UserAccess(
                _text(table, "username", place, path),
                _texts(table, "hidden_objects", place, path),
                fields,
                _time_zone(table, place, path) if "time_zone" in table else None,
                _text(table, "locale", place, path) if "locale" in table else None,
                _truth(table, "connected", False, place, path),
            )
        )
    if sum(user.connected for user in users) > 1:
        raise OrgError("only one user can be the connected one", path, column="user")
    return tuple(users)


def oauth_settings(value: object, path: Path) -> OAuthSettings:
    """Read `[oauth]`; raises OrgError."""
    if not isinstance(value, Mapping):
        raise OrgError("a table [oauth] is wanted", path, column="oauth")
    _known(value, OAuthSettings._fields, "oauth", path)
    default = OAuthSettings()

    def text(key: str) -> str | None:
        return _text(value, key, "oauth", path) if key in value else None

    def truth(key: str) -> bool:
        return _truth(value, key, bool(getattr(default, key)), "oauth", path)

    return OAuthSettings(
        client_id=text("client_id"),
        client_secret=text("client_secret"),
        redirect_uris=_texts(value, "redirect_uris", "oauth", path),
        rotate_refresh_tokens=truth("rotate_refresh_tokens"),
        require_pkce=truth("require_pkce"),
        require_secret=truth("require_secret"),
        client_credentials=truth("client_credentials"),
        jwt_public_key=text("jwt_public_key"),
        password=text("password"),
    )


def switches_of(value: object, path: Path) -> Switches:
    """Read `[switches]`: how this org answers the open questions about SOQL; raises OrgError."""
    if not isinstance(value, Mapping):
        raise OrgError("a table [switches] is wanted", path, column="switches")
    _known(value, Switches._fields, "switches", path)
    kinds = get_type_hints(Switches)
    for key, chosen in value.items():
        choices = get_args(kinds[key]) or (True, False)
        if not any(type(chosen) is type(choice) and chosen == choice for choice in choices):
            words = " or ".join(
                str(choice).lower() if isinstance(choice, bool) else f"`{choice}`" for choice in choices
            )
            raise OrgError(f"{words} is wanted", path, column=f"switches {key}")
    return DEFAULTS._replace(**value)


def _tables(value: object, name: str, path: Path) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(v, Mapping) for v in value):
        raise OrgError(f"tables [[{name}]] are wanted", path, column=name)
    return value


def _known(table: Mapping[str, object], keys: tuple[str, ...], place: str, path: Path) -> None:
    for key in table:
        if key not in keys:
            raise OrgError(f"unknown key; known are {', '.join(sorted(keys))}", path, column=f"{place} {key}")


def _text(table: Mapping[str, object], key: str, place: str, path: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise OrgError("a text is wanted", path, column=f"{place} {key}")
    return value


def _time_zone(table: Mapping[str, object], place: str, path: Path) -> str:
    name = _text(table, "time_zone", place, path)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        words = f"`{name}` is not a time zone; one is `Europe/Berlin`"
        raise OrgError(words, path, column=f"{place} time_zone") from None
    return name


def _texts(table: Mapping[str, object], key: str, place: str, path: Path) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise OrgError("a list of texts is wanted", path, column=f"{place} {key}")
    return tuple(value)


def _truth(table: Mapping[str, object], key: str, default: bool, place: str, path: Path) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise OrgError("true or false is wanted", path, column=f"{place} {key}")
    return value
