"""The store's own records, in its schema `accord`: whose it is, its runs, what they did, what was rejected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from compiler.plan import Plan
from engine.load import rejects_of
from engine.org import Identity
from engine.reconcile import Counts
from engine.store import STORE_FORMAT
from engine.workspace import CURRENT, NEXT, WORK, Workspace, name_of

CHANGES_KEPT_DAYS = 90
# About half a gigabyte: stamps and short texts take some 26 bytes a row.
CHANGES_KEPT_ROWS = 20_000_000
LEDGER_KEPT_DAYS = 400
_TABLES = {
    "store": (
        "format INTEGER, organization_id VARCHAR, instance_kind VARCHAR, user_id VARCHAR, username VARCHAR,"
        " time_zone VARCHAR, locale VARCHAR, currency VARCHAR, run BIGINT, duckdb_version VARCHAR"
    ),
    "runs": (
        "run BIGINT, started_at TIMESTAMP, outcome VARCHAR, plan VARCHAR, meaning VARCHAR, user_id VARCHAR,"
        " username VARCHAR"
    ),
    "ledger": (
        "run BIGINT, table_name VARCHAR, matches BIGINT, inserted BIGINT, updated BIGINT, unchanged BIGINT,"
        ' resumed BIGINT, "left" BIGINT, parent_left BIGINT, deleted BIGINT, merged BIGINT, gone BIGINT,'
        " rejected BIGINT, newly_rejected BIGINT, active_before BIGINT, active_after BIGINT"
    ),
    "changes": (
        "run BIGINT, table_name VARCHAR, key VARCHAR, change VARCHAR, column_name VARCHAR, old_value VARCHAR,"
        " new_value VARCHAR"
    ),
    "rejects": (
        "run BIGINT, table_name VARCHAR, object_name VARCHAR, key VARCHAR, column_name VARCHAR, raw VARCHAR,"
        " reason VARCHAR"
    ),
}

_LEDGER_LINE = f"({', '.join('?' * len(_TABLES['ledger'].split(',')))})"


def create_schemas(space: Workspace) -> None:
    """Create what is not there yet in the next store."""
    for schema in ("statisfy", "accord"):
        space.run(f"CREATE SCHEMA IF NOT EXISTS {name_of(NEXT, schema)}")
    for name, columns in _TABLES.items():
        space.run(f"CREATE TABLE IF NOT EXISTS {name_of(NEXT, 'accord', name)} ({columns})")


def collect_rejects(
    space: Workspace, plan: Plan, stale: Sequence[str], published: bool, frozen: Sequence[str] = ()
) -> bool:
    """Gather this run's rejects in `delta."(rejects)"`; return whether they differ from the published ones.

    Those of a stale table, and of one that is frozen and not planned, are kept as they are published.
    """
    target = name_of(WORK, "delta", "(rejects)")
    columns = "table_name, object_name, key, column_name, raw, reason"
    space.run(f"CREATE OR REPLACE TABLE {target} ({_TABLES['rejects'].removeprefix('run BIGINT, ')})")
    current = name_of(CURRENT, "accord", "rejects")
    for table in plan.tables:
        if table.kind != "record":
            continue
        if table.name in stale:
            if published:
                kept = f"SELECT {columns} FROM {current} WHERE table_name = ?"
                space.run(f"INSERT INTO {target} {kept}", [table.name])
            continue
        for extract in table.extracts:
            space.run(
                f"INSERT INTO {target} SELECT ?, ?, key, column_name, raw, reason FROM {rejects_of(extract)}",
                [table.name, table.object],
            )
    if not published:
        return bool(space.value(f"SELECT count(*) FROM {target}"))
    for name in frozen:
        space.run(f"INSERT INTO {target} SELECT {columns} FROM {current} WHERE table_name = ?", [name])
    ours, theirs = f"SELECT {columns} FROM {target}", f"SELECT {columns} FROM {current}"
    return bool(space.value(f"SELECT count(*) FROM (({ours} EXCEPT {theirs}) UNION ALL ({theirs} EXCEPT {ours}))"))


def write_rejects(space: Workspace, run: int) -> None:
    """Put this run's rejects in the published ones' place; one that is known keeps the run that found it."""
    target = name_of(NEXT, "accord", "rejects")
    columns = "table_name, object_name, key, column_name, raw, reason"
    same = " AND ".join(f"o.{name} IS NOT DISTINCT FROM n.{name}" for name in columns.split(", "))
    space.run(f"CREATE OR REPLACE TEMP TABLE old_rejects AS SELECT * FROM {target}")
    space.run(f"DELETE FROM {target}")
    space.run(
        f"INSERT INTO {target} SELECT coalesce(min(o.run), ?), {', '.join(f'n.{c}' for c in columns.split(', '))}"
        f" FROM {name_of(WORK, 'delta', '(rejects)')} AS n LEFT JOIN old_rejects AS o ON {same} GROUP BY ALL",
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
