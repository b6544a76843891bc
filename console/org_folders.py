"""Which org folder a spec is checked against: `--schema`, else accord.toml, else the nearest `describe/`."""

from __future__ import annotations

import os
from pathlib import Path

from console.exits import NotStarted
from console.settings import Settings
from console.texts import reading


def find_org_folder(spec: Path, settings: Settings, given: Path | None = None) -> Path | None:
    """The org folder for a spec, or None when there is none.

    Without a flag or a setting it is the nearest folder with a `describe/`, at the spec or above it. A
    folder `org` there counts too, since `accord schema pull` writes one. A setting may name a folder that is yet to be
    pulled: then there is none.

    Raises:
        NotStarted: a flag named no org folder, or a setting a folder that is there and is none; or a folder may not be
            looked into.
    """
    if given is not None:
        return _org_folder(given)
    if settings.schema is not None:
        with reading(settings.schema):
            awaited = not settings.schema.exists()
        return None if awaited else _org_folder(settings.schema)
    for folder in spec.absolute().parents:
        for candidate in (folder, folder / "org"):
            if _holds_describes(candidate):
                return candidate
    return None


def _org_folder(path: Path) -> Path:
    if path.name == "describe" and _holds_describes(path.parent):
        return path.absolute().parent
    if _holds_describes(path):
        return path
    raise NotStarted(
        f"{path} is not a snapshot of an org: it has no folder `describe`",
        help="`accord schema pull` makes one",
    )


def _holds_describes(folder: Path) -> bool:
    """Whether a folder has a folder `describe`. One that may not be read is not passed over."""
    describes = folder / "describe"
    with reading(folder):
        if not describes.is_dir():
            return False
        with os.scandir(describes):
            return True
