"""A run from its beginning to its end, whatever it does in between: its lock, its number, its notes, its report."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from compiler.digest import document_digest, meaning_digest
from compiler.plan import Plan
from compiler.record_id import to_18
from compiler.relation_columns import Columns
from compiler.schema import Schema
from engine.drift import NO_DRIFT, Drift
from engine.errors import AccordError, AlreadyRunningError, DiskError, QuotaError
from engine.events import Notice, Stage, StageStarted
from engine.extracted import Extracted
from engine.identity import Identity
from engine.reconcile import Reconciled
from engine.rename_published import rename_published
from engine.report import (
    AsBefore,
    ChoiceReport,
    GuardReport,
    Outcome,
    OwnerReport,
    RunReport,
    TieOut,
    TypeReport,
    Unattached,
)
from engine.salesforce.client import SalesforceClient
from engine.salesforce.given_up import notes
from engine.salesforce.manifest import has_jobs
from engine.salesforce.read import Reading
from engine.state import State
from engine.store import (
    StoreInfo,
    StorePaths,
    attach_published,
    check_owner,
    is_of,
    make_staging,
    move_foreign_wal,
    remove_leftovers,
    swap,
)
from engine.workspace import CURRENT, Workspace, no_memory

# Python's own words; it has no class of its own for it.
_NO_THREAD = "can't start new thread"
# Of the newest runs so many are looked at for one that published.
REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a run reads, and what it may do.

    `memory` is what tables in work may take before they go to disk (None: DuckDB's own choice). `confirmed` lets it
    pass its guards, `adopt` starts anew where the store holds another org's rows. `whole` reads and computes all of
    it, whatever the copy has.
    `account` is the 18-character Id of the one account that a refresh is about.
    """

    reading: Reading = field(default_factory=Reading)
    memory: str | None = "1GB"
    confirmed: bool = False
    adopt: bool = False
    account: str | None = None
    whole: bool = False


@dataclass(slots=True)
class Progress:
    """What is known so far; the report is made of it whenever the run ends."""

    tables: tuple[Reconciled, ...] = ()
    extracted: Extracted | None = None
    unattached: tuple[Unattached, ...] = ()
    types: tuple[TypeReport, ...] = ()
    owners: tuple[OwnerReport, ...] = ()
    choices: tuple[ChoiceReport, ...] = ()
    tie_outs: tuple[TieOut, ...] = ()
    guards: tuple[GuardReport, ...] = ()
    as_before: list[AsBefore] = field(default_factory=list)
    stale: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    changed: bool = False
    notices: list[str] = field(default_factory=list)


class Run(ABC):
    """One run: what frames its work. What the work consists of is each kind's own."""

    def __init__(
        self,
        plan: Plan,
        spec_text: str,
        client: SalesforceClient,
        paths: StorePaths,
        schema: Schema,
        settings: RunSettings,
        drift: Drift,
        identity: Identity,
        state: State,
    ) -> None:
        self.plan, self.spec_text, self.client, self.paths = plan, spec_text, client, paths
        self.schema, self.settings, self.drift = schema, settings, drift
        self.identity, self.state = identity, state
        self.progress = Progress()
        self.base: Path | None = None
        self.digests = (document_digest(plan), meaning_digest(plan))

    def go(self) -> RunReport:
        """Begin, work, and note the end, whatever it is."""
        aside = move_foreign_wal(self.paths)
        if aside is not None:
            self.notice(f"a write-ahead log of another program lay beside the store and was moved to {aside.name}")
        # Pages that a run that died downloaded may be whole: whoever asks for them again decides.
        remove_leftovers(self.paths, pages=False)
        make_staging(self.paths)
        space = Workspace(self.paths.staging, self.settings.memory)
        try:
            info = published = attach_published(space, self.paths)
            if self.drift is not NO_DRIFT and self.drift.store_run != (info.run if info is not None else None):
                raise AlreadyRunningError(
                    f"another run published {self.paths.store} while the spec was compared with it", hint="run again"
                )
            if info is None and (known := [one.run for one in self.state.last(REMEMBERED) if one.published]):
                kept = "; `accord rollback` brings back the one before" if self.paths.previous.exists() else ""
                self.notice(
                    f"the store of run {known[0]} is not there any more: this run starts anew, and has nothing to"
                    f" compare with{kept}"
                )
            if info is not None and self.settings.adopt and not is_of(info, self.identity):
                self.notice(
                    f"the store held the {info.instance_kind} org {info.organization_id}; this run starts a new"
                    f" baseline, and {self.paths.previous.name} keeps what was"
                )
                space.detach(CURRENT)
                info = None
            if info is not None:
                check_owner(info, self.identity, self.paths)
                self.compare_users(info)
                info = self.renamed(space, info)
            return self.begun(space, info, published)
        finally:
            space.close()
            # Jobs that a run was called away from are gone on with, or ended, by the next one. That one also says what
            # cannot be removed: here it would hide how the run ended.
            staging = self.paths.staging
            with suppress(DiskError):
                remove_leftovers(self.paths, pages=not has_jobs(staging), but=notes(staging))

    def begun(self, space: Workspace, info: StoreInfo | None, published: StoreInfo | None) -> RunReport:
        """Work under a run number of its own, above that of the published store. `info`: of what it goes on from."""
        started_at = self.client.now().replace(microsecond=0)
        since = self.client.clock.monotonic()
        for died in self.state.settle(started_at, published):
            self.notice(
                f"run {died} did not end by itself, or could not note it; the store is as it published it, or as it was"
                " before"
            )
        self.state.forget_old(started_at)
        number = self.state.begin(
            started_at,
            plan=self.digests[0],
            meaning=self.digests[1],
            organization_id=self.identity.organization_id,
            user_id=self.identity.user_id,
            above=published.run if published is not None else 0,
        )
        outcome = Outcome.FAILED
        errors: tuple[str, ...] = ("the run ended with an error of Accord's own",)
        try:
            outcome, errors = self.work(space, info, number, started_at.replace(tzinfo=None))
            if outcome is Outcome.SUCCEEDED and self.settings.account is None:
                with self.noting("the pause of the schedule could not be ended"):
                    self.end_pause()
        except QuotaError as error:
            outcome, errors = Outcome.INCOMPLETE, (str(error),)
        except AccordError as error:
            outcome, errors = Outcome.FAILED, (str(error),)
        except OSError as error:
            # Of the network's there are none here: the client has words of its own for those.
            errors = (f"{error.filename or self.paths.staging} cannot be read or written: {error.strerror or error}",)
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and _NO_THREAD not in str(error):
                raise
            errors = (str(no_memory(error)),)
        finally:
            seconds = self.client.clock.monotonic() - since
            report = self.noted(self.report(number, outcome, errors, started_at, seconds))
        return report

    def end_pause(self) -> None:
        """Let the schedule go on: somebody started this run after a rollback, and all is well again."""
        if self.state.paused() is not None:
            self.state.resume()
            self.notice("the schedule, which was paused by a rollback, goes on")

    def publish(self, number: int, *, keep: bool) -> None:
        """Put the next store, which is whole, in the published one's place; `keep` that one, to go back to.

        One whose tables are the same is not kept: a rollback would bring nothing back, and could not go further.

        Raises DiskError, and CancelledError.
        """
        self.client.cancel.check()
        self.state.publishing(number)
        swap(self.paths, keep=keep)
        self.progress.changed = True

    @contextmanager
    def noting(self, lost: str) -> Iterator[None]:
        """Note something in the state file.

        Once the store is published, what keeps it from being noted is told, after the words for what is `lost`, and
        decides nothing: the run's outcome is in the store.
        """
        try:
            yield
        except AccordError as error:
            if not self.progress.changed:
                raise
            self.notice(f"{lost}: {error}")

    def noted(self, report: RunReport) -> RunReport:
        """Note the end in the state file; return the report, which also tells where that cannot be done."""
        message = report.errors[0] if report.errors else None
        document, changed = report.to_document(), report.changed
        try:
            with self.noting("how the run ended could not be noted"):
                self.state.finish(report.run, self.client.now(), report.outcome, message, document, published=changed)
        except AccordError as error:
            outcome = Outcome.INCOMPLETE if report.outcome is Outcome.SUCCEEDED else report.outcome
            return replace(report, outcome=outcome, errors=(*report.errors, str(error)))
        return replace(report, notices=tuple(self.progress.notices))

    @abstractmethod
    def work(
        self, space: Workspace, info: StoreInfo | None, number: int, at: datetime
    ) -> tuple[Outcome, tuple[str, ...]]:
        """Read, compute, compare, publish. Raises AccordError; the published store then stands as it was."""

    def published(self, space: Workspace) -> dict[str, Columns]:
        """The published columns of the planned tables; none for a table that is new."""
        return {table.name: space.columns((CURRENT, "statisfy", table.name)) for table in self.plan.tables}

    def renamed(self, space: Workspace, info: StoreInfo) -> StoreInfo | None:
        """Have the store's tables and columns under the names that the spec gives them now."""
        if not self.drift.renamed:
            return info
        for words in self.drift.renamed.words:
            self.notice(words)
        info_of_copy, self.base = rename_published(space, self.paths, self.drift.renamed)
        return info_of_copy

    def compare_users(self, info: StoreInfo) -> None:
        """Say when the store was made through another user's eyes."""
        if to_18(info.user_id) != self.identity.user_id:
            before, now = info.username, self.identity.username
            if before == now:
                before, now = (f"{one} ({key})" for one, key in ((before, info.user_id), (now, self.identity.user_id)))
            self.notice(f"the store was made as {before}, and this run is as {now}: what the two may see can differ")

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
            types=known.types,
            owners=known.owners,
            choices=known.choices,
            tie_outs=known.tie_outs,
            guards=known.guards,
            as_before=tuple(known.as_before),
            stale=known.stale,
            dropped=known.dropped,
            errors=errors,
            notices=tuple(known.notices),
            requests=self.client.requests,
            api_usage=self.client.usage,
        )
