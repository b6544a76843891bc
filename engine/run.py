"""One sync: read everything the plan asks for, compute the tables, compare, and publish what changed, or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from compiler.digest import document_digest, meaning_digest
from compiler.plan import Plan, Table
from compiler.relation_columns import Columns
from compiler.schema import Schema
from engine.by_id import Asking
from engine.catalog import describe_columns, list_options
from engine.depends import DECIDING, stale_tables
from engine.differences import LIFE, Comparison
from engine.errors import AccordError, DiskError
from engine.events import Notice, Published, Stage, StageStarted, TableReconciled
from engine.extract import Extracted, extract_all, spread_rejects
from engine.figures import count_owners, count_unattached, tie_out
from engine.ledger import collect_rejects
from engine.load import Staged, rejects_of
from engine.org import Identity, identify
from engine.publish import NextStore, build_next, check_balance
from engine.reconcile import Reconciled, reconcile
from engine.report import Outcome, OwnerReport, RunReport, TieOut, Unattached
from engine.salesforce.client import SalesforceClient
from engine.salesforce.read import Reading
from engine.second_look import check_explained, look_again
from engine.state import State, hold
from engine.store import (
    StoreInfo,
    StorePaths,
    attach_published,
    check_owner,
    move_foreign_wal,
    remove_leftovers,
    swap,
)
from engine.wanted import compute, leaf_of
from engine.workspace import CURRENT, Workspace

CATALOG = frozenset({"columns", "picklist_options"})


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a run reads and how much memory it takes (`"2GB"`; None: DuckDB's own choice)."""

    reading: Reading = field(default_factory=Reading)
    memory: str | None = None


@dataclass(slots=True)
class _Progress:
    """What is known so far; the report is made of it whenever the run ends."""

    tables: tuple[Reconciled, ...] = ()
    extracted: Extracted | None = None
    unattached: tuple[Unattached, ...] = ()
    owners: tuple[OwnerReport, ...] = ()
    tie_outs: tuple[TieOut, ...] = ()
    stale: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    changed: bool = False
    notices: list[str] = field(default_factory=list)


def run(
    plan: Plan,
    spec_text: str,
    client: SalesforceClient,
    store: Path,
    *,
    schema: Schema,
    settings: RunSettings | None = None,
) -> RunReport:
    """Do one sync; clock, cancel token and events are the client's.

    Args:
        plan: what to sync.
        spec_text: the spec that the plan was made from; its statements are quoted in `columns`.
        client: the connection.
        store: the published file (`statisfy.duckdb`), which need not exist.
        schema: the org's schema that the plan was made for.
        settings: how to read.

    Returns:
        The report, whatever the outcome, once the run was begun.

    Raises:
        NotStartedError: nothing was begun: no connection, another org's store, a newer store, another run.
    """
    paths = StorePaths.of(store)
    client.events(StageStarted("connect"))
    with hold(paths):
        identity = identify(client)
        state = State(paths.state)
        try:
            return _Run(plan, spec_text, client, paths, schema, settings or RunSettings(), identity, state).go()
        finally:
            state.close()


class _Run:
    """The steps of one run, which share what is above."""

    def __init__(
        self,
        plan: Plan,
        spec_text: str,
        client: SalesforceClient,
        paths: StorePaths,
        schema: Schema,
        settings: RunSettings,
        identity: Identity,
        state: State,
    ) -> None:
        self.plan, self.spec_text, self.client, self.paths = plan, spec_text, client, paths
        self.schema, self.settings, self.identity, self.state = schema, settings, identity, state
        self.progress = _Progress()
        self.digests = (document_digest(plan), meaning_digest(plan))

    def go(self) -> RunReport:
        """Begin, work, and note the end, whatever it is."""
        aside = move_foreign_wal(self.paths)
        if aside is not None:
            self.notice(f"a write-ahead log of another program lay beside the store and was moved to {aside.name}")
        remove_leftovers(self.paths)
        try:
            self.paths.staging.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DiskError(f"{self.paths.staging} cannot be made: {error.strerror}") from error
        space = Workspace(self.paths.staging, self.settings.memory)
        try:
            info = attach_published(space, self.paths)
            if info is not None:
                check_owner(info, self.identity, self.paths)
                self.compare_users(info)
            return self.begun(space, info)
        finally:
            space.close()
            shutil.rmtree(self.paths.staging, ignore_errors=True)

    def begun(self, space: Workspace, info: StoreInfo | None) -> RunReport:
        """Work under a run number of its own."""
        started_at = self.client.now().replace(microsecond=0)
        since = self.client.clock.monotonic()
        above = info.run if info is not None else 0
        for died in self.state.settle(started_at, above):
            self.notice(f"run {died} did not end by itself; the store is as it published it, or as it was before")
        number = self.state.begin(
            started_at,
            plan=self.digests[0],
            meaning=self.digests[1],
            organization_id=self.identity.organization_id,
            user_id=self.identity.user_id,
            above=above,
        )
        outcome = Outcome.FAILED
        errors: tuple[str, ...] = ("the run ended with an error of Accord's own",)
        try:
            outcome, errors = self.work(space, info, number, started_at.replace(tzinfo=None))
        except AccordError as error:
            errors = (str(error),)
        finally:
            seconds = self.client.clock.monotonic() - since
            report = self.report(number, outcome, errors, started_at, seconds)
            self.state.finish(number, self.client.now(), outcome, errors[0] if errors else None, report.to_document())
        return report

    def work(
        self, space: Workspace, info: StoreInfo | None, number: int, at: datetime
    ) -> tuple[Outcome, tuple[str, ...]]:
        """Read, compute, compare, publish. Raises AccordError; the published store then stands as it was."""
        self.step(number, "extract")
        extracted = extract_all(self.client, space, self.plan, self.paths.staging, self.settings.reading)
        self.progress.extracted = extracted
        stale = self.progress.stale = stale_tables(self.plan, extracted.failed.keys())
        errors = tuple(f"{extract}: {error}" for extract, error in extracted.failed.items())
        if DECIDING.intersection(stale):
            return (Outcome.INCOMPLETE if extracted.quota else Outcome.FAILED), errors
        outcome = Outcome.INCOMPLETE if stale else Outcome.SUCCEEDED
        tables, hashes_hold = self.compare(space, info, number, at, extracted.staged)
        rejects_changed = collect_rejects(space, self.plan, stale, info is not None)
        dropped = self.progress.dropped = self.no_longer_planned(space)
        if info is None or rejects_changed or dropped or any(one.changed for one in tables):
            self.step(number, "publish")
            facts = NextStore(
                run=number,
                at=at,
                outcome=outcome,
                identity=self.identity,
                digests=self.digests,
                rejects_changed=rejects_changed,
                hashes_hold=hashes_hold,
                dropped=dropped,
            )
            tables = build_next(space, self.paths, tables, facts)
            self.client.cancel.check()
            self.state.publishing(number)
            swap(self.paths)
            self.state.published(number)
            self.progress.changed = True
        else:
            tables = tuple(one.counted(one.counts.active_before) for one in tables)
            for one in tables:
                check_balance(one)
        self.progress.tables = tables
        self.client.events(Published(number, self.progress.changed))
        return outcome, errors

    def compare(
        self, space: Workspace, info: StoreInfo | None, number: int, at: datetime, staged: Mapping[str, Staged]
    ) -> tuple[tuple[Reconciled, ...], bool]:
        """Compute all tables that can be and compare them with the published ones."""
        hashes_hold = info is not None and info.hashes_hold
        current = {table.name: space.columns((CURRENT, "statisfy", table.name)) for table in self.plan.tables}
        fresh = [table for table in self.plan.tables if table.name not in self.progress.stale]
        moved: dict[str, int] = {}
        asking = Asking(self.client, space, self.paths.staging, self.settings.reading)
        for table in (table for table in fresh if table.kind == "record"):
            self.step(number, "check", table.name)
            looked = look_again(asking, self.plan, self.schema, table, staged, bool(current[table.name]))
            staged = spread_rejects(space, self.plan, looked.staged) if looked.moved else looked.staged
            moved[table.name] = looked.moved
            if current[table.name]:
                check_explained(space, table)
        columns: dict[str, Columns] = {}
        found: list[Reconciled] = []
        for table in fresh:
            self.client.cancel.check()
            self.step(number, "reconcile", table.name)
            columns[table.name] = compute(space, table, leaf_of(staged, columns), _own(current[table.name]))
            comparison = Comparison(table, columns[table.name], current[table.name], hashes_hold)
            if comparison.reshaped:
                comparison = comparison._replace(hashes_hold=False)
            found.append(self.reconciled(space, comparison, _rejects(table), moved.get(table.name, 0)))
        known = {**current, **columns}
        described = {name: kinds for name, kinds in known.items() if kinds}
        catalog = (
            describe_columns(space, self.plan, self.spec_text, described, self.progress.stale, at),
            list_options(space, self.plan),
        )
        found += [self.reconciled(space, comparison, _NO_REJECTS, 0) for comparison in catalog]
        self.progress.unattached = count_unattached(space, self.plan, staged, columns)
        self.progress.owners = count_owners(space, self.plan, columns)
        self.progress.tie_outs = tie_out(self.client, space, self.plan, staged)
        return tuple(found), hashes_hold

    def reconciled(self, space: Workspace, comparison: Comparison, rejects: str, moved: int) -> Reconciled:
        """Compare one table and tell of it."""
        one = reconcile(space, comparison, rejects, moved)
        counts = one.counts
        self.client.events(TableReconciled(counts.table, counts.inserted, counts.updated, counts.exits))
        return one

    def no_longer_planned(self, space: Workspace) -> tuple[str, ...]:
        """The published tables that the plan has no more."""
        planned = {table.name for table in self.plan.tables} | CATALOG
        rows = space.run(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'statisfy' ORDER BY 1",
            [CURRENT],
        )
        return tuple(name for (name,) in rows if name not in planned)

    def compare_users(self, info: StoreInfo) -> None:
        """Say when the store was made through another user's eyes."""
        if info.user_id != self.identity.user_id:
            self.notice(
                f"the store was made as {info.username}, and this run is as {self.identity.username}: what the two may"
                " see can differ"
            )

    def notice(self, message: str) -> None:
        """Tell of something that stops nothing."""
        self.progress.notices.append(message)
        self.client.events(Notice(message))

    def step(self, number: int, stage: Stage, subject: str | None = None) -> None:
        """Note and tell where the run is."""
        self.state.progress(number, stage, subject)
        self.client.events(StageStarted(stage, subject))

    def report(
        self, number: int, outcome: Outcome, errors: tuple[str, ...], started_at: datetime, seconds: float
    ) -> RunReport:
        """The report of what is known."""
        known = self.progress
        return RunReport(
            run=number,
            outcome=outcome,
            started_at=started_at,
            seconds=seconds,
            identity=self.identity,
            changed=known.changed,
            tables=tuple(one.counts for one in known.tables),
            extracts=known.extracted.reports if known.extracted else (),
            unattached=known.unattached,
            owners=known.owners,
            tie_outs=known.tie_outs,
            stale=known.stale,
            dropped=known.dropped,
            errors=errors,
            notices=tuple(known.notices),
            requests=self.client.requests,
            api_usage=self.client.usage,
        )


_NO_REJECTS = "SELECT CAST(NULL AS VARCHAR) AS key WHERE FALSE"


def _rejects(table: Table) -> str:
    """The rejected keys of a table's extracts."""
    if table.kind != "record" or not table.extracts:
        return _NO_REJECTS
    return " UNION ALL ".join(f"SELECT key FROM {rejects_of(extract)}" for extract in table.extracts)


def _own(current: Columns) -> Columns:
    return {name: kind for name, kind in current.items() if name not in LIFE}
