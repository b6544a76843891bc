"""What `accord.sqlite3` knows, for who only wants to look: the last runs, and what runs now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import AlreadyRunningError
from engine.state import RunRecord, State, hold
from engine.store import StorePaths

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Status:
    """The last runs, newest first, and the one that is on. `died`: runs that neither ended nor run."""

    store: Path
    runs: tuple[RunRecord, ...]
    running: RunRecord | None
    died: tuple[int, ...]

    def to_document(self) -> dict[str, Any]:
        """The status as JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "store": str(self.store),
            "running": None if self.running is None else _document(self.running),
            "died": list(self.died),
            "runs": [_document(one) for one in self.runs],
        }


def read_status(store: Path, count: int = 10) -> Status:
    """The status of a store; nothing is created. Raises NewerStoreError or UnusableStoreError."""
    paths = StorePaths.of(store)
    if not paths.state.exists():
        return Status(paths.store, (), None, ())
    on = _held(paths)
    state = State(paths.state, read_only=True)
    try:
        runs = tuple(state.last(count))
    finally:
        state.close()
    open_runs = [one for one in runs if one.outcome is None]
    running = open_runs[0] if on and open_runs else None
    died = tuple(one.run for one in open_runs if one is not running)
    return Status(paths.store, runs, running, died)


def _held(paths: StorePaths) -> bool:
    """Whether a run holds the store right now."""
    if not paths.lock.exists():
        return False
    try:
        with hold(paths):
            return False
    except AlreadyRunningError:
        return True


def _document(one: RunRecord) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
