"""One account refreshed: it and what hangs on it, and nothing else; the next whole run agrees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.errors import ConfigurationError
from engine.refresh import refresh
from engine.report import Outcome, RunReport
from tests.engine.faulty import Fault, Faulty, real_but
from tests.engine.scene import FIELDS, SMALL, SPEC, Scene, counts, record_id, scene, subscription, user

A1, A2 = record_id("Account", 1), record_id("Account", 2)
C1 = record_id("Contact", 1)
S1 = record_id("Subscription__c", 1)
TRAINED = {
    **FIELDS,
    "Training__c": (
        {"name": "Name", "type": "string"},
        {"name": "Contact__c", "type": "reference", "referenceTo": ["Contact"]},
    ),
}
SPEC_TRAINED = SPEC + '\nobject Training__c as "Trainings" on contact via Contact__c { fields Name }\n'
ROWS = {
    **SMALL,
    "User": (user(1), user(2)),
    "Training__c": ({"Id": "a02000000000001", "Name": "T1", "Contact__c": C1},),
}


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, ROWS, SPEC_TRAINED, fields=TRAINED) as one:
        one.run()
        yield one


def refreshed(org: Scene, account: str, *faults: Fault) -> RunReport:
    with org.client() as client:
        plan, schema, drift = org.plan(client)
    with org.client(transport=Faulty(*faults)) as client:
        return refresh(plan, org.spec, client, org.store, account, schema=schema, drift=drift)


def everything(org: Scene) -> dict[str, list[tuple[object, ...]]]:
    tables = ("accounts", "contacts", "subscriptions", "trainings", "users")
    found = {
        name: org.rows(f"SELECT * EXCLUDE (first_synced_at, changed_at) FROM {name} ORDER BY Id") for name in tables
    }
    return {**found, "account_owners": org.rows("SELECT * FROM account_owners ORDER BY ALL")}


def test_the_account_and_what_hangs_on_it(org: Scene) -> None:
    """Its fields, owner, numbers, children and their children are as in the org; other accounts are as they were."""
    org.change(
        {"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Neu", "OwnerId": record_id("User", 2)}},
        {"op": "update", "object": "Account", "id": A2, "fields": {"Name": "Auch neu"}},
        {"op": "update", "object": "Contact", "id": C1, "fields": {"Email": "c1@example.com"}},
        {"op": "update", "object": "Training__c", "id": "a02000000000001AAA", "fields": {"Name": "T2"}},
        {"op": "create", "object": "Subscription__c", **_new_subscription()},
    )
    report = refreshed(org, A1[:15])
    names = org.rows("SELECT Name, CAST(arr AS VARCHAR) FROM accounts ORDER BY Id")
    seen = org.rows("SELECT Email FROM contacts ORDER BY Id")
    trained = org.rows("SELECT Name FROM trainings")
    owners = org.rows("SELECT user_id FROM account_owners ORDER BY account_id")
    whole = org.run()

    assert (report.outcome, report.changed) == (Outcome.SUCCEEDED, True)
    assert names == [("Neu", "120.505"), ("Account 2", "7.000"), ("Account 3", "0.000")]
    assert seen == [("c1@example.com",), (None,)]
    assert trained == [("T2",)]
    assert owners == [(record_id("User", 2),), (record_id("User", 1),), (record_id("User", 1),)]
    assert counts(report, "users") == {"inserted": 1}
    assert counts(whole, "accounts") == {"updated": 1}
    assert {name: counts(whole, name) for name in ("contacts", "subscriptions", "trainings", "account_owners")} == {
        name: {} for name in ("contacts", "subscriptions", "trainings", "account_owners")
    }


def _new_subscription() -> dict[str, object]:
    made = subscription(9, 1, "20")
    return {"id": made.pop("Id"), "fields": made}


def test_nothing_changed(org: Scene) -> None:
    """An account that is as it was leaves the published file alone."""
    inode = org.store.stat().st_ino
    report = refreshed(org, A1)

    assert (report.outcome, report.changed) == (Outcome.SUCCEEDED, False)
    assert org.store.stat().st_ino == inode


def test_account_that_left(org: Scene) -> None:
    """An account that no longer matches has left, with its children; the next whole run has nothing to add."""
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Other"}})
    report = refreshed(org, A1)
    once = everything(org)
    org.run()

    assert counts(report, "accounts") == {"left": 1}
    assert counts(report, "contacts") == {"left": 1, "parent_left": 1}
    assert counts(report, "trainings") == {"left": 1, "parent_left": 1}
    assert everything(org) == once


def test_child_that_is_deleted(org: Scene) -> None:
    """A child that is gone from the org is marked as deleted."""
    org.change({"op": "delete", "object": "Contact", "id": C1})
    report = refreshed(org, A1)
    once = everything(org)
    org.run()

    assert counts(report, "contacts") == {"deleted": 1}
    assert everything(org) == once


def test_child_that_moved_to_another_account(org: Scene) -> None:
    """A contact that hangs on another account now is that account's business, and is not called left."""
    org.change({"op": "update", "object": "Contact", "id": C1, "fields": {"AccountId": A2}})
    report = refreshed(org, A1)
    before = org.rows(f"SELECT account_id, record_status FROM contacts WHERE Id = '{C1}'")
    org.run()

    assert counts(report, "contacts") == {}
    assert before == [(A1, "active")]
    assert org.rows(f"SELECT account_id, record_status FROM contacts WHERE Id = '{C1}'") == [(A2, "active")]


def test_whole_run_after_a_refresh_takes_nothing_from_the_copy(org: Scene) -> None:
    """What the refresh changed and the copy does not know misleads no later run."""
    moved = record_id("Contact", 2)
    org.change({"op": "update", "object": "Contact", "id": moved, "fields": {"AccountId": A1}})
    refreshed(org, A1)
    org.change({"op": "update", "object": "Account", "id": A2, "fields": {"Type": "Other"}})
    org.run()

    assert org.rows(f"SELECT account_id, record_status FROM contacts WHERE Id = '{moved}'") == [(A1, "active")]


def spoiled(*records: str) -> Fault:
    """Dates of accounts and amounts of subscriptions that are none, in some records."""

    def spoil(response: httpx.Response) -> httpx.Response:
        body = response.json()
        if not isinstance(body, dict):
            return response
        for one in body["records"]:
            if one.get("Id") in records:
                one |= {name: "none" for name in ("Renewal_Date__c", "Amount__c") if name in one}
        return httpx.Response(200, json=body)

    return Fault("SELECT Id", real_but(spoil), None)


def rejects(org: Scene) -> list[tuple[object, ...]]:
    return org.rows("SELECT table_name, key, column_name, raw FROM s.accord.rejects ORDER BY ALL")


def test_rejected_values_are_told(org: Scene) -> None:
    """What cannot be taken of the account is in `rejects`, as after a whole run; what hangs on it is nobody's then."""
    report = refreshed(org, A1, spoiled(A1, S1))
    told = rejects(org)
    inode = org.store.stat().st_ino
    again = refreshed(org, A1, spoiled(A1, S1))
    refreshed_only = org.store.stat().st_ino
    org.run(None, spoiled(A1, S1), confirmed=True)

    assert counts(report, "accounts") == {"rejected": 1, "newly_rejected": 1}
    assert told == [
        ("accounts", A1, "Renewal_Date__c", "none"),
        ("arr", S1, "Amount__c", "none"),
    ]
    assert (again.changed, refreshed_only) == (False, inode)
    assert rejects(org) == told


def test_rejects_of_other_accounts_stay(org: Scene) -> None:
    """A refresh takes out what is good now of its own account, whether it has a row or never had one, and no more."""
    s3 = record_id("Subscription__c", 3)
    org.store.unlink()
    org.run(None, spoiled(A1, A2, S1, s3))
    before = rejects(org)
    report = refreshed(org, A1)

    assert [key for _, key, *_ in before] == [A1, A2, S1, s3]
    assert counts(report, "accounts") == {"inserted": 1}
    assert [key for _, key, *_ in rejects(org)] == [A2, s3]


def test_account_that_was_rejected_and_matches_no_more(org: Scene) -> None:
    """It never had a row; that it was rejected is no longer said."""
    org.store.unlink()
    org.run(None, spoiled(A1))
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Other"}})
    report = refreshed(org, A1)

    assert report.changed
    assert rejects(org) == []


def test_account_that_comes_in(org: Scene) -> None:
    """An account that matches now comes in, with its children."""
    org.change({"op": "update", "object": "Account", "id": record_id("Account", 4), "fields": {"Type": "Customer"}})
    report = refreshed(org, record_id("Account", 4))
    once = everything(org)
    org.run()

    assert counts(report, "accounts") == {"inserted": 1}
    assert counts(report, "contacts") == {"inserted": 1}
    assert everything(org) == once


OUT, BINNED, NONE = (record_id("Account", n) for n in (4, 5, 99))


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (OUT, f"Salesforce has {OUT}, and no filter takes it"),
        (BINNED, f"{BINNED} is in Salesforce's bin, and no table has it"),
        (NONE, f"Salesforce has no account {NONE}, or this user may not see it"),
    ],
)
def test_account_that_is_nowhere_is_said_to_be(org: Scene, account: str, why: str) -> None:
    """An Id that no filter takes and no table has is no success without a word: perhaps it was mistyped."""
    org.change(
        {"op": "create", "object": "Account", "id": BINNED, "fields": {"Name": "Soon gone"}},
        {"op": "delete", "object": "Account", "id": BINNED},
    )
    report = refreshed(org, account)

    assert report.notices == (f"{why}: there was nothing to refresh",)


def test_what_is_no_account_is_refused(org: Scene) -> None:
    """An Id of another object, or none, starts nothing."""
    for wrong in (C1, "001", "Acme"):
        with pytest.raises(ConfigurationError, match="no account's Id"):
            refreshed(org, wrong)


def test_first_run_is_never_for_one_account(tmp_path: Path) -> None:
    """Without a store there is nothing to refresh."""
    with scene(tmp_path) as org:
        report = refreshed(org, A1)

    assert report.outcome is Outcome.FAILED
    assert "no store yet" in report.errors[0]


def test_links_by_value_need_all_accounts(tmp_path: Path) -> None:
    """Where rows find their account by a value, an account alone cannot tell whether it is the only one."""
    spec = SPEC.replace("via Account__c { fields", "via Name = Name { fields")
    with scene(tmp_path, spec=spec) as org:
        org.run()
        report = refreshed(org, A1)

    assert report.outcome is Outcome.FAILED
    assert "need all accounts" in report.errors[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("fields Name, Email", "fields Name"),
        ("else 0", "else 7"),
        ("where Type = 'Prospect'", "where Type = 'Prospect' and Name != 'x'"),
    ],
)
def test_spec_that_was_edited_is_no_account_s_matter(org: Scene, before: str, after: str) -> None:
    """Another spec says something else about every account: the whole run has to come first, now as ever."""
    assert before in org.spec
    org.spec = org.spec.replace(before, after)
    inode = org.store.stat().st_ino
    report = refreshed(org, A1)

    assert (report.outcome, report.changed) == (Outcome.FAILED, False)
    assert "the spec or the org's schema changed since the last run; run without --account first" in report.errors
    assert org.store.stat().st_ino == inode

    org.run(confirmed=True)
    for name in ("Neu", "Neuer"):
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": name}})
        assert refreshed(org, A1).changed
    assert org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'") == [("Neuer",)]


def test_rows_that_the_spec_reaches_by_two_links(tmp_path: Path) -> None:
    """Read by one of the links, the other's number would be wrong: the account waits for the whole run."""
    described = {
        **FIELDS,
        "Subscription__c": (
            *FIELDS["Subscription__c"],
            {"name": "Contact__c", "type": "reference", "referenceTo": ["Contact"], "relationshipName": "Contact__r"},
        ),
    }
    spec = (
        SPEC.split("object Sub")[0].replace(" where Status__c = 'Active'", "")
        + 'metric "M" from sum(Amount__c) of Subscription__c via Contact__r.AccountId\n'
    )
    rows = {**SMALL, "Subscription__c": (subscription(1, 1, "100", Contact__c=record_id("Contact", 2)),)}
    with scene(tmp_path, rows, spec, fields=described) as two:
        two.run()
        before = two.rows("SELECT arr, m FROM accounts ORDER BY Id")
        report = refreshed(two, A1)

        assert report.outcome is Outcome.FAILED
        assert "by two links, which are not one account's; run without --account" in report.errors[0]
        assert two.rows("SELECT arr, m FROM accounts ORDER BY Id") == before
