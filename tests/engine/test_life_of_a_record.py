"""What happens to a record in Salesforce, and what the tables say afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from console.run_report import run_report
from engine.report import Outcome
from engine.salesforce.read import Reading
from tests.engine.faulty import Fault, real_but
from tests.engine.scene import FIELDS, SMALL, SPEC, Scene, counts, record_id, scene
from tests.support.slow_cases import others_slow

A1, A2, A3, A4 = (record_id("Account", n) for n in (1, 2, 3, 4))
C1, C2 = record_id("Contact", 1), record_id("Contact", 2)


# The other: as if there were so many rows that are out that a run goes by what changed.
@pytest.fixture(params=others_slow([Reading(), Reading(by_id=0)]), ids=["few", "many"])
def org(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        one.reading = request.param
        one.run()
        yield one


def status(org: Scene, table: str) -> dict[str, str]:
    return dict(org.rows(f"SELECT Id, record_status FROM {table}"))


def test_first_run_brings_what_matches(org: Scene) -> None:
    """Accounts come with their type, their numbers and what hangs on them; others stay out."""
    rows = org.rows("SELECT Id, account_type, arr FROM accounts ORDER BY Id")

    assert rows == [
        (A1, "customer", Decimal("100.505")),
        (A2, "customer", Decimal("7.000")),
        (A3, "prospect", Decimal("0.000")),
    ]
    assert [one for (one,) in org.rows("SELECT Id FROM contacts ORDER BY Id")] == [C1, C2]
    assert org.rows("SELECT Id, name, active FROM users") == [(record_id("User", 1), "User 1", True)]


def test_same_org_twice_changes_nothing(org: Scene) -> None:
    """A run that finds no change leaves the published file alone: same inode, same time."""
    before = org.store.stat()
    report = org.run()
    after = org.store.stat()

    assert report.outcome is Outcome.SUCCEEDED
    assert not report.changed
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_whole_run_of_the_same_org_changes_nothing(org: Scene) -> None:
    """Reading everything anew is no change either, neither in the tables nor in what is kept beside them."""
    before = org.store.stat()
    report = org.run(whole=True)
    after = org.store.stat()

    assert report.outcome is Outcome.SUCCEEDED
    assert not report.changed
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_whole_run_brings_what_is_kept_beside_the_tables(org: Scene) -> None:
    """A row of which no table shows anything is kept for later runs, and a run that reads everything keeps it too."""
    org.change({"op": "system_touch", "object": "Subscription__c", "id": record_id("Subscription__c", 1)})
    report = org.run(whole=True)

    assert report.changed
    assert not org.run().changed


def test_changed_value_is_updated_and_noted(org: Scene) -> None:
    """An update reaches the table, and the old and the new value are in `changes`."""
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": 'Änderung\r\n"x"'}})
    report = org.run()

    assert counts(report, "accounts") == {"updated": 1}
    assert org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'") == [('Änderung\r\n"x"',)]
    assert org.rows("SELECT key, old_value, new_value FROM s.accord.changes WHERE column_name = 'Name'") == [
        (A1, "Account 1", 'Änderung\r\n"x"')
    ]


def test_leaver_keeps_its_last_row(org: Scene) -> None:
    """An account that no longer matches stops updating and is not deleted; its children say that it left."""
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Other", "Name": "New"}})
    report = org.run()

    assert counts(report, "accounts") == {"left": 1}
    assert counts(report, "contacts") == {"left": 1, "parent_left": 1}
    assert status(org, "accounts")[A1] == "left"
    assert status(org, "contacts") == {C1: "parent_left", C2: "active"}
    assert org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'") == [("Account 1",)]
    assert org.rows("SELECT count(*) FROM active_accounts") == [(2,)]


def test_leaver_comes_back(org: Scene) -> None:
    """An account that matches again is active again, under the day of its first sync."""
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Other"}})
    org.run()
    first = org.rows(f"SELECT first_synced_at FROM accounts WHERE Id = '{A1}'")
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Customer"}})
    report = org.run()

    assert counts(report, "accounts") == {"resumed": 1}
    assert counts(report, "contacts") == {"resumed": 1}
    told = f"SELECT change, column_name FROM s.accord.changes WHERE key = '{A1}' AND run = {report.run}"
    assert org.rows(told) == [("resumed", None)]
    assert set(status(org, "accounts").values()) == {"active"}
    assert org.rows(f"SELECT first_synced_at FROM accounts WHERE Id = '{A1}'") == first


def test_leaver_goes_where_the_spec_says_remove(org: Scene) -> None:
    """With `on leaving remove` the account goes, and its children with it."""
    org.spec = SPEC.replace("prospect where", "on leaving remove\n  prospect where")
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Other"}})
    report = org.run()

    assert counts(report, "accounts") == {"left": 1, "removed": 1}
    assert A1 not in status(org, "accounts")
    assert C1 not in status(org, "contacts")


def test_deleted_and_undeleted(org: Scene) -> None:
    """A deleted record is marked as deleted; when it comes back from the bin it is active again."""
    org.change({"op": "delete", "object": "Account", "id": A2})
    deleted = org.run()
    marked = status(org, "accounts")[A2]
    org.change({"op": "undelete", "object": "Account", "id": A2})
    undeleted = org.run()

    assert counts(deleted, "accounts") == {"deleted": 1}
    assert marked == "deleted"
    assert counts(undeleted, "accounts") == {"resumed": 1}


def test_purged_record_is_gone(org: Scene) -> None:
    """A record that Salesforce no longer knows at all is gone, and the reason says what that may mean."""
    org.change({"op": "hard_delete", "object": "Contact", "id": C2})
    report = org.run()

    assert counts(report, "contacts") == {"gone": 1}
    assert org.rows(f"SELECT record_status_reason FROM contacts WHERE Id = '{C2}'") == [
        ("Salesforce no longer returns it: purged, or not visible to the user",)
    ]


def test_merged_record_names_its_winner(org: Scene) -> None:
    """The loser of a merge says into whom it went; what hung on it hangs on the winner."""
    org.change({"op": "merge", "object": "Account", "id": A1, "loser": A2, "reparented_contacts": [C2]})
    report = org.run()

    assert counts(report, "accounts")["merged"] == 1
    assert org.rows(f"SELECT record_status, merged_into FROM accounts WHERE Id = '{A2}'") == [("merged", A1)]
    assert org.rows(f"SELECT account_id, record_status FROM contacts WHERE Id = '{C2}'") == [(A1, "active")]


def test_what_hangs_on_a_contact_goes_and_comes_with_the_account(tmp_path: Path) -> None:
    """Over two steps too: rows say that their parent is no longer in, and are active again when the account is back."""
    described = (
        {"name": "Name", "type": "string"},
        {"name": "Contact__c", "type": "reference", "referenceTo": ["Contact"]},
    )
    training = {"Id": record_id("Training__c", 1), "Name": "T", "Contact__c": C1}
    spec = SPEC + '\nobject Training__c as "Trainings" on contact via Contact__c\n'
    rows = {**SMALL, "Training__c": (training,)}
    with scene(tmp_path, rows, spec, fields={**FIELDS, "Training__c": described}) as org:
        org.run()
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Other"}})
        org.run()
        out = org.rows("SELECT record_status, record_status_reason FROM trainings")
        org.change({"op": "delete", "object": "Account", "id": A1})
        org.run()
        deleted = status(org, "accounts")[A1], status(org, "trainings")
        org.change(
            {"op": "undelete", "object": "Account", "id": A1},
            {"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Customer"}},
        )
        report = org.run()

        assert out == [("parent_left", "its row of contacts is no longer in")]
        assert deleted == ("deleted", {training["Id"]: "parent_left"})
        assert counts(report, "trainings") == {"resumed": 1}


def test_purged_after_it_was_deleted(org: Scene) -> None:
    """What is known stays: a deleted record that leaves the bin is still a deleted one, and nothing changes."""
    org.change({"op": "delete", "object": "Contact", "id": C2})
    org.run()
    org.change({"op": "hard_delete", "object": "Contact", "id": C2})
    report = org.run()

    assert not report.changed
    assert status(org, "contacts")[C2] == "deleted"


def test_rejected_row_that_was_in_keeps_its_last_values(org: Scene) -> None:
    """A row of which a value cannot be taken any more is out as rejected, with its last good values, until it heals."""
    bad = record_id("Subscription__c", 1)

    def spoil(response: httpx.Response) -> httpx.Response:
        body = response.json()
        for one in body["records"]:
            if one.get("Id") == bad and "Amount__c" in one:
                one["Amount__c"] = "1,00"
        return httpx.Response(200, json=body)

    org.change({"op": "update", "object": "Subscription__c", "id": bad, "fields": {"Name": "New"}})
    report = org.run(None, Fault("Status__c", real_but(spoil), None), confirmed=True)
    rejected = org.rows(f"SELECT record_status, Name, Amount__c FROM subscriptions WHERE Id = '{bad}'")
    why = org.rows("SELECT table_name, key, column_name, raw FROM s.accord.rejects ORDER BY 1")
    healed = org.run(confirmed=True)

    assert counts(report, "subscriptions") == {"rejected": 1, "newly_rejected": 1}
    assert rejected == [("rejected", "S1", Decimal("100.500"))]
    assert why == [(one, bad, "Amount__c", "1,00") for one in ("arr", "subscriptions")]
    assert counts(healed, "subscriptions") == {"resumed": 1}
    assert org.rows("SELECT count(*) FROM s.accord.rejects") == [(0,)]


def test_a_new_row_that_cannot_be_taken_is_in_the_report(org: Scene) -> None:
    """A row that no table ever had and that is rejected makes no run one in which nothing was amiss."""
    new = record_id("Contact", 9)

    def spoil(response: httpx.Response) -> httpx.Response:
        body = response.json()
        for one in body["records"]:
            if one.get("Id") == new and "Email" in one:
                one["SystemModstamp"] = "2026-02-30T25:61:00.000+0000"
        return httpx.Response(200, json=body)

    org.change({"op": "create", "object": "Contact", "id": new, "fields": {"LastName": "Neu", "AccountId": A1}})
    text = run_report(org.run(None, Fault("Email", real_but(spoil), None)))

    assert ", 1 row rejected\n" in text
    assert "contacts" not in next(line for line in text.splitlines() if line.startswith("unchanged:"))
    assert "could not be taken" in text
    assert "  contacts: 1 row" in text.splitlines()


def test_left_then_deleted(org: Scene) -> None:
    """A record that had left and is deleted later is restated, and leaves the balance alone."""
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Other"}})
    org.run()
    org.change({"op": "delete", "object": "Account", "id": A1})
    report = org.run()

    assert counts(report, "accounts") == {"restated": 1}
    assert status(org, "accounts")[A1] == "deleted"


def test_new_record_comes_in(org: Scene) -> None:
    """A record that is created comes in with the next run, with its children."""
    made = {"Type": "Customer", "Name": "Fifth", "OwnerId": record_id("User", 1)}
    named = {"LastName": "Ninth", "AccountId": record_id("Account", 5)}
    org.change(
        {"op": "create", "object": "Account", "id": record_id("Account", 5), "fields": made},
        {"op": "create", "object": "Contact", "id": record_id("Contact", 9), "fields": named},
    )
    report = org.run()

    assert counts(report, "accounts") == {"inserted": 1}
    assert counts(report, "contacts") == {"inserted": 1}
    assert counts(report, "account_owners") == {"inserted": 1}


def test_only_the_stamp_moved(org: Scene) -> None:
    """A system update that changes no synced value shows as an update of its stamp alone."""
    org.change({"op": "system_touch", "object": "Account", "id": A1})
    report = org.run()

    assert counts(report, "accounts") == {"updated": 1}
    assert org.rows("SELECT DISTINCT column_name FROM s.accord.changes") == [("SystemModstamp",)]


def test_child_moves_to_an_account_that_is_not_in(org: Scene) -> None:
    """A contact whose account changed to one that is not synced has left, which is not its parent's leaving."""
    org.change({"op": "update", "object": "Contact", "id": C1, "fields": {"AccountId": A4}})
    report = org.run()

    assert counts(report, "contacts") == {"left": 1}


def test_formula_of_a_filter_is_as_new_as_what_the_filter_said(tmp_path: Path) -> None:
    """A formula that lets an account in, or changes its type, stands in its row as it is now, though no stamp moved."""
    health = {"name": "Health__c", "type": "string", "calculated": True}
    spec = SPEC.replace("customer where Type = 'Customer'", "customer where Type = 'Customer' AND Health__c != 'Bad'")
    fields = {**FIELDS, "Account": (*FIELDS["Account"], health)}
    with scene(tmp_path, spec=spec.replace("Type = 'Prospect'", "Type != null"), fields=fields) as org:
        org.run()
        found = []
        for value in ("Good", "Bad"):
            org.change({"op": "formula_change", "object": "Account", "id": A1, "fields": {"Health__c": value}})
            org.run()
            found += org.rows(f"SELECT account_type, Health__c FROM accounts WHERE Id = '{A1}'")

    assert found == [("customer", "Good"), ("prospect", "Bad")]


def test_what_passes_on_a_formula_says_how_old_it_is(tmp_path: Path) -> None:
    """A host that is taken from a formula may be a day old like the formula, and `columns` says so of both."""
    website = {"name": "Website", "type": "string", "calculated": True}
    others = tuple(one for one in FIELDS["Account"] if one["name"] != "Website")
    with scene(tmp_path, fields={**FIELDS, "Account": (*others, website)}) as org:
        org.run()
        dated = org.rows(
            "SELECT column_name FROM columns WHERE table_name = 'accounts' AND as_of IS NOT NULL ORDER BY 1"
        )

    assert sorted(dated) == [("Website",), ("web_domain",)]


def test_undeleted_child_of_an_account_that_left(org: Scene) -> None:
    """A contact that is taken out of the bin while its account is out is not called deleted any more."""
    org.change({"op": "delete", "object": "Contact", "id": C2})
    org.run()
    org.change({"op": "update", "object": "Account", "id": A2, "fields": {"Type": "Other"}})
    org.run()
    org.change({"op": "undelete", "object": "Contact", "id": C2})
    report = org.run()

    assert counts(report, "contacts") == {"restated": 1}
    assert status(org, "contacts")[C2] == "parent_left"


def test_account_of_a_child_that_left_before(org: Scene) -> None:
    """The reason of a child that is out follows the account of its row, whether that goes or comes back."""
    org.change({"op": "update", "object": "Contact", "id": C1, "fields": {"AccountId": A4}})
    org.run()
    found = []
    for kind in ("Other", "Customer"):
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": kind}})
        org.run()
        found.append(status(org, "contacts")[C1])

    assert found == ["parent_left", "left"]


def test_new_field_in_the_spec_is_filled_in(org: Scene) -> None:
    """A column that the spec adds is there with its values; one that it drops is gone."""
    org.spec = SPEC.replace("fields Name, Email", "fields Name")
    org.run()
    without = [name for name, *_ in org.rows("DESCRIBE contacts")]
    org.spec = SPEC.replace("fields Name, Email", "fields Name, LastName")
    report = org.run()

    assert "Email" not in without
    assert counts(report, "contacts") == {"updated": 2}
    assert org.rows("SELECT LastName FROM contacts ORDER BY 1") == [("Contact 1",), ("Contact 2",)]


def test_table_that_the_spec_drops_is_removed(org: Scene) -> None:
    """A table whose statement is gone is removed, and the report says so."""
    org.spec = SPEC[: SPEC.index("object Subscription__c")]
    report = org.run()

    assert report.dropped == ("subscriptions",)
    assert org.rows("SELECT table_name FROM duckdb_tables() WHERE table_name = 'subscriptions'") == []
