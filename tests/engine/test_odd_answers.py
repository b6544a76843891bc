"""Answers whose values are of another kind than Salesforce's: an error that names what was asked, never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.changes import deleted_since
from engine.errors import AccordError, BrokenAnswerError, ConfigurationError, NoConnectionError, SignInError
from engine.org import identify
from engine.preview import preview
from engine.report import Outcome
from engine.salesforce.answers import usage_of
from engine.salesforce.bulk_query import BulkSettings
from engine.salesforce.describe import describe
from engine.salesforce.read import Reading
from engine.salesforce.session import ClientCredentials, GivenToken
from tests.engine.faulty import Fault, Faulty, real_but, refuse
from tests.engine.scene import Scene, scene

NINES = "9" * 5000
Change = Callable[[Any], Any]


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        yield one


def changed(part: str, change: Change, times: int | None = None) -> Fault:
    """Requests whose real JSON answer is changed."""

    def other(response: httpx.Response) -> httpx.Response:
        kind = response.headers.get("content-type", "")
        if response.is_success and "json" in kind:
            return httpx.Response(response.status_code, content=json.dumps(change(json.loads(response.content))))
        kept = {name: value for name, value in response.headers.items() if name.startswith(("sforce", "content-type"))}
        return httpx.Response(response.status_code, content=response.content, headers=kept)

    return Fault(part, real_but(other), times)


def each(name: str, value: object) -> Change:
    """Give every record of a page that value."""
    return lambda page: {**page, "records": [{**record, name: value} for record in page["records"]]}


@pytest.mark.parametrize(
    "change",
    [
        lambda page: {**page, "totalSize": "²"},
        lambda page: {**page, "totalSize": NINES},
        lambda page: {**page, "totalSize": -1},
        lambda page: {**page, "records": [None]},
        lambda page: {**page, "records": ["x"]},
        lambda page: {**page, "done": False, "nextRecordsUrl": "/services/data/\x00"},
        lambda page: {**page, "done": False, "nextRecordsUrl": "/services/data/" + NINES * 20},
        each("Name", {"a": 1}),
    ],
)
def test_page_of_a_query(org: Scene, change: Change) -> None:
    """The run fails with a report that says which query it was."""
    report = org.run(None, changed("FROM Contact", change))

    assert report.exit_code == 1
    assert any("contacts" in error for error in report.errors) or report.outcome is Outcome.INCOMPLETE


@pytest.mark.parametrize("rows", ["²", NINES, "", "-1"])
def test_count_of_a_bulk_page(org: Scene, rows: str) -> None:
    """A page that announces no number of rows is asked for again, and then given up."""
    org.reading = Reading(rest_rows=0, bulk=BulkSettings(first_poll=0.01))

    def odd(response: httpx.Response) -> httpx.Response:
        headers = {"sforce-numberofrecords": rows.encode(), "sforce-locator": b"null", "content-type": b"text/csv"}
        return httpx.Response(200, content=response.content, headers=headers)

    assert org.run(None, Fault("/results", real_but(odd), None)).exit_code == 1


@pytest.mark.parametrize("processed", ["²", NINES, [1], -5, 1.5])
def test_count_of_a_bulk_job(org: Scene, processed: object) -> None:
    """Nor is a job believed that found no number of rows."""
    org.reading = Reading(rest_rows=0, bulk=BulkSettings(first_poll=0.01))
    fault = changed("GET http", lambda job: {**job, "numberRecordsProcessed": processed} if "state" in job else job)
    fault.part = "jobs/query/750"

    assert org.run(None, fault).exit_code == 1


@pytest.mark.parametrize("header", ["api-usage=²/5", f"api-usage={NINES}/{NINES}", "api-usage=1/", ""])
def test_usage_that_is_none(header: str) -> None:
    """What the header does not say is not known."""
    assert usage_of(header) is None


@pytest.mark.parametrize("total", [[1], "x", {"a": 1}, "NaN", "Infinity", "1e999999"])
def test_sums(org: Scene, total: object) -> None:
    """A sum that is no number verifies nothing, and fails nothing."""
    report = org.run(None, changed("SUM(", each("total", total)))

    assert report.outcome is Outcome.SUCCEEDED
    assert [one.salesforce for one in report.tie_outs] == [None]


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("FROM Organization", each("FiscalYearStartMonth", "x")),
        ("FROM Organization", each("FiscalYearStartMonth", "²")),
        ("FROM Organization", each("FiscalYearStartMonth", 13)),
        ("FROM Organization", each("IsSandbox", "false")),
        ("FROM Organization", each("Name", ["x"])),
        ("FROM Organization", lambda page: {**page, "records": [5]}),
        ("userinfo", lambda info: {**info, "organization_id": ["x"]}),
        ("userinfo", lambda info: {**info, "organization_id": 5}),
        ("userinfo", lambda info: {**info, "user_id": "005' OR Id != '"}),
        ("userinfo", lambda info: {**info, "preferred_username": ["x"]}),
        ("userinfo", lambda info: []),
    ],
)
def test_who_is_connected(org: Scene, part: str, change: Change) -> None:
    """Nothing is started for an org or a user that cannot be told."""
    with (
        org.client(transport=Faulty(changed(part, change))) as client,
        pytest.raises(NoConnectionError) as caught,
    ):
        identify(client)

    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_user_that_may_not_see_itself(org: Scene) -> None:
    """The way out is a permission."""
    none = changed("FROM User", lambda page: {**page, "totalSize": 0, "records": []})
    with (
        org.client(transport=Faulty(none)) as client,
        pytest.raises(NoConnectionError, match=r"User has no row.*read access to User"),
    ):
        identify(client)


def test_short_ids_of_the_same_org_and_user(org: Scene) -> None:
    """An org that tells its Id in 15 characters is the one whose rows the store holds."""
    org.run()
    short = changed("userinfo", lambda one: {**one, **{n: one[n][:15] for n in ("organization_id", "user_id")}})
    report = org.run(None, short)

    assert report.outcome is Outcome.SUCCEEDED
    assert report.notices == ()
    assert len(report.identity.organization_id) == len(report.identity.user_id) == 18


@pytest.mark.parametrize("status", [400, 403])
def test_refusal_that_passes_makes_no_other_org_of_this_one(tmp_path: Path, status: int) -> None:
    """What kind of org it is stays open until Salesforce tells it: no run takes the sandbox for a production org."""
    refused = {400: refuse(400, "INVALID_TYPE", "busy"), 403: refuse(403, "API_DISABLED_FOR_ORG", "busy")}[status]
    for at in (0, 1):
        with scene(tmp_path / f"{at}", settings="is_sandbox = true\n") as org:
            reports = [
                org.run(None, *([Fault("FROM Organization", refused)] if run == at else [])) for run in (0, 1, 2)
            ]

        assert [one.outcome for one in reports] == [Outcome.SUCCEEDED] * 3
        assert [one.identity.instance_kind for one in reports] == [
            "unknown" if run == at else "sandbox" for run in (0, 1, 2)
        ]


def test_one_clock_that_is_ahead_moves_no_watermark(org: Scene) -> None:
    """Of the times that answers bear the earliest counts, so that one that contradicts the others skips nothing."""
    ahead = {"date": "Sun, 01 Mar 2026 12:50:00 GMT"}

    def later(response: httpx.Response) -> httpx.Response:
        return httpx.Response(200, content=response.content, headers={**response.headers, **ahead})

    with org.client(transport=Faulty(Fault("userinfo", real_but(later)))) as client:
        identify(client)
        now = client.now()
    with org.client() as client:
        identify(client)
        other = client.now()

    assert abs(now - other) < timedelta(minutes=1)


def test_no_row_that_could_be_taken_is_no_success(org: Scene) -> None:
    """A table without a row because each was rejected is told, and the run is not green."""
    fault = changed("FROM Subscription__c", each("Amount__c", "junk"))
    first = org.run(None, fault)
    second = org.run()

    assert first.outcome is Outcome.INCOMPLETE
    assert "subscriptions: all 3 rows were rejected: see accord.rejects" in first.errors
    assert second.outcome is Outcome.SUCCEEDED
    assert org.rows("SELECT count(*) FROM active_subscriptions") == [(3,)]


@pytest.mark.parametrize("token", ["00D\u2026xyz", "00D!AQ\n", "00D !AQ", "", "00D\x00"])
def test_token_that_is_none(org: Scene, token: str) -> None:
    """A bad paste is told before anything is sent."""
    with pytest.raises(ConfigurationError, match=r"characters that no token has.*ACCORD_ACCESS_TOKEN"):
        GivenToken(org.running.instance_url, token)


@pytest.mark.parametrize("token", ["00D\u2026", 5, None])
def test_sign_in_without_a_token(org: Scene, token: object) -> None:
    """An answer to a sign-in that holds none is no sign-in, and says where it came from."""
    fault = changed("/oauth2/token", lambda answer: {**answer, "access_token": token})
    who = ClientCredentials(org.running.instance_url, org.running.client_id, org.running.client_secret)
    with org.client(who, transport=Faulty(fault)) as client, pytest.raises(SignInError, match="without a token"):
        identify(client)


def test_other_user_of_the_same_name(org: Scene) -> None:
    """Where the names are the same the Ids tell the two apart."""
    org.run()
    name = org.rows("SELECT username FROM s.accord.store")[0][0]
    other = "005000000000009AAA"
    report = org.run(
        None,
        changed("userinfo", lambda one: {**one, "user_id": other, "preferred_username": name}),
        changed(f"WHERE Id = '{other}'", lambda page: {**page, "totalSize": 1, "records": [{"Id": other}]}),
    )

    assert any(f"as {name} (005000000000001AAA), and this run is as {name} ({other})" in n for n in report.notices)


def with_fields(**values: object) -> Change:
    return lambda answer: {**answer, "fields": [{**field, **values} for field in answer["fields"]]}


@pytest.mark.parametrize(
    "change",
    [
        with_fields(scale="x"),
        with_fields(scale=99),
        with_fields(scale=-1),
        with_fields(precision="²"),
        with_fields(length={"a": 1}),
        with_fields(label=["x"]),
        with_fields(type=["x"]),
        with_fields(picklistValues=["x", None, {}]),
        with_fields(picklistValues="x"),
        with_fields(referenceTo="User"),
        with_fields(relationshipName=5),
        lambda answer: {**answer, "label": 5},
        lambda answer: {**answer, "childRelationships": ["x"]},
        lambda answer: {**answer, "fields": []},
        lambda answer: {**answer, "fields": [field for field in answer["fields"] if field["name"] != "Id"]},
        lambda answer: {},
        lambda answer: [],
    ],
)
def test_describe(org: Scene, change: Change) -> None:
    """A describe of another shape is asked for again, and then an error that names the object and a way out."""
    fault = changed("Account/describe", change, times=1)
    with org.client(transport=Faulty(fault)) as client:
        again = describe(client, ["Account"]).describes
    fault = changed("Account/describe", change)
    with org.client(transport=Faulty(fault)) as client, pytest.raises(BrokenAnswerError, match="of Account") as caught:
        describe(client, ["Account"])

    assert again
    assert fault.seen == 3
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"{}", b"[]", b"5", b'{"sobjects": []}', None])
def test_list_of_objects(org: Scene, content: bytes | None) -> None:
    """So is the list of all objects, an empty answer included."""
    empty = Fault("sobjects", lambda _: httpx.Response(204 if content is None else 200, content=content or b""), 1)
    with org.client(transport=Faulty(empty)) as client:
        assert describe(client, ["Account"]).describes
    empty.times = None
    with org.client(transport=Faulty(empty)) as client, pytest.raises(BrokenAnswerError) as caught:
        describe(client, ["Account"])

    assert caught.value.hint


@pytest.mark.parametrize("key", [None, 5, "x' OR Id != '"])
def test_ids_that_would_be_printed_into_a_query(org: Scene, key: object) -> None:
    """A preview asks nothing with an Id that is none."""
    with org.client() as client:
        plan, _, _ = org.plan(client)
        identity = identify(client)
    wire = Faulty(changed("FROM Account", each("Id", key)))
    with org.client(transport=wire) as client, pytest.raises(AccordError, match="no Id"):
        preview(plan, client, identity)

    assert all("OR Id" not in str(request.url) for request in wire.log)


@pytest.mark.parametrize(
    "log",
    [
        {"deletedRecords": [None]},
        {"deletedRecords": [{"id": None}]},
        {"deletedRecords": [{"id": "x' OR"}]},
        {"deletedRecords": [], "earliestDateAvailable": "junk"},
        {"deletedRecords": [], "earliestDateAvailable": "2026-01-01T00:00:00"},
        {"deletedRecords": [], "latestDateCovered": "2026-01-01T00:00:00"},
        [],
    ],
)
def test_delete_log(org: Scene, log: object) -> None:
    """A delete log of another shape is none."""
    with org.client(transport=Faulty(Fault("/deleted/", lambda _: httpx.Response(200, json=log)))) as client:
        since = client.now()
        with pytest.raises(BrokenAnswerError, match="delete log of Contact"):
            deleted_since(client, "Contact", since)
