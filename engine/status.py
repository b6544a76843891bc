"""What `accord.sqlite3` knows, for who only wants to look: the last runs, and what runs now.

The store itself knows the runs that it was made by, also those that this file has lost.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from engine.state import Pause, RunRecord, State, is_held
from engine.store import StorePaths, attach_published, is_there
from engine.workspace import CURRENT, Workspace, name_of

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Status:
    """The last runs, newest first, and the one that is on. `died`: runs that neither ended nor run.

    `paused` says why the schedule does nothing, if it is paused.
    """

    store: Path
    runs: tuple[RunRecord, ...]
    running: RunRecord | None
    died: tuple[int, ...]
    paused: Pause | None = None

    def to_document(self) -> dict[str, Any]:
        """The status as JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "store": str(self.store),
            "running": None if self.running is None else _document(self.running),
            "died": list(self.died),
            "paused": None if self.paused is None else asdict(self.paused),
            "runs": [_document(one) for one in self.runs],
        }


def read_status(store: Path, count: int = 10) -> Status:
    """The status of a store; nothing is created. Raises NewerStoreError or UnusableStoreError."""
    paths = StorePaths.of(store)
    if not is_there(paths.state):
        return Status(paths.store, _runs_of_store(paths, count), None, ())
    on = is_held(paths)
    state = State(paths.state, read_only=True)
    try:
        runs = tuple(state.last(count))
        paused = state.paused()
    finally:
        state.close()
    if len(runs) < count:
        known = {one.run for one in runs}
        others = (one for one in _runs_of_store(paths, count) if one.run not in known)
        runs = tuple(sorted((*runs, *others), key=attrgetter("run"), reverse=True)[:count])
    open_runs = [one for one in runs if one.outcome is None]
    running = open_runs[0] if on and open_runs else None
    died = tuple(one.run for one in open_runs if one is not running)
    return Status(paths.store, runs, running, died, paused)


def _runs_of_store(paths: StorePaths, count: int) -> tuple[RunRecord, ...]:
    """The runs that the published file itself lists: those that changed it. None where there is no such file."""
    space = Workspace(paths.staging)
    try:
        if attach_published(space, paths) is None:
            return ()
        runs = space.run(
            "SELECT run, strftime(started_at, '%Y-%m-%dT%H:%M:%S+00:00'), outcome"
            f" FROM {name_of(CURRENT, 'accord', 'runs')} ORDER BY run DESC LIMIT ?",
            [count],
        )
        columns = list(space.columns((CURRENT, "accord", "ledger")))
        tables: dict[int, list[dict[str, Any]]] = {}
        for row in space.run(f"SELECT * FROM {name_of(CURRENT, 'accord', 'ledger')} ORDER BY run, table_name"):
            counts = dict(zip(columns, row, strict=True))
            tables.setdefault(counts.pop("run"), []).append(counts | {"table": counts.pop("table_name")})
    finally:
        space.close()
    return tuple(
        RunRecord(run, started_at, None, outcome, True, "publish", None, None, {"tables": tables.get(run, [])})
        for run, started_at, outcome in runs
    )


def _document(one: RunRecord) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
