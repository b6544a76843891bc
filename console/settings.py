"""Settings: `accord.toml`, overridden by `ACCORD_*` variables, overridden by flags.

Read without pydantic, because `accord lint` reads them too and should start at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from console.exits import DEBUG_VARIABLE, NotStarted
from console.texts import reading

FILE_NAME = "accord.toml"
CACHE_VARIABLE = "ACCORD_CACHE_DIR"
"""Read by the cache itself: it is no setting of a project."""


class Settings(NamedTuple):
    """Where the org, the snapshot and the store are; `file` is the `accord.toml` that was read, if any."""

    login_host: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    api_version: str | None = None
    api_reserve: str = "5%"
    instance_url: str | None = None
    access_token: str | None = None
    schema: Path | None = None
    store: Path = Path("statisfy.duckdb")
    file: Path | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without the secrets."""
        shown = self._asdict() | {name: "***" for name in ("client_secret", "access_token") if getattr(self, name)}
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


class _Key(NamedTuple):
    """One setting: its place in the file (None: a secret, which no file may hold) and its variable."""

    name: str
    place: tuple[str, str] | None
    variable: str
    check: Callable[[str], str | None]
    """Says what is wrong with a value, or None."""


def _host(value: str) -> str | None:
    if "/" in value.removeprefix("https://").removeprefix("http://").rstrip("/") or " " in value or not value:
        return "is a host such as acme.my.salesforce.com"
    return None


def _url(value: str) -> str | None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        host = None
    local = host in ("127.0.0.1", "localhost", "::1")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        return "is an address that begins with https://, such as https://acme.my.salesforce.com"
    if parts.path.rstrip("/") or parts.query or parts.fragment:
        return f"is the org's address alone, here {parts.scheme}://{parts.netloc}"
    return None


def _version(value: str) -> str | None:
    number, point, rest = value.partition(".")
    if not (number.isdecimal() and point and rest == "0"):
        return 'is a version such as "63.0", in quotes'
    return None


def _share(value: str) -> str | None:
    number = value.removesuffix("%")
    if not (value.endswith("%") and number.isdecimal() and int(number) < 100):
        return 'is a share in whole percent, from "0%" to "99%", in quotes'
    return None


def _given(value: str) -> str | None:
    return None if value.strip() else "must not be empty"


_KEYS = (
    _Key("login_host", ("org", "login_host"), "ACCORD_LOGIN_HOST", _host),
    _Key("client_id", ("org", "client_id"), "ACCORD_CLIENT_ID", _given),
    _Key("client_secret", None, "ACCORD_CLIENT_SECRET", _given),
    _Key("api_version", ("org", "api_version"), "ACCORD_API_VERSION", _version),
    _Key("api_reserve", ("org", "api_reserve"), "ACCORD_API_RESERVE", _share),
    _Key("instance_url", ("org", "instance_url"), "ACCORD_INSTANCE_URL", _url),
    _Key("access_token", None, "ACCORD_ACCESS_TOKEN", _given),
    _Key("schema", ("schema", "path"), "ACCORD_SCHEMA", _given),
    _Key("store", ("store", "path"), "ACCORD_STORE", _given),
)
_SECRETS = {"client_secret", "access_token"}
_PATHS = {"schema", "store"}


def read_settings(
    folder: Path, environment: Mapping[str, str], flags: Mapping[str, str | Path | None] | None = None
) -> Settings:
    """Read the nearest `accord.toml` in the folder or above it, the variables, and the flags that are set.

    Paths in the file are relative to the file, those of variables and flags to the working folder.

    Raises:
        NotStarted: the file is not TOML, a key is unknown, or a value is not what its key wants.
    """
    file = find_file(folder)
    values: dict[str, str | Path] = dict(_from_file(file)) if file else {}
    for key in _KEYS:
        if (text := environment.get(key.variable)) is not None:
            _demand(key, text, key.variable)
            values[key.name] = Path(text) if key.name in _PATHS else text
    values |= {name: value for name, value in (flags or {}).items() if value is not None}
    return Settings(**values, file=file, notes=_unknown_variables(environment))  # type: ignore[arg-type]


def find_file(folder: Path) -> Path | None:
    """The nearest `accord.toml` in the folder or above it.

    Raises:
        NotStarted: one of these folders may not be looked into.
    """
    for place in (folder.absolute(), *folder.absolute().parents):
        with reading(place):
            if (file := place / FILE_NAME).exists():
                return file
    return None


def _from_file(file: Path) -> dict[str, str | Path]:
    import tomllib

    with reading(file):
        data = file.read_bytes()
    try:
        content = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotStarted(f"{file} is not valid TOML: {error}") from error

    by_place = {key.place: key for key in _KEYS if key.place}
    sections = {section for section, _ in by_place}
    values: dict[str, str | Path] = {}
    for section, keys in content.items():
        if section not in sections:
            _unknown(file, f"[{section}]" if isinstance(keys, dict) else section, section, sections)
        if not isinstance(keys, dict):
            raise NotStarted(f"{file}: `{section}` is a section: write [{section}] and its keys below it")
        for name, value in keys.items():
            if name in _SECRETS:
                raise NotStarted(
                    f"{file}: [{section}] {name} is a secret and may not stand in a file",
                    help=f"set the variable ACCORD_{name.upper()} instead",
                )
            key = by_place.get((section, name))
            if key is None:
                _unknown(file, f"[{section}] {name}", name, [n for s, n in by_place if s == section])
            elif not isinstance(value, str):
                raise NotStarted(f"{file}: [{section}] {name} must be text in quotes, not {value!r}")
            else:
                _demand(key, value, f"{file}: [{section}] {name}")
                values[key.name] = file.parent / value if key.name in _PATHS else value
    return values


def _unknown(file: Path, shown: str, word: str, known: set[str] | list[str]) -> None:
    from grammar.nearest import nearest

    near = nearest(word, known)
    way_out = f"did you mean `{near}`?" if near else f"known here: {', '.join(sorted(known))}"
    raise NotStarted(f"{file}: {shown} is not a setting", help=way_out)


def _demand(key: _Key, value: str, shown: str) -> None:
    wrong = key.check(value)
    if wrong:
        got = "" if key.name in _SECRETS else f", not {value!r}"
        raise NotStarted(f"{shown} {wrong}{got}")


def _unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    known = {key.variable for key in _KEYS} | {CACHE_VARIABLE, DEBUG_VARIABLE}
    strange = sorted(name for name in environment if name.startswith("ACCORD_") and name not in known)
    if not strange:
        return ()
    from grammar.nearest import nearest

    meant = ((name, nearest(name, known)) for name in strange)
    return tuple(f"{name} is not a setting of Accord; did you mean {near}?" for name, near in meant if near)
