"""A state file that does not take how a run ended: what is published is published, and the store says the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.errors import AccordError
from engine.forget import forget
from engine.refresh import refresh
from engine.report import Outcome
from engine.rollback import rollback
from engine.status import read_status
from tests.engine.scene import Scene, of_two_runs, record_id, refusing, rename

A1, C1 = record_id("Account", 1), record_id("Contact", 1)
CLOCK = SystemClock()


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    """A store of two runs, and a change."""
    with of_two_runs(tmp_path) as one:
        rename(one, "Anders")
        yield one


def name_of_first(org: Scene) -> str:
    return str(org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'")[0][0])


READ, ENDED, PAUSED = "INSERT ON settled", "UPDATE OF outcome ON runs", "INSERT ON pauses"


def test_end_of_a_run_that_cannot_be_noted(org: Scene) -> None:
    """What is published is published: it is told, decides nothing, and the next start takes it over from the store."""
    with refusing(org, READ, ENDED):
        report = org.run()
    died = read_status(org.store).died
    later = org.run()
    noted = next(one for one in read_status(org.store).runs if one.run == report.run)

    assert (report.outcome, report.exit_code, report.errors, report.changed) == (Outcome.SUCCEEDED, 0, (), True)
    assert [notice.partition(":")[0] for notice in report.notices] == [
        "what was read could not be noted, and the next run reads all of it",
        "how the run ended could not be noted",
    ]
    assert name_of_first(org) == "Anders"
    assert died == (report.run,)
    assert (noted.outcome, noted.published) == ("succeeded", True)
    assert (later.outcome, later.changed) == (Outcome.SUCCEEDED, False)


def test_end_of_a_run_that_changes_nothing_and_cannot_be_noted(org: Scene) -> None:
    """There is no store to say how it ended: it is incomplete, and the next start does not claim that it died."""
    org.run()
    with refusing(org, ENDED):
        report = org.run()
    later = org.run()
    noted = next(one for one in read_status(org.store).runs if one.run == report.run)

    assert (report.outcome, report.changed) == (Outcome.INCOMPLETE, False)
    assert "accord.sqlite3" in report.errors[-1]
    assert noted.message == "died before it published, or its end could not be noted; nothing was changed"
    assert f"run {report.run} did not end by itself, or could not note it" in later.notices[0]


def test_end_of_a_refresh_that_cannot_be_noted(org: Scene) -> None:
    """It is as with any other run."""
    with org.client() as client:
        plan, schema, _ = org.plan(client)
    with refusing(org, ENDED), org.client() as client:
        report = refresh(plan, org.spec, client, org.store, A1, schema=schema)

    assert (report.outcome, report.changed, name_of_first(org)) == (Outcome.SUCCEEDED, True, "Anders")
    assert report.notices[-1].startswith("how the run ended could not be noted")


def test_pause_that_cannot_be_ended(org: Scene) -> None:
    """The run has succeeded, and says that the schedule stays paused."""
    rollback(org.store, CLOCK)
    with refusing(org, "DELETE ON pauses"):
        report = org.run()
    status = read_status(org.store)

    assert (report.outcome, report.changed) == (Outcome.SUCCEEDED, True)
    assert report.notices[-1].startswith("the pause of the schedule could not be ended: ")
    assert (status.runs[0].outcome, status.paused is not None) == ("succeeded", True)


def test_end_of_a_rollback_that_cannot_be_noted(org: Scene) -> None:
    """The data is rolled back, which is what it says, and the schedule is paused; the next start notes it."""
    with refusing(org, ENDED):
        done = rollback(org.store, CLOCK)
    paused = read_status(org.store).paused
    forget(org.store, C1, CLOCK)
    status = read_status(org.store)

    assert (done.restored, name_of_first(org)) == (1, "Account 1")
    assert "accord.sqlite3" in done.notices[0]
    assert paused is not None
    assert status.paused == paused
    assert (status.runs[1].run, status.runs[1].outcome, status.runs[1].published) == (done.run, "succeeded", True)


def test_rollback_that_cannot_pause_the_schedule(org: Scene) -> None:
    """It is not done: the next run of the schedule would undo it."""
    with refusing(org, PAUSED), pytest.raises(AccordError, match=r"accord\.sqlite3"):
        rollback(org.store, CLOCK)
    status = read_status(org.store)

    assert name_of_first(org) == "Neu"
    assert (status.runs[0].outcome, status.runs[0].published, status.paused) == ("failed", False, None)


def test_end_of_forgetting_that_cannot_be_noted(org: Scene) -> None:
    """The person is forgotten, and that is what it says."""
    with refusing(org, ENDED):
        done = forget(org.store, C1, CLOCK)

    assert done.ids == (C1,)
    assert "accord.sqlite3" in done.notices[0]
    assert org.rows(f"SELECT Name FROM contacts WHERE Id = '{C1}'") == [(None,)]
