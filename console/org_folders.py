"""Which org folder a spec is checked against: `--schema`, else accord.toml, else the nearest `describe/`."""

from __future__ import annotations

from pathlib import Path

from console.exits import NotStarted
from console.settings import Settings


def find_org_folder(spec: Path, settings: Settings, given: Path | None = None) -> Path | None:
    """The org folder for a spec, or None when there is none.

    Without a flag or a setting it is the nearest folder with a `describe/`, at the spec or above it. A
    folder `org` there counts too, since `accord schema pull` writes one. A setting may name a folder that is yet to be
    pulled: then there is none.

    Raises:
        NotStarted: a flag named no org folder, or a setting a folder that is there and is none.
    """
    if given is not None:
        return _org_folder(given)
    if settings.schema is not None:
        return _org_folder(settings.schema) if settings.schema.exists() else None
    for folder in spec.absolute().parents:
        for candidate in (folder, folder / "org"):
            if (candidate / "describe").is_dir():
                return candidate
    return None


def _org_folder(path: Path) -> Path:
    if path.name == "describe" and path.is_dir():
        return path.absolute().parent
    if (path / "describe").is_dir():
        return path
    raise NotStarted(
        f"{path} is not a snapshot of an org: it has no folder `describe`",
        help="`accord schema pull` makes one",
    )
