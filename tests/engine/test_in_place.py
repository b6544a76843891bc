"""What a first run loads where it is published ends as what goes through the workspace first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.copies import where_kept
from engine.in_place import places_of
from engine.report import Outcome, RunReport
from engine.salesforce.read import Reading
from engine.store import StorePaths
from tests.engine.faulty import Answer, Fault, real_but
from tests.engine.scene import Rows, Scene, account, contact, counts, scene, subscription, user

EVERY, NONE = Reading(in_place_rows=0), Reading(in_place_rows=1_000_000)
ROWS: Rows = {
    "Account": (account(1), account(2), account(3, Type="Other")),
    "Contact": (*(contact(n, 1 + n % 2) for n in range(1, 19)), contact(19, 3), contact(20, 1, AccountId="")),
    "Subscription__c": tuple(subscription(n, 1 + n % 2, f"{n}.50") for n in range(1, 12)),
    "User": (user(1),),
}
TABLES = ("accounts", "contacts", "subscriptions", "users", "account_owners")


def first_run(org: Scene, reading: Reading, *faults: Fault) -> tuple[RunReport, dict[str, list[Any]]]:
    """A run into a store of its own, and what is in its tables but for the time of the run."""
    org.reading = reading
    for path in (org.store, StorePaths.of(org.store).state):
        path.unlink(missing_ok=True)
    report = org.run(None, *faults)
    times = "EXCLUDE (first_synced_at, changed_at)"
    shown = {name: times if name != "account_owners" else "" for name in TABLES}
    rows = {name: org.rows(f"SELECT * {without} FROM {name} ORDER BY ALL") for name, without in shown.items()}
    return report, rows


def compared(folder: Path, rows: Rows) -> RunReport:
    """The report of a run in place, whose tables and counts are those of a run that is not."""
    with scene(folder, rows) as org:
        usual, there = first_run(org, NONE)
        report, here = first_run(org, EVERY)

        assert here == there
        zero: Mapping[str, Any] = {"seconds": 0.0, "requests": 0, "api_usage": None, "run": 0}
        assert replace(report, started_at=usual.started_at, **zero) == replace(usual, **zero)
        assert not org.run().changed
        return report


def test_which_tables_are_an_extracts_rows(tmp_path: Path) -> None:
    """Children by a reference are; accounts, with what is calculated for them, and users are not."""
    with scene(tmp_path, ROWS) as org, org.client() as client:
        plan, _, _ = org.plan(client)

    assert {*places_of(plan, where_kept(plan), datetime(2026, 3, 1))} == {"contacts", "opportunities", "subscriptions"}


def test_rows_in_place_are_those_of_the_usual_way(tmp_path: Path) -> None:
    """Rows whose account is not in are taken out again; the report counts them as it always does."""
    report = compared(tmp_path, ROWS)

    assert report.outcome is Outcome.SUCCEEDED
    assert [(one.table, one.no_parent, one.parent_not_in) for one in report.unattached] == [
        ("contacts", 1, 1),
        ("opportunities", 0, 0),
        ("subscriptions", 0, 0),
    ]


def test_rows_that_are_mostly_out_are_written_once(tmp_path: Path) -> None:
    """Where every third row would be taken out again, none is loaded in place."""
    rows = {**ROWS, "Contact": tuple(contact(n, 1 + n % 3) for n in range(1, 19))}

    compared(tmp_path, rows)


@pytest.mark.parametrize("amount", ["7.12345", "123456789012345678.125"])
def test_numbers_that_need_more_go_the_usual_way(tmp_path: Path, amount: str) -> None:
    """A number with more digits than its field has raises the scale."""
    rows = {**ROWS, "Subscription__c": (*ROWS["Subscription__c"], subscription(12, 1, amount))}

    compared(tmp_path, rows)


def test_what_fails_after_it_was_loaded_is_in_no_store(tmp_path: Path) -> None:
    """Rows that were loaded in place, and turn out not to be all there are, are not published."""

    def with_total(change: int) -> Answer:
        return real_but(
            lambda got: httpx.Response(200, json={**got.json(), "totalSize": got.json()["totalSize"] + change})
        )

    with scene(tmp_path, ROWS) as org:
        org.reading = EVERY
        one_too_many = Fault("AccountId FROM Contact", with_total(-1), None)
        report = org.run(None, one_too_many, Fault("COUNT() FROM Contact", with_total(1), None))
        there = org.rows("SELECT DISTINCT table_name FROM duckdb_columns() WHERE schema_name = 'statisfy'")

        assert (report.outcome, report.stale) == (Outcome.INCOMPLETE, ("contacts",))
        assert ("subscriptions",) in there
        assert ("contacts",) not in there
        assert counts(org.run(), "contacts") == {"inserted": 18}
