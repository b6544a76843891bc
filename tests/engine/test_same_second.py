"""Stamps have whole seconds: what changes again in the second in which a run read it is brought by a later run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.engine.scene import Scene, record_id, scene

A1, S1 = record_id("Account", 1), record_id("Subscription__c", 1)


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    """An account changed in the very second in which the last run read it."""
    with scene(tmp_path) as one:
        one.run()
        one.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Once"}})
        one.run()
        yield one


def change_at_once(org: Scene, sobject: str, key: str, **fields: str) -> None:
    """A change while the org's clock stands still."""
    control = f"{org.running.instance_url}/__sandbox__"
    now = httpx.get(f"{control}/clock").json()["now"]
    change = {"op": "update", "object": sobject, "id": key, "at": now, "fields": fields}
    httpx.post(f"{control}/changes", json={"changes": [change]}).raise_for_status()


def wait(org: Scene) -> None:
    """Let a minute pass in the org."""
    clock = f"{org.running.instance_url}/__sandbox__/clock"
    now = datetime.fromisoformat(httpx.get(clock).json()["now"])
    httpx.post(clock, json={"now": (now + timedelta(minutes=1)).isoformat()}).raise_for_status()


def name(org: Scene) -> str:
    ((found,),) = org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'")
    return str(found)


def asked_again(org: Scene) -> int:
    """How many questions of the last run brought whole accounts."""
    return sum("Renewal_Date__c" in str(request.url.query) for request in org.wire.log)


def test_row_that_changes_again_in_the_second_in_which_it_was_read(org: Scene) -> None:
    """The stamp is the same, and the value comes nevertheless."""
    change_at_once(org, "Account", A1, Name="Twice")
    report = org.run()

    assert report.changed
    assert name(org) == "Twice"


def test_row_that_a_number_is_made_of_changes_again(org: Scene) -> None:
    """Rows of which no table is the copy are read again too."""
    change_at_once(org, "Subscription__c", S1, Amount__c="100")
    org.run()
    change_at_once(org, "Subscription__c", S1, Amount__c="99")
    org.run()

    assert [str(arr) for (arr,) in org.rows(f"SELECT arr FROM accounts WHERE Id = '{A1}'")] == ["99.005"]


def test_row_that_changes_after_a_run_that_changed_nothing(org: Scene) -> None:
    """That a run found nothing new does not settle what it read in the same second."""
    nothing = org.run()
    change_at_once(org, "Account", A1, Name="Twice")
    org.run()

    assert not nothing.changed
    assert name(org) == "Twice"


def test_row_that_changes_before_time_goes_on(org: Scene) -> None:
    """It need not be the next run that reads it again: the clock may have gone on."""
    change_at_once(org, "Account", A1, Name="Twice")
    wait(org)
    org.run()

    assert name(org) == "Twice"


def test_row_that_changed_before_a_run_died_unnoted(org: Scene) -> None:
    """Where a run was killed between publishing and noting it, the store's own runs say what is not settled."""
    with closing(sqlite3.connect(org.folder / "accord.sqlite3")) as state, state:
        state.execute("DELETE FROM settled")
    change_at_once(org, "Account", A1, Name="Twice")
    wait(org)
    org.run()

    assert name(org) == "Twice"


def test_row_that_is_settled_is_not_read_again(org: Scene) -> None:
    """Once a run read it later than its stamp, the row is not asked for; the published file is left alone."""
    before = org.store.stat()
    wait(org)
    last = org.run()
    asked = asked_again(org)
    quiet = org.run()
    after = org.store.stat()

    assert (last.changed, quiet.changed) == (False, False)
    assert asked > 0
    assert asked_again(org) == 0
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
