"""What hangs on accounts ends where a naive reconciliation ends: records with a parent, and what follows from one."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.plan import Parent, Table, TableColumn
from compiler.record_id import to_18
from compiler.relation import ColumnType, Extracted
from compiler.relation_columns import Columns
from engine.absent import asked_of
from engine.differences import Comparison
from engine.publish import NextStore, build_next
from engine.reconcile import Reconciled, reconcile
from engine.rows import create_from
from engine.store import StorePaths, attach_published, swap
from engine.workspace import CURRENT, Workspace, name_of
from grammar.source import NOWHERE
from tests.properties.test_reconcile import ASKED, WHO

Policy = Literal["keep", "remove"]
TEXT, ID = ColumnType("text"), ColumnType("id")
ACCOUNTS: Columns = {"Id": ID, "Name": TEXT}
CONTACTS: Columns = {"Id": ID, "Name": TEXT, "account_id": ID}
OWNERS: Columns = {"account_id": ID, "owner_type": TEXT, "user_id": ID}
PARENTS, CHILDREN = (tuple(to_18(f"{prefix}{n:012d}") for n in range(4)) for prefix in ("001", "003"))
KINDS = ("csm", "ae")
# So many that what happens to the others does not have the tables written anew.
STAYING = to_18("001000000000099")
CROWD = {to_18(f"003{n:012d}"): ("Z", STAYING) for n in range(100, 120)}


@dataclass(frozen=True)
class Step:
    """What a run finds: accounts that are in, contacts that match with their accounts, owners, and what is absent."""

    accounts: frozenset[str]
    matching: dict[str, tuple[str, str | None]]
    owners: dict[tuple[str, str], str]
    answers: dict[str, str]
    rejected: frozenset[str]
    policy: Policy

    @property
    def parents(self) -> set[str]:
        return {*self.accounts, STAYING}

    @property
    def contacts(self) -> dict[str, tuple[str, str | None]]:
        """Those that match, are not rejected, and hang on an account that is in."""
        found = {key: row for key, row in self.matching.items() if key not in self.rejected and row[1] in self.accounts}
        return {**CROWD, **found}

    @property
    def owned(self) -> dict[tuple[str, str], str]:
        return {key: user for key, user in self.owners.items() if key[0] in self.accounts}


@dataclass(frozen=True)
class Child:
    """A contact as the judge keeps it."""

    name: str
    account: str | None
    status: str = "active"


answers = st.sampled_from(("live", "deleted", "gone", "as_before", "unasked"))
steps = st.builds(
    Step,
    st.frozensets(st.sampled_from(PARENTS), min_size=1),
    st.dictionaries(st.sampled_from(CHILDREN), st.tuples(st.sampled_from("ABC"), st.none() | st.sampled_from(PARENTS))),
    st.dictionaries(st.tuples(st.sampled_from(PARENTS), st.sampled_from(KINDS)), st.sampled_from(("u1", "u2"))),
    st.fixed_dictionaries(dict.fromkeys(CHILDREN, answers)),
    st.frozensets(st.sampled_from(CHILDREN), max_size=1),
    st.sampled_from(("keep", "keep", "remove")),
)


def judge_contacts(before: dict[str, Child], step: Step) -> dict[str, Child]:
    """One contact after the other."""
    after = {key: Child(*row) for key, row in step.contacts.items()}
    for key, old in before.items():
        if key in after:
            continue
        status = "left"
        if key in step.rejected:
            status = "rejected"
        elif step.answers[key] == "deleted":
            status = "deleted"
        elif step.answers[key] == "gone":
            status = "deleted" if old.status == "deleted" else "gone"
        elif step.answers[key] == "as_before" and old.status in ("deleted", "gone"):
            status = old.status
        elif old.account not in step.parents:
            status = "parent_left"
        if status not in ("left", "parent_left") or step.policy == "keep":
            after[key] = Child(old.name, old.account, status)
    return after


def judge_owners(before: dict[tuple[str, str], str], step: Step) -> dict[tuple[str, str], str]:
    """An owner goes with what it follows from, unless its account is out and stays."""
    kept = {key: user for key, user in before.items() if key[0] not in step.parents and step.policy == "keep"}
    return {**kept, **step.owned}


def table(name: str, columns: Columns, key: tuple[str, ...], policy: Policy) -> Table:
    described = tuple(TableColumn(one, kind, one, "", (), False, False, NOWHERE) for one, kind in columns.items())
    record = key == ("Id",)
    parent = Parent("accounts", "account_id") if name == "contacts" else None
    kind: Literal["record", "derived"] = "record" if record else "derived"
    return Table(name, kind, name, name, key, described, Extracted("x"), ("x",), parent, policy, NOWHERE)


def reconciled(folder: Path, step: Step, number: int) -> dict[str, Reconciled]:
    """The same through the engine: compare table by table, build, swap."""
    paths = StorePaths.of(folder / "statisfy.duckdb")
    work = (
        (table("accounts", ACCOUNTS, ("Id",), step.policy), ACCOUNTS, [(key, "A") for key in sorted(step.parents)]),
        (
            table("contacts", CONTACTS, ("Id",), step.policy),
            CONTACTS,
            [(key, *row) for key, row in step.contacts.items()],
        ),
        (
            table("account_owners", OWNERS, ("account_id", "owner_type"), step.policy),
            OWNERS,
            [(*key, user) for key, user in step.owned.items()],
        ),
    )
    asked = [(key, answer, None) for key, answer in step.answers.items() if answer != "unasked"]
    space = Workspace(folder)
    try:
        attach_published(space, paths)
        found = []
        for one, columns, rows in work:
            create_from(space, name_of("memory", "wanted", one.name), columns, rows)
            own = one.name == "contacts"
            create_from(space, asked_of(one.name), ASKED, asked if own else [])
            create_from(space, f"rejected_{one.name}", {"key": ID}, [(key,) for key in step.rejected if own])
            comparison = Comparison(one, columns, space.columns((CURRENT, "statisfy", one.name)))
            found.append(reconcile(space, comparison, f"SELECT key FROM rejected_{one.name}", 0))
        facts = NextStore(number, datetime(2026, 1, number), "succeeded", WHO, ("p", "m"), False, ())
        done = build_next(space, paths, tuple(found), facts, lambda _: None)
        swap(paths)
        return {one.counts.table: one for one in done}
    finally:
        space.close()


def stored(folder: Path) -> tuple[dict[str, Child], dict[tuple[str, str], str]]:
    """What the published store holds."""
    space = Workspace(folder)
    try:
        attach_published(space, StorePaths.of(folder / "statisfy.duckdb"))
        contacts = space.run(
            f'SELECT "Id", "Name", account_id, record_status FROM {name_of(CURRENT, "statisfy", "contacts")}'
        )
        owners = space.run(
            f"SELECT account_id, owner_type, user_id FROM {name_of(CURRENT, 'statisfy', 'account_owners')}"
        )
        return {key: Child(*rest) for key, *rest in contacts}, {(key, kind): user for key, kind, user in owners}
    finally:
        space.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(steps, min_size=2, max_size=4))
def test_what_hangs_on_accounts_ends_as_the_judge_says(history: list[Step]) -> None:
    """Accounts come, go and come back with what hangs on them; every count balances."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contacts: dict[str, Child] = {}
        owners: dict[tuple[str, str], str] = {}
        for number, step in enumerate(history, 1):
            done = reconciled(folder, step, number)
            left = sum(
                row.status == "active" and key not in step.contacts and key not in step.rejected
                for key, row in contacts.items()
            )
            contacts, owners = judge_contacts(contacts, step), judge_owners(owners, step)

            assert stored(folder) == (contacts, owners)
            assert all(one.counts.balanced for one in done.values())
            counts = done["contacts"].counts
            assert counts.left + counts.deleted + counts.gone == left
            assert counts.active_after == sum(row.status == "active" for row in contacts.values())
            assert done["account_owners"].counts.active_after == len(step.owned)
