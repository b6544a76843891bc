"""Bulk jobs that nobody waits for any more: none stays in the org that could be ended, however a run ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.clock import SystemClock
from engine.report import Outcome
from engine.salesforce.bulk_query import BulkSettings
from engine.salesforce.client import SalesforceClient
from engine.salesforce.given_up import MOST_TRIES, SUFFIX, give_up, notes, try_again
from engine.salesforce.read import Reading
from engine.salesforce.session import GivenToken
from tests.engine.faulty import Fault, Faulty, refuse, reset
from tests.engine.killing import jobs
from tests.engine.scene import QUICK, Scene, scene
from tests.support.slow_cases import others_slow

QUOTA = refuse(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
AT_WORK = refuse(400, "INVALIDJOBSTATE", "Deleting a job that is InProgress is not allowed")
FOREIGN = refuse(403, "INSUFFICIENT_ACCESS", "insufficient access rights")
STUCK = {"fault": "bulk_stuck", "match": {"object": "Contact"}}


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    """An org in which the job that reads contacts does not end by itself."""
    with scene(tmp_path, settings="daily_api_requests = 1000\n") as one:
        one.reading = Reading(rest_rows=0, bulk=BulkSettings(first_poll=0.01, longest_poll=0.02, deadline=0.5))
        switch(one, STUCK)
        yield one


def switch(org: Scene, *faults: dict[str, object]) -> None:
    """Have these faults on, and no others."""
    address = f"{org.running.instance_url}/__sandbox__/faults"
    httpx.delete(address).raise_for_status()
    httpx.post(address, json=list(faults)).raise_for_status()


def connected(org: Scene, *faults: Fault) -> SalesforceClient:
    """A client with a wire that can be asked what went over it."""
    org.wire = Faulty(*faults)
    credentials = GivenToken(org.running.instance_url, org.running.access_token)
    return SalesforceClient(credentials, clock=SystemClock(), patience=QUICK, transport=org.wire)


def begun(client: SalesforceClient) -> str:
    """A job that is at work."""
    query = {"operation": "query", "query": "SELECT Id FROM Contact"}
    job = client.post_json(client.data("jobs/query"), query)["id"]
    client.get_json(client.data(f"jobs/query/{job}"))  # the fault takes a job when it is polled
    return str(job)


def test_job_at_work_when_the_reserve_is_reached(org: Scene) -> None:
    """The run asks nothing more, and ends what it began all the same."""
    with org.client() as client:
        client.get_json(client.data("limits"))
        used, most = client.usage or (0, 0)
    org.reading = Reading(rest_rows=0, bulk=BulkSettings(first_poll=0.01, longest_poll=0.02))
    report = org.run(reserve=1 - (used + 60) / most)

    assert report.outcome is Outcome.INCOMPLETE
    assert "left to others" in report.errors[0]
    assert [one for one in org.wire.log if one.method == "PATCH"]
    assert jobs(org) == set()
    assert not (org.folder / "staging").exists()


def test_job_that_cannot_be_ended_is_ended_by_the_next_run(org: Scene) -> None:
    """Nothing but its note is kept, and nothing at all once it is gone."""
    report = org.run(None, Fault("PATCH", QUOTA, None), Fault("DELETE", QUOTA, None))
    (note,) = (org.folder / "staging").iterdir()
    job = note.name.removesuffix(SUFFIX)
    before = jobs(org)
    switch(org)
    later = org.run()

    assert "did not end within" in report.errors[0]
    assert job in before
    assert later.outcome is Outcome.SUCCEEDED
    assert job not in jobs(org)
    assert not (org.folder / "staging").exists()


@pytest.mark.parametrize("answer", others_slow([QUOTA, AT_WORK, reset]))
def test_job_that_stays_is_not_tried_for_ever(org: Scene, tmp_path: Path, answer: object) -> None:
    """Each later run asks once; after some it is Salesforce's to clean up."""
    assert callable(answer)
    with connected(org, Fault("DELETE", answer, None)) as client:
        job = begun(client)
        gone = give_up(client, tmp_path, job, client.api_version)
        asked = len(org.wire.log)
        stuck = [try_again(client, tmp_path) for _ in range(MOST_TRIES + 1)]

    assert not gone
    assert stuck == [[job]] * (MOST_TRIES - 1) + [[]] * 2
    assert len(org.wire.log) - asked == 2 * (MOST_TRIES - 1)
    assert notes(tmp_path) == []


def test_job_that_is_anothers_is_left_alone(org: Scene, tmp_path: Path) -> None:
    """What is refused for good is not tried again."""
    with connected(org, Fault("DELETE", FOREIGN, None)) as client:
        gone = give_up(client, tmp_path, begun(client), client.api_version)

    assert not gone
    assert notes(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    others_slow(["", "5", "[" * 100_000, '{"job": "750x"}', '{"job": "../x", "api_version": "66.0", "tries": 1}'], 2),
)
def test_note_that_is_none(org: Scene, tmp_path: Path, text: str) -> None:
    """It is removed, and nobody is asked about it."""
    (tmp_path / f"x{SUFFIX}").write_text(text)
    with connected(org) as client:
        stuck = try_again(client, tmp_path)

    assert (stuck, notes(tmp_path), org.wire.log) == ([], [], [])
