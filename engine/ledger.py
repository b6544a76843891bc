"""The store's own records, in its schema `accord`: whose it is, its runs, what they did, what was rejected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import duckdb

from compiler.duckdb_functions import quote_text
from compiler.plan import Extract, Plan, Table
from engine.identity import Identity
from engine.load import rejects_of
from engine.own_tables import OWN_TABLES, definition
from engine.reconcile import Counts
from engine.store import STORE_FORMAT
from engine.workspace import CURRENT, NEXT, WORK, Workspace, name_of

CHANGES_KEPT_DAYS = 90
# About half a gigabyte: stamps and short texts take some 26 bytes a row.
CHANGES_KEPT_ROWS = 20_000_000
LEDGER_KEPT_DAYS = 400
# What tells a reject from others, whichever run found it.
_REJECT = "table_name, object_name, key, column_name, raw, reason"
_REJECTS = name_of(WORK, "delta", "(rejects)")
_LEDGER_LINE = f"({', '.join('?' * len(OWN_TABLES['ledger']))})"


def create_schemas(space: Workspace) -> None:
    """Create what is not there yet in the next store."""
    for schema in ("statisfy", "accord"):
        space.run(f"CREATE SCHEMA IF NOT EXISTS {name_of(NEXT, schema)}")
    for name in OWN_TABLES:
        space.run(f"CREATE TABLE IF NOT EXISTS {name_of(NEXT, 'accord', name)} ({definition(name)})")


def collect_rejects(
    space: Workspace,
    plan: Plan,
    staged: Collection[str],
    stale: Sequence[str],
    published: bool,
    frozen: Sequence[str] = (),
) -> bool:
    """Gather this run's rejects in `delta."(rejects)"`; return whether they differ from the published ones.

    Those of a stale table, of an extract that was not `staged`, and of a table that is frozen and not planned, are kept
    as they are published.
    """
    _create_rejects(space)
    for table in _record_tables(plan):
        if table.name not in stale:
            _add_rejects(space, table.name, table.object, table.extracts)
        elif published:
            _keep_rejects(space, table.name)
    for extract in _without_table(plan):
        if extract.id in staged:
            _add_rejects(space, extract.id, extract.object, (extract.id,))
        elif published:
            _keep_rejects(space, extract.id)
    if not published:
        return bool(space.value(f"SELECT count(*) FROM {_REJECTS}"))
    for name in frozen:
        _keep_rejects(space, name)
    return _rejects_differ(space)


def merge_rejects(space: Workspace, plan: Plan, refreshed: Mapping[str, str]) -> bool:
    """Gather the published rejects with those of the rows that were read in their rows' place, as `collect_rejects`.

    Args:
        space: the workspace, with the published store attached.
        plan: the plan, whose extracts hold the rejects of what was read.
        refreshed: for each table of which only some rows were read, a SELECT of their keys (`key`).

    Returns:
        Whether that differs from the published ones.
    """
    _create_rejects(space)
    tables = _record_tables(plan)
    for table in tables:
        _add_rejects(space, table.name, table.object, table.extracts)
        if table.name in refreshed:
            again = f"SELECT key FROM {_REJECTS} WHERE table_name = {quote_text(table.name)}"
            _keep_rejects(space, table.name, f"{refreshed[table.name]} UNION ALL {again}")
    feeding = _without_table(plan)
    for extract in feeding:
        _add_rejects(space, extract.id, extract.object, (extract.id,))
        rows = f'SELECT "Id" AS key FROM {name_of(WORK, "staged", extract.id)}'
        _keep_rejects(space, extract.id, f"{rows} UNION ALL SELECT key FROM {rejects_of(extract.id)}")
    planned = {*(table.name for table in tables), *(extract.id for extract in feeding)}
    known = space.run(f"SELECT DISTINCT table_name FROM {name_of(CURRENT, 'accord', 'rejects')} ORDER BY 1")
    for (name,) in known:
        if name not in planned:
            _keep_rejects(space, name)
    return _rejects_differ(space)


def _record_tables(plan: Plan) -> list[Table]:
    return [table for table in plan.tables if table.kind == "record"]


def _without_table(plan: Plan) -> list[Extract]:
    """The extracts whose rows no table shows: they feed numbers and owners, or are rates."""
    return [extract for extract in plan.extracts if plan.shown_by(extract.id) is None]


def _create_rejects(space: Workspace) -> None:
    space.run(f"CREATE OR REPLACE TABLE {_REJECTS} ({definition('rejects', less='run')})")


def _add_rejects(space: Workspace, name: str, sobject: str | None, extracts: Sequence[str]) -> None:
    """Gather those of the rows that were read for a table, or for what has none."""
    for extract in extracts:
        space.run(
            f"INSERT INTO {_REJECTS} SELECT ?, ?, key, column_name, raw, reason FROM {rejects_of(extract)}",
            [name, sobject],
        )


def _keep_rejects(space: Workspace, table: str, without: str = "SELECT CAST(NULL AS VARCHAR) AS key") -> None:
    """Gather a table's published ones, but for those of some keys (a SELECT of `key`)."""
    space.run(
        f"INSERT INTO {_REJECTS} SELECT {_REJECT} FROM {name_of(CURRENT, 'accord', 'rejects')} AS r"
        f" WHERE table_name = ? AND NOT EXISTS (SELECT 1 FROM ({without}) AS w WHERE w.key = r.key)",
        [table],
    )


def _rejects_differ(space: Workspace) -> bool:
    ours = f"SELECT {_REJECT} FROM {_REJECTS}"
    theirs = f"SELECT {_REJECT} FROM {name_of(CURRENT, 'accord', 'rejects')}"
    return bool(space.value(f"SELECT count(*) FROM (({ours} EXCEPT {theirs}) UNION ALL ({theirs} EXCEPT {ours}))"))


def write_rejects(space: Workspace, run: int) -> None:
    """Put this run's rejects in the published ones' place; one that is known keeps the run that found it."""
    target = name_of(NEXT, "accord", "rejects")
    names = _REJECT.split(", ")
    same = " AND ".join(f"o.{name} IS NOT DISTINCT FROM n.{name}" for name in names)
    space.run(f"CREATE OR REPLACE TEMP TABLE old_rejects AS SELECT * FROM {target}")
    space.run(f"DELETE FROM {target}")
    space.run(
        f"INSERT INTO {target} SELECT coalesce(min(o.run), ?), {', '.join(f'n.{name}' for name in names)}"
        f" FROM {_REJECTS} AS n LEFT JOIN old_rejects AS o ON {same} GROUP BY ALL",
        [run],
    )
    space.run("DROP TABLE old_rejects")


def write_run(
    space: Workspace,
    run: int,
    at: datetime,
    outcome: str,
    identity: Identity,
    digests: tuple[str, str],
    counts: Sequence[Counts],
) -> None:
    """Write the run into the next store's ledger, say whose store it is, and forget what is too old."""
    space.run(
        f"INSERT INTO {name_of(NEXT, 'accord', 'runs')} VALUES (?, ?, ?, ?, ?, ?, ?)",
        [run, at, outcome, *digests, identity.user_id, identity.username],
    )
    ledger = name_of(NEXT, "accord", "ledger")
    lines = [line for one in counts for line in _ledger_line(run, one)]
    space.run(f"INSERT INTO {ledger} VALUES {', '.join([_LEDGER_LINE] * len(counts))}", lines)
    forget_changes(space, at)
    runs = name_of(NEXT, "accord", "runs")
    old = f"started_at < CAST(? AS TIMESTAMP) - INTERVAL {LEDGER_KEPT_DAYS} DAY"
    space.run(f"DELETE FROM {ledger} WHERE run IN (SELECT run FROM {runs} WHERE {old})", [at])
    space.run(f"DELETE FROM {runs} WHERE {old}", [at])
    store = name_of(NEXT, "accord", "store")
    space.run(f"DELETE FROM {store}")
    space.run(
        f"INSERT INTO {store} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            STORE_FORMAT,
            identity.organization_id,
            identity.instance_kind,
            identity.user_id,
            identity.username,
            identity.time_zone,
            identity.locale,
            identity.currency,
            run,
            duckdb.__version__,
        ],
    )


def _ledger_line(run: int, one: Counts) -> tuple[int | str, ...]:
    return (
        run,
        one.table,
        one.matches,
        one.inserted,
        one.updated,
        one.unchanged,
        one.resumed,
        one.left,
        one.parent_left,
        one.deleted,
        one.merged,
        one.gone,
        one.rejected,
        one.newly_rejected,
        one.active_before,
        one.active_after,
    )


def forget_changes(space: Workspace, at: datetime, most: int = CHANGES_KEPT_ROWS) -> None:
    """Forget the changes of runs that are too old and, of all but the newest run, of those beyond `most` rows."""
    runs, changes = name_of(NEXT, "accord", "runs"), name_of(NEXT, "accord", "changes")
    space.run(
        f"DELETE FROM {changes} WHERE run IN"
        f" (SELECT run FROM {runs} WHERE started_at < CAST(? AS TIMESTAMP) - INTERVAL {CHANGES_KEPT_DAYS} DAY)",
        [at],
    )
    space.run(
        f"DELETE FROM {changes} WHERE run IN (SELECT run FROM (SELECT run, sum(count(*)) OVER (ORDER BY run DESC)"
        f" AS rows FROM {changes} GROUP BY run) AS r WHERE rows > ?) AND run < (SELECT max(run) FROM {changes})",
        [most],
    )
