"""Answers to questions by Id: a row without an Id, or with one that nobody asked for, is the answer's fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.report import Outcome
from engine.salesforce.read import Reading
from tests.engine.faulty import Answer, Fault, real_but
from tests.engine.scene import Scene, counts, record_id, scene

S1 = record_id("Subscription__c", 1)
LIST, FETCH = "Id, SystemModstamp, Account__c FROM Subscription__c", "Name, Amount__c, Status__c, Account__c FROM"
Change = Callable[[dict[str, Any]], None]


def each(change: Change) -> Answer:
    """The real answer with its records changed."""

    def changed(response: httpx.Response) -> httpx.Response:
        page = response.json()
        for record in page["records"]:
            change(record)
        return httpx.Response(200, json=page)

    return real_but(changed)


def without_id(record: dict[str, Any]) -> None:
    record["Id"] = None


def other_object(record: dict[str, Any]) -> None:
    record["Id"] = "00Q000000000001AAA"


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        one.run()
        one.change({"op": "update", "object": "Subscription__c", "id": S1, "fields": {"Name": "new"}})
        one.change()
        yield one


@pytest.mark.parametrize("change", [without_id, other_object])
@pytest.mark.parametrize("times", [1, 2])
def test_row_of_nobody_is_asked_for_again(org: Scene, change: Change, times: int) -> None:
    """A bad answer, to the fetch or to the question by Id after it, costs a further request and nothing else."""
    report = org.run(None, Fault(FETCH, each(change), times))

    assert org.wire.faults[0].seen == times + 1
    assert (report.outcome, counts(report, "subscriptions")) == (Outcome.SUCCEEDED, {"updated": 1})
    assert org.rows(f"SELECT Name FROM subscriptions WHERE Id = '{S1}'") == [("new",)]


@pytest.mark.parametrize("change", [without_id, other_object])
def test_rows_of_nobody_in_every_answer(org: Scene, change: Change) -> None:
    """Then the table keeps its state, and the run says why."""
    report = org.run(None, Fault(FETCH, each(change), None))

    assert (report.outcome, report.stale) == (Outcome.INCOMPLETE, ("subscriptions",))
    assert " rows of the answer have an Id that was not asked for, or none" in " ".join(report.errors)


@pytest.mark.parametrize("reading", [Reading(), Reading(list_rows=0)])
def test_list_that_never_says_an_id(org: Scene, reading: Reading) -> None:
    """The row is a reject that has no name; a row of the table that is not listed is asked for by its Id."""
    org.reading = reading

    def change(record: dict[str, Any]) -> None:
        if record["Id"] == S1:
            record["Id"] = None

    report = org.run(None, Fault(LIST, each(change), None))

    assert report.outcome is Outcome.SUCCEEDED
    assert counts(report, "subscriptions") == {"updated": 1, "rejected": 1, "moved": 1}
    assert org.rows(f"SELECT Name FROM subscriptions WHERE Id = '{S1}'") == [("new",)]


def other_case(record: dict[str, Any]) -> None:
    record["Id"] = record["Id"].swapcase()


def in_the_future(record: dict[str, Any]) -> None:
    record["SystemModstamp"] = "2031-01-01T00:00:00.000+0000"


@pytest.mark.parametrize("change", [other_case, in_the_future])
def test_list_with_odd_ids_or_stamps(org: Scene, change: Change) -> None:
    """Ids in another letter case are asked for again; a change in the future is not believed of a row that has none."""
    report = org.run(None, Fault(LIST, each(change)))

    assert (report.outcome, counts(report, "subscriptions")) == (Outcome.SUCCEEDED, {"updated": 1})


def test_ids_in_capitals(org: Scene) -> None:
    """An Id that only its checksum shows to be no record's is named as what it is."""
    odd = record_id("Subscription__c", 1)[:-1] + "B"

    def change(record: dict[str, Any]) -> None:
        record["Id"] = odd if record["Id"] == S1 else record["Id"]

    report = org.run(None, Fault(LIST, each(change), None))

    assert (report.outcome, report.stale) == (Outcome.INCOMPLETE, ("subscriptions",))
    assert f"the match list has Ids of no record: {odd}" in " ".join(report.errors)


def test_rows_that_come_older_than_listed(org: Scene) -> None:
    """The list tells of a change that no answer by Id has: the table keeps its state, and the run says why."""

    def earlier(record: dict[str, Any]) -> None:
        record["SystemModstamp"] = "2026-02-01T00:00:00.000+0000"

    report = org.run(None, Fault(FETCH, each(earlier), None))

    assert (report.outcome, report.stale) == (Outcome.INCOMPLETE, ("subscriptions",))
    assert "3 rows come in an older version than their match list has" in " ".join(report.errors)
