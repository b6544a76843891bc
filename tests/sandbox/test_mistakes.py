"""Requests that make no sense, and the server's own mistakes: an answer with words in each case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox import Org, serve

from .conftest import DESCRIBES, account, rows
from .wire_help import DATA

CHANGE = {"op": "update", "object": "Account", "id": account(1), "fields": {"Name": "n"}}
MERGE = {"op": "merge", "object": "Account", "id": account(1), "loser": account(2)}
BAD_CHANGES: list[tuple[dict[str, Any], str]] = [
    ({**MERGE, "reparented_contacts": True}, "`reparented_contacts`"),
    ({**MERGE, "reparented_contacts": [5]}, "`reparented_contacts`"),
    ({**MERGE, "loser": None}, "`loser`"),
    ({**CHANGE, "fields": "Name"}, "`fields`"),
    ({**CHANGE, "fields": {"Name": {"a": 1}}}, "Account.Name"),
    ({**CHANGE, "fields": {"ARR__c": "much"}}, "Account.ARR__c"),
    ({**CHANGE, "fields": {"ARR__c": 10**40}}, "Account.ARR__c"),
    ({**CHANGE, "fields": {"Nope__c": 1}}, "`Nope__c`"),
    ({**CHANGE, "id": 5}, "`id`"),
    ({**CHANGE, "at": 5}, "`at`"),
    ({**CHANGE, "stamp": "soon"}, "`stamp`"),
    ({**CHANGE, "op": []}, "no operation"),
    ({**CHANGE, "whatever": 1}, "`whatever`"),
]
BAD_BODIES = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'"\\ud800"']


@pytest.fixture(scope="module")
def unharmed() -> Iterator[httpx.Client]:
    """A client of an org that all of these requests leave as it is."""
    org = Org.from_rows(DESCRIBES, rows(), {"name": "Acme", "now": "2026-02-01T12:00:00Z"})
    with serve(org) as running:
        headers = {"Authorization": f"Bearer {running.access_token}"}
        with httpx.Client(base_url=running.instance_url, headers=headers) as client:
            yield client
    org.close()


@pytest.mark.parametrize(("change", "words"), BAD_CHANGES, ids=[words for _, words in BAD_CHANGES])
def test_a_bad_change_names_its_field(change: dict[str, Any], words: str, unharmed: httpx.Client) -> None:
    """Status 400, the index of the change, and what of it is wrong."""
    answer = unharmed.post("/__sandbox__/changes", json={"changes": [CHANGE, change]})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "BAD_CHANGE")
    assert answer.json()[0]["message"].startswith("change 1: ")
    assert words in answer.json()[0]["message"]


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:8]))
@pytest.mark.parametrize(
    "path", ["/__sandbox__/changes", "/__sandbox__/clock", f"{DATA}/composite", f"{DATA}/jobs/query"]
)
def test_a_body_that_is_no_json_object(path: str, body: bytes, unharmed: httpx.Client) -> None:
    """Status 400 and a list with one error, wherever a JSON object is wanted."""
    answer = unharmed.post(path, content=body)

    assert answer.status_code == 400
    assert [error["errorCode"] for error in answer.json()] == ["JSON_PARSER_ERROR"]


@pytest.mark.parametrize("kind", ["application/xml", "application/x-www-form-urlencoded"])
def test_a_body_of_another_media_type(kind: str, unharmed: httpx.Client) -> None:
    """Status 415 for what says that it is no JSON."""
    answer = unharmed.post(f"{DATA}/sobjects/Account", content=b"Name=n", headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_mistake_of_the_server(client: httpx.Client, org: Org, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody foresaw is Salesforce's UNKNOWN_EXCEPTION with an error id, and the log has the same id."""
    with org.cursor() as cursor:
        cursor.execute("DROP TABLE Contact")
    answer = client.get(f"{DATA}/query", params={"q": "SELECT Id FROM Contact"})
    (error,) = json.loads(answer.text)
    error_id = error["message"].rpartition(" ")[2]

    assert (answer.status_code, error["errorCode"]) == (500, "UNKNOWN_EXCEPTION")
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert error_id in caplog.text
    assert "Catalog Error" in caplog.text
