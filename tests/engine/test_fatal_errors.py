"""An error that ends the run ends it at once: nobody waits for Bulk jobs that nobody will use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx
import pytest

from engine.errors import DiskError
from engine.events import CameBack, StageStarted
from engine.events import Event as Told
from engine.report import Outcome
from engine.salesforce.bulk_query import BulkSettings
from engine.salesforce.manifest import has_jobs
from engine.salesforce.read import Reading
from tests.engine.faulty import Fault
from tests.engine.scene import Scene, scene

# What a run that waits for its jobs would take; the others take a second or two.
DEADLINE = 30.0


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        one.reading = Reading(rest_rows=0, bulk=BulkSettings(first_poll=0.01, longest_poll=0.5, deadline=DEADLINE))
        yield one


@contextmanager
def busy_but_for(query: str) -> Iterator[Fault]:
    """Jobs that are at work for as long as anybody asks, but that of one query, which ends while others are waited for.

    Yields what makes the org's jobs so.
    """
    ends: list[str] = []
    others_wait = Event()

    def answer(request: httpx.Request) -> httpx.Response:
        mine = any(job in request.url.path for job in ends)
        if request.method == "GET" and mine:
            others_wait.wait(10)
        response = wire.handle_request(request)
        if request.method == "POST" and query in request.content.decode():
            response.read()
            ends.append(response.json()["id"])
        elif request.method == "GET" and not mine:
            response.read()
            others_wait.set()
            return httpx.Response(200, json={**response.json(), "state": "InProgress"})
        return response

    with httpx.HTTPTransport() as wire:
        yield Fault("/jobs/query", answer, None)


def in_the_way(org: Scene) -> None:
    """What a thread writes to is no file."""
    (org.folder / "staging" / "arr.0.csv").mkdir(parents=True)


def while_loading(org: Scene) -> None:
    """There is no room for what is loaded first, while the others are read."""

    def full(event: Told) -> None:
        org.events.append(event)
        if isinstance(event, StageStarted) and event.stage == "load":
            raise DiskError("arr.0.csv: no space left on the device")

    org.listener = full


@pytest.mark.parametrize(
    ("breaks", "query"),
    [(in_the_way, "WHERE Status__c = 'Active'"), (while_loading, "FROM Account WHERE Type = 'Customer'")],
)
def test_fatal_error_ends_the_run_at_once(org: Scene, breaks: Callable[[Scene], None], query: str) -> None:
    """The report names it, and no thread's being called away; the jobs are there for the next run to go on with."""
    breaks(org)
    with busy_but_for(query) as busy:
        since = time.monotonic()
        report = org.run(None, busy)
        took = time.monotonic() - since
    left = has_jobs(org.folder / "staging")
    org.listener = None
    for folder in (org.folder / "staging").glob("arr.0.csv"):
        folder.rmdir()
    again = org.run()

    assert report.outcome is Outcome.FAILED
    assert len(report.errors) == 1
    assert "arr.0.csv" in report.errors[0]
    assert took < DEADLINE / 2
    assert left
    assert again.outcome is Outcome.SUCCEEDED
    assert any(isinstance(event, CameBack) for event in org.events)


def test_next_run_of_the_same_client_is_not_called_away(org: Scene) -> None:
    """What ended one run's reading is over with it."""
    with org.client() as client:
        with client.cancelled_together() as others:
            others.cancel()

        client.sleep(0.01)
