"""Runs that go by what changed: an answer that lacks rows, or says their Ids wrongly, is not believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.report import Outcome
from engine.salesforce.read import Reading
from tests.engine.faulty import Answer, Fault, real_but
from tests.engine.scene import SMALL, SPEC, Scene, contact, record_id, scene
from tests.support.slow_cases import others_slow

A4 = record_id("Account", 4)
C1, C2, C3, C5 = (record_id("Contact", n) for n in (1, 2, 3, 5))
TOUCHED = "SELECT Id FROM Contact WHERE SystemModstamp"
SINCE = "AccountId FROM Contact WHERE Name != 'Out' AND SystemModstamp >="
CHILDREN = "AccountId FROM Contact WHERE Name != 'Out' AND AccountId IN"
ROWS = {**SMALL, "Contact": (*SMALL["Contact"], contact(5, 4))}

Records = list[dict[str, Any]]


def answering(change: Callable[[Records, int], Records], key: str) -> Answer:
    """The real answer with other records, `change` being told which is `key`'s; its own count fits."""

    def changed(response: httpx.Response) -> httpx.Response:
        page = response.json()
        found = [number for number, one in enumerate(page["records"]) if one.get("Id") == key]
        kept = change(page["records"], found[0]) if found else page["records"]
        return httpx.Response(200, json={**page, "records": kept, "totalSize": len(kept)})

    return real_but(changed)


def renamed(key: str | None) -> Callable[[Records, int], Records]:
    return lambda records, at: [{**one, "Id": key} if number == at else one for number, one in enumerate(records)]


ODD = {
    "doubled": lambda records, at: [records[at - 1] if number == at else one for number, one in enumerate(records)],
    "without an Id": renamed(None),
    "of another object": renamed("00Q000000000001AAA"),
    "short": lambda records, at: [one for number, one in enumerate(records) if number != at],
    "empty": lambda records, at: [],
}


@pytest.fixture(params=others_slow(list(ODD), 2))
def odd(request: pytest.FixtureRequest) -> Callable[[Records, int], Records]:
    """What becomes of an answer's records."""
    return ODD[request.param]


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    spec = SPEC.replace("contacts { fields", "contacts { where Name != 'Out' fields")
    with scene(tmp_path, ROWS, spec) as one:
        one.reading = Reading(list_rows=0)
        one.run()
        yield one


def statuses(org: Scene) -> dict[str, str]:
    return dict(org.rows("SELECT Id, record_status FROM contacts"))


def test_row_that_left(org: Scene, odd: Callable[[Records, int], Records]) -> None:
    """What changed is asked for again, so that a row that no longer matches is seen at once."""
    org.change({"op": "update", "object": "Contact", "id": C2, "fields": {"Name": "Out"}})
    org.change()
    report = org.run(None, Fault(TOUCHED, answering(odd, C2)))

    assert report.outcome is Outcome.SUCCEEDED
    assert any(one.proven_at for one in report.extracts if one.extract == "contacts")
    assert statuses(org) == {C1: "active", C2: "left"}


def test_row_that_left_in_no_answer(org: Scene, odd: Callable[[Records, int], Records]) -> None:
    """Where Salesforce never tells what changed, the list is read after all."""
    org.change({"op": "update", "object": "Contact", "id": C2, "fields": {"Name": "Out"}})
    org.change()
    report = org.run(None, Fault(TOUCHED, answering(odd, C2), None))

    assert report.outcome is Outcome.SUCCEEDED
    assert not any(one.proven_at for one in report.extracts if one.extract == "contacts")
    assert statuses(org) == {C1: "active", C2: "left"}


def test_row_that_came(org: Scene, odd: Callable[[Records, int], Records]) -> None:
    """So is what matches of it."""
    fields = {"Name": "Contact 9", "LastName": "Nine", "AccountId": record_id("Account", 2)}
    org.change({"op": "create", "object": "Contact", "id": record_id("Contact", 9), "fields": fields})
    report = org.run(None, Fault(SINCE, answering(odd, record_id("Contact", 9))))

    assert report.outcome is Outcome.SUCCEEDED
    assert statuses(org)[record_id("Contact", 9)] == "active"


def test_children_of_a_parent_that_comes_in(org: Scene, odd: Callable[[Records, int], Records]) -> None:
    """And the rows that hang on an account that is new among those that match."""
    set_clock(org, "2026-03-01T13:00:00Z")
    org.run()
    org.change({"op": "update", "object": "Account", "id": A4, "fields": {"Type": "Customer"}})
    report = org.run(None, Fault(CHILDREN, answering(odd, C3)))

    assert org.wire.faults[0].seen > 1
    assert report.outcome is Outcome.SUCCEEDED
    assert statuses(org) == dict.fromkeys((C1, C2, C3, C5), "active")


def test_children_that_never_come(org: Scene, odd: Callable[[Records, int], Records]) -> None:
    """The contacts keep their state for once, and the next run finds the children although their parent is in."""
    set_clock(org, "2026-03-01T13:00:00Z")
    org.run()
    org.change({"op": "update", "object": "Account", "id": A4, "fields": {"Type": "Customer"}})
    report = org.run(None, Fault(CHILDREN, answering(odd, C3), None))
    before = statuses(org)
    healed = org.run()

    assert (report.outcome, report.stale) == (Outcome.INCOMPLETE, ("contacts",))
    assert before == dict.fromkeys((C1, C2), "active")
    assert healed.outcome is Outcome.SUCCEEDED
    assert statuses(org) == dict.fromkeys((C1, C2, C3, C5), "active")


def set_clock(org: Scene, now: str) -> None:
    httpx.post(f"{org.running.instance_url}/__sandbox__/clock", json={"now": now}).raise_for_status()
