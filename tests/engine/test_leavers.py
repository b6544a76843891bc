"""Rows that are out, more of them than are asked for by Id: no run reads the whole object for them but once a day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import httpx
import pytest

from console.run_report import run_report
from engine.report import Outcome
from engine.salesforce.read import Reading
from tests.engine.faulty import Answer, Fault, real_but, refuse
from tests.engine.scene import SMALL, Rows, Scene, account, contact, counts, record_id, scene

STATUS = "SELECT Id, IsDeleted, MasterRecordId FROM"
A1, A2, A3, A4, A5, A6, A7, A8 = (record_id("Account", n) for n in range(1, 9))
LEAVERS = (A1, A2, A3)
ROWS: Rows = {**SMALL, "Account": tuple(account(n) for n in range(1, 9)), "Contact": (contact(1, 1), contact(2, 8))}
# As if three leavers were more than anybody wants to ask for one by one.
FEW = Reading(by_id=2)


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    """An org of which three accounts have left, and the run after that."""
    with scene(tmp_path, ROWS) as one:
        one.reading = FEW
        one.run()
        leave(one, *LEAVERS)
        assert counts(one.run(confirmed=True), "accounts") == {"left": 3}
        yield one


def leave(org: Scene, *accounts: str) -> None:
    org.change(*({"op": "update", "object": "Account", "id": key, "fields": {"Type": "Other"}} for key in accounts))


def statuses(org: Scene, *accounts: str) -> list[str]:
    known = dict(org.rows("SELECT Id, record_status FROM accounts"))
    return [known[key] for key in accounts]


def asked(org: Scene) -> list[str]:
    """The conditions of the questions what became of accounts; empty for all of them."""
    found = []
    for request in org.wire.log:
        text = unquote_plus(str(request.url)) + request.content.decode()
        if f"{STATUS} Account" in text:
            found.append(text.partition(f"{STATUS} Account")[2].partition(" WHERE ")[2].strip('"}'))
    return found


def set_clock(org: Scene, now: str) -> None:
    httpx.post(f"{org.running.instance_url}/__sandbox__/clock", json={"now": now}).raise_for_status()


def emptied() -> Answer:
    """An answer without rows that says so itself; a count is as it is."""

    def empty(response: httpx.Response) -> httpx.Response:
        body: Any = response.json()
        return httpx.Response(200, json={**body, "totalSize": 0, "done": True, "records": []})

    return real_but(empty)


def test_run_without_changes_reads_no_object_whole(org: Scene) -> None:
    """It asks for what changed since the run before, writes nothing, and says when the leavers were asked for last."""
    for hour in (13, 14):
        set_clock(org, f"2026-03-01T{hour}:00:00Z")
        inode = org.store.stat().st_ino
        report = org.run()

    assert not report.changed
    assert org.store.stat().st_ino == inode
    assert asked(org) == ["SystemModstamp >= 2026-03-01T12:50:00Z"]
    assert [(one.table, one.rows, one.asked_at[:16]) for one in report.as_before] == [
        ("accounts", 3, "2026-03-01T13:00")
    ]
    assert "accounts: 3 rows, last asked for at 2026-03-01 13:00 UTC; since then by what changed" in run_report(report)


def test_another_leaver_is_asked_for_by_id(org: Scene) -> None:
    """What leaves is asked for at once, whatever the others are."""
    leave(org, A4)
    report = org.run()

    assert counts(report, "accounts") == {"left": 1}
    assert sorted(asked(org)) == [f"Id IN ('{A4}')", "SystemModstamp >= 2026-03-01T11:51:00Z"]


def test_what_happens_to_leavers_is_seen_by_their_stamps(org: Scene) -> None:
    """One is deleted, one is merged, one comes back from the bin and one to its filter: the next run knows."""
    org.change({"op": "delete", "object": "Account", "id": A3})
    org.run()
    deleted = statuses(org, *LEAVERS)
    org.change(
        {"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Customer"}},
        {"op": "merge", "object": "Account", "id": A5, "loser": A2},
        {"op": "undelete", "object": "Account", "id": A3},
    )
    report = org.run()

    assert deleted == ["left", "left", "deleted"]
    assert counts(report, "accounts") == {"updated": 1, "resumed": 1, "restated": 2}
    assert statuses(org, *LEAVERS) == ["active", "merged", "left"]
    assert org.rows(f"SELECT merged_into FROM accounts WHERE Id = '{A2}'") == [(A5,)]
    assert "" not in asked(org)


def test_status_that_nothing_speaks_of_stays(org: Scene) -> None:
    """Deleted and merged rows are so still, and a chain of merges goes on to its new end."""
    org.change(
        {"op": "delete", "object": "Account", "id": A1},
        {"op": "merge", "object": "Account", "id": A5, "loser": A2},
        {"op": "hard_delete", "object": "Account", "id": A3},
        {"op": "hard_delete", "object": "Account", "id": A4},
    )
    org.run(confirmed=True)
    before = statuses(org, A1, A2, A4)
    set_clock(org, "2026-03-01T13:00:00Z")
    quiet = org.run()
    org.change({"op": "merge", "object": "Account", "id": A6, "loser": A5})
    org.run(confirmed=True)

    assert before == ["deleted", "merged", "gone"]
    assert not quiet.changed
    assert statuses(org, A1, A2, A4) == before
    assert org.rows(f"SELECT merged_into FROM accounts WHERE Id = '{A2}'") == [(A6,)]
    assert "" not in asked(org)


def test_winners_that_are_not_ours_and_many(org: Scene) -> None:
    """Accounts in which leavers ended, and that no filter takes, are not read whole either when they are many."""
    others = [record_id("Account", n) for n in (11, 12, 13)]
    made = {"Type": "Other", "Name": "Elsewhere"}
    org.change(*({"op": "create", "object": "Account", "id": key, "fields": made} for key in others))
    merges = zip(others, LEAVERS, strict=True)
    org.change(*({"op": "merge", "object": "Account", "id": winner, "loser": loser} for winner, loser in merges))
    org.run()
    set_clock(org, "2026-03-01T13:00:00Z")
    org.run()
    org.change({"op": "merge", "object": "Account", "id": A5, "loser": others[0]})
    org.run()

    assert org.rows("SELECT Id, merged_into FROM accounts WHERE record_status = 'merged' ORDER BY 1") == [
        (A1, A5),
        (A2, others[1]),
        (A3, others[2]),
    ]
    assert "" not in asked(org)


def test_children_of_leavers_know_whether_they_have_a_parent(org: Scene) -> None:
    """A child that no list has is `left` when its parent comes back: what it is follows from what is in."""
    org.spec = org.spec.replace("contacts { fields", "contacts { where Email = null fields")
    org.run(confirmed=True)
    c2 = record_id("Contact", 2)
    leave(org, A8)
    org.change({"op": "update", "object": "Contact", "id": c2, "fields": {"Email": "c2@example.com"}})
    org.reading = Reading(by_id=0)
    org.run(confirmed=True)
    org.run()
    out = org.rows(f"SELECT record_status FROM contacts WHERE Id = '{c2}'")
    org.change({"op": "update", "object": "Account", "id": A8, "fields": {"Type": "Customer"}})
    org.run(confirmed=True)

    assert out == [("parent_left",)]
    assert org.rows(f"SELECT record_status, record_status_reason FROM contacts WHERE Id = '{c2}'") == [
        ("left", "it no longer matches its filter")
    ]


def test_what_moves_no_stamp_is_seen_once_a_day(org: Scene) -> None:
    """A leaver that is purged is gone in the first run of the next day, which asks for all leavers."""
    org.change({"op": "hard_delete", "object": "Account", "id": A1})
    org.run()
    before = statuses(org, A1)
    set_clock(org, "2026-03-02T12:30:00Z")
    report = org.run()
    after = asked(org)
    quiet = org.run()

    assert before == ["left"]
    assert statuses(org, *LEAVERS) == ["gone", "left", "left"]
    assert after == [""]
    assert report.as_before == ()
    assert not quiet.changed
    assert asked(org) == ["SystemModstamp >= 2026-03-02T12:20:00Z"]


@pytest.mark.parametrize(
    "answer",
    [refuse(400, "INVALID_FIELD", "field 'SystemModstamp' can not be filtered in a query call"), emptied()],
)
def test_changes_that_are_not_told(org: Scene, answer: Answer) -> None:
    """Where Salesforce does not say what changed, or counts rows and sends none, all leavers are asked for."""
    org.change({"op": "delete", "object": "Account", "id": A1})
    report = org.run(None, Fault(f"{STATUS} Account WHERE SystemModstamp", answer, None))

    assert report.outcome is Outcome.SUCCEEDED
    assert statuses(org, *LEAVERS) == ["deleted", "left", "left"]
    assert asked(org)[-1] == ""


def test_other_plan_asks_for_all(org: Scene) -> None:
    """What was known for one spec is asked for anew with another."""
    org.change({"op": "hard_delete", "object": "Account", "id": A1})
    org.spec = org.spec.replace("prospect where Type = 'Prospect'", "prospect where Type = 'Prospects'")
    org.run()

    assert asked(org) == [""]
    assert statuses(org, A1) == ["gone"]


@pytest.mark.slow
def test_two_thousand_leavers(tmp_path: Path) -> None:
    """The same with as many as there must be for it unless a run is told otherwise."""
    last = 2_003
    rows = {**SMALL, "Account": tuple(account(n) for n in range(1, last + 10))}
    with scene(tmp_path, rows) as org:
        org.run()
        org.change(*({"op": "hard_delete", "object": "Account", "id": record_id("Account", n)} for n in range(1, last)))
        org.run(confirmed=True)
        org.run()
        unchanged = asked(org)
        leave(org, record_id("Account", last))
        false = org.run(None, Fault(f"{STATUS} Account", emptied(), None), confirmed=True)

    assert "" not in unchanged
    assert false.outcome is Outcome.FAILED
    assert record_id("Account", last) in false.errors[0]
