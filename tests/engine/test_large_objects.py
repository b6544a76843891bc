"""Objects whose match list is too long to be read at every run: once a day it is, in between what changed is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from console.run_report import run_report
from engine.report import Outcome, RunReport
from engine.salesforce.read import Reading
from tests.engine.faulty import Fault, real_but, refuse
from tests.engine.scene import FIELDS, SMALL, SPEC, Scene, record_id, scene, subscription

A1, A3, A4, A5 = (record_id("Account", n) for n in (1, 3, 4, 5))
C1, C2, C3, C9 = (record_id("Contact", n) for n in (1, 2, 3, 9))
S1 = record_id("Subscription__c", 1)
# As if every object had more rows than anybody wants to list.
ALL = Reading(list_rows=0)


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        one.reading = ALL
        one.run()
        yield one


def proven(report: RunReport) -> set[str]:
    return {one.extract for one in report.extracts if one.proven_at}


def statuses(org: Scene, table: str) -> dict[str, str]:
    return dict(org.rows(f"SELECT Id, record_status FROM {table}"))


def set_clock(org: Scene, now: str) -> None:
    httpx.post(f"{org.running.instance_url}/__sandbox__/clock", json={"now": now}).raise_for_status()


def _spoiled(record: str) -> Any:
    """Salesforce's answer with a value that is none in one row."""

    def change(response: httpx.Response) -> httpx.Response:
        body = response.json()
        for one in body["records"]:
            if one.get("Id") == record and "SystemModstamp" in one:
                one["Amount__c"] = "1,00"
        return httpx.Response(200, json=body)

    return real_but(change)


def test_run_between_two_lists_goes_by_what_changed(org: Scene) -> None:
    """Changed, left, deleted and new rows are found without a match list, and the report says when it was read."""
    org.change(
        {"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Neu"}},
        {"op": "update", "object": "Account", "id": A3, "fields": {"Type": "Other"}},
        {"op": "delete", "object": "Contact", "id": C2},
        {
            "op": "create",
            "object": "Contact",
            "id": C9,
            "fields": {"LastName": "New", "Name": "New", "AccountId": A1},
        },
    )
    report = org.run()
    again = org.run()

    assert report.outcome is Outcome.SUCCEEDED
    assert {"accounts.customer", "contacts", "arr"} <= proven(report)
    assert {one.proven_at for one in report.extracts if one.proven_at} == {"2026-03-01T12:00:00+00:00"}
    assert "contacts: membership proven at 2026-03-01 12:00 UTC; since then by" in run_report(report)
    assert org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'") == [("Neu",)]
    assert statuses(org, "accounts")[A3] == "left"
    assert statuses(org, "contacts") == {C1: "active", C2: "deleted", C9: "active"}
    assert not again.changed


def test_children_of_a_parent_that_comes_in_are_fetched_by_their_link(org: Scene) -> None:
    """An account that starts to match brings contacts that did not change themselves."""
    org.change({"op": "update", "object": "Account", "id": A4, "fields": {"Type": "Customer"}})
    report = org.run()

    assert "contacts" in proven(report)
    assert statuses(org, "contacts")[C3] == "active"


def test_list_is_read_again_after_a_day(org: Scene) -> None:
    """What neither a stamp nor the delete log shows is found at the latest a day later, once the rows are settled."""
    set_clock(org, "2026-03-01T12:01:00Z")
    org.run()
    org.change({"op": "hard_delete", "object": "Contact", "id": C2})
    org.run()
    before = statuses(org, "contacts")[C2]
    set_clock(org, "2026-03-02T12:30:00Z")
    report = org.run()

    assert before == "active"
    assert proven(report) == set()
    assert statuses(org, "contacts")[C2] == "gone"


def test_delete_log_that_was_purged(org: Scene) -> None:
    """Where the log does not tell, the list is read as if the object were small."""
    org.change({"op": "delete", "object": "Contact", "id": C2})
    purged = refuse(400, "INVALID_REPLICATION_DATE", "startDate before org replication enablement date")
    report = org.run(None, Fault("/Contact/deleted", purged, None))

    assert "contacts" not in proven(report)
    assert statuses(org, "contacts")[C2] == "deleted"


def test_delete_log_that_lags(org: Scene) -> None:
    """What the log does not cover yet is asked for by the next run; Salesforce's log may be hours behind."""
    set_clock(org, "2026-03-01T12:01:00Z")
    org.run()
    org.change({"op": "hard_delete", "object": "Contact", "id": C2})

    def log_until(covered: str) -> Fault:
        def answer(request: httpx.Request) -> httpx.Response:
            told = request.url.params["start"] <= "2026-03-01T12:20:00Z" <= covered
            records = [{"id": C2, "deletedDate": "2026-03-01T12:20:00.000+0000"}] if told else []
            return httpx.Response(200, json={"deletedRecords": records, "latestDateCovered": covered})

        return Fault("/Contact/deleted", answer, None)

    set_clock(org, "2026-03-01T13:00:00Z")
    org.run(None, log_until("2026-03-01T12:10:00.000+0000"))
    before = statuses(org, "contacts")[C2]
    set_clock(org, "2026-03-01T13:30:00Z")
    report = org.run(None, log_until("2026-03-01T13:30:00.000+0000"))

    assert before == "active"
    assert "contacts" in proven(report)
    assert statuses(org, "contacts")[C2] == "gone"


def test_answer_without_rows_is_not_believed(org: Scene) -> None:
    """Where Salesforce counts changed rows and sends none, the list is read after all."""
    org.change({"op": "update", "object": "Contact", "id": C1, "fields": {"Email": "new@example.com"}})

    def emptied(response: httpx.Response) -> httpx.Response:
        return httpx.Response(200, json={**response.json(), "totalSize": 0, "done": True, "records": []})

    report = org.run(None, Fault("SELECT Id FROM Contact WHERE SystemModstamp", real_but(emptied), None))

    assert "contacts" not in proven(report)
    assert org.rows(f"SELECT Email FROM contacts WHERE Id = '{C1}'") == [("new@example.com",)]


def test_filter_that_moves_by_itself_is_listed_at_every_run(tmp_path: Path) -> None:
    """Today, formulas and fields of other objects make rows match that did not change: nothing replaces the list."""
    moving = ("CreatedDate < TODAY", "Formula__c = 'x'", "Account.Type = 'Customer'")
    formula = {"name": "Formula__c", "type": "string", "calculated": True}
    fields = {**FIELDS, "Contact": (*FIELDS["Contact"], formula)}
    tables = "".join(
        f'\nobject Contact as "T{n}" on account via AccountId {{ where {where}  fields Name }}'
        for n, where in enumerate(moving)
    )
    with scene(tmp_path, SMALL, SPEC + tables, fields=fields) as org:
        org.reading = ALL
        org.run()
        report = org.run()

    assert "contacts" in proven(report)
    assert proven(report).isdisjoint({"t0", "t1", "t2"})


def test_small_objects_are_listed(tmp_path: Path) -> None:
    """Below the threshold nothing changes."""
    with scene(tmp_path) as org:
        org.run()
        report = org.run()

    assert proven(report) == set()


@pytest.mark.parametrize("reading", [Reading(), ALL])
def test_rejected_row_stays_rejected(tmp_path: Path, reading: Reading) -> None:
    """A row that could not be taken is in no copy; it is asked for again, stays what it was, and changes nothing."""
    bad = subscription(4, 1, "1")
    rows = {**SMALL, "Subscription__c": (*SMALL["Subscription__c"], bad)}
    with scene(tmp_path, rows) as org:
        org.reading = reading
        spoil = Fault("Status__c", _spoiled(bad["Id"]), None)
        org.run(None, spoil)
        report = org.run(None, spoil)
        healed = org.run()

    assert report.outcome is Outcome.SUCCEEDED
    assert not report.changed
    assert next(one for one in report.tables if one.table == "subscriptions").rejected == 1
    assert next(one for one in healed.tables if one.table == "subscriptions").inserted == 1


def test_sum_that_differs_reads_the_lists_again(tmp_path: Path) -> None:
    """A row that came in unseen shows in the sum: the run fails, and the next one does not trust what it has."""
    with scene(tmp_path) as org:
        org.reading = ALL
        org.run()
        set_clock(org, "2026-03-01T12:40:00Z")
        org.run()
        org.change({"op": "formula_change", "object": "Subscription__c", "id": S1, "fields": {"Status__c": "Ended"}})
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Neu"}})
        failed = org.run()
        healed = org.run(confirmed=True)

    assert failed.outcome is Outcome.FAILED
    assert "sums differ from Salesforce's own" in failed.errors[0]
    assert proven(healed) == set()
    assert healed.outcome is Outcome.SUCCEEDED
