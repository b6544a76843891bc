"""What an answer of `accord lint` depends on, as one digest: texts, schemas, options, and Accord's own code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from console.shipped import shipped
from console.version import VERSION

if TYPE_CHECKING:
    from hashlib import _Hash

_ROOT = Path(__file__).parent.parent
_CODE = ("grammar", "compiler", "compiler/checks", "compiler/meaning", "console", "console/commands", "engine")


class SpecFile(NamedTuple):
    """A spec as it is on disk. `org` is the org folder it is checked against, if there is one."""

    path: Path
    data: bytes
    org: Path | None


def lint_key(files: Iterable[SpecFile], options: Iterable[str]) -> str | None:
    """The digest of everything that decides what is printed, in hexadecimal.

    None when a schema or the code cannot be read: what is wrong with a schema is for its reader to say.
    """
    try:
        return _key(files, options)
    except OSError:
        return None


def _key(files: Iterable[SpecFile], options: Iterable[str]) -> str:
    digest = sha256(_code_digest())
    _add(digest, *(option.encode() for option in options))
    schemas: dict[Path, bytes] = {}
    for file in files:
        schema = b""
        if file.org is not None:
            schema = schemas.get(file.org) or schemas.setdefault(file.org, _schema_digest(file.org))
        _add(digest, os.fsencode(file.path), file.data, schema)
    return digest.hexdigest()


def _schema_digest(org: Path) -> bytes:
    digest = sha256()
    settings = org / "org.toml"
    _add(digest, settings.read_bytes() if settings.exists() else b"")
    for path in sorted((org / "describe").glob("*.json")):
        _add(digest, os.fsencode(path.name), path.read_bytes())
    return digest.digest()


def _code_digest() -> bytes:
    """Of the content of the code, so that a checkout that is worked on never gives an old answer."""
    digest = sha256()
    _add(digest, VERSION.encode(), sys.version.encode())
    for folder in _CODE:
        with os.scandir(_ROOT / folder) as entries:
            for path in sorted(entry.path for entry in entries if entry.name.endswith(".py")):
                with open(path, "rb") as file:  # noqa: PTH123 - a third of the time of Path.read_bytes
                    _add(digest, path.encode(), file.read())
    # Comments may name the codes that have a page.
    _add(digest, *sorted(os.fsencode(page.name) for page in shipped("diagnostics").iterdir()))
    return digest.digest()


def _add(digest: _Hash, *parts: bytes) -> None:
    """Add parts with their lengths, so that no two lists of parts are the same bytes."""
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
