"""A nasty org that is served, a store beside it, and the judge: each run is held to the promises as it ends."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import httpx

import compiler
import grammar
from compiler.plan import Plan
from compiler.schema import Schema
from engine.clock import SystemClock
from engine.drift import NO_DRIFT, Drift, find_drift
from engine.errors import AccordError
from engine.events import Listener, ignore
from engine.report import Outcome, RunReport
from engine.run import RunSettings, run
from engine.salesforce.bulk_query import BulkSettings
from engine.salesforce.client import SalesforceClient
from engine.salesforce.describe import describe
from engine.salesforce.patience import Patience
from engine.salesforce.read import Reading
from engine.salesforce.session import ClientCredentials
from engine.snapshot import schema_of
from engine.spec_needs import needs_of
from sandbox import Org, Running, serve
from tests.properties import tables_model as model
from tests.support.local_org import ROOT
from tests.support.nasty_org import SETTINGS, SIZES, Change, describes, first_rows

QUICK = Patience(tries=3, first_wait=0.01, longest_wait=0.02)
_JOBS = BulkSettings(rows_per_page=3, first_poll=0.002, longest_poll=0.25)
BY_REST = Reading(bulk=_JOBS, in_place_rows=0)
BY_BULK = Reading(rest_rows=0, bulk=_JOBS, in_place_rows=0)
# A job that never ends is waited for no longer than this, in seconds.
_DEADLINE = 3.0
# A run asks for a dozen extracts and for some rows a second time; by Bulk each question is a job with pages of three
# rows. What a bad wire does to a question, asking again included, is bounded for each question.
MOST_REQUESTS = {BY_REST: 60, BY_BULK: 400}
MOST_ON_A_BAD_WIRE = 1000


# Events are told all along a run: between any two of them it may die.
_CHILD = """
import os, signal, sys
from pathlib import Path
from sandbox import Running
from tests.support.judged_org import JudgedOrg

url, client_id, secret, folder, keep, at = sys.argv[1:]
told = 0
def listen(event):
    global told
    told += 1
    if told == int(at):
        os.kill(os.getpid(), signal.SIGKILL)
ended = JudgedOrg(Running(url, "", client_id, secret, "", None, None), Path(folder), keep == "1", events=listen).sync()
assert ended.report is not None and ended.report.exit_code == 0, ended.words
"""


@dataclass(frozen=True)
class Ended:
    """How a run ended: its report, or what it raised before it began."""

    report: RunReport | None
    error: AccordError | None = None

    @property
    def outcome(self) -> Outcome | None:
        """The outcome; None if nothing was started."""
        return self.report.outcome if self.report is not None else None

    @property
    def words(self) -> str:
        """What a failing assertion shows."""
        return str(self.error) if self.report is None else f"{self.report.outcome}: {'; '.join(self.report.errors)}"


@dataclass
class JudgedOrg:
    """An org, a store, and what the store must hold (`state`; None: nothing was published yet).

    `keep`: leavers stay in the tables. `quiet`: the org is as the last run, which succeeded, saw it.
    """

    running: Running
    folder: Path
    keep: bool = True
    state: model.State | None = None
    quiet: bool = False
    seldom: model.Seldom = field(default_factory=model.Seldom)
    events: Listener = ignore
    _planned: tuple[Plan, Schema] | None = None

    @property
    def spec(self) -> str:
        """The spec that the runs sync by."""
        return model.SPEC if self.keep else model.REMOVING

    @property
    def store(self) -> Path:
        """The published file."""
        return self.folder / "statisfy.duckdb"

    @property
    def now(self) -> datetime:
        """The org's clock, in UTC without a zone."""
        return self.running.org.now().replace(tzinfo=None)

    def control(self, method: str, path: str, body: object = None) -> httpx.Response:
        """A request to the org's control side."""
        address = f"{self.running.instance_url}/__sandbox__/{path}"
        answer = httpx.request(method, address, json=body, timeout=60)
        assert answer.status_code < 300, answer.text
        return answer

    def change(self, *changes: Change) -> None:
        """Apply changes to the org, now unless they say when: in the very second of a run that was just before."""
        now = f"{self.now.isoformat()}Z"
        self.control("POST", "changes", {"changes": [{"at": now, **one} for one in changes]})
        self.quiet = False

    def wait(self, time: timedelta) -> None:
        """Let time pass in the org."""
        self.control("POST", "clock", {"now": f"{(self.now + time).isoformat()}Z"})
        self.quiet = False

    def truth(self) -> dict[str, dict[str, model.Row]]:
        """The org's rows as they stand, deleted ones too."""
        return {
            name: model.records(
                name, json.loads(self.control("GET", f"truth/{name}").content, parse_float=Decimal, parse_int=Decimal)
            )
            for name in SIZES
        }

    def client(self) -> SalesforceClient:
        """A client of little patience, which can renew its session."""
        who = ClientCredentials(self.running.instance_url, self.running.client_id, self.running.client_secret)
        return SalesforceClient(who, clock=SystemClock(), patience=QUICK, events=self.events)

    def plan(self) -> tuple[Plan, Schema, Drift]:
        """Describe the org and compile the spec for it, less what the org has lost of what the store holds."""
        tree = grammar.parse_spec(self.spec).tree
        needs = needs_of(tree)
        with self.client() as client:
            schema = schema_of(describe(client, needs.objects, needs.relationships))
        drift = find_drift(tree, schema, self.store)
        found = [one.message for one in compiler.check_spec(drift.spec, schema).diagnostics if one.severity == "error"]
        if found:
            raise AccordError("; ".join(found))
        return compiler.compile_spec(drift.spec, schema), schema, drift

    def sync(
        self, *, whole: bool = False, confirmed: bool = True, reading: Reading = BY_REST, anew: bool = False
    ) -> Ended:
        """One run, and nothing looked at. `anew`: the org is described again, since its schema may have changed."""
        try:
            drift = NO_DRIFT
            if anew:
                plan, schema, drift = self.plan()
            else:
                self._planned = self._planned or self.plan()[:2]
                plan, schema = self._planned
            settings = RunSettings(reading, whole=whole, confirmed=confirmed)
            with self.client() as client:
                return Ended(run(plan, self.spec, client, self.store, schema=schema, settings=settings, drift=drift))
        except AccordError as error:
            return Ended(None, error)

    def run(self, *, whole: bool = False, confirmed: bool = True, reading: Reading = BY_REST) -> Ended:
        """A run while nothing fails: it succeeds, unless a guard holds it, and the tables are as the judge says."""
        before, inode = fingerprint(self.store), self.inode
        ended, expected = self._judged(whole=whole, confirmed=confirmed, reading=reading)
        assert ended.report is not None, ended.words
        if not confirmed and self.must_stop(expected):
            assert ended.outcome is Outcome.STOPPED, ended.words
            assert fingerprint(self.store) == before
            return ended
        assert ended.outcome is Outcome.SUCCEEDED, ended.words
        if self.quiet:
            assert not ended.report.changed
            assert self.inode == inode
        assert ended.report.changed == (self.inode != inode)
        self.accept(expected, ended.report)
        self.quiet = True
        return ended

    def run_under_faults(self, faults: Sequence[Mapping[str, Any]], *, reading: Reading, moving: bool = False) -> Ended:
        """A run while faults are on, which may end in any way and says in which; then they are off.

        `moving`: the faults change the org's rows or its schema, or send rows that are not the org's.
        """
        before = fingerprint(self.store)
        self.control("POST", "faults", list(faults))
        try:
            hasty = replace(reading, bulk=replace(reading.bulk, deadline=_DEADLINE))
            ended, expected = self._judged(reading=hasty, anew=True)
        finally:
            self.control("DELETE", "faults")
        if ended.outcome in (None, Outcome.FAILED, Outcome.STOPPED):
            assert ended.error is not None or (ended.report is not None and ended.report.errors)
            assert fingerprint(self.store) == before, ended.words
        elif moving:
            self.adopt()
        elif ended.report is not None:
            assert ended.outcome is Outcome.SUCCEEDED or ended.report.errors
            if ended.report.tables:
                assert (ended.outcome is Outcome.INCOMPLETE) == bool(ended.report.stale)
                self.accept(expected, ended.report)
            else:
                assert fingerprint(self.store) == before
        self.quiet = False
        return ended

    def accept(self, expected: model.State, report: RunReport) -> None:
        """Hold the store to what it must hold, and the report to what happened; it is the state from now on."""
        before = self.state or {}
        self.check(expected)
        for one in report.tables:
            assert one.balanced, one
            if one.kind == "record" and one.table in model.KEYS:
                counted = model.counts(before.get(one.table, {}), expected[one.table])
                assert {name: getattr(one, name) for name in counted} == counted, (one, counted)

    def check(self, expected: model.State) -> None:
        """Hold the store to what it must hold; it is the state from now on."""
        stored, as_of = read_tables(self.store)
        judged = {
            table: {key: self._with_age(table, key, row, as_of) for key, row in rows.items()}
            for table, rows in expected.items()
        }
        found = model.differences(judged, stored)
        assert not found, "\n".join(found)
        self.state = stored

    def run_killed(self, at: int) -> bool:
        """A run in a process of its own, killed at its `at`-th event if it comes so far; whether it had published.

        The store is as it was, or as the run would have left it.
        """
        truth, before = self.truth(), fingerprint(self.store)
        self.seldom.note(truth, self.now)
        expected = model.next_state(self.state or {}, truth, self.now, keep=self.keep)
        running = self.running
        who = (running.instance_url, running.client_id, running.client_secret)
        ended = subprocess.run(
            [sys.executable, "-c", _CHILD, *who, str(self.folder), str(int(self.keep)), str(at)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        published = fingerprint(self.store) != before
        if published:
            self.check(expected)
        self.quiet = False
        return published

    def adopt(self) -> None:
        """Take the store as it is for what it must be: nobody can say in which order a run saw what changed."""
        self.state = read_tables(self.store)[0] if self.store.exists() else None

    def must_stop(self, expected: model.State) -> bool:
        """Whether the guards that are built in hold a run back which ends so."""
        if self.state is None:
            return False
        moved = model.arr_moves(self.state, expected)
        if moved is not None and moved > 25:
            return True
        for table in model.OBJECTS:
            was = [key for key, row in self.state[table].items() if row["record_status"] == "active"]
            gone = [key for key in was if expected[table].get(key, {}).get("record_status") != "active"]
            if len(gone) > 10 and 100 * len(gone) > 25 * len(was):
                return True
        return False

    @property
    def inode(self) -> int | None:
        """The published file's inode; None if there is none."""
        return self.store.stat().st_ino if self.store.exists() else None

    def _judged(
        self, *, reading: Reading, whole: bool = False, confirmed: bool = True, anew: bool = False
    ) -> tuple[Ended, model.State]:
        truth = self.truth()
        self.seldom.note(truth, self.now)
        ended = self.sync(whole=whole, confirmed=confirmed, reading=reading, anew=anew)
        if ended.report is None:
            return ended, self.state or {}
        most = MOST_ON_A_BAD_WIRE if anew else MOST_REQUESTS[reading]
        assert ended.report.requests <= most, ended.report.requests
        stale = ended.report.stale if ended.outcome is Outcome.INCOMPLETE else ()
        return ended, model.next_state(self.state or {}, truth, self.now, keep=self.keep, stale=stale)

    def _with_age(
        self, table: str, key: model.Key, row: model.Row, as_of: Mapping[tuple[str, str], datetime | None]
    ) -> model.Row:
        """An active row with all values that its columns may have which are read once a day."""
        if row.get("record_status") != "active":
            return row
        columns = model.SELDOM.get(table, ())
        return row | {name: self.seldom.since(table, key[0], name, as_of.get((table, name))) for name in columns}


@contextmanager
def judged_org(folder: Path, seed: int, *, keep: bool = True) -> Iterator[JudgedOrg]:
    """Serve a nasty org whose first rows, and the faults' chances, follow from a seed."""
    rows = first_rows(Random(seed))
    with serve(Org.from_rows(describes(), rows, SETTINGS), seed=seed) as running:
        yield JudgedOrg(running, folder, keep)


def fingerprint(path: Path) -> str | None:
    """A digest of a file's bytes; None if there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def read_tables(store: Path) -> tuple[model.State, dict[tuple[str, str], datetime | None]]:
    """The tables that the model knows, and how old the columns say that they are."""
    state: model.State = {}
    with duckdb.connect() as db:
        db.execute(f"ATTACH '{store}' AS s (READ_ONLY)")
        as_of = {
            (table, column): moment
            for table, column, moment in db.execute(
                "SELECT table_name, column_name, as_of FROM s.statisfy.columns"
            ).fetchall()
        }
        there: dict[str, set[str]] = {}
        for table, column in db.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'statisfy'"
        ).fetchall():
            there.setdefault(table, set()).add(column)
        for table, key in model.KEYS.items():
            life = ("record_status", "merged_into") if table in model.OBJECTS else ()
            names = (*model.FIELDS.get(table, ()), *model.OWN[table], *life)
            held = [name for name in names if name in there.get(table, ())]
            state[table] = {}
            if table not in there:
                continue
            columns = ", ".join(f'"{name}"' for name in (*key, *held))
            for row in db.execute(f'SELECT {columns} FROM s.statisfy."{table}"').fetchall():
                at = row[: len(key)]
                assert at not in state[table], (table, at)
                state[table][at] = dict.fromkeys(names) | dict(zip(held, row[len(key) :], strict=True))
    return state, as_of
