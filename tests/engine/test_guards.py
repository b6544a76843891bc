"""Guards: a run that would drop or move too much stops before it publishes, with its forecast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.report import GuardReport, Outcome, RunReport
from tests.engine.scene import SPEC, Rows, Scene, account, counts, record_id, scene, subscription, user

MANY: Rows = {
    "Account": tuple(account(n) for n in range(1, 41)),
    "Subscription__c": tuple(subscription(n, n, "100") for n in range(1, 41)),
    "User": (user(1),),
}


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, MANY) as one:
        one.run()
        yield one


def leave(org: Scene, count: int) -> None:
    """The first accounts no longer match; what they were worth stays with them."""
    org.change(
        *(
            {"op": "update", "object": "Account", "id": record_id("Account", n), "fields": {"Type": "Other"}}
            for n in range(1, count + 1)
        )
    )


def exceeded(report: RunReport) -> dict[str, GuardReport]:
    return {one.subject: one for one in report.guards if one.exceeded}


def test_first_run_has_no_guards(tmp_path: Path) -> None:
    """A first run is not held back: there is nothing to compare with."""
    strict = SPEC + "\nguards {\n  account_owner filled on at least 100% of customers\n}\n"
    with scene(tmp_path, {**MANY, "Account": (account(1, OwnerId=""),)}, strict) as org:
        report = org.run()

    assert (report.outcome, report.guards) == (Outcome.SUCCEEDED, ())


def test_too_many_leavers_stop_the_run(org: Scene) -> None:
    """More than 25 % and more than ten accounts leaving: nothing is published, and the forecast says what would."""
    inode = org.store.stat().st_ino
    leave(org, 11)
    report = org.run()
    guard = exceeded(report)["accounts"]

    assert (report.outcome, report.exit_code, report.changed) == (Outcome.STOPPED, 3, False)
    assert org.store.stat().st_ino == inode
    assert (guard.limit, guard.value, guard.words) == ("25", "27.5", "11 of 40 rows leave")
    assert guard.ids == tuple(record_id("Account", n) for n in range(1, 11))
    assert counts(report, "accounts") == {"left": 11}
    assert report.errors[0] == "accounts may leave at most 25%, but 11 of 40 rows leave (27.5%)"


def test_confirmed_run_goes_on(org: Scene) -> None:
    """What a guard held back is done when somebody confirms it; the report still names the guard."""
    leave(org, 11)
    report = org.run(confirmed=True)

    assert report.outcome is Outcome.SUCCEEDED
    assert set(exceeded(report)) >= {"accounts", "subscriptions", "account_owners"}
    assert org.rows("SELECT count(*) FROM active_accounts") == [(29,)]


def test_few_leavers_stop_nothing(tmp_path: Path) -> None:
    """Ten rows may leave a small table, whatever their share, unless the spec says otherwise."""
    few: Rows = {"Account": MANY["Account"][:11], "User": MANY["User"]}
    with scene(tmp_path, few) as org:
        org.run()
        leave(org, 10)
        report = org.run()

    assert report.outcome is Outcome.SUCCEEDED


def test_guard_of_the_spec_stands_in_the_built_in_ones_place(org: Scene) -> None:
    """A written limit counts for a single row too, and a wide one lets through what the built-in one would stop."""
    org.spec = SPEC + "\nguards {\n  accounts may leave at most 1%\n}\n"
    leave(org, 1)
    tight = org.run()
    org.spec = (
        SPEC
        + "\nguards {\n"
        + "".join(f"  {table} may leave at most 50%\n" for table in ("accounts", "account_owners", "Subscriptions"))
        + "}\n"
    )
    leave(org, 11)
    wide = org.run()

    assert (tight.outcome, exceeded(tight)["accounts"].written) == (Outcome.STOPPED, True)
    assert wide.outcome is Outcome.SUCCEEDED


def test_moving_arr_stops_the_run(org: Scene) -> None:
    """ARR that moves by more than 25 % over accounts in both states stops the run; what rises and falls adds up."""
    org.change(
        *(
            {
                "op": "update",
                "object": "Subscription__c",
                "id": record_id("Subscription__c", n),
                "fields": {"Amount__c": "200" if n % 2 else "0"},
            }
            for n in range(1, 12)
        )
    )
    report = org.run()
    guard = exceeded(report)["arr"]

    assert report.outcome is Outcome.STOPPED
    assert (guard.value, guard.words) == ("27.5", "1,100.00 of 4,000.00 moves")
    assert set(guard.ids) <= {record_id("Account", n) for n in range(1, 12)}


def test_arr_of_leavers_is_no_move(org: Scene) -> None:
    """Accounts that leave take their ARR with them; that is the other guard's business."""
    leave(org, 10)
    report = org.run()

    assert report.outcome is Outcome.SUCCEEDED


def test_number_that_was_nothing_is_not_guarded(org: Scene) -> None:
    """Where ARR was empty everywhere there is nothing to compare."""
    org.spec = SPEC.replace(SPEC[SPEC.index("arr from") : SPEC.index("renewal from")], "arr none\n")
    org.run(confirmed=True)
    org.spec = SPEC
    report = org.run()

    assert report.outcome is Outcome.SUCCEEDED


def test_owner_guard_stops_the_run(org: Scene) -> None:
    """A kind of owner that too few customers have stops the run, with those that have none."""
    org.spec = SPEC + "\nguards {\n  account_owner filled on at least 98% of customers\n}\n"
    org.run()
    org.change(
        {
            "op": "update",
            "object": "Account",
            "id": record_id("Account", 7),
            "fields": {"OwnerId": record_id("User", 9)},
        }
    )
    report = org.run()
    guard = exceeded(report)["account_owner"]

    assert report.outcome is Outcome.STOPPED
    assert (guard.value, guard.ids) == ("97.5", (record_id("Account", 7),))


def test_dropped_table_is_guarded(org: Scene) -> None:
    """A table whose statement is gone would lose all its rows: that too has to be confirmed."""
    org.spec = SPEC[: SPEC.index("object Subscription__c")]
    stopped = org.run()
    confirmed = org.run(confirmed=True)

    assert exceeded(stopped)["subscriptions"].words == "40 of 40 rows leave"
    assert (stopped.outcome, confirmed.dropped) == (Outcome.STOPPED, ("subscriptions",))


def test_new_run_after_a_stopped_one_starts_afresh(org: Scene) -> None:
    """A stopped run leaves nothing behind: when the org is put right again the next run has nothing to do."""
    leave(org, 11)
    org.run()
    org.change(
        *(
            {"op": "update", "object": "Account", "id": record_id("Account", n), "fields": {"Type": "Customer"}}
            for n in range(1, 12)
        )
    )
    report = org.run()

    assert report.outcome is Outcome.SUCCEEDED
    assert {replace(one, table="", kind="").exits for one in report.tables} == {0}
