"""A run under a fault, and what must hold whatever the fault is: the invariants I1 to I7 of the catalogue.

I1 complete, I2 single, I3 honest watermark, I4 loud, I5 bounded, I6 atomic for readers, I7 discreet. (I8 is about
writing, which comes with write-back.)
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

import compiler
import grammar
from engine.clock import SystemClock
from engine.drift import find_drift
from engine.errors import NotStartedError, SalesforceError
from engine.events import Event, Waiting
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
from engine.store import StorePaths
from sandbox import Running
from tests.engine.fault_world import COPIED, DERIVED, MARK, OBJECTS, SPEC, Table, changes, expected, plain, truth_of
from tests.engine.faulty import Fault, Faulty

# Contacts take several pages of Bulk results.
PAGE = 900
READINGS: Mapping[str, Reading] = {
    "rest": Reading(bulk=BulkSettings(rows_per_page=PAGE), in_place_rows=0),
    "bulk": Reading(rest_rows=0, bulk=BulkSettings(rows_per_page=PAGE), in_place_rows=0),
    # As objects of millions of rows are read: by what changed since the last run.
    "changes": Reading(list_rows=0, bulk=BulkSettings(rows_per_page=PAGE)),
}
# A run without trouble asks for less than this, however it reads; each request that fails is tried so often at most.
REQUESTS = 160
DECIDING = ("accounts", "account_owners")


class QuickClock(SystemClock):
    """The computer's clock, for which waiting takes hardly any time; `skew` is how wrong its date is."""

    def __init__(self) -> None:
        self.slept = 0.0
        self.skew = timedelta()

    def now(self) -> datetime:
        """The time in UTC as this computer believes it is."""
        return datetime.now(UTC) + self.skew + timedelta(seconds=self.slept)

    def monotonic(self) -> float:
        """Seconds from some start, with those that were slept."""
        return time.monotonic() + self.slept

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.slept += seconds
        time.sleep(min(seconds, 0.02))


@dataclass(frozen=True)
class Ended:
    """How a run ended; one that was not begun is `not started`, or `refused` since the spec does not fit the org."""

    outcome: str
    errors: tuple[str, ...]
    report: RunReport | None
    log: Sequence[httpx.Request]
    slept: float

    @property
    def succeeded(self) -> bool:
        """Whether the run says that all is well."""
        return self.outcome == Outcome.SUCCEEDED

    @property
    def stale(self) -> tuple[str, ...]:
        """The tables that the run left as they were."""
        return self.report.stale if self.report else ()

    @property
    def changed(self) -> bool:
        """Whether it published."""
        return self.report is not None and self.report.changed

    def tokens(self) -> int:
        """How often a token was asked for."""
        return sum(request.url.path.endswith("/oauth2/token") for request in self.log)


@dataclass
class Trial:
    """An org, a store, and the runs between the two."""

    running: Running
    folder: Path
    reading: Reading
    spec: str = SPEC
    patience: Patience = field(default_factory=Patience)
    reserve: float = 0.0
    clock: QuickClock = field(default_factory=QuickClock)
    events: list[Event] = field(default_factory=list)
    step: int = 0
    before: dict[str, Table] = field(default_factory=dict)

    @property
    def paths(self) -> StorePaths:
        """The store's files."""
        return StorePaths.of(self.folder / "statisfy.duckdb")

    def switch_on(self, *entries: Mapping[str, Any]) -> None:
        """Switch faults of the sandbox on."""
        answer = httpx.post(f"{self.running.instance_url}/__sandbox__/faults", json=list(entries))
        assert answer.status_code == 200, answer.text

    def hits(self) -> int:
        """How many requests the faults took that are on."""
        told = httpx.get(f"{self.running.instance_url}/__sandbox__/faults").json()
        return sum(int(entry["hits"]) for entry in told)

    def switch_off(self) -> None:
        """Switch all faults of the sandbox off."""
        httpx.delete(f"{self.running.instance_url}/__sandbox__/faults").raise_for_status()

    def wait(self) -> datetime:
        """Let an hour pass in the org; return its time then."""
        now = self.now() + timedelta(hours=1)
        clock = f"{self.running.instance_url}/__sandbox__/clock"
        httpx.post(clock, json={"now": f"{now:%Y-%m-%dT%H:%M:%SZ}"}).raise_for_status()
        return now

    def change(self) -> None:
        """Change the org a little, in every way, an hour later than before."""
        self.step += 1
        now = self.wait()
        # What is gone for good is in no list of changes: that is seen once a day, by the match list.
        seen = (
            changes(self.step)
            if self.reading.list_rows
            else [c for c in changes(self.step) if c["op"] != "hard_delete"]
        )
        self.tell(*({"at": f"{now:%Y-%m-%dT%H:%M:%SZ}", **one} for one in seen))

    def now(self) -> datetime:
        """The time as the org has it."""
        return datetime.fromisoformat(httpx.get(f"{self.running.instance_url}/__sandbox__/clock").json()["now"])

    def tell(self, *some: Mapping[str, Any]) -> None:
        """Have the org apply changes."""
        answer = httpx.post(f"{self.running.instance_url}/__sandbox__/changes", json={"changes": some})
        assert answer.status_code == 200, answer.text

    def status(self, table: str) -> dict[str, str]:
        """The status of each row of a table, by Id."""
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{self.paths.store}' AS s (READ_ONLY)")
            return dict(connection.execute(f'SELECT "Id", record_status FROM s.statisfy.{table}').fetchall())

    def run(self, *faults: Fault) -> Ended:
        """One sync as a person starts it: describe the org, compile the spec, run the plan. Faults meet all of it."""
        wire = Faulty(*faults)
        before = self.clock.slept
        credentials = ClientCredentials(self.running.instance_url, self.running.client_id, self.running.client_secret)
        with SalesforceClient(
            credentials,
            clock=self.clock,
            events=self.events.append,
            transport=wire,
            patience=self.patience,
            reserve=self.reserve,
        ) as client:
            try:
                outcome, errors, report = self._run(client)
            except (SalesforceError, NotStartedError) as error:
                outcome, errors, report = "not started", (str(error),), None
        return Ended(outcome, errors, report, tuple(wire.log), self.clock.slept - before)

    def _run(self, client: SalesforceClient) -> tuple[str, tuple[str, ...], RunReport | None]:
        tree = grammar.parse_spec(self.spec).tree
        needs = needs_of(tree)
        schema = schema_of(describe(client, needs.objects, needs.relationships))
        drift = find_drift(tree, schema, self.paths.store)
        found = [d for d in compiler.check_spec(drift.spec, schema).diagnostics if d.severity == "error"]
        if found:
            return "refused", tuple(f"{d.code}: {d.message}" for d in found), None
        plan = compiler.compile_spec(drift.spec, schema)
        settings = RunSettings(self.reading, confirmed=True)
        report = run(plan, self.spec, client, self.paths.store, schema=schema, settings=settings, drift=drift)
        return report.outcome.value, report.errors, report

    def tables(self) -> dict[str, Table]:
        """The active rows of the published tables; none if there is no store."""
        if not self.paths.store.exists():
            return {}
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{self.paths.store}' AS s (READ_ONLY)")
            return read_tables(connection)

    def remember(self) -> None:
        """Note the tables as they are, which a run that publishes nothing leaves so."""
        self.before = self.tables()

    def rejected(self) -> dict[str, set[str]]:
        """The Ids of rows that could not be taken, by table."""
        found: dict[str, set[str]] = {table: set() for table in OBJECTS}
        if self.paths.store.exists():
            with duckdb.connect() as connection:
                connection.execute(f"ATTACH '{self.paths.store}' AS s (READ_ONLY)")
                for table, key in connection.execute('SELECT "table_name", "key" FROM s.accord.rejects').fetchall():
                    found.setdefault(table, set()).add(key)
        return found

    def expected(self, without: Mapping[str, Collection[str]] | None = None) -> dict[str, Table]:
        """What the tables should hold now."""
        return expected(truth_of(self.running), without or dict.fromkeys(OBJECTS, ()))


def read_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, Table]:
    """The active rows of the store that is attached as `s`: key, then the columns that are compared.

    A table that could not be read in the first run is not there.
    """
    found: dict[str, Table] = {}
    known = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 's'").fetchall()
    for table in OBJECTS:
        if (table,) not in known:
            continue
        columns = [*COPIED[table], *(DERIVED if table == "accounts" else ())]
        listed = ", ".join(f'"{column}"' for column in columns)
        rows = connection.execute(
            f"SELECT \"Id\", {listed} FROM s.statisfy.{table} WHERE record_status = 'active'"
        ).fetchall()
        found[table] = {(key,): dict(zip(columns, map(plain, values), strict=True)) for key, *values in rows}
        # I2: one row for an Id, among those that are out too.
        total, ids = connection.execute(f'SELECT count(*), count(DISTINCT "Id") FROM s.statisfy.{table}').fetchall()[0]
        assert total == ids, table
    owners = connection.execute("SELECT account_id, owner_type, user_id FROM s.statisfy.account_owners").fetchall()
    active = found["accounts"]
    found["account_owners"] = {(key, kind): {"user_id": who} for key, kind, who in owners if (key,) in active}
    return found


def differences(tables: Mapping[str, Table], wanted: Mapping[str, Table], but: Collection[str] = ()) -> list[str]:
    """In which rows tables differ, a few of them in words; `but` these tables."""
    words: list[str] = []
    for table, rows in wanted.items():
        have = tables.get(table, {})
        differing = (key for key in sorted({*rows, *have}) if table not in but and have.get(key) != rows.get(key))
        words += (f"{table} {key}: is {have.get(key)}, should be {rows.get(key)}" for key in differing)
    return words[:5]


def assert_bounded(ended: Ended, requests: int, patience: Patience) -> None:
    """I5: the requests of a run, the tokens that it asks for, and the time that it waits."""
    assert len(ended.log) <= requests
    assert ended.tokens() <= 2 * patience.tries
    assert ended.slept <= 3 * patience.within


def assert_loud(trial: Trial, ended: Ended, *, moved: bool) -> None:
    """I4, I6: a run that succeeded has everything; one that did not says why, and its other tables are right.

    `moved`: rows changed while the run read, so that what it published need not be how things are now.
    """
    now, before = trial.tables(), trial.before
    if not ended.changed:
        assert now == before
    if ended.succeeded:
        assert not ended.errors
        if not moved:
            assert differences(now, trial.expected(trial.rejected())) == []
        return
    assert ended.errors
    assert all(error.strip() for error in ended.errors)
    if ended.outcome != Outcome.INCOMPLETE:
        assert not ended.changed
        return
    if ended.changed:
        assert ended.stale
        assert not set(DECIDING) & set(ended.stale)
        assert {table: now.get(table) for table in ended.stale} == {table: before.get(table) for table in ended.stale}
        if not moved:
            assert differences(now, trial.expected(trial.rejected()), ended.stale) == []


def assert_discreet(trial: Trial, ended: Sequence[Ended], caplog: pytest.LogCaptureFixture) -> None:
    """I7: no token, secret or value of a record is told, written down or logged."""
    tokens = {
        request.headers["authorization"].split()[-1]
        for one in ended
        for request in one.log
        if "authorization" in request.headers
    }
    secrets = {MARK, trial.running.client_secret, trial.running.access_token, *tokens}
    said = [
        *map(repr, trial.events),
        *(error for one in ended for error in one.errors),
        *(repr(one.report.to_document()) for one in ended if one.report),
        caplog.text,
    ]
    if trial.paths.state.exists():
        said.append(trial.paths.state.read_bytes().decode("latin-1"))
    for secret in secrets:
        assert secret
        assert not any(secret in text for text in said), secret


def assert_tidy(trial: Trial) -> None:
    """Nothing of a run that is over lies about: no pages, no unfinished file."""
    assert not trial.paths.next.exists()


def watch_logs(caplog: pytest.LogCaptureFixture) -> None:
    """Listen to everything that libraries log."""
    caplog.set_level(logging.INFO)


def longest_wait(trial: Trial) -> float:
    """The longest that was waited at once, in seconds."""
    return max((event.seconds for event in trial.events if isinstance(event, Waiting)), default=0.0)
