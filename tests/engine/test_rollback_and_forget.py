"""Rollback, forgetting a person, a new baseline, and what is kept for how long."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from engine.clock import SystemClock
from engine.errors import AlreadyRunningError, ConfigurationError, UnusableStoreError
from engine.forget import forget
from engine.report import Outcome
from engine.rollback import rollback
from engine.state import RUNS_KEPT_DAYS, State, hold
from engine.status import read_status
from engine.store import StorePaths
from tests.engine.scene import FIELDS, SMALL, SPEC, Scene, account, contact, counts, record_id, scene

A1, A2, C1 = record_id("Account", 1), record_id("Account", 2), record_id("Contact", 1)
CLOCK = SystemClock()


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        one.run()
        yield one


def rename(org: Scene, name: str) -> None:
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": name}})
    org.run()


def name_of_first(org: Scene) -> str:
    return str(org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'")[0][0])


def holding(folder: Path, text: str) -> list[str]:
    """The files in which a text stands."""
    return sorted(p.name for p in folder.iterdir() if p.is_file() and text.encode() in p.read_bytes())


def test_rollback_brings_the_store_before_back(org: Scene) -> None:
    """The data is as before the last run that changed something; the rollback is a run, and pauses the schedule."""
    rename(org, "Neu")
    done = rollback(org.store, CLOCK)
    status = read_status(org.store)

    assert name_of_first(org) == "Account 1"
    assert (done.run, done.restored, done.undone, done.damaged) == (3, 1, 2, False)
    assert org.rows("SELECT run FROM s.accord.store") == [(3,)]
    assert status.runs[0].message == "data rolled back to run 1; run 2 is put aside"
    assert status.paused is not None
    assert status.paused.run == 3


def test_rollback_goes_behind_a_run_that_changed_no_table(tmp_path: Path) -> None:
    """A run that has only a stamp or a reject to note keeps no store to go back to: the one before it stays."""
    with scene(tmp_path, spec=SPEC.partition("\nobject ")[0]) as org:
        org.run()
        rename(org, "Neu")
        org.run()
        org.change({"op": "system_touch", "object": "Subscription__c", "id": record_id("Subscription__c", 1)})
        report = org.run()
        done = rollback(org.store, CLOCK)

        assert (report.changed, [one.table for one in report.tables if one.updated]) == (True, [])
        assert (done.restored, done.undone) == (1, report.run)
        assert name_of_first(org) == "Account 1"


def test_second_rollback_undoes_the_first(org: Scene) -> None:
    """What a rollback put aside is kept in its turn."""
    rename(org, "Neu")
    rollback(org.store, CLOCK)
    rollback(org.store, CLOCK)

    assert name_of_first(org) == "Neu"


def test_run_after_a_rollback(org: Scene) -> None:
    """The next run goes on from the data that stands, under a number that was never used."""
    rename(org, "Neu")
    rollback(org.store, CLOCK)
    report = org.run()

    assert (report.run, report.outcome) == (4, Outcome.SUCCEEDED)
    assert name_of_first(org) == "Neu"


def test_rollback_without_a_kept_store(org: Scene) -> None:
    """After a single run there is nothing to go back to: nothing is changed."""
    with pytest.raises(UnusableStoreError, match="no store to go back to") as caught:
        rollback(org.store, CLOCK)

    assert caught.value.exit_code == 2


def test_rollback_waits_for_no_run(org: Scene) -> None:
    """While a run is on nothing is rolled back."""
    rename(org, "Neu")
    with hold(StorePaths.of(org.store)), pytest.raises(AlreadyRunningError):
        rollback(org.store, CLOCK)

    assert name_of_first(org) == "Neu"


def test_forgotten_person_is_nowhere(tmp_path: Path) -> None:
    """After `forget` no file beside the store holds the person's values; the record's Id and status stay."""
    person = "Zacharias Quaddlewick"
    rows = {**SMALL, "Contact": (contact(1, 1, Name=person, LastName=person, Email="zq@example.com"), contact(2, 2))}
    with scene(tmp_path, rows) as org:
        org.run()
        org.change({"op": "update", "object": "Contact", "id": C1, "fields": {"Email": "quaddlewick@example.org"}})
        org.run()
        org.change({"op": "hard_delete", "object": "Contact", "id": C1})
        org.run()
        before = holding(tmp_path, person)
        done = forget(org.store, C1[:15], CLOCK)
        after = holding(tmp_path, person) + holding(tmp_path, "quaddlewick@")

        assert before == ["statisfy.duckdb", "statisfy.previous.duckdb"]
        assert after == []
        assert (done.ids, done.tables, done.active) == ((C1,), (("contacts", 1),), 0)
        assert org.rows(f"SELECT Name, Email, record_status, account_id FROM contacts WHERE Id = '{C1}'") == [
            (None, None, "gone", None)
        ]
        assert org.rows(f"SELECT count(new_value) FROM s.accord.changes WHERE key = '{C1}'") == [(0,)]
        assert org.rows("SELECT count(*) FROM active_contacts") == [(1,)]
        assert all(counts(org.run(), table) == {} for table in ("contacts", "accounts"))


def test_forgetting_who_is_still_in_salesforce(org: Scene) -> None:
    """Of a record that Salesforce still has this is said, since the next run brings its values back."""
    done = [forget(org.store, one, CLOCK) for one in (C1, A1)]
    emptied = org.rows(f"SELECT c.Name, a.arr FROM contacts AS c, accounts AS a WHERE c.Id = '{C1}' AND a.Id = '{A1}'")
    report = org.run()

    assert ([one.active for one in done], emptied) == ([1, 1], [(None, None)])
    assert report.outcome is Outcome.SUCCEEDED, report.errors
    assert org.rows(f"SELECT Name FROM contacts WHERE Id = '{C1}'") == [("Contact 1",)]
    assert org.rows(f"SELECT CAST(arr AS VARCHAR) FROM accounts WHERE Id = '{A1}'") == [("100.505",)]


COUNTED = """accord 1
accounts { customer where Type = 'Customer' }
metric "People" from count() of Contact via AccountId
contacts { fields Name }
"""


@pytest.mark.parametrize("back", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("change", [{"op": "delete"}, {"op": "update", "fields": {"AccountId": A2}}])
def test_what_a_forgotten_person_counted_for(tmp_path: Path, change: dict[str, object], back: bool) -> None:
    """A row that was emptied names no account any more; the one that it hung on still loses it when it goes or moves.

    So it is where the kept store, which was emptied too, came back in between.
    """
    with scene(tmp_path, spec=COUNTED) as org:
        org.run()
        rename(org, "Neu")
        org.run()
        forget(org.store, C1, CLOCK)
        if back:
            rollback(org.store, CLOCK)
        org.change({"object": "Contact", "id": C1, **change})
        report = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        moved = int("fields" in change)
        assert org.rows("SELECT people FROM accounts ORDER BY Id") == [(0,), (1 + moved,)]


def test_forgetting_a_person_account_takes_its_contact(tmp_path: Path) -> None:
    """A person account and the contact behind it are one person."""
    fields = {**FIELDS, "Account": (*FIELDS["Account"], {"name": "IsPersonAccount", "type": "boolean"})}
    rows = {**SMALL, "Account": (account(1, IsPersonAccount="true"), account(2, IsPersonAccount="false"))}
    with scene(tmp_path, rows, fields=fields) as org:
        org.run()
        done = forget(org.store, C1, CLOCK)

    assert set(done.ids) == {A1, C1}


def test_forget_wants_an_id(org: Scene) -> None:
    """What is no Id is refused before anything is touched."""
    with pytest.raises(ConfigurationError, match="no record Id"):
        forget(org.store, "Ada", CLOCK)


def test_adopted_org_starts_a_new_baseline(org: Scene, tmp_path: Path) -> None:
    """With `adopt` another org's store makes room for a first run; what was there is kept as the previous store."""
    rename(org, "Neu")
    fields = {**FIELDS, "Account": tuple(one for one in FIELDS["Account"] if one["name"] != "Notes__c")}
    with scene(tmp_path / "other", {**SMALL, "Account": (account(9),)}, name="Other", fields=fields) as other:
        other.folder = org.folder
        report = other.run(adopt=True)

    assert (report.run, report.outcome) == (3, Outcome.SUCCEEDED)
    assert any("new baseline" in notice for notice in report.notices)
    assert org.rows("SELECT Id FROM accounts") == [(record_id("Account", 9),)]
    assert org.rows("SELECT run FROM s.accord.runs") == [(3,)]
    with duckdb.connect() as kept:
        kept.execute(f"ATTACH '{org.folder / 'statisfy.previous.duckdb'}' AS kept (READ_ONLY)")
        assert kept.execute("SELECT count(*) FROM kept.statisfy.accounts").fetchall() == [(3,)]


def test_changes_are_kept_for_ninety_days(org: Scene) -> None:
    """What changed longer ago is forgotten by the next run that publishes; younger changes stay."""
    rename(org, "Zwei")
    rename(org, "Drei")
    org.store.chmod(0o644)
    with duckdb.connect(str(org.store)) as connection:
        connection.execute("UPDATE accord.runs SET started_at = started_at - INTERVAL 91 DAY WHERE run = 2")
        connection.execute("UPDATE accord.runs SET started_at = started_at - INTERVAL 89 DAY WHERE run = 3")
    rename(org, "Vier")

    assert org.rows("SELECT new_value FROM s.accord.changes WHERE column_name = 'Name' ORDER BY run") == [
        ("Drei",),
        ("Vier",),
    ]


def test_one_store_is_kept(org: Scene) -> None:
    """However many runs there are, beside the store lie the one before it and the state: no pages, no older stores."""
    for name in ("Zwei", "Drei", "Vier"):
        rename(org, name)

    assert {path.name for path in org.folder.iterdir()} == {
        "org",
        "statisfy.duckdb",
        "statisfy.previous.duckdb",
        "accord.sqlite3",
        "accord.lock",
    }


def test_old_runs_are_forgotten(org: Scene) -> None:
    """Lines of runs that ended long ago go, and their numbers are not given again."""
    with sqlite3.connect(org.folder / "accord.sqlite3") as connection:
        (at,) = connection.execute("SELECT finished_at FROM runs").fetchone()
        long_ago = datetime.fromisoformat(at) - timedelta(days=RUNS_KEPT_DAYS + 1)
        connection.execute("UPDATE runs SET finished_at = ?", (long_ago.isoformat(),))
    connection.close()
    report = org.run()
    state = State(StorePaths.of(org.store).state)
    runs = [one.run for one in state.last(10)]
    state.close()

    assert (report.run, runs) == (2, [2])
