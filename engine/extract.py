"""All extracts of a plan, read and staged; what fails is noted and the others go on.

First every extract is asked for, three at a time: in full, or its match list where the copy serves. Then, parents
before children, the rows that the copy lacks are fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from threading import Event, Lock

from compiler.plan import Extract, Plan
from compiler.probe import match_list_query
from compiler.relation_columns import Columns
from compiler.schema import Schema
from compiler.stable_filter import holds_still
from engine.by_id import Asking
from engine.changes import list_by_changes, list_children, new_parents
from engine.clock import CancelToken
from engine.copies import STAMP, Kept, copy_view, open_copy, where_kept
from engine.errors import BrokenAnswerError, CancelledError, LoadError, QuotaError, RefusedError, SalesforceError
from engine.events import StageStarted
from engine.extracted import Extracted, spread_rejects
from engine.fetch import fetch
from engine.file_names import file_name
from engine.freshness import Freshness
from engine.in_place import places_of
from engine.load import Staged, count_rejected, rejected_keys, rejects_of
from engine.match_list import (
    assemble,
    compare,
    compare_whole,
    drop_rows,
    drop_stray,
    note_parents,
    part,
)
from engine.not_come import ask_again, take_unlisted
from engine.report import ExtractReport
from engine.salesforce.pages import Pages
from engine.whole import Question, load_whole
from engine.wide import read_rows
from grammar.soql_tree import FieldPath, SelectItem

AT_ONCE = 3


def extract_all(
    asking: Asking,
    plan: Plan,
    schema: Schema,
    freshness: Freshness,
    *,
    serves: bool,
    begins: datetime | None = None,
) -> Extracted:
    """Read and stage every extract of a plan; `serves`: the published store may be used as the copy.

    `begins` is the time of a run that publishes first: the next store is open, and rows may be loaded into it.

    `freshness` knows when columns that move no stamp, and when match lists, were last read of every row, and which rows
    may have changed under their stamp; what is due is read again.

    A quota that is used up ends the reading: the rest is noted as not read. Raises SignInError, CancelledError and
    DiskError; all else that goes wrong with one extract is in its report.
    """
    return _Extraction(asking, plan, schema, freshness, serves, begins).go()


class _Extraction:
    """The reading of one run."""

    def __init__(
        self,
        asking: Asking,
        plan: Plan,
        schema: Schema,
        freshness: Freshness,
        serves: bool,
        begins: datetime | None,
    ) -> None:
        self.asking, self.plan, self.schema, self.space = asking, plan, schema, asking.space
        self.freshness = freshness
        self.kept = where_kept(plan)
        self.places = places_of(plan, self.kept, begins) if begins is not None else {}
        self.copied: dict[str, Columns] = {}
        if serves:
            for name, kept in self.kept.items():
                columns = open_copy(self.space, kept)
                if columns is not None:
                    self.copied[name] = columns
        self.copied_rows = {
            name: int(self.space.value(f"SELECT count(*) FROM {copy_view(self.kept[name])}")) for name in self.copied
        }
        now = asking.client.now()
        copied = [e for e in plan.extracts if e.id in self.copied]
        self.listed: dict[str, Columns] = {e.id: _listed(e, volatile=freshness.due(e.id, now)) for e in copied}
        self.by_changes = {
            e.id: known
            for e in copied
            if self.large_and_still(e) and (known := freshness.listed(e.id, now)) is not None
        }
        self.by_list = {e.id for e in copied if e.mode == "census" or e.id in self.by_changes}
        self.staged: dict[str, Staged] = {}
        self.reports: dict[str, ExtractReport] = {}
        self.covered: dict[str, datetime] = {}
        self.compared: set[str] = set()
        self.noted: set[str] = set()
        self.parents = {kept.link.parent for kept in self.kept.values() if kept.link is not None}
        self.quota: str | None = None
        self.fatal: BaseException | None = None
        self.ending = Lock()

    def large_and_still(self, extract: Extract) -> bool:
        """Whether what changed since the last run tells all about an extract's rows, and its list is long."""
        if self.copied_rows[extract.id] <= self.asking.reading.list_rows:
            return False
        listed = self.listed[extract.id]
        if STAMP not in listed or any(c.volatile for c in extract.columns if c.name in listed):
            return False
        return holds_still(extract.object, self.plan.filter(extract.filter).condition, self.schema)

    def go(self) -> Extracted:
        """Ask, load, fetch."""
        self.ask_all()
        for table in self.plan.tables:
            ids = [extract for extract in table.extracts if self.kept[extract].table == table.name]
            for extract in ids:
                self.complete(extract)
            kept = [self.kept[extract] for extract in ids]
            links = {one.link.parent for one in kept if one.link is not None}
            there = bool(ids) and links <= self.noted and all(extract in self.staged for extract in ids)
            if there and table.name in self.parents:
                note_parents(self.space, table.name, kept, [self.staged[extract] for extract in ids])
                self.noted.add(table.name)
        for one in self.plan.extracts:
            self.complete(one.id)
        staged = spread_rejects(self.space, self.plan, self.staged, self.kept)
        reports = tuple(self.reports[extract.id] for extract in self.plan.extracts)
        compared = frozenset(self.compared)
        whole = {extract.id: frozenset(self.columns_asked(extract)) for extract in self.plan.extracts}
        proven = {name: known.listed_at for name, known in self.by_changes.items()}
        covered = {name: at for name, at in self.covered.items() if name in proven}
        quota, again = self.quota is not None, self.attach_again
        return Extracted(
            staged, reports, quota, self.kept, self.copied, compared, whole, proven, covered, self.places, again
        )

    def ask_all(self) -> None:
        """Ask for every extract, and load what comes in the plan's order.

        What ends the run ends the waiting of all threads: nobody will use what they wait for. Jobs that are at work are
        left to their manifests, so that a later run can go on with them.
        """
        stop = Event()
        with (
            self.asking.client.cancelled_together() as others,
            ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read") as pool,
        ):
            try:
                waiting = [
                    (extract, pool.submit(self.read_beside, extract, stop, others))
                    for extract in self.plan.extracts
                    if extract.id not in self.by_changes
                ]
                for extract in self.plan.extracts:
                    if extract.id in self.by_changes:
                        self.take_changes(extract, stop)
                for extract, future in waiting:
                    self.take(extract, future.result)
                    if self.quota is not None:
                        stop.set()
            except BaseException as error:
                self.end(error, others)
                pool.shutdown(wait=False, cancel_futures=True)
                if isinstance(error, CancelledError) and self.fatal is not None:
                    # What was called away says so, and not what for.
                    raise self.fatal from None
                raise

    def end(self, error: BaseException, others: CancelToken) -> None:
        """Have all threads end for an error that ends the run; the run ends with the first one."""
        with self.ending:
            if self.fatal is None:
                self.fatal = error
        others.cancel()

    def read_beside(self, extract: Extract, stop: Event, others: CancelToken) -> Pages | None:
        """The same as `read`, in a thread of its own."""
        try:
            return self.read(extract, stop)
        except (SalesforceError, LoadError):
            raise
        except BaseException as error:
            self.end(error, others)
            raise

    def read(self, extract: Extract, stop: Event) -> Pages | None:
        """Ask for one extract; None if reading was to stop before."""
        if stop.is_set():
            return None
        try:
            return self.ask_for(extract)
        except QuotaError:
            stop.set()
            raise

    def ask_for(self, extract: Extract) -> Pages:
        """Ask the first question about an extract."""
        client = self.asking.client
        client.cancel.check()
        client.events(StageStarted("extract", extract.id))
        columns = self.columns_asked(extract)
        query = match_list_query(extract, tuple(columns)) if extract.id in self.by_list else extract.fetch
        return read_rows(
            client,
            query,
            self.asking.folder,
            file_name(extract.id),
            reading=self.asking.reading,
            expected=self.copied_rows.get(extract.id),
        )

    def columns_asked(self, extract: Extract) -> Columns:
        """The columns of the first question about an extract."""
        if extract.id in self.by_list:
            return self.listed[extract.id]
        return extract.types

    def take_changes(self, extract: Extract, stop: Event) -> None:
        """Make an extract's match list of what changed; where Salesforce does not tell, read it after all."""
        if stop.is_set():
            self.fail(extract.id, f"not read: {self.quota}")
            return
        sobject = self.schema.object(extract.object)
        binned = sobject is not None and sobject.field("IsDeleted") is not None
        known = self.by_changes[extract.id]
        self.asking.client.events(StageStarted("extract", extract.id))
        try:
            loaded, self.covered[extract.id] = list_by_changes(
                self.asking,
                self.kept[extract.id],
                self.copied[extract.id],
                self.listed[extract.id],
                known.read_at,
                binned,
            )
        except (SalesforceError, LoadError) as error:
            if isinstance(error, RefusedError | BrokenAnswerError) and not isinstance(error, QuotaError):
                del self.by_changes[extract.id]
                self.take(extract, partial(self.read, extract, stop))
                return
            self.fail(extract.id, str(error))
            if isinstance(error, QuotaError):
                self.quota = error.message
                stop.set()
            return
        self.staged[extract.id] = loaded
        self.reports[extract.id] = ExtractReport(
            extract.id,
            extract.object,
            "rest",
            loaded.read,
            loaded.duplicates,
            loaded.rejected,
            proven_at=known.listed_at.isoformat(),
            table=self.table_of(extract.id),
        )

    def take(self, extract: Extract, obtain: Callable[[], Pages | None]) -> None:
        """Load what came for an extract."""
        try:
            pages = obtain()
            if pages is None:
                self.fail(extract.id, f"not read: {self.quota}")
                return
            name = f"{extract.id}(list)" if extract.id in self.by_list else extract.id
            again = partial(self.ask_for, extract)
            place = self.places.get(extract.id) if pages.rows >= self.asking.reading.in_place_rows else None
            question = Question(extract.id, extract.fetch)
            pages, loaded = load_whole(self.asking, question, name, self.columns_asked(extract), pages, again, place)
        except (SalesforceError, LoadError) as error:
            self.fail(extract.id, str(error))
            if isinstance(error, QuotaError):
                self.quota = error.message
            return
        self.staged[extract.id] = loaded
        self.reports[extract.id] = ExtractReport(
            extract.id,
            extract.object,
            pages.transport,
            loaded.read,
            loaded.duplicates,
            loaded.rejected,
            table=self.table_of(extract.id),
        )

    def fail(self, extract: str, message: str) -> None:
        """Note that an extract could not be read."""
        self.staged.pop(extract, None)
        known = self.plan.extract(extract)
        self.reports[extract] = ExtractReport(
            extract, known.object, None, 0, 0, 0, message, table=self.table_of(extract)
        )

    def table_of(self, extract: str) -> str | None:
        """The name of the table that shows an extract's rows, if one does."""
        table = self.plan.shown_by(extract)
        return None if table is None else table.name

    def complete(self, extract: str) -> None:
        """Bring an extract that was asked for to its whole, once its parents are known."""
        if extract in self.compared or extract not in self.staged:
            return
        kept = self.kept[extract]
        if extract not in self.by_list:
            self.drop_stray(kept)
        if extract not in self.copied:
            return
        if kept.link is not None and kept.link.parent not in self.noted:
            self.fail(extract, f"not read: {kept.link.parent} could not be read")
            return
        try:
            if extract in self.by_list:
                self.fetch_lacking(kept)
            else:
                compare_whole(self.space, kept, self.copied[extract], self.staged[extract])
        except (SalesforceError, LoadError) as error:
            self.fail(extract, str(error))
            if isinstance(error, QuotaError):
                self.quota = error.message
            return
        self.compared.add(extract)

    def drop_stray(self, kept: Kept) -> None:
        """Leave out the rejects of an extract that was read whole which hang on nothing that is in."""
        name = kept.extract.id
        if kept.link is not None and kept.link.parent in self.noted and self.staged[name].rejected:
            stray = drop_stray(self.space, kept, name)
            rejected = count_rejected(self.space, rejected_keys(name))
            self.staged[name] = self.staged[name]._replace(rejected=rejected, stray=stray)
            self.reports[name] = replace(self.reports[name], rejected=rejected)

    def attach_again(self, staged: Mapping[str, Staged], table: str) -> Mapping[str, Staged]:
        """The extracts with the children of a table attached to the rows that it has now."""
        self.staged = dict(staged)
        waiting = [table]
        while waiting:
            parent = waiting.pop()
            own = [kept for kept in self.kept.values() if kept.table == parent and kept.extract.id in self.staged]
            if not own:
                continue
            note_parents(self.space, parent, own, [self.staged[kept.extract.id] for kept in own])
            for kept in self.kept.values():
                name = kept.extract.id
                if kept.link is None or kept.link.parent != parent or name not in self.compared & self.staged.keys():
                    continue
                self.compared.discard(name)
                self.complete(name)
                if name not in self.staged:
                    raise LoadError(f"{name}: {self.reports[name].error}")
                if kept.table in self.parents:
                    waiting.append(kept.table)
        return self.staged

    def fetch_lacking(self, kept: Kept) -> None:
        """Fetch what the copy lacks of an extract whose match list is loaded."""
        name, listed = kept.extract.id, self.listed[kept.extract.id]
        self.asking.client.events(StageStarted("compare", name))
        if name in self.by_changes and kept.link is not None and (parents := new_parents(self.space, kept)):
            list_children(self.asking, kept, listed, parents)
        lacking = compare(self.space, kept, listed, self.freshness.settled(name))
        self.asking.client.events(StageStarted("fetch", name))
        fetched = fetch(self.asking, kept, lacking)
        self.space.run(f"CREATE OR REPLACE TABLE {rejects_of(name)} AS SELECT * FROM {fetched.rejects}")
        fetched = ask_again(self.asking, kept, listed, self.staged[name], fetched)
        types = assemble(self.space, kept, self.copied[name], listed, fetched)
        types, stray = take_unlisted(self.asking, kept, self.staged[name]._replace(columns=types))
        rejected = count_rejected(self.space, rejected_keys(name))
        if rejected:
            drop_rows(self.space, kept, f"SELECT key FROM {rejects_of(name)}")
        before = self.staged[name]
        rows = self.space.value(f"SELECT count(*) FROM {part(name, 'list')}")
        read = before.read + fetched.read
        self.staged[name] = Staged(
            name, types, read, rows, before.duplicates + fetched.duplicates, rejected, part(name, "list"), stray=stray
        )
        self.reports[name] = replace(
            self.reports[name],
            rows=read,
            duplicates=before.duplicates + fetched.duplicates,
            rejected=rejected,
        )


def _listed(extract: Extract, *, volatile: bool) -> Columns:
    """The columns of an extract's match list; `volatile`: with all columns that move no stamp."""
    names = {
        item.value.text
        for item in extract.census.select
        if isinstance(item, SelectItem) and isinstance(item.value, FieldPath)
    }
    return {
        column.name: column.type for column in extract.columns if column.name in names or (volatile and column.volatile)
    }
