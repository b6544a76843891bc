"""Files on disk: which specs a path means, reading them, and writing a file whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from console.exits import NotStarted

if TYPE_CHECKING:
    from grammar.source import Source

SUFFIX = ".accord"
LARGEST = 1_000_000
"""Bytes of a spec. Specs have thousands; a file of millions is something else under that name."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Within the block, what the system refuses ends the command; `path` is named where the system names none.

    Raises:
        NotStarted: the system refused.
    """
    try:
        yield
    except OSError as error:
        raise NotStarted(f"cannot read {error.filename or path}: {error.strerror or error}") from error


def spec_files(paths: Iterable[Path]) -> list[Path]:
    """The specs that the paths name: files as they are, of folders every `*.accord` below that is not hidden.

    Links to files are followed, links to folders inside a folder are not, so no circle of links is walked.

    Raises:
        NotStarted: a path does not exist, or a folder holds no spec or cannot be read.
    """
    found: dict[Path, None] = {}
    for path in paths:
        with reading(path):
            found.update(dict.fromkeys(_named(path)))
    return list(found)


def _named(path: Path) -> list[Path]:
    if path.is_dir():
        inside = _inside(path)
        if not inside:
            raise NotStarted(f"there is no spec (*{SUFFIX}) in {path}")
        return inside
    if path.exists():
        return [path]
    raise _nowhere(path) if path.is_symlink() else NotStarted(f"there is no file {path}")


def _nowhere(link: Path) -> NotStarted:
    return NotStarted(f"{link} is a link that leads nowhere")


def read_spec(path: Path) -> Source:
    """Read a spec as UTF-8; a byte-order mark is not part of the text, line breaks stay as they are.

    Raises:
        NotStarted: the file cannot be read, a link leads nowhere, it is too large for a spec, or it is not UTF-8 text.
    """
    return spec_source(path, read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """Read a spec as it is on disk.

    Raises:
        NotStarted: the file cannot be read, a link leads nowhere, or it is too large for a spec.
    """
    if path.is_symlink() and not path.exists():
        raise _nowhere(path)
    with reading(path), path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise NotStarted(
            f"{path} has more than {LARGEST // 1_000_000} MB and cannot be a spec",
            help="name the spec itself, or split it",
        )
    return data


def spec_source(path: Path, data: bytes) -> Source:
    """The text of a spec from its bytes.

    Raises:
        NotStarted: they are not UTF-8 text.
    """
    from grammar.source import Source

    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotStarted(f"{path} is UTF-16 text", help="save the file as UTF-8")
    if (zero := data.find(0)) >= 0:
        line = data.count(b"\n", 0, zero) + 1
        raise NotStarted(f"{path} is not a text file: line {line} has a zero byte", help="name a spec")
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


def _inside(folder: Path) -> list[Path]:
    """Every spec below a folder, in the order of their paths; hidden files and folders are left out."""

    def unreadable(error: OSError) -> None:
        raise NotStarted(f"cannot read {error.filename}: {error.strerror or error}") from error

    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.endswith(SUFFIX) or name.startswith("."):
                continue
            path = Path(place, name)
            try:
                if stat.S_ISREG(path.stat().st_mode):
                    found.append(path)
            except OSError:  # what is wrong is said when it is read
                found.append(path)
    return sorted(found)
