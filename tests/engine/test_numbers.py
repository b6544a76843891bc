"""Calculated numbers: every aggregate, what was chosen among several, and sums that must tie out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from engine.report import ChoiceReport, Outcome, OwnerReport
from tests.engine.faulty import Fault, real_but
from tests.engine.scene import FIELDS, SMALL, SPEC, account, record_id, scene, subscription, user

A1, A2, A3 = (record_id("Account", n) for n in (1, 2, 3))
DATED = {
    **FIELDS,
    "Subscription__c": (*FIELDS["Subscription__c"], {"name": "Start__c", "type": "date"}),
}
ROWS = {
    **SMALL,
    "Account": (account(1), account(2), account(3)),
    "Subscription__c": (
        subscription(1, 1, "10.10", Start__c="2026-01-01"),
        subscription(2, 1, "20.25", Start__c="2026-02-01"),
        subscription(3, 1, "0.01", Start__c=""),
        subscription(4, 2, "5", Start__c="2026-01-01"),
        subscription(5, 2, "7", Start__c="2026-01-01"),
    ),
}


def metric(aggregate: str) -> str:
    return f'{SPEC}\nmetric "Number" from {aggregate} of Subscription__c via Account__c\n'


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("min(Amount__c)", ["0.01", "5.00", None]),
        ("max(Amount__c)", ["20.25", "7.00", None]),
        ("sum(Amount__c)", ["30.36", "12.00", None]),
        ("average(Amount__c)", ["10.120000", "6.000000", None]),
        ("count()", ["3", "2", "0"]),
    ],
)
def test_aggregates(tmp_path: Path, aggregate: str, expected: list[str | None]) -> None:
    """Each aggregate over an account's rows is exact; over no rows it is empty, and a count is 0."""
    with scene(tmp_path, ROWS, metric(aggregate), fields=DATED) as org:
        org.run()

        assert org.rows("SELECT CAST(number AS VARCHAR) FROM accounts ORDER BY Id") == [(one,) for one in expected]
        assert org.rows("SELECT typeof(number) FROM accounts LIMIT 1")[0][0].startswith("DECIMAL")


@pytest.mark.parametrize(
    ("aggregate", "expected", "ties"),
    [
        ("latest(Amount__c)", ["20.25", "7.00", None], 1),
        ("earliest(Amount__c)", ["10.10", "7.00", None], 1),
    ],
)
def test_first_and_last_rows_and_how_they_were_chosen(
    tmp_path: Path, aggregate: str, expected: list[str | None], ties: int
) -> None:
    """The newest and the oldest row by its key: rows without a key are passed over, ties go to the highest Id."""
    spec = metric(aggregate).replace("via Account__c\n", "via Account__c by Start__c\n")
    with scene(tmp_path, ROWS, spec, fields=DATED) as org:
        report = org.run()

        assert org.rows("SELECT CAST(number AS VARCHAR) FROM accounts ORDER BY Id") == [(one,) for one in expected]
        assert report.choices == (ChoiceReport("number", without_key=1, ties=ties),)


def test_owners_are_counted_by_how_they_were_found(tmp_path: Path) -> None:
    """Each kind says how many were found, by a later source too, and why the others are empty."""
    team = (
        {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]},
        {"name": "UserId", "type": "reference", "referenceTo": ["User"]},
    )
    owner = {"name": "CSM__c", "type": "reference", "referenceTo": ["User", "Group"]}
    fields = {**FIELDS, "Account": (*FIELDS["Account"], owner), "AccountTeamMember": team}
    queue = "00G000000000001EAA"
    members = [
        {"Id": f"01M00000000000{n}", "AccountId": record_id("Account", parent), "UserId": record_id("User", 1)}
        for n, parent in enumerate((2, 2, 9), 1)
    ]
    rows = {
        **SMALL,
        "Account": (
            account(1, CSM__c=record_id("User", 1)),
            account(2, CSM__c=""),
            account(3, CSM__c=queue),
            account(4, CSM__c=record_id("User", 9)),
            account(5, CSM__c=record_id("User", 2)),
            account(6, CSM__c=""),
        ),
        "User": (user(1), user(2, IsActive="false")),
        "AccountTeamMember": members,
    }
    spec = SPEC.replace(
        "account_owner from OwnerId",
        "csm from CSM__c else UserId of AccountTeamMember via AccountId\n  skip inactive users",
    )
    with scene(tmp_path, rows, spec, fields=fields) as org:
        skipping = org.run()
        org.spec = spec.replace("\n  skip inactive users", "")
        keeping = org.run(confirmed=True)

    assert skipping.owners == (OwnerReport("csm", 2, 1, 4, 1, 1, 1, 1),)
    assert keeping.owners == (OwnerReport("csm", 3, 1, 3, 1, 1, 1, 1),)


def off_by(amount: str) -> Fault:
    """Salesforce's own sum is another one."""

    def change(response: httpx.Response) -> httpx.Response:
        body = response.json()
        body["records"][0]["total"] = float(Decimal(str(body["records"][0]["total"])) + Decimal(amount))
        return httpx.Response(200, json=body)

    return Fault("SUM(", real_but(change), None)


def test_sum_that_nothing_explains_fails_the_run(tmp_path: Path) -> None:
    """A difference of a cent over rows of which none changed publishes nothing."""
    with scene(tmp_path) as org:
        org.run()
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Neu"}})
        inode = org.store.stat().st_ino
        report = org.run(None, off_by("0.01"))

    assert report.outcome is Outcome.FAILED
    assert "107.505 over 3 rows, but 107.515 in Salesforce" in report.errors[0]
    assert [one.differs for one in report.tie_outs] == [True]
    assert org.store.stat().st_ino == inode


def test_sum_that_a_late_change_explains_is_not_verified(tmp_path: Path) -> None:
    """When rows changed while the run read the line says so, and the run goes on."""
    late = "2027-01-01T00:00:00Z"
    with scene(tmp_path) as org:
        org.run()
        org.change(
            {"op": "system_touch", "object": "Subscription__c", "id": record_id("Subscription__c", 1), "at": late}
        )
        report = org.run(None, off_by("5"))

    assert report.outcome is Outcome.SUCCEEDED
    assert [(one.salesforce, one.note) for one in report.tie_outs] == [
        (None, "1 rows of Subscription__c changed while the run read")
    ]
