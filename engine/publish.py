"""Building the next store and putting it in place. Until the rename, readers and a killed run have the old one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from compiler.duckdb_functions import quote_name
from compiler.tables import active_view
from engine.apply import apply, count_active, write_changes
from engine.errors import PromiseError
from engine.events import Stage
from engine.identity import Identity
from engine.in_place import Place
from engine.keep_copies import CopiesToKeep
from engine.ledger import create_schemas, write_rejects, write_run
from engine.reconcile import Reconciled
from engine.store import STORAGE_VERSION, StorePaths, copy_to_next, seal
from engine.workspace import NEXT, Workspace, name_of

_OPTIONS = f"STORAGE_VERSION '{STORAGE_VERSION}'"
RUNS_BETWEEN_VACUUMS = 32
MOST_GONE = 0.25
FEWEST_GONE = 10_000


@dataclass(frozen=True, slots=True)
class NextStore:
    """What goes into the next store besides the differences.

    `anew`: nothing of the published one. `base`: the file to start from, where it is not the published one. `placed`:
    the tables whose rows were loaded into the next store, which is open then.
    """

    run: int
    at: datetime
    outcome: str
    identity: Identity
    digests: tuple[str, str]
    rejects_changed: bool
    dropped: Sequence[str]
    copies: CopiesToKeep | None = None
    anew: bool = False
    base: Path | None = None
    placed: Mapping[str, Place] = field(default_factory=dict)


def open_next(space: Workspace, paths: StorePaths) -> None:
    """Attach the next store, which is made if it is not there, so that rows can be loaded into it."""
    space.attach(paths.next, NEXT, _OPTIONS)
    create_schemas(space)


def build_next(
    space: Workspace,
    paths: StorePaths,
    tables: Sequence[Reconciled],
    facts: NextStore,
    step: Callable[[Stage], None],
) -> tuple[Reconciled, ...]:
    """Build, check and seal the next store; return the tables with the active rows that it really holds.

    `step` is told of the stages. The published file is not touched. Raises PromiseError when rows do not add up,
    DiskError when there is no room.
    """
    step("publish")
    if paths.store.exists() and not facts.anew:
        copy_to_next(paths, facts.base)
    with space.attached(paths.next, NEXT, _OPTIONS):
        space.run("BEGIN TRANSACTION")
        try:
            counted = _write(space, tables, facts)
            if facts.copies is not None:
                step("prove")
                facts.copies.check(space)
                step("publish")
        except BaseException:
            with suppress(duckdb.Error):
                space.connection.execute("ROLLBACK")
            raise
        space.run("RESET max_vacuum_tasks" if _has_gaps(space, tables) else "SET max_vacuum_tasks = 0")
        # The commit is the checkpoint then: a log would only be written to be thrown away with the file.
        space.run("SET checkpoint_threshold = '1B'")
        space.run("COMMIT")
        space.run(f"CHECKPOINT {quote_name(NEXT)}")
    seal(paths.next)
    return counted


def _write(space: Workspace, tables: Sequence[Reconciled], facts: NextStore) -> tuple[Reconciled, ...]:
    create_schemas(space)
    for table in facts.dropped:
        _drop(space, table)
    counted = []
    for one in tables:
        apply(space, one, facts.at, facts.placed.get(one.comparison.table.name))
        write_changes(space, one, facts.run)
        after = one.counted(count_active(space, one.comparison))
        check_balance(after)
        counted.append(after)
    if facts.copies is not None:
        facts.copies.write(space)
        facts.copies.write_as_of(space, [one.comparison.table for one in tables], facts.at)
    if facts.rejects_changed:
        write_rejects(space, facts.run)
    counts = [one.counts for one in counted]
    write_run(space, facts.run, facts.at, facts.outcome, facts.identity, facts.digests, counts)
    return tuple(counted)


def _has_gaps(space: Workspace, tables: Sequence[Reconciled]) -> bool:
    """Whether it is time to let DuckDB move rows together where others were taken out.

    It would do so at every checkpoint, and rewrite most of a table in which one row in a hundred changed. So it may
    once a quarter as many rows as there are were taken out of a table, and every now and then, since every run that
    writes adds a row group, however small.
    """
    if space.value(f"SELECT count(*) FROM {name_of(NEXT, 'accord', 'runs')}") % RUNS_BETWEEN_VACUUMS == 0:
        return True
    for one in tables:
        if one.changed and one.comparison.current:
            rows = f"SELECT coalesce(max(rowid) + 1, 0) - count(*), count(*) FROM {one.comparison.published}"
            before, there = space.run(rows)[0]
            gone = before + one.touched - one.counts.inserted
            if gone > MOST_GONE * there and gone > FEWEST_GONE:
                return True
    return False


def check_balance(one: Reconciled) -> None:
    """Raise PromiseError unless the table's rows add up."""
    counts = one.counts
    if not counts.balanced:
        raise PromiseError(
            f"table {counts.table}: the rows do not add up: {counts}",
            hint="nothing was published; this is an error of Accord's, please report it",
        )


def _drop(space: Workspace, table: str) -> None:
    space.run(f"DROP VIEW IF EXISTS {name_of(NEXT, 'statisfy', active_view(table))}")
    space.run(f"DROP TABLE IF EXISTS {name_of(NEXT, 'statisfy', table)}")
