"""Calculated numbers: every aggregate, what was chosen among several, and sums that must tie out."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from engine.report import ChoiceReport, Outcome, OwnerReport, RunReport
from engine.salesforce.read import Reading
from tests.engine.faulty import Fault, real_but
from tests.engine.scene import FIELDS, SMALL, SPEC, account, record_id, scene, subscription, user

A1, A2, A3 = (record_id("Account", n) for n in (1, 2, 3))
ID_OF_2 = record_id("Subscription__c", 2)
CUSTOMERS = "accord 1\naccounts { customer where Type = 'Customer' }\n"
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


def test_one_unit_below_nothing_is_a_change(tmp_path: Path) -> None:
    """A sum of 0.00 that becomes -0.01 is seen, though DuckDB has one hash for both."""
    rows = {**SMALL, "Subscription__c": (subscription(1, 1, "5.25"), subscription(2, 1, "-5.25"))}
    with scene(tmp_path, rows) as org:
        org.run()
        org.change({"op": "update", "object": "Subscription__c", "id": ID_OF_2, "fields": {"Amount__c": "-5.26"}})
        org.run()

        assert org.rows(f"SELECT arr FROM accounts WHERE Id = '{A1}'") == [(Decimal("-0.01"),)]


def test_else_speaks_of_accounts_without_a_row(tmp_path: Path) -> None:
    """The newest row's value stands though it is empty; an account without rows has what `else` says."""
    newest = subscription(6, 1, "", Start__c="2026-03-01")
    rows = {**ROWS, "Subscription__c": (*ROWS["Subscription__c"], newest)}
    spec = metric("latest(Amount__c)").replace("via Account__c\n", "via Account__c by Start__c else 99\n")
    with scene(tmp_path, rows, spec, fields=DATED) as org:
        org.run()

        assert org.rows("SELECT number FROM accounts ORDER BY Id") == [(None,), (Decimal(7),), (Decimal(99),)]


def test_an_average_has_its_digits_whatever_others_have(tmp_path: Path) -> None:
    """One account's amounts with many decimals change no other account's average, now or later."""
    amounts = (("1", 1), ("1", 1), ("2", 1), ("5", 2))
    rows = {**SMALL, "Subscription__c": tuple(subscription(n, to, one) for n, (one, to) in enumerate(amounts, 1))}
    changed = {"op": "update", "object": "Subscription__c", "id": record_id("Subscription__c", 4)}
    averages = "SELECT CAST(number AS VARCHAR) FROM accounts WHERE number IS NOT NULL ORDER BY Id"
    with scene(tmp_path, rows, metric("average(Amount__c)")) as org:
        org.run()
        org.change({**changed, "fields": {"Amount__c": "5.00000049"}})
        org.run()
        kept = org.rows(averages)
        org.store.unlink()
        org.run()

        assert kept == org.rows(averages) == [("1.333333",), ("5.000000",)]


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


def off_by(amount: str, times: int | None = None) -> Fault:
    """Salesforce's own sum is another one."""

    def change(response: httpx.Response) -> httpx.Response:
        body = response.json()
        body["records"][0]["total"] = float(Decimal(str(body["records"][0]["total"])) + Decimal(amount))
        return httpx.Response(200, json=body)

    return Fault("SUM(", real_but(change), times)


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


@pytest.mark.parametrize("times", [1, None])
def test_a_late_change_explains_what_is_its_own_alone(tmp_path: Path, times: int | None) -> None:
    """Where the rows that did not change add up the line says so and the run goes on; where they do not it fails."""
    late = "2027-01-01T00:00:00Z"
    with scene(tmp_path) as org:
        org.run()
        org.change(
            {"op": "system_touch", "object": "Subscription__c", "id": record_id("Subscription__c", 1), "at": late}
        )
        report = org.run(None, off_by("5", times))

    if times is None:
        assert report.outcome is Outcome.FAILED
        assert "sums differ from Salesforce's own" in report.errors[0]
    else:
        assert report.outcome is Outcome.SUCCEEDED
        assert [(one.salesforce, one.note) for one in report.tie_outs] == [
            (None, "1 rows of Subscription__c changed while the run read")
        ]


def parts(report: RunReport) -> dict[str, dict[str, tuple[int, str | None]]]:
    """The parts that have rows, by the extract that is summed up."""
    return {
        one.extract: {name: (share["rows"], share["sum"]) for name, share in one.split.to_document().items()}
        for one in report.tie_outs
        if one.split is not None
    }


def test_sum_is_split_by_where_its_rows_are(tmp_path: Path) -> None:
    """Rows on accounts that are in, on others, on none: the parts add up to Salesforce's own sum over all of them."""
    rows = {
        **SMALL,
        "Subscription__c": (
            subscription(1, 1, "100.50"),
            subscription(2, 2, "7"),
            subscription(3, 4, "30"),
            subscription(4, 1, "1.25", Account__c=""),
        ),
    }
    with scene(tmp_path, rows) as org:
        report = org.run()
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Other"}})
        later = org.run()

    assert parts(report) == {
        "arr": {"in": (2, "107.50"), "out": (1, "30.00"), "no_account": (1, "1.25"), "rejected": (0, "0")}
    }
    assert [(one.rows, one.ours, Decimal(one.salesforce or 0)) for one in report.tie_outs] == [
        (4, "138.75", Decimal("138.75"))
    ]
    assert parts(later)["arr"] == {
        "in": (1, "7.00"),
        "out": (2, "130.50"),
        "no_account": (1, "1.25"),
        "rejected": (0, "0"),
    }


def test_sum_of_a_synced_table_is_verified_though_rows_of_others_are_not_read(tmp_path: Path) -> None:
    """A later run does not read rows of accounts that are not in; what they add up to is asked of Salesforce by Id."""
    rows = {**SMALL, "Subscription__c": (*SMALL["Subscription__c"], subscription(9, 4, "30"))}
    with scene(tmp_path, rows, SPEC.replace(" where Status__c = 'Active'", "")) as org:
        org.run()
        org.change({"op": "update", "object": "Subscription__c", "id": record_id("Subscription__c", 3), "fields": {}})
        later = org.run()

    assert [(one.note, Decimal(one.salesforce or 0)) for one in later.tie_outs] == [(None, Decimal("137.505"))]
    assert [share[0] for share in next(iter(parts(later).values())).values()] == [3, 1, 0, 0]


def test_rejected_rows_are_a_part_of_the_sum(tmp_path: Path) -> None:
    """What a row is worth that could not be taken is Salesforce's own word, and the sum is verified with it."""
    bad = record_id("Subscription__c", 1)

    def spoil(response: httpx.Response) -> httpx.Response:
        body = response.json()
        for record in body["records"]:
            if record.get("Id") == bad:
                record["SystemModstamp"] = "yesterday"
        return httpx.Response(200, json=body)

    with scene(tmp_path) as org:
        report = org.run(None, Fault("Status__c", real_but(spoil), None))

    assert parts(report)["arr"]["rejected"] == (1, "100.5")
    assert [one.note for one in report.tie_outs] == [None]


def test_rejected_rows_that_only_feed_a_number_are_listed(tmp_path: Path) -> None:
    """No table shows them; `accord.rejects` does, under the number's name, as long as they cannot be taken."""
    spec = f"{CUSTOMERS}arr from sum(Amount__c) of Subscription__c via Account__c else 0\n"
    bad = record_id("Subscription__c", 1)
    listed = "SELECT run, table_name, object_name, key, column_name, raw FROM s.accord.rejects"
    found = [(2, "arr", "Subscription__c", bad, "Amount__c", "1234567890123456789")]
    with scene(tmp_path, SMALL, spec) as org:
        org.run()
        org.change({"op": "update", "object": "Subscription__c", "id": bad, "fields": {"Amount__c": found[0][-1]}})
        for settings in ({}, {}, {"account": A2}, {"account": A1}, {"whole": True}):
            org.run(confirmed=True, **settings)

            assert org.rows(listed) == found, settings
        org.change({"op": "update", "object": "Subscription__c", "id": bad, "fields": {"Amount__c": "5"}})
        org.run(confirmed=True)

        assert org.rows(listed) == []
        assert org.rows(f"SELECT CAST(arr AS VARCHAR) FROM accounts WHERE Id = '{A1}'") == [("5.005",)]


def test_accounts_field_is_split_by_the_type_that_counts(tmp_path: Path) -> None:
    """An account that matches two types counts once: its amount is out where a type before has it."""
    spec = SPEC.replace("prospect where Type = 'Prospect'", "prospect where Type != 'Other'").replace(
        SPEC[SPEC.index("arr from") : SPEC.index("renewal from")], "arr from Score__c\n"
    )
    rows = {
        "Account": (account(1, Score__c="10"), account(2, Type="Prospect", Score__c="2.5")),
        "User": (user(1),),
    }
    with scene(tmp_path, rows, spec) as org:
        report = org.run()

    assert {name: (one["in"], one["out"]) for name, one in parts(report).items()} == {
        "accounts.customer": ((1, "10.00"), (0, "0")),
        "accounts.prospect": ((1, "2.50"), (1, "10.00")),
    }


def test_rows_that_find_their_account_by_a_value_are_split_too(tmp_path: Path) -> None:
    """A value that no account that is in has belongs to no account."""
    rows = {
        **SMALL,
        "Subscription__c": (
            subscription(1, 1, "100.50", Name="account 2"),
            subscription(2, 1, "7", Name="Account 4"),
            subscription(3, 1, "3", Name=""),
        ),
    }
    spec = SPEC.replace("via Account__c where Status__c = 'Active' else 0", "via Name = Name else 0")
    with scene(tmp_path, rows, spec) as org:
        report = org.run()

    assert parts(report)["arr"] == {
        "in": (1, "100.50"),
        "out": (0, "0"),
        "no_account": (2, "10.00"),
        "rejected": (0, "0"),
    }


def written(object_id: str, field: str, text: str) -> Fault:
    """A record's number as other bytes than the org would send: every answer has that text for it."""

    def change(response: httpx.Response) -> httpx.Response:
        body = json.loads(response.content, parse_float=str)
        for record in body.get("records", ()):
            if record.get("Id") == object_id and field in record:
                record[field] = "(number)"
        return httpx.Response(200, text=json.dumps(body).replace('"(number)"', text))

    return Fault(field, real_but(change), None)


@pytest.mark.parametrize("noise", ["5.551115123125783E-17", "0.00000000000000005551115123125783"])
def test_tiny_number_takes_no_room_from_those_that_come_later(tmp_path: Path, noise: str) -> None:
    """What is left of a difference of doubles is rejected with its text, and costs other rows nothing, now or later."""
    spec = SPEC.replace("prospect where Type = 'Prospect'\n", "prospect where Type = 'Prospect'\n  also Score__c\n")
    tiny = written(A1, "Score__c", noise)
    rows = {**SMALL, "Account": (account(1, Score__c="1"), account(2, Score__c="12"))}
    with scene(tmp_path, rows, spec) as org:
        first = org.run(None, tiny)
        org.change({"op": "update", "object": "Account", "id": A2, "fields": {"Score__c": "12345678.5"}})
        second = org.run(None, tiny)
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Score__c": "2"}})
        third = org.run()

        assert [one.outcome for one in (first, second, third)] == [Outcome.SUCCEEDED] * 3
        assert [report.tables[0].rejected for report in (first, second, third)] == [1, 1, 0]
        assert org.rows("SELECT Id, CAST(CAST(Score__c AS DOUBLE) AS VARCHAR) FROM active_accounts ORDER BY Id") == [
            (A1, "2.0"),
            (A2, "12345678.5"),
        ]


FEE = {"name": "Fee__c", "type": "currency", "precision": 18, "scale": 2}
ELSE_FEE = """
metric "Fallback" from sum(Amount__c) of Subscription__c via Account__c where Status__c = 'None' else Fee__c
metric "By value" from count() of Subscription__c via Name = Name
"""


def test_a_long_number_of_the_past_widens_nothing_that_stands_still(tmp_path: Path) -> None:
    """A number that is calculated from a field which once held more digits has its type once and for all."""
    fields = {**FIELDS, "Account": (*FIELDS["Account"], FEE)}
    rows = {**SMALL, "Account": (account(1, Fee__c="1.123456789"), account(2), account(3))}
    with scene(tmp_path, rows, fields=fields) as org:
        org.run()
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Fee__c": "1.5"}})
        org.run()
        # Numbers of rows that find their account by a value are computed whole in every run.
        org.spec = SPEC + ELSE_FEE
        first = org.run()
        file = org.store.stat().st_ino
        again, whole = org.run(), org.run(whole=True)

        assert first.changed
        assert (again.changed, whole.changed) == (False, False)
        assert org.store.stat().st_ino == file
        assert org.rows("SELECT fallback FROM accounts ORDER BY Id LIMIT 1") == [(Decimal("1.5"),)]

        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Fee__c": "2.987654321"}})
        org.run()

        assert org.rows("SELECT fallback, Fee__c FROM accounts ORDER BY Id LIMIT 1") == [(Decimal("2.987654321"),) * 2]


def test_a_number_that_is_kept_beside_needs_no_less_room_than_it_had(tmp_path: Path) -> None:
    """What is read for a number alone, and once was longer, is no difference when everything is read anew."""
    fields = {**FIELDS, "Account": (*FIELDS["Account"], FEE)}
    rows = {**SMALL, "Account": (account(1, Fee__c="1.123456789"), account(2), account(3))}
    spec = SPEC.replace("prospect where Type = 'Prospect'", "except Fee__c") + ELSE_FEE
    with scene(tmp_path, rows, spec, fields=fields) as org:
        org.run()
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Fee__c": "1.5"}})
        org.run()
        whole = org.run(whole=True)

        assert not whole.changed
        assert not org.run().changed


def test_sum_that_no_column_holds(tmp_path: Path) -> None:
    """A calculation beyond 38 digits ends the run with the table's name, and nothing of a value in the words."""
    tiny = written(record_id("Subscription__c", 1), "Amount__c", "0.00000000000000000001")
    huge = tuple(subscription(n, 1, "999999999999999999") for n in (2, 3))
    with scene(tmp_path, {**SMALL, "Subscription__c": (subscription(1, 1, "1"), *huge)}) as org:
        report = org.run(None, tiny)

    assert report.outcome is Outcome.FAILED
    assert "table accounts: a calculated number has more digits than 38" in report.errors[0]
    assert "999" not in report.errors[0]
    assert not org.store.exists()


def test_a_formula_that_accounts_show_and_a_metric_adds_up(tmp_path: Path) -> None:
    """What is shown may be a day old; what is added up is read at every run, and alone held against the org's sum."""
    health = {"name": "Health__c", "type": "double", "precision": 18, "scale": 0, "calculated": True}
    more = ({"name": f"More{n}__c", "type": "string"} for n in range(12))
    fields = {**FIELDS, "Account": (*FIELDS["Account"], health, *more)}
    rows = {**SMALL, "Account": (account(1, Health__c="1"), account(2, ParentId=A1, Health__c="10"))}
    spec = f'{CUSTOMERS}metric "Below" from sum(Health__c) of Account via ParentId\n'
    with scene(tmp_path, rows, spec, fields=fields) as org:
        org.run()
        org.change({"op": "formula_change", "object": "Account", "id": A2, "fields": {"Health__c": 12}})
        report = org.run()

        assert report.outcome is Outcome.SUCCEEDED, report.errors
        assert org.rows("SELECT CAST(below AS VARCHAR) FROM accounts ORDER BY Id") == [("12",), (None,)]
        assert [(one.extract, one.differs) for one in report.tie_outs] == [("metric.below", False)]


@pytest.mark.parametrize("reading", [Reading(), Reading(rest_rows=0)])
def test_archived_rows_count(tmp_path: Path, reading: Reading) -> None:
    """A task that is archived is in and counts, whether or not a run saw it before; one in the bin is out.

    No answer to `query` has it; Salesforce's own sum is asked for with it.
    """
    fields = {
        **FIELDS,
        "Task": (
            {"name": "WhatId", "type": "reference", "referenceTo": ["Account"]},
            {"name": "IsArchived", "type": "boolean"},
            {"name": "Minutes__c", "type": "double", "precision": 18, "scale": 0},
        ),
    }
    tasks = [
        {"Id": record_id("Task", n), "WhatId": A1, "Minutes__c": f"{n}0", "IsArchived": archived}
        for n, archived in ((1, "false"), (2, "false"), (3, "true"))
    ]
    spec = (
        f'{CUSTOMERS}metric "Minutes" from sum(Minutes__c) of Task via WhatId\n'
        'object Task as "Tasks" on account via WhatId { fields Minutes__c }\n'
    )
    with scene(tmp_path, {**SMALL, "Task": tasks}, spec, fields=fields) as org:
        org.reading = reading
        org.run()
        archived = {"op": "update", "object": "Task", "id": record_id("Task", 2), "fields": {"IsArchived": True}}
        org.change(archived, {"op": "delete", "object": "Task", "id": record_id("Task", 1)})
        for whole in (False, True, False):
            report = org.run(whole=whole)

            assert report.outcome is Outcome.SUCCEEDED, report.errors
            assert org.rows(f"SELECT CAST(minutes AS VARCHAR) FROM accounts WHERE Id = '{A1}'") == [("50",)]
            assert org.rows("SELECT record_status FROM tasks ORDER BY Id") == [("deleted",), ("active",), ("active",)]
            (sums,) = report.tie_outs
            assert (sums.rows, sums.salesforce, sums.differs) == (2, "50", False)
