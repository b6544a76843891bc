"""`accord rollback`: the data, back to the store before the last one that a run published.

It is itself a run, under a number of its own, and what it replaces is kept in turn: a second rollback undoes the first.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from compiler.duckdb_functions import quote_name
from engine.clock import Clock
from engine.errors import AccordError, DamagedStoreError, UnusableStoreError
from engine.state import State, hold
from engine.store import (
    STORAGE_VERSION,
    StoreInfo,
    StorePaths,
    attach_published,
    copy_to_next,
    is_there,
    leaving_nothing,
    move_foreign_wal,
    open_store,
    remove_leftovers,
    seal,
    swap,
)
from engine.workspace import NEXT, Workspace, name_of

SCHEMA_VERSION = 1
PAUSED = "the data was rolled back"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A rollback: its own run number, the run whose tables stand again, and the one whose tables were put aside.

    `undone` is None where there was no published file, or one too `damaged` to say which run made it; that one is put
    aside too. `notices` tell what could not be noted of it.
    """

    run: int
    restored: int
    undone: int | None
    damaged: bool = False
    notices: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """The rollback as JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "run": self.run,
            "restored": self.restored,
            "undone": self.undone,
            "damaged": self.damaged,
            "schedule_paused": True,
            "notices": list(self.notices),
        }


def rollback(store: Path, clock: Clock) -> RolledBack:
    """Put the kept store back in the published one's place, and pause the schedule.

    Raises NotStartedError: there is none, a file cannot be used, or a run is on. Raises DiskError: no room.
    """
    paths = StorePaths.of(store)
    _check_kept(paths, is_there(paths.previous) or is_there(paths.spare))
    with hold(paths):
        move_foreign_wal(paths)
        remove_leftovers(paths)
        _check_kept(paths, is_there(paths.previous))
        now = clock.now().replace(microsecond=0)
        before = _info(paths, paths.previous)
        published = None
        damaged = False
        try:
            published = _info(paths, paths.store) if is_there(paths.store) else None
        except UnusableStoreError:
            if paths.store.is_dir():
                raise
            damaged = True  # which is what one goes back from: it is put aside as it is
        state = State(paths.state)
        try:
            return _rollback(paths, state, now, published, damaged, before)
        finally:
            state.close()


def _check_kept(paths: StorePaths, there: bool) -> None:
    if not there:
        raise UnusableStoreError(
            f"there is no store to go back to beside {paths.store}",
            hint="one is kept from the second run on that changes something",
        )


def _rollback(
    paths: StorePaths, state: State, now: datetime, published: StoreInfo | None, damaged: bool, before: StoreInfo
) -> RolledBack:
    """Do it as a run."""
    state.settle(now, published)
    undone = published.run if published is not None else None
    run = state.begin(
        now,
        plan="",
        meaning="",
        organization_id=before.organization_id,
        user_id=before.user_id,
        above=max(undone or 0, before.run),
    )
    try:
        with leaving_nothing(paths):
            copy_to_next(paths, paths.previous)
            try:
                _number(paths, run, now)
            except DamagedStoreError as error:
                raise DamagedStoreError(
                    f"{paths.previous} is damaged", hint="the data is as it was; put back a copy of that file"
                ) from error
            # Before the swap, so that no schedule ever finds the old data unguarded.
            state.pause(run, now, f"{PAUSED} (run {run})")
            state.publishing(run)
            swap(paths)
    except Exception:
        with suppress(AccordError):  # what cannot be noted the next start settles
            state.lift(run)
            state.finish(run, now, "failed", "the rollback did not end; the data is as it was")
        raise
    aside = "" if undone is None else f"; run {undone} is put aside"
    aside = "; the damaged store is put aside" if damaged else aside
    notices = state.finish_published(run, now, f"data rolled back to run {before.run}{aside}")
    return RolledBack(run, before.run, undone, damaged, notices)


def _info(paths: StorePaths, file: Path) -> StoreInfo:
    with open_store(paths) as space:
        info = attach_published(space, paths, file)
    assert info is not None
    return info


def _number(paths: StorePaths, run: int, now: datetime) -> None:
    """Give the copy the rollback's number, so that at the next start the store says which run made it."""
    with (
        open_store(paths) as space,
        space.attached(paths.next, NEXT, f"STORAGE_VERSION '{STORAGE_VERSION}'"),
    ):
        note_run(space, run, now, "rolled back")
        space.run(f"CHECKPOINT {quote_name(NEXT)}")
    seal(paths.next)


def note_run(space: Workspace, run: int, now: datetime, outcome: str, *, of_store: bool = True) -> None:
    """Write a run that is no sync into the next store, and unless not `of_store` that the store is this run's."""
    store, runs = name_of(NEXT, "accord", "store"), name_of(NEXT, "accord", "runs")
    if of_store:
        space.run(f"UPDATE {store} SET run = ?", [run])
    space.run(
        f"INSERT INTO {runs} (run, started_at, outcome, user_id, username)"
        f" SELECT ?, ?, ?, user_id, username FROM {store}",
        [run, now.replace(tzinfo=None), outcome],
    )
