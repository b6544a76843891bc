"""Folders for what a server keeps on disk while it runs; those of servers that were killed go at the next start."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from pathlib import Path

_PREFIX = "accord-sandbox-"
_LOCK = "in-use"
_YOUNG_SECONDS = 60.0
_UNLOCKED_SECONDS = 24 * 60 * 60.0


class Scratch:
    """A new folder in the system's place for temporary files, with a lock that ends with this process.

    Attributes:
        path: the folder.
    """

    def __init__(self) -> None:
        remove_abandoned(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        # SQLite's locks are those of the system, on every system: they are gone when the process is, however it ended.
        self._lock = sqlite3.connect(self.path / _LOCK, check_same_thread=False)
        self._lock.execute("BEGIN EXCLUSIVE")

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def remove_abandoned(place: Path, young_seconds: float = _YOUNG_SECONDS) -> list[Path]:
    """Remove the folders in `place` that nobody holds, and tell which.

    One that was made less than `young_seconds` ago is left alone: its owner may be about to lock it. One that was never
    locked, as of a server that was killed before it could, goes after a day.
    """
    removed = []
    for folder in sorted(place.glob(_PREFIX + "*")):
        try:
            age = time.time() - folder.stat().st_mtime
            if age < young_seconds or not _is_abandoned(folder, age):
                continue
            shutil.rmtree(folder)
        except OSError:
            continue  # another user's, or another server removes it at this moment
        removed.append(folder)
    return removed


def _is_abandoned(folder: Path, age: float) -> bool:
    lock = folder / _LOCK
    if not lock.exists():
        return age > _UNLOCKED_SECONDS
    try:
        connection = sqlite3.connect(lock, timeout=0)
    except sqlite3.Error:
        return False
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return True
