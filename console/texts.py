"""Files on disk: which specs a path means, reading them, and writing a file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from console.exits import NotStarted
from grammar.source import Source

SUFFIX = ".accord"


def spec_files(paths: Iterable[Path]) -> list[Path]:
    """The specs that the paths name: files as they are, of folders every `*.accord` below that is not hidden.

    Raises:
        NotStarted: a path does not exist, or a folder holds no spec.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob(f"*{SUFFIX}") if p.is_file() and not _hidden(p.relative_to(path)))
            if not inside:
                raise NotStarted(f"there is no spec (*{SUFFIX}) in {path}")
            found.update(dict.fromkeys(inside))
        elif path.exists():
            found[path] = None
        else:
            raise NotStarted(f"there is no file {path}")
    return list(found)


def read_spec(path: Path) -> Source:
    """Read a spec as UTF-8; a byte-order mark is not part of the text, line breaks stay as they are.

    Raises:
        NotStarted: the file cannot be read, or is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotStarted(f"cannot read {path}: {error.strerror or error}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotStarted(
            f"{path} is not UTF-8 text: byte 0x{data[error.start]:02x} in line {line}",
            help="save the file as UTF-8",
        ) from error
    return Source(text, str(path))


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that readers see the old text or the new one, never a part; its permissions stay.

    Raises:
        NotStarted: the file cannot be written.
    """
    target = path.resolve()  # a link stays a link to the file that changes
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o7777)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise NotStarted(f"cannot write {path}: {error.strerror or error}") from error


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
