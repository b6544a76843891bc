"""The wire: expired sessions, busy servers, torn and odd pages. The rows that arrive are those of the org."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from engine.events import Waiting
from engine.report import Outcome, RunReport
from engine.salesforce.bulk_query import BulkSettings
from engine.salesforce.read import Reading
from engine.salesforce.session import ClientCredentials
from tests.engine.faulty import Answer, Fault, body, page, real_but, refuse, reset
from tests.engine.scene import SMALL, SPEC, Scene, account, counts, record_id, scene

MANY = {**SMALL, "Account": tuple(account(n, Name=f"Nr {n}") for n in range(1, 4501))}
BULK = Reading(rest_rows=0, bulk=BulkSettings(rows_per_page=2000, first_poll=0.01, deadline=0.5))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("wire"), MANY) as one:
        yield one


@pytest.fixture
def org(shared: Scene, tmp_path: Path) -> Scene:
    return Scene(shared.running, tmp_path)


def whole(report: RunReport, org: Scene) -> bool:
    return report.outcome is Outcome.SUCCEEDED and org.rows("SELECT count(*), count(DISTINCT Name) FROM accounts") == [
        (4500, 4500)
    ]


class Poll(Fault):
    """A fault that meets the polling of Bulk jobs alone."""

    def takes(self, request: httpx.Request) -> bool:
        """Whether it is a poll that fails."""
        path = request.url.path
        polls = request.method == "GET" and "/jobs/query/750" in path and not path.endswith("/results")
        return polls and super().takes(request)


def test_bulk_and_rest_bring_the_same(org: Scene, tmp_path: Path) -> None:
    """Every table is the same, value by value, whichever way its rows came."""
    rest = org.run()
    other = Scene(org.running, tmp_path / "bulk", reading=BULK)
    other.folder.mkdir()
    bulk = other.run()
    tables = ("accounts", "contacts", "subscriptions", "account_owners", "users")

    assert {one.transport for one in rest.extracts} == {"rest"}
    assert {one.transport for one in bulk.extracts if one.rows} == {"bulk"}
    for table in tables:
        sql = f"SELECT * EXCLUDE (first_synced_at, changed_at) FROM {table} ORDER BY ALL"
        sql = sql if table != "account_owners" else f"SELECT * FROM {table} ORDER BY ALL"
        assert org.rows(sql) == other.rows(sql)


def test_bulk_jobs_are_deleted(org: Scene) -> None:
    """Nothing is left on Salesforce's side after the download."""
    org.reading = BULK
    org.run()
    made = [one for one in org.wire.log if one.method == "POST"]
    deleted = [one for one in org.wire.log if one.method == "DELETE"]

    assert len(made) == len(deleted) > 0


@pytest.mark.parametrize(
    "answer",
    [
        page(503),
        page(420),
        lambda request: httpx.Response(406),
        refuse(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        refuse(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
        reset,
    ],
    ids=["503", "420", "406", "concurrent", "unknown", "reset"],
)
def test_passing_trouble_is_waited_out(org: Scene, answer: Answer) -> None:
    """A server that is busy, away or cut off for a moment costs a retry, not a row."""
    fault = Fault("/query", answer, times=2, after=2)
    report = org.run(None, fault)

    assert fault.seen > 2
    assert whole(report, org)


def test_retry_after_is_honoured(org: Scene) -> None:
    """The wait is as long as Salesforce asks for."""
    fault = Fault("/query", refuse(429, "TOO_MANY", "slow down", **{"Retry-After": "0.3"}), after=2)
    report = org.run(None, fault)

    assert any(one.seconds == 0.3 for one in org.events if isinstance(one, Waiting))
    assert whole(report, org)


def test_expired_session_is_renewed_once(org: Scene) -> None:
    """A session that ends in the middle is renewed once, and the run goes on."""
    expired = Fault("FROM Contact", refuse(401, "INVALID_SESSION_ID", "Session expired or invalid"))
    credentials = ClientCredentials(org.running.instance_url, org.running.client_id, org.running.client_secret)
    report = org.run(credentials, expired)
    signed_in = [one for one in org.wire.log if one.url.path.endswith("/oauth2/token")]

    assert len(signed_in) == 2
    assert whole(report, org)


def test_lost_cursor_restarts_the_query(org: Scene) -> None:
    """A locator that is gone costs the query, not the rows."""
    lost = Fault("/query/0r8", refuse(400, "INVALID_QUERY_LOCATOR", "invalid query locator"))
    report = org.run(None, lost)

    assert lost.seen > 1
    assert whole(report, org)


def test_answer_that_stops_in_the_middle_is_no_success(org: Scene) -> None:
    """`done: false` without a next page fails the object instead of taking what came for all."""

    def cut(response: httpx.Response) -> httpx.Response:
        body = response.json()
        body.pop("nextRecordsUrl", None)
        return httpx.Response(200, json=body)

    report = org.run(None, Fault("FROM Account", real_but(cut), None))

    assert report.outcome is Outcome.FAILED
    assert "does not say where it goes on" in report.errors[0]
    assert not org.store.exists()


def test_fewer_rows_than_announced_is_no_success(org: Scene) -> None:
    """An answer that announces more rows than it sends is asked for again, and then fails."""

    def shorten(response: httpx.Response) -> httpx.Response:
        body = response.json()
        body["records"] = body["records"][:-1]
        return httpx.Response(200, json=body)

    report = org.run(None, Fault("FROM Contact", real_but(shorten), None))

    assert report.outcome is Outcome.INCOMPLETE
    assert report.stale == ("contacts",)


def _torn(response: httpx.Response) -> httpx.Response:
    """A page that ends early although HTTP says that it is whole."""
    return body(response, response.content[: len(response.content) // 2])


def _torn_gzip(response: httpx.Response) -> httpx.Response:
    """A compressed page that ends early."""
    zipped = gzip.compress(response.content)
    return body(response, zipped[: len(zipped) // 2], **{"content-encoding": "gzip"})


def _short_by_a_row(response: httpx.Response) -> httpx.Response:
    """A page without its last row."""
    return body(response, response.content.rstrip(b"\n").rsplit(b"\n", 1)[0] + b"\n")


@pytest.mark.parametrize("damage", [_torn, _torn_gzip, _short_by_a_row])
def test_damaged_page_is_fetched_again(org: Scene, damage: object) -> None:
    """A page that is torn, or lacks a row, is thrown away whole and fetched again."""
    org.reading = BULK
    fault = Fault("/results", real_but(damage))  # type: ignore[arg-type]
    report = org.run(None, fault)

    assert whole(report, org)


def test_damaged_page_that_stays_fails_the_run(org: Scene) -> None:
    """If the page never comes whole, nothing is published, and no value of it is in the message."""
    org.reading = BULK
    report = org.run(None, Fault("/results", real_but(_torn), None))

    assert report.outcome is Outcome.FAILED
    assert not org.store.exists()
    assert "Nr " not in " ".join(report.errors)


@pytest.mark.parametrize("state", ["Failed", "Aborted", "InProgress"])
def test_bulk_job_that_does_not_succeed_is_loud(org: Scene, state: str) -> None:
    """A job that fails, is aborted or never ends is a failure with a reason, never zero rows."""
    org.reading = BULK

    def stuck(response: httpx.Response) -> httpx.Response:
        return httpx.Response(200, json={**response.json(), "state": state, "errorMessage": "Unexpected exception"})

    report = org.run(None, Poll("", real_but(stuck), None))

    assert report.outcome is Outcome.FAILED
    assert "Bulk job 750" in report.errors[0]
    assert not org.store.exists()


def test_failed_bulk_job_gets_one_more_try(org: Scene) -> None:
    """A job that fails once is done again."""
    org.reading = BULK
    failed = {"state": "Failed", "errorMessage": "Unexpected exception encountered in query processing"}
    once = Poll("", real_but(lambda response: httpx.Response(200, json={**response.json(), **failed})))
    report = org.run(None, once)

    assert once.seen > 1
    assert whole(report, org)


def test_object_that_bulk_refuses_goes_by_rest(org: Scene) -> None:
    """What the Bulk API does not take is read page by page, whatever its size."""
    org.reading = BULK
    refused = Fault("POST", refuse(400, "INVALIDENTITY", "Entity 'Account' is not supported by the Bulk API."), None)
    report = org.run(None, refused)

    assert {one.transport for one in report.extracts} == {"rest"}
    assert whole(report, org)


def test_sums_tie_out_with_salesforce(org: Scene) -> None:
    """The sum that ARR is made of equals Salesforce's own over the same filter."""
    report = org.run()

    assert [(one.extract, Decimal(one.ours or 0), one.note) for one in report.tie_outs] == [
        ("arr", Decimal("107.505"), None)
    ]


def test_a_filter_too_long_for_an_address(tmp_path: Path) -> None:
    """Filters of some 20,000 characters sync, look again by Id, and bring late changes, all by Bulk."""
    names = ", ".join(f"'Customer number {n:04}'" for n in range(800))
    spec = SPEC.replace(
        "customer where Type = 'Customer'", f"customer where Type = 'Customer' AND Name NOT IN ({names})"
    )
    with scene(tmp_path, SMALL, spec) as org:
        first = org.run()
        org.change(
            {"op": "update", "object": "Account", "id": record_id("Account", 1), "fields": {"Website": "new.example"}},
            {"op": "update", "object": "Account", "id": record_id("Account", 2), "fields": {"Type": "Other"}},
        )
        second = org.run()

        assert [first.outcome, second.outcome] == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]
        assert "bulk" in {one.transport for one in second.extracts}
        assert org.rows("SELECT Name, Website FROM active_accounts WHERE Website IS NOT NULL") == [
            ("Account 1", "new.example")
        ]
        assert counts(second, "accounts") == {"updated": 1, "left": 1}
