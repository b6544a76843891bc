from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import Org, serve

from .wire_help import DATA, finished_job, query, refused, result_rows

CORPUS = Path(__file__).parent.parent / "corpora" / "soql"
DATASET = json.loads((CORPUS / "semantic_dataset.json").read_text(encoding="utf-8"))
CASES = [json.loads(line) for line in (CORPUS / "semantic_cases.jsonl").read_text(encoding="utf-8").splitlines()]
OWN = Path(__file__).with_name("conditions.jsonl").read_text(encoding="utf-8").splitlines()
REFUSED = Path(__file__).with_name("conditions_refused.jsonl").read_text(encoding="utf-8").splitlines()


def _field(name: str, words: str) -> dict[str, Any]:
    kind = words.partition("(")[0].partition(",")[0]
    field: dict[str, Any] = {"name": name, "type": kind, "caseSensitive": "caseSensitive" in words}
    if kind == "reference":
        field["referenceTo"] = ["Parent__c"]
    return field


def things() -> Org:
    """The org of the semantic cases; its parents get well-formed Ids."""
    ids = {name: f"a0200000000000{n}AAA" for n, name in enumerate(DATASET["parents"], 1)}
    describes = [
        {"name": "Thing__c", "fields": [_field(n, w) for n, w in DATASET["fields"].items()]},
        {"name": "Parent__c", "fields": [_field(n, w) for n, w in DATASET["parent_fields"].items()]},
    ]
    rows = {
        "Thing__c": [{**row, "Parent__c": ids.get(row["Parent__c"])} for row in DATASET["rows"]],
        "Parent__c": [{**row, "Id": ids[name]} for name, row in DATASET["parents"].items()],
    }
    keys = {"now": DATASET["now"], "time_zone": DATASET["user_time_zone"], "locale": DATASET["locale"]}
    return Org.from_rows(describes, rows, keys)


@pytest.fixture(scope="module")
def things_client() -> Iterator[httpx.Client]:
    org = things()
    with (
        serve(org) as running,
        httpx.Client(
            base_url=running.instance_url, headers={"Authorization": f"Bearer {running.access_token}"}
        ) as client,
    ):
        yield client
    org.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_rest_returns_the_rows_that_salesforce_would(case: dict[str, Any], things_client: httpx.Client) -> None:
    """A condition's rows through REST are the corpus's rows."""
    answer = query(things_client, f"SELECT Id FROM Thing__c WHERE {case['condition']} ORDER BY Id")

    assert [record["Id"] for record in answer["records"]] == case["expect"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_bulk_returns_the_rows_that_salesforce_would(case: dict[str, Any], things_client: httpx.Client) -> None:
    """A condition's rows through a Bulk job are the corpus's rows."""
    job = finished_job(things_client, f"SELECT Id FROM Thing__c WHERE {case['condition']}")

    assert sorted(row["Id"] for row in result_rows(things_client, job)) == case["expect"]


@pytest.mark.parametrize("line", OWN)
def test_more_conditions(line: str, things_client: httpx.Client) -> None:
    """Nulls, case, patterns, selections, date literals, functions and Ids, worked out by hand: REST and Bulk agree."""
    case = json.loads(line)
    soql = f"SELECT Id FROM Thing__c WHERE {case['condition']} ORDER BY Id"
    expected = [f"a010000000{number:05d}AAA" for number in case["rows"]]

    assert [record["Id"] for record in query(things_client, soql)["records"]] == expected
    assert [row["Id"] for row in result_rows(things_client, finished_job(things_client, soql))] == expected


@pytest.mark.parametrize("line", REFUSED)
def test_more_conditions_that_are_refused(line: str, things_client: httpx.Client) -> None:
    """What Salesforce refuses has its code, through REST and when a Bulk job is created."""
    case = json.loads(line)
    soql = f"SELECT Id FROM Thing__c WHERE {case['condition']}"
    job = things_client.post(f"{DATA}/jobs/query", json={"operation": "query", "query": soql})

    assert refused(things_client, soql)[0] == case["code"]
    assert (job.status_code, job.json()[0]["errorCode"]) == (400, case["code"])
