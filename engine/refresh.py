"""`accord run --account ID`: one account brought up to date, with what hangs on it, at the cost of a few requests.

All rows of the account are read anew, and those of other accounts stay as they are. The copy that later runs compare
with does not know of it, so that the next whole run reads everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from compiler.duckdb_functions import quote_name, quote_text
from compiler.plan import Extract, Plan, Table
from compiler.probe import linked_query
from compiler.record_id import is_record_id, to_18
from compiler.relation import Assign, Col, ColumnType, Extracted, Relation, Select
from compiler.relation_columns import Columns, inputs_of
from compiler.schema import Schema
from engine.absent import ask_rows, ask_status, no_answers
from engine.by_id import Asking, IdQuestion, ask, rows_of
from engine.copies import Kept, is_store_of, where_kept
from engine.differences import Comparison
from engine.drift import Drift
from engine.errors import ConfigurationError
from engine.file_names import file_name
from engine.guards import look_at_guards
from engine.ledger import merge_rejects
from engine.life import LIFE
from engine.lifecycle import Run, RunSettings
from engine.load import Staged, all_rejected_keys, load, rejects_of
from engine.match_list import drop_stray, parents_of
from engine.merges import follow_merges
from engine.own_ids import prefixes_of
from engine.publish import NextStore, build_next
from engine.reconcile import Reconciled, reconcile
from engine.report import Outcome, RunReport
from engine.rows import create_from
from engine.run import run
from engine.salesforce.client import SalesforceClient
from engine.store import StoreInfo
from engine.wanted import compute, leaf_of
from engine.wide import read_rows
from engine.workspace import CURRENT, WORK, Workspace, name_of

_KEY: Columns = {"key": ColumnType("id")}


def refresh(
    plan: Plan,
    spec_text: str,
    client: SalesforceClient,
    store: Path,
    account: str,
    *,
    schema: Schema,
    settings: RunSettings | None = None,
    drift: Drift | None = None,
) -> RunReport:
    """Bring one account up to date; the arguments are those of `run`, and the account's Id, 15 or 18 characters.

    Raises NotStartedError for what is no account's Id, and as `run` does.
    """
    if not is_record_id(account) or not account.startswith("001"):
        raise ConfigurationError(
            f"`{account}` is no account's Id", hint="it has 15 or 18 letters and digits, and begins with 001"
        )
    settings = replace(settings or RunSettings(), account=to_18(account))
    return run(plan, spec_text, client, store, schema=schema, settings=settings, drift=drift, runner=Refresh)


class Refresh(Run):
    """A run for one account."""

    def work(
        self, space: Workspace, info: StoreInfo | None, number: int, at: datetime
    ) -> tuple[Outcome, tuple[str, ...]]:
        """Read the account's rows, compare them with the published ones, publish."""
        self.step(number, "extract")
        if info is None:
            return Outcome.FAILED, (
                "there is no store yet in which an account could be refreshed; run without --account",
            )
        if self.drift.lost or self.drift.frozen or self.drift.stops:
            return Outcome.FAILED, ("the org's schema changed since the last run; run without --account first",)
        if self.drift.renamed:
            return Outcome.FAILED, (
                "labels in the spec, or names in the org, changed since the last run; run without --account first",
            )
        if lacking := [name for name, columns in self.published(space).items() if not columns]:
            return Outcome.FAILED, (f"the store has no table {', '.join(lacking)}; run without --account first",)
        if not is_store_of(space, self.digests[1]):
            return Outcome.FAILED, (
                "the spec or the org's schema changed since the last run; run without --account first",
            )
        # An account's rows are a few of an object's, however many they are.
        by_id = replace(self.settings.reading, by_id=10**9)
        asking = Asking(self.client, space, self.paths.staging, by_id, prefixes_of(self.schema))
        assert self.settings.account is not None
        reading = _Reading(asking, self.plan, self.settings.account)
        if reading.by_value:
            return Outcome.FAILED, (
                f"{', '.join(sorted(reading.by_value))}: rows that find their account by a value need all accounts; run"
                " without --account",
            )
        if reading.by_several:
            return Outcome.FAILED, (
                f"{', '.join(sorted(reading.by_several))}: the spec reaches its rows by two links, which are not"
                " one account's; run without --account",
            )
        staged = reading.read()
        tables = self.compared(asking, reading, staged, number)
        accounts = next(one.comparison for one in tables if one.comparison.table.name == "accounts")
        if not space.value(f"SELECT count(*) FROM {accounts.touched}"):
            self.notice(f"{self.why_nowhere(asking)}: there was nothing to refresh")
        guards = self.progress.guards = look_at_guards(space, self.plan, tables, ())
        if (exceeded := [one for one in guards if one.exceeded]) and not self.settings.confirmed:
            self.progress.tables = tuple(one.counted(one.counts.expected_after) for one in tables)
            return Outcome.STOPPED, tuple(f"{one.rule}, but {one.words} ({one.value}%)" for one in exceeded)
        rejects_changed = merge_rejects(space, self.plan, self.refreshed(tables))
        if rejects_changed or any(one.changed for one in tables):
            facts = NextStore(
                number, at, Outcome.SUCCEEDED, self.identity, ("", ""), rejects_changed=rejects_changed, dropped=()
            )
            tables = build_next(space, self.paths, tables, facts, partial(self.step, number))
            self.publish(number, keep=any(one.changed for one in tables))
        else:
            tables = tuple(one.counted(one.counts.active_before) for one in tables)
        self.progress.tables = tables
        return Outcome.SUCCEEDED, ()

    def why_nowhere(self, asking: Asking) -> str:
        """Why no filter takes the account that was asked for, and no table has it."""
        account = self.settings.account or ""
        there = ask_rows(asking, self.schema.objects["account"], [account], "accounts(nowhere)")
        if not there.rows:
            return f"Salesforce has no account {account}, or this user may not see it"
        rows = f"SELECT count(*) FROM {name_of(*there.leaf.name)}"
        if "IsDeleted" in there.columns and asking.space.value(f'{rows} WHERE "IsDeleted"'):
            return f"{account} is in Salesforce's bin, and no table has it"
        return f"Salesforce has {account}, and no filter takes it"

    def refreshed(self, tables: Sequence[Reconciled]) -> dict[str, str]:
        """For each table that is not read whole, a SELECT of the keys of its rows that were read (`key`)."""
        keys = {
            one.comparison.table.name: f"SELECT key FROM {one.comparison.touched}"
            for one in tables
            if one.comparison.scoped
        }
        # An account that was rejected and has no row is the one that was asked for all the same.
        assert self.settings.account is not None
        keys["accounts"] += f" UNION ALL SELECT {quote_text(self.settings.account)}"
        return keys

    def compared(
        self, asking: Asking, reading: _Reading, staged: dict[str, Staged], number: int
    ) -> tuple[Reconciled, ...]:
        """Compute the account's rows of every table and compare them with the published ones."""
        space, current = asking.space, self.published(asking.space)
        columns: dict[str, Columns] = {}
        found = []
        kept = where_kept(self.plan)
        for table in self.plan.tables:
            self.step(number, "reconcile", table.name)
            self.drop_stray(space, [kept[name] for name in table.extracts if staged[name].rejected])
            own = {name: kind for name, kind in current[table.name].items() if name not in LIFE}
            columns[table.name] = compute(space, table, leaf_of(staged, columns), own)
            no_answers(space, table.name)
            comparison = Comparison(table, columns[table.name], current[table.name], scoped=table.name != "users")
            if comparison.scoped:
                self.scope(asking, reading, comparison, staged)
            if comparison.record:
                follow_merges(asking, self.schema, table, staged)
            found.append(reconcile(space, comparison, all_rejected_keys(table.extracts), 0))
        return tuple(found)

    def drop_stray(self, space: Workspace, rejecting: Sequence[Kept]) -> None:
        """Leave out the rejects of a table that hang on no row that is in, as a whole run does."""
        for kept in rejecting:
            if kept.link is not None:
                wanted = name_of(WORK, "wanted", kept.link.parent)
                space.run(f'CREATE OR REPLACE TABLE {parents_of(kept.link.parent)} AS SELECT "Id" FROM {wanted}')
                drop_stray(space, kept, kept.extract.id)

    def scope(self, asking: Asking, reading: _Reading, comparison: Comparison, staged: dict[str, Staged]) -> None:
        """Say which keys are the account's, ask what became of those that did not come, and add all other rows."""
        space, table = asking.space, comparison.table
        space.run(f"CREATE OR REPLACE TABLE {comparison.rows} AS SELECT * FROM {comparison.wanted}")
        space.run(f"DROP TABLE {comparison.wanted}")
        first = quote_name(table.key[0])
        column, ids = reading.place(table)
        before = (
            f"SELECT {first} AS key FROM {comparison.published} WHERE {quote_name(column)} IN"
            " (SELECT unnest(CAST(? AS VARCHAR[])))"
        )
        keys = {key for (key,) in space.run(before, [ids])}
        now = {key for (key,) in space.run(f"SELECT {first} FROM {comparison.rows}")}
        if comparison.record:
            keys -= self.moved_away(asking, table, staged, sorted(keys - now))
        create_from(space, comparison.touched, _KEY, [(key,) for key in sorted(keys | now)])
        space.run(comparison.with_untouched())

    def moved_away(self, asking: Asking, table: Table, staged: dict[str, Staged], missing: Sequence[str]) -> set[str]:
        """Those of the missing rows that still match their filter: they hang on another account now."""
        known = {key for extract in table.extracts for (key,) in asking.space.run(_ids_of(staged[extract], extract))}
        asked = [key for key in missing if key not in known]
        if not asked:
            return set()
        ask_status(asking, self.schema, table, asked)
        away: set[str] = set()
        for extract_id in table.extracts:
            extract = self.plan.extract(extract_id)
            late = ask(asking, rows_of(extract), asked, f"{extract_id}(elsewhere)")
            away |= {key for (key,) in asking.space.run(_ids_of(late, late.name))}
        return away


def _ids_of(staged: Staged, name: str) -> str:
    return f'SELECT "Id" FROM {name_of(*staged.leaf.name)} UNION ALL SELECT key FROM {rejects_of(name)}'


class _Reading:
    """The rows of one account, extract by extract."""

    def __init__(self, asking: Asking, plan: Plan, account: str) -> None:
        self.asking, self.plan, self.account = asking, plan, account
        self.accounts = plan.table("accounts").extracts
        self.links: dict[str, tuple[str, str]] = {}
        self.by_value: set[str] = set()
        self.by_several: set[str] = set()
        self.contacts: list[str] = []
        for table in plan.tables:
            for select in _selects(table.relation):
                self._note_link(select)

    def _note_link(self, select: Select) -> None:
        assert isinstance(select.input, Extracted)
        for column in select.columns:
            match column:
                case Assign(name="account_id" | "contact_id" as parent, value=Col(name)):
                    extract, link = select.input.extract, (name, parent)
                    own = extract in self.accounts and name != "Id"
                    if own or self.links.setdefault(extract, link) != link:
                        self.by_several.add(extract)
                case Assign(name="link_value"):
                    self.by_value.add(select.input.extract)

    def read(self) -> dict[str, Staged]:
        """Read all extracts: those of the account by its Id, its contacts' by theirs, users and rates whole."""
        staged: dict[str, Staged] = {}
        later = [e for e in self.plan.extracts if self.links.get(e.id, ("", ""))[1] == "contact_id"]
        for extract in self.plan.extracts:
            if extract.id in self.accounts:
                staged[extract.id] = ask(self.asking, rows_of(extract), [self.account], extract.id)
            elif extract.id not in self.links:
                staged[extract.id] = self._whole(extract)
            elif extract not in later:
                column = self.links[extract.id][0]
                staged[extract.id] = self._linked(extract, column, [self.account])
        self._spread_rejects()
        self.contacts = self._known_contacts(staged)
        for extract in later:
            column = self.links[extract.id][0]
            staged[extract.id] = self._linked(extract, column, self.contacts)
        return staged

    def place(self, table: Table) -> tuple[str, list[str]]:
        """The column of a table that says whose a row is, and the values that are the account's."""
        if table.name == "accounts":
            return "Id", [self.account]
        if table.parent is not None and table.parent.table == "contacts":
            return table.parent.column, self.contacts
        return "account_id", [self.account]

    def _linked(self, extract: Extract, column: str, ids: Sequence[str]) -> Staged:
        question = IdQuestion(partial(linked_query, extract, column), extract.fetch, extract.types, key=column)
        return ask(self.asking, question, ids, extract.id)

    def _whole(self, extract: Extract) -> Staged:
        pages = read_rows(
            self.asking.client,
            extract.fetch,
            self.asking.folder,
            file_name(extract.id),
            reading=self.asking.reading,
        )
        try:
            return load(self.asking.space, extract.id, extract.types, pages)
        finally:
            pages.close()

    def _spread_rejects(self) -> None:
        """An account that one type's extract rejected does not come in as another type."""
        keys = " UNION ALL ".join(f"SELECT key FROM {rejects_of(extract)}" for extract in self.accounts)
        for extract in self.accounts:
            self.asking.space.run(
                f'DELETE FROM {name_of(WORK, "staged", extract)} WHERE "Id" IN (SELECT key FROM ({keys}) AS r)'
            )

    def _known_contacts(self, staged: dict[str, Staged]) -> list[str]:
        """The contacts that the account has now, and those that it had."""
        contacts = next((table for table in self.plan.tables if table.name == "contacts"), None)
        if contacts is None:
            return []
        parts = [f'SELECT "Id" FROM {name_of(*staged[extract].leaf.name)}' for extract in contacts.extracts]
        if self.asking.space.columns((CURRENT, "statisfy", "contacts")):
            kept = name_of(CURRENT, "statisfy", "contacts")
            parts.append(f'SELECT "Id" FROM {kept} WHERE account_id = ?')
        return [
            key
            for (key,) in self.asking.space.run(
                f"SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)}) AS k ORDER BY 1",
                [self.account] if len(parts) > len(contacts.extracts) else [],
            )
        ]


def _selects(relation: Relation) -> Iterator[Select]:
    """The selections that stand right above an extract."""
    if isinstance(relation, Select) and isinstance(relation.input, Extracted):
        yield relation
        return
    for one in inputs_of(relation):
        yield from _selects(one)
