"""One sync: read everything the plan asks for, compute the tables, compare, and publish what changed, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from compiler.plan import Plan, Table
from compiler.relation_columns import Columns
from compiler.schema import Schema
from compiler.tables import USER_COLUMNS
from engine.absent import no_answers
from engine.by_id import Asking
from engine.catalog import describe_columns, list_options
from engine.changed_types import find_losses, given_up
from engine.choices import count_choices, count_owners
from engine.copies import has_forgotten, read_whole_at, store_serves, was_whole
from engine.depends import DECIDING, stale_tables
from engine.differences import Comparison
from engine.drift import NO_DRIFT, Drift, carry, frozen_words, lost_words
from engine.errors import LoadError, PromiseError, QuotaError, SalesforceError, UnexplainedError
from engine.events import Published, StageStarted, TableReconciled
from engine.extract import extract_all
from engine.extracted import Extracted, spread_rejects
from engine.figures import count_types, count_unattached
from engine.freshness import Freshness, Listed
from engine.guards import look_at_guards
from engine.keep_copies import CopiesToKeep
from engine.leavers import out_of
from engine.ledger import collect_rejects
from engine.life import LIFE
from engine.lifecycle import Run, RunSettings
from engine.load import Staged, all_rejected_keys
from engine.look_at_parts import look_at_parts
from engine.merges import follow_merges
from engine.org import identify
from engine.own_ids import prefixes_of
from engine.publish import NextStore, build_next, check_balance, open_next
from engine.reconcile import Reconciled, reconcile
from engine.report import AsBefore, Outcome, RunReport
from engine.salesforce.client import SalesforceClient
from engine.salesforce.manifest import asked_before, end_orphans
from engine.scope import Computing
from engine.second_look import Looked, check_explained, look_again
from engine.state import State, hold
from engine.store import StoreInfo, StorePaths, is_of
from engine.tie_out import check_sums, tie_out
from engine.wanted import leaf_of
from engine.workspace import CURRENT, Workspace

CATALOG = frozenset({"columns", "picklist_options"})


def run(
    plan: Plan,
    spec_text: str,
    client: SalesforceClient,
    store: Path,
    *,
    schema: Schema,
    settings: RunSettings | None = None,
    drift: Drift | None = None,
    runner: type[Run] | None = None,
) -> RunReport:
    """Do one sync; clock, cancel token and events are the client's.

    Args:
        plan: what to sync.
        spec_text: the spec that the plan was made from; its statements are quoted in `columns`.
        client: the connection.
        store: the published file (`statisfy.duckdb`), which need not exist.
        schema: the org's schema that the plan was made for.
        settings: how to read.
        runner: what does the work, where it is not a whole sync.
        drift: what the org no longer has of what the store holds, and the plan therefore not either.

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
            settings, drift, runner = settings or RunSettings(), drift or NO_DRIFT, runner or Sync
            return runner(plan, spec_text, client, paths, schema, settings, drift, identity, state).go()
        finally:
            state.close()


class _Basis(NamedTuple):
    """What a sync starts from: how it asks, how fresh the store is, since when what it reads is true.

    `same_plan`: the store is of this plan and this user; `serves`: its rows are the copy that this run goes by.
    """

    asking: Asking
    freshness: Freshness
    began: datetime
    same_plan: bool
    serves: bool


class Sync(Run):
    """The work of a whole sync.

    `late_failures`: the tables about whose absent rows Salesforce could not be asked, with the reason. `known`: when
    all rows of a table that are out were asked for, where that need not be done now; `told_of_all`: whether it was.
    """

    late_failures: dict[str, str]
    known: dict[str, Listed]
    told_of_all: dict[str, bool]

    def work(
        self, space: Workspace, info: StoreInfo | None, number: int, at: datetime
    ) -> tuple[Outcome, tuple[str, ...]]:
        """Read, compute, compare, publish. Raises AccordError; the published store then stands as it was."""
        self.late_failures, self.told_of_all = {}, {}
        if self.drift.stops:
            return Outcome.FAILED, self.drift.stops
        self.tell_of_drift()
        self.step(number, "extract")
        basis = self.start(space, info, at)
        extracted = self.read(space, basis, at if info is None else None)
        held = find_losses(space, self.plan, self.published(space), self.spec_text)
        frozen = tuple(one.table for one in self.drift.frozen)
        stale = stale_tables(self.plan, extracted.failed.keys(), held)
        self.progress.stale = tuple(dict.fromkeys((*stale, *frozen)))
        failed = tuple(f"{extract}: {error}" for extract, error in extracted.failed.items())
        errors = (*failed, *held.values(), *(frozen_words(one, self.spec_text) for one in self.drift.frozen))
        if DECIDING.intersection(stale):
            return (Outcome.INCOMPLETE if extracted.quota else Outcome.FAILED), errors
        scoped = basis.serves and was_whole(space) and not self.drift.lost
        scoped = scoped and (basis.freshness.known or not has_forgotten(space))
        try:
            tables, staged = self.compare(basis.asking, number, at, extracted, held, scoped=scoped)
        except (PromiseError, UnexplainedError):
            if extracted.proven:
                basis.freshness.distrust()
            raise
        self.tell_of_columns(space, tables)
        if self.late_failures:
            stale = tuple(name for name in self.progress.stale if name not in frozen)
            errors = (*(f"{table}: {error}" for table, error in self.late_failures.items()), *errors)
        errors = (*errors, *_taken_in_vain(tables))
        outcome = Outcome.INCOMPLETE if errors else Outcome.SUCCEEDED
        copies = CopiesToKeep(extracted, staged, stale, served=basis.serves, same_plan=basis.same_plan)
        rejects_changed = collect_rejects(space, self.plan, staged, stale, info is not None, frozen)
        dropped = self.progress.dropped = self.no_longer_planned(space)
        if info is not None and (limits := self.held_back(space, tables, dropped)):
            return Outcome.STOPPED, (*limits, *errors)
        if info is None or rejects_changed or dropped or any(one.changed for one in tables) or copies.changed(space):
            found = {one.counts.table for one in tables}
            unused = [place.table for place in extracted.places.values() if place.table not in found]
            facts = NextStore(
                run=number,
                at=at,
                outcome=outcome,
                identity=self.identity,
                digests=self.digests,
                rejects_changed=rejects_changed,
                copies=copies,
                dropped=(*dropped, *unused),
                anew=info is None,
                base=self.base,
                placed=extracted.placed,
            )
            tables = build_next(space, self.paths, tables, facts, partial(self.step, number))
            of_other = info is not None and not is_of(info, self.identity)
            changed = any(one.changed for one in tables)
            self.publish(number, keep=changed or bool(dropped) or bool(self.drift.renamed) or of_other)
        else:
            tables = tuple(one.counted(one.counts.active_before) for one in tables)
            for one in tables:
                check_balance(one)
        self.progress.tables = tables
        self.note(basis, number if self.progress.changed or info is None else info.run, extracted, copies, stale)
        self.client.events(Published(number, self.progress.changed))
        return outcome, errors

    def start(self, space: Workspace, info: StoreInfo | None, at: datetime) -> _Basis:
        """Find out what of the published store may serve, and what is known of its age."""
        same_plan = info is not None and store_serves(space, self.digests[1], self.identity)
        serves = same_plan and not self.settings.whole
        now = self.client.now()
        # What a run that died had asked for may be gone on with, and is as old as its question.
        began = min([at.replace(tzinfo=UTC), *asked_before(self.paths.staging, now)])
        whole_at = read_whole_at(space, self.digests[1]) if same_plan else None
        freshness = Freshness(self.paths.state, info.run if info is not None else 0, whole_at)
        looks = ((table.name, freshness.listed(out_of(table.name), now)) for table in self.plan.tables)
        self.known = {name: one for name, one in looks if one is not None and serves}
        asking = Asking(self.client, space, self.paths.staging, self.settings.reading, prefixes_of(self.schema))
        return _Basis(asking, freshness, began, same_plan, serves)

    def read(self, space: Workspace, basis: _Basis, begins: datetime | None) -> Extracted:
        """Read all extracts; `begins` is when a store began that has no rows yet, which then come where they stay."""
        if begins is not None:
            open_next(space, self.paths)
        extracted = extract_all(
            basis.asking, self.plan, self.schema, basis.freshness, serves=basis.serves, begins=begins
        )
        self.progress.extracted = extracted
        if stuck := end_orphans(self.client, self.paths.staging):
            self.notice(f"Bulk jobs of a run that died could not be deleted: {', '.join(stuck)}")
        return extracted

    def held_back(self, space: Workspace, tables: tuple[Reconciled, ...], dropped: Sequence[str]) -> tuple[str, ...]:
        """What guards say against publishing; nothing if that is confirmed."""
        guards = self.progress.guards = look_at_guards(space, self.plan, tables, dropped)
        exceeded = [one for one in guards if one.exceeded]
        if not exceeded or self.settings.confirmed:
            return ()
        self.progress.tables = tuple(one.counted(one.counts.expected_after) for one in tables)
        return tuple(f"{one.rule}, but {one.words} ({one.value}%)" for one in exceeded)

    def note(
        self, basis: _Basis, store_run: int, extracted: Extracted, copies: CopiesToKeep, stale: Collection[str]
    ) -> None:
        """Note how fresh the store of a run is now."""
        lists = {name: whole for name, whole in extracted.lists.items() if extracted.kept[name].table not in stale}
        lists |= {out_of(name): all_of for name, all_of in self.told_of_all.items() if name not in stale}
        basis.freshness.forget(name for name in extracted.kept if name not in lists)
        with self.noting("what was read could not be noted, and the next run reads all of it"):
            basis.freshness.note(store_run, basis.began, copies.volatile_read(), lists, extracted.covered)

    def look_at_absent(
        self, asking: Asking, table: Table, staged: Mapping[str, Staged], extracted: Extracted, *, published: bool
    ) -> Looked:
        """Ask what became of the rows of a record table that no extract has; return the extracts with late rows."""
        space, merge = asking.space, partial(extracted.with_late, asking.space)
        if not published:
            no_answers(space, table.name)
            return Looked(staged, 0)
        compared, known = extracted.compared_with_tables, self.known.get(table.name)
        looked = look_again(asking, self.plan, self.schema, table, staged, merge, compared, known)
        if looked.moved:
            staged = spread_rejects(space, self.plan, looked.staged, extracted.kept)
            looked = looked._replace(staged=extracted.attach_again(staged, table.name))
        check_explained(space, table, looked.staged)
        follow_merges(asking, self.schema, table, looked.staged, looked.changed)
        self.told_of_all[table.name] = not looked.as_before
        if known is not None and looked.as_before:
            self.progress.as_before.append(AsBefore(table.name, looked.as_before, known.listed_at.isoformat()))
        return looked

    def compare(
        self,
        asking: Asking,
        number: int,
        at: datetime,
        extracted: Extracted,
        held: Collection[str],
        *,
        scoped: bool,
    ) -> tuple[tuple[Reconciled, ...], Mapping[str, Staged]]:
        """Compute all tables that can be and compare them with the published ones; return the extracts as they ended.

        A table that nothing else needs, and about whose absent rows Salesforce cannot be asked, becomes stale.
        `held` are tables that are stale for another reason; `scoped`: what no change touches need not be computed.
        """
        space = asking.space
        staged, late = look_at_parts(asking, self.plan, extracted)
        if late:
            self.notice(f"{late} rows that accounts are calculated from came while the run read")
        current = self.published(space)
        staged, moved = self.look_at_tables(asking, number, staged, extracted, current, held)
        computing = Computing(space, staged, extracted.kept, extracted.compared, current, scoped=scoped)
        found = self.compute_all(computing, number, moved)
        known = {**current, **computing.columns}
        described = {name: kinds for name, kinds in known.items() if kinds}
        catalog = (
            describe_columns(space, self.plan, self.spec_text, described, self.progress.stale, at, self.drift),
            list_options(space, self.plan, self.drift),
        )
        found += [self.reconciled(space, comparison, all_rejected_keys(()), 0) for comparison in catalog]
        rows = {one.counts.table: one.counts.wanted for one in found}
        self.count_types(space, next(one.comparison for one in found if one.counts.table == "accounts"))
        self.count_parts(computing, rows, at, extracted.in_part)
        return tuple(found), staged

    def look_at_tables(
        self,
        asking: Asking,
        number: int,
        staged: Mapping[str, Staged],
        extracted: Extracted,
        current: Mapping[str, Columns],
        held: Collection[str],
    ) -> tuple[Mapping[str, Staged], Mapping[str, int]]:
        """Look at the absent rows of all record tables; return the extracts, and how many rows of each table moved."""
        moved: dict[str, int] = {}
        failed = set(extracted.failed)
        for table in (table for table in self.plan.tables if table.kind == "record"):
            if table.name in self.progress.stale:
                continue
            self.step(number, "check", table.name)
            try:
                looked = self.look_at_absent(asking, table, staged, extracted, published=bool(current[table.name]))
            except QuotaError:
                raise
            except (SalesforceError, LoadError) as error:
                failed |= set(table.extracts)
                stale = stale_tables(self.plan, failed, held)
                if DECIDING.intersection(stale):
                    raise
                self.progress.stale = tuple(dict.fromkeys((*stale, *(one.table for one in self.drift.frozen))))
                self.late_failures[table.name] = str(error)
                continue
            staged, moved[table.name] = looked.staged, looked.moved
        return staged, moved

    def compute_all(self, computing: Computing, number: int, moved: Mapping[str, int]) -> list[Reconciled]:
        """Compute every table that is not stale and compare it with the published one."""
        found: list[Reconciled] = []
        for table in (table for table in self.plan.tables if table.name not in self.progress.stale):
            self.client.cancel.check()
            self.step(number, "reconcile", table.name)
            comparison = carry(computing.space, computing.compute(table, _rejects(table)), self.drift.lost)
            computing.columns[table.name] = comparison.columns
            found.append(self.reconciled(computing.space, comparison, _rejects(table), moved.get(table.name, 0)))
            computing.reconciled(comparison)
        return found

    def count_types(self, space: Workspace, accounts: Comparison) -> None:
        """Count the accounts of each type; say once which has none, or none any more: its filter may be misspelt."""
        self.progress.types = count_types(space, accounts)
        first = not any(one.before for one in self.progress.types)
        for one in self.progress.types:
            if not one.accounts and (first or one.before):
                was = f"; {one.before:,} had before this run" if one.before else ""
                self.notice(f"no account has the type {one.type}{was}")

    def count_parts(
        self, computing: Computing, rows: Mapping[str, int], at: datetime, in_part: Collection[str]
    ) -> None:
        """Count what the report breaks down, and hold the sums against Salesforce's own."""
        space, staged = computing.space, computing.staged
        find = leaf_of(staged, computing.columns)
        self.progress.unattached = count_unattached(space, self.plan, staged, computing.columns, rows, in_part)
        self.progress.owners = count_owners(space, self.plan, find)
        self.progress.choices = count_choices(space, self.plan, find)
        self.progress.tie_outs = tie_out(self.client, space, self.plan, self.schema, staged, find, at, in_part)
        check_sums(self.progress.tie_outs)

    def reconciled(self, space: Workspace, comparison: Comparison, rejects: str, moved: int) -> Reconciled:
        """Compare one table and tell of it."""
        one = reconcile(space, comparison, rejects, moved)
        counts = one.counts
        self.client.events(TableReconciled(counts.table, counts.inserted, counts.updated, counts.exits))
        return one

    def tell_of_drift(self) -> None:
        """Say which columns the org has nothing for any more."""
        lost = {(one.table, one.column) for one in self.drift.lost}
        for one in self.drift.lost:
            self.notice(lost_words(one, self.spec_text))
        seen = {column.name for column in self.plan.table("users").columns}
        for column, field, _, _ in USER_COLUMNS:
            if column not in seen and ("users", column) not in lost:
                self.notice(f"users.{column} is not there: User.{field} is not visible to this user")

    def tell_of_columns(self, space: Workspace, tables: tuple[Reconciled, ...]) -> None:
        """Say which columns are new, dropped or of another type, and which lose values: not of a table that stays."""
        lost = {(one.table, one.column) for one in self.drift.lost}
        planned = {table.name: table.columns for table in self.plan.tables}
        found = {one.comparison.table.name: one.comparison.current for one in tables}
        for table, columns in planned.items():
            before = found.get(table)
            if before is None:  # it stays as it is
                continue
            now = {column.name for column in columns}
            new = [name for name in now if name not in before]
            old = [name for name in before if name not in now and name not in LIFE and (table, name) not in lost]
            for name, kind in ((one.name, one.type.kind) for one in columns if not one.derived and one.name in before):
                if {kind, before[name].kind} not in ({kind}, {"text", "id"}):
                    self.notice(f"{table}.{name} changed its type from {before[name].kind} to {kind}")
            if before and new:
                self.notice(f"{table}: new columns {', '.join(sorted(new))}")
            if old:
                self.notice(f"{table}: columns {', '.join(old)} are no longer brought by the spec, and dropped")
        for comparison in (one.comparison for one in tables):
            for words in given_up(space, comparison.table, comparison.current, comparison.wanted, self.spec_text):
                self.notice(words)

    def no_longer_planned(self, space: Workspace) -> tuple[str, ...]:
        """The published tables that the plan has no more."""
        planned = {table.name for table in self.plan.tables} | {one.table for one in self.drift.frozen} | CATALOG
        rows = space.run(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'statisfy' ORDER BY 1",
            [CURRENT],
        )
        return tuple(name for (name,) in rows if name not in planned)


def _taken_in_vain(tables: Iterable[Reconciled]) -> tuple[str, ...]:
    """What is said of tables of which every row was rejected: an empty table is no success."""
    lost = (one.counts for one in tables if one.counts.rejected and not one.counts.wanted)
    return tuple(f"{one.table}: all {one.rejected} rows were rejected: see accord.rejects" for one in lost)


def _rejects(table: Table) -> str:
    """The rejected keys of a table's extracts."""
    return all_rejected_keys(table.extracts if table.kind == "record" else ())
