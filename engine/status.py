"""What `accord.sqlite3` knows, for who only wants to look: the last runs, and what runs now.

The store itself knows the runs that it was made by, also those that this file has lost.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from engine.errors import AccordError
from engine.state import Pause, RunRecord, State, is_held
from engine.store import StorePaths, attach_published, is_there
from engine.workspace import CURRENT, Workspace, name_of

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Status:
    """The last runs, newest first, and the one that is on. `died`: runs that neither ended nor run.

    `paused` says why the schedule does nothing, if it is paused; `store_problem` why the tables cannot be read, and the
    way out, where they cannot.
    """

    store: Path
    runs: tuple[RunRecord, ...]
    running: RunRecord | None
    died: tuple[int, ...]
    paused: Pause | None = None
    store_problem: str | None = None

    def to_document(self) -> dict[str, Any]:
        """The status as JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "store": str(self.store),
            "store_problem": self.store_problem,
            "running": None if self.running is None else _document(self.running),
            "died": list(self.died),
            "paused": None if self.paused is None else asdict(self.paused),
            "runs": [_document(one) for one in self.runs],
        }


def read_status(store: Path, count: int = 10) -> Status:
    """The status of a store; nothing is created.

    Raises NotStartedError for a path or a state file that cannot be read, and for such a store if no runs are known
    without it.
    """
    paths = StorePaths.of(store)
    if not is_there(paths.state):
        return Status(paths.store, tuple(_runs_of_store(paths, count) or ()), None, ())
    on = is_held(paths)
    state = State(paths.state, read_only=True)
    try:
        runs = state.last(count)
        paused = state.paused()
        published = state.last_published()
    finally:
        state.close()
    problem = None
    try:
        in_store = _runs_of_store(paths, count if len(runs) < count else 0)
    except AccordError as error:
        if not runs:
            raise
        in_store, problem = [], str(error)
    if in_store is None and published is not None:
        problem = f"the store of run {published} is not there any more; {_ways_back(paths)}"
    known = {one.run for one in runs}
    runs += [one for one in in_store or () if one.run not in known]
    runs = sorted(runs, key=attrgetter("run"), reverse=True)[:count]
    open_runs = [one for one in runs if one.outcome is None]
    running = open_runs[0] if on and open_runs else None
    died = tuple(one.run for one in open_runs if one is not running)
    return Status(paths.store, tuple(runs), running, died, paused, problem)


def _ways_back(paths: StorePaths) -> str:
    anew = "the next run starts anew"
    return f"`accord rollback` brings back the one before, or {anew}" if is_there(paths.previous) else anew


def _runs_of_store(paths: StorePaths, count: int) -> list[RunRecord] | None:
    """The runs that the published file itself lists: those that changed it. None where there is no such file.

    The file is opened also if no run of it is wanted.
    """
    space = Workspace(paths.staging)
    try:
        if attach_published(space, paths) is None:
            return None
        runs = space.run(
            "SELECT run, strftime(started_at, '%Y-%m-%dT%H:%M:%S+00:00'), outcome"
            f" FROM {name_of(CURRENT, 'accord', 'runs')} ORDER BY run DESC LIMIT ?",
            [count],
        )
        ledger = name_of(CURRENT, "accord", "ledger")
        columns = list(space.columns((CURRENT, "accord", "ledger")))
        tables: dict[int, list[dict[str, Any]]] = {}
        oldest = min((run for run, _, _ in runs), default=None)
        for row in space.run(f"SELECT * FROM {ledger} WHERE run >= ? ORDER BY run, table_name", [oldest]):
            counts = dict(zip(columns, row, strict=True))
            tables.setdefault(counts.pop("run"), []).append(counts | {"table": counts.pop("table_name")})
    finally:
        space.close()
    return [
        RunRecord(run, started_at, None, outcome, True, "publish", None, None, {"tables": tables.get(run, [])})
        for run, started_at, outcome in runs
    ]


def _document(one: RunRecord) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
