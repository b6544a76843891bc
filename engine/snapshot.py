"""An org folder without data: the describes and what `org.toml` says. Safe to commit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compiler.schema import Schema, build_schema
from engine.errors import DiskError, SnapshotError

# `accord lint` loads a schema and should start at once, so the HTTP client is imported only where one is used.
if TYPE_CHECKING:
    from engine.identity import Identity
    from engine.salesforce.client import SalesforceClient
    from engine.salesforce.describe import Described

ORG_FILE = "org.toml"
DESCRIBES = "describe"
GLOBAL_FILE = "_objects.json"


def load_schema(folder: Path | str) -> Schema:
    """The schema of an org folder. Raises SnapshotError when there is none, or a file cannot be read."""
    root = Path(folder)
    files = sorted(path for path in (root / DESCRIBES).glob("*.json") if not path.name.startswith("_"))
    if not files:
        raise SnapshotError(
            f"{root} holds no describes of an org", hint="make them with `accord schema pull`, or name another folder"
        )
    settings = _settings(root / ORG_FILE)
    last = files[0]

    def described() -> Iterator[Any]:
        nonlocal last
        for last in files:
            yield _json(last)

    multi_currency = settings.get("multi_currency")
    listed = root / DESCRIBES / GLOBAL_FILE
    names = _json(listed) if listed.exists() else []
    try:
        return build_schema(
            described(),
            multi_currency=multi_currency if isinstance(multi_currency, bool) else None,
            named_only=names if isinstance(names, list) else (),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        lacks = f": `{error.args[0]}` is missing" if isinstance(error, KeyError) else ""
        raise SnapshotError(
            f"{last} has not the shape of a describe of Salesforce's{lacks}", hint="`accord schema pull` writes it anew"
        ) from error


def schema_of(described: Described) -> Schema:
    """The schema of describes that were just read."""
    return build_schema(described.describes.values(), named_only=described.queryable)


def pull_schema(client: SalesforceClient, identity: Identity, folder: Path, objects: Iterable[str]) -> tuple[Path, ...]:
    """Write an org folder without data: `org.toml` and a describe for each object; return the files.

    Args:
        client: the connection.
        identity: the org and the user whose eyes the snapshot has; both are recorded.
        folder: where; what is there is written over, describes of other objects stay.
        objects: what to describe. What their references lead to is described too, one step far.

    Raises:
        SalesforceError, SignInError, DiskError.
    """
    from engine.salesforce.describe import describe

    described = describe(client, objects, follow=None)
    texts = {folder / ORG_FILE: _org_toml(identity, described)}
    texts[folder / DESCRIBES / GLOBAL_FILE] = _pretty(list(described.queryable))
    for name, answer in sorted(described.describes.items()):
        texts[folder / DESCRIBES / f"{name}.json"] = _pretty(answer)
    try:
        (folder / DESCRIBES).mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DiskError(f"{folder} cannot be written: {error.strerror}") from error
    return tuple(texts)


def _org_toml(identity: Identity, described: Described) -> str:
    values: dict[str, str | int | bool | None] = {
        "name": identity.organization_name or identity.organization_id,
        "organization_id": identity.organization_id,
        "is_sandbox": identity.instance_kind == "sandbox",
        "user": identity.username,
        "time_zone": identity.time_zone,
        "locale": identity.locale,
        "currency": identity.currency,
        "fiscal_year_start_month": identity.fiscal_year_start_month,
        "multi_currency": schema_of(described).multi_currency,
    }
    # A JSON text, number or boolean is a TOML one too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value is not None]
    return "\n".join(lines) + "\n"


def _settings(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SnapshotError(f"{path} cannot be read", hint=str(error)) from error


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SnapshotError(f"{path} cannot be read", hint=str(error)) from error


def _pretty(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
