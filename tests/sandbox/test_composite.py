from __future__ import annotations

from typing import Any

import httpx

from .wire_help import DATA, query
from .writing_org import account


def _part(reference: str, method: str, url: str, body: Any = None, **more: Any) -> dict[str, Any]:
    return {"referenceId": reference, "method": method, "url": f"{DATA}/{url}", "body": body, **more}


def _send(client: httpx.Client, *parts: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    answer = client.post(f"{DATA}/composite", json={"allOrNone": all_or_none, "compositeRequest": list(parts)})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["compositeResponse"]
    return rows


NEW_ACCOUNT = _part("a", "POST", "sobjects/Account", {"Name": "Comp", "ARR__c": 0.5})
NEW_CONTACT = _part("c", "POST", "sobjects/Contact", {"LastName": "X", "AccountId": "@{a.id}"})
READ_BACK = _part("q", "GET", "query?q=SELECT+Account.ARR__c+FROM+Contact+WHERE+Id='@{c.id}'")
BAD = _part("bad", "POST", "sobjects/Contact", {})


def test_later_requests_refer_to_earlier_answers(strict: httpx.Client) -> None:
    """`@{a.id}` in bodies and addresses, and numbers keep their digits."""
    rows = _send(strict, NEW_ACCOUNT, NEW_CONTACT, READ_BACK, _part("r", "GET", "sobjects/Account/@{a.id}?fields=Name"))

    assert [row["httpStatusCode"] for row in rows] == [201, 201, 200, 200]
    assert rows[0]["httpHeaders"]["Location"] == f"{DATA}/sobjects/Account/{rows[0]['body']['id']}"
    assert rows[2]["body"]["records"][0]["Account"]["ARR__c"] == 0.5
    assert rows[3]["body"]["Name"] == "Comp"


def test_a_failure_leaves_the_others_alone(strict: httpx.Client) -> None:
    """Without allOrNone only what refers to the failed request fails too."""
    rows = _send(strict, NEW_ACCOUNT, BAD, _part("r", "GET", "sobjects/Contact/@{bad.id}"), NEW_CONTACT)

    assert [row["httpStatusCode"] for row in rows] == [201, 400, 400, 201]
    assert rows[2]["body"][0] == {
        "errorCode": "PROCESSING_HALTED",
        "message": "Invalid reference specified. No value for bad.id found in bad",
    }


def test_all_or_none_undoes_everything(strict: httpx.Client) -> None:
    """The request that failed tells why, all others that the transaction was rolled back."""
    rows = _send(strict, NEW_ACCOUNT, NEW_CONTACT, BAD, READ_BACK, all_or_none=True)

    assert [row["body"][0]["errorCode"] for row in rows] == [
        "PROCESSING_HALTED",
        "PROCESSING_HALTED",
        "REQUIRED_FIELD_MISSING",
        "PROCESSING_HALTED",
    ]
    assert query(strict, "SELECT Id FROM Account")["totalSize"] == 2
    assert query(strict, "SELECT Id FROM Contact")["totalSize"] == 1


def test_a_transaction_reads_its_own_changes(strict: httpx.Client) -> None:
    """With allOrNone, a query inside sees what was written before it."""
    rows = _send(strict, NEW_ACCOUNT, NEW_CONTACT, READ_BACK, all_or_none=True)

    assert rows[2]["body"]["totalSize"] == 1
    assert query(strict, "SELECT Id FROM Account")["totalSize"] == 3


def test_headers_go_to_the_request_inside(strict: httpx.Client) -> None:
    """A conditional update may stand in a composite request."""
    old = {"If-Unmodified-Since": "Tue, 20 Jan 2026 09:59:59 GMT"}
    (row,) = _send(strict, _part("u", "PATCH", f"sobjects/Account/{account(1)}", {"Name": "x"}, httpHeaders=old))

    assert row["httpStatusCode"] == 412


def test_a_composite_request_counts_once(strict: httpx.Client) -> None:
    """Against the daily limit it is one call; a batch counts each of its requests."""
    _send(strict, NEW_ACCOUNT, NEW_CONTACT)
    one = strict.get(f"{DATA}/limits").headers["Sforce-Limit-Info"]
    batch = {"batchRequests": [{"method": "GET", "url": "v66.0/limits"}] * 3}
    many = strict.post(f"{DATA}/composite/batch", json=batch).headers["Sforce-Limit-Info"]

    assert (one, many) == ("api-usage=2/100000", "api-usage=6/100000")


def test_limits_of_a_composite_request(strict: httpx.Client) -> None:
    """25 requests, 5 of them queries or collections, and names used once."""
    reads = [_part(f"r{n}", "GET", f"sobjects/Account/{account(1)}") for n in range(26)]
    queries = [_part(f"q{n}", "GET", "query?q=SELECT+Id+FROM+Account") for n in range(6)]
    for parts in (reads, queries, [NEW_ACCOUNT, NEW_ACCOUNT], []):
        answer = strict.post(f"{DATA}/composite", json={"compositeRequest": parts})

        assert answer.status_code == 400
    assert len(_send(strict, *reads[:25])) == 25


def test_a_batch_keeps_what_went_well(strict: httpx.Client) -> None:
    """Each request stands alone; haltOnError skips those after a failure."""
    requests = [
        {"method": "POST", "url": "v66.0/sobjects/Account", "richInput": {"Name": "Batch"}},
        {"method": "GET", "url": "v66.0/sobjects/Nope"},
        {"method": "PATCH", "url": f"v66.0/sobjects/Account/{account(1)}", "richInput": {"Name": "Late"}},
    ]
    answer = strict.post(f"{DATA}/composite/batch", json={"batchRequests": requests}).json()
    halted = strict.post(f"{DATA}/composite/batch", json={"batchRequests": requests[1:], "haltOnError": True}).json()

    assert (answer["hasErrors"], [r["statusCode"] for r in answer["results"]]) == (True, [201, 404, 204])
    assert [r["statusCode"] for r in halted["results"]] == [404, 412]
    assert halted["results"][1]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
