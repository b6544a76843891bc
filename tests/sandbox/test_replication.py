from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox import Running

from .wire_help import DATA
from .writing_org import account


def _ask(client: httpx.Client, what: str, start: str, end: str) -> Any:
    return client.get(f"{DATA}/sobjects/Account/{what}/", params={"start": start, "end": end})


def test_updated_lists_living_records_by_stamp(strict: httpx.Client) -> None:
    """Records whose SystemModstamp lies in the span; the end is not part of it."""
    answer = _ask(strict, "updated", "2026-01-20T10:00:00Z", "2026-01-25T10:00:00Z").json()

    assert answer == {"ids": [account(1)], "latestDateCovered": "2026-01-25T10:00:00.000+0000"}


def test_deleted_lists_the_bin(strict: httpx.Client) -> None:
    """With the time of deletion, how far back the log goes, and up to when the answer is complete."""
    strict.delete(f"{DATA}/sobjects/Account/{account(2)}")
    answer = _ask(strict, "deleted", "2026-01-20T00:00:00+00:00", "2026-02-01T12:05:00+00:00").json()

    assert answer == {
        "deletedRecords": [
            {"id": account(3), "deletedDate": "2026-01-26T10:00:30.000+0000"},
            {"id": account(2), "deletedDate": "2026-02-01T12:00:00.000+0000"},
        ],
        "earliestDateAvailable": "2026-01-17T12:00:00.000+0000",
        "latestDateCovered": "2026-02-01T12:00:00.000+0000",
    }


def test_seconds_are_cut_off(strict: httpx.Client) -> None:
    """A span begins and ends at full minutes."""
    answer = _ask(strict, "deleted", "2026-01-26T10:00:59Z", "2026-01-26T10:01:59Z").json()

    assert [r["id"] for r in answer["deletedRecords"]] == [account(3)]
    assert answer["latestDateCovered"] == "2026-01-26T10:01:00.000+0000"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-16T00:00:00Z", "2026-01-20T00:00:00Z"),
        ("2026-01-25T00:00:00Z", "2026-01-20T00:00:00Z"),
        ("2026-01-25T00:00:00Z", "2026-01-25T00:00:30Z"),
        ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"),
        ("whenever", "2026-01-25T00:00:30Z"),
    ],
)
def test_spans_that_the_log_does_not_hold(strict: httpx.Client, start: str, end: str) -> None:
    """Too old, backwards, shorter than a minute, in the future, or no time at all."""
    for what in ("updated", "deleted"):
        answer = _ask(strict, what, start, end)

        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


def test_too_many_ids(strict_running: Running, strict: httpx.Client) -> None:
    """More than 600,000 records make the span too long."""
    with strict_running.org.writing() as cursor:
        cursor.execute(
            'INSERT INTO "Account" ("Id", "Name", "IsDeleted", "SystemModstamp") SELECT '
            "id18('001' || lpad(CAST(range + 10000 AS VARCHAR), 12, '0')), 'x', false, TIMESTAMP '2026-01-22 00:00:00' "
            "FROM range(600001)"
        )
    answer = _ask(strict, "updated", "2026-01-21T00:00:00Z", "2026-01-23T00:00:00Z")

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    assert _ask(strict, "updated", "2026-01-23T00:00:00Z", "2026-01-26T00:00:00Z").json()["ids"] == [account(2)]
