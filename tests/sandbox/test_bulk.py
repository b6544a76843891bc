from __future__ import annotations

import gzip
import time

import httpx
import pytest

from sandbox import Running

from .conftest import account
from .wire_help import DATA, finished_job, result_rows


def test_a_job_ends_complete_and_counts_its_rows(client: httpx.Client) -> None:
    """Polling a finished job tells the number of records."""
    job = finished_job(client, "SELECT Id FROM Account")

    assert (job["state"], job["numberRecordsProcessed"], job["object"]) == ("JobComplete", 3, "Account")
    assert (job["operation"], job["jobType"], job["apiVersion"]) == ("query", "V2Query", 66.0)


def test_csv_quotes_everything_and_writes_null_as_empty(client: httpx.Client) -> None:
    """Values keep line breaks and quotes; null is the empty text; datetimes end in Z."""
    job = finished_job(
        client, "SELECT Id, Notes__c, ARR__c, Active__c, CreatedDate, Owner.Name FROM Account ORDER BY Id"
    )
    answer = client.get(f"{DATA}/jobs/query/{job['id']}/results")
    lines = answer.text.split("\n")

    assert lines[0] == '"Id","Notes__c","ARR__c","Active__c","CreatedDate","Owner.Name"'
    assert answer.text.startswith(
        f'{lines[0]}\n"{account(1)}","say ""hi""\r\nand, bye\n","1200.5","true","2026-01-02T03:04:05.678Z","Ada"\n'
    )
    assert f'"{account(3)}","","","false","2026-02-01T12:00:00.000Z",""\n' in answer.text


def test_pages_of_any_size_hold_each_row_once(client: httpx.Client) -> None:
    """MaxRecords cuts at record borders, line breaks inside values notwithstanding."""
    job = finished_job(client, "SELECT Id, Notes__c FROM Account")
    one_by_one = result_rows(client, job, most=1)

    assert one_by_one == result_rows(client, job)
    assert one_by_one[0]["Notes__c"] == 'say "hi"\r\nand, bye\n'


def test_headers_keep_salesforces_letter_case(running: Running, client: httpx.Client) -> None:
    """Clients exist that look for `Sforce-Locator` and `Content-Type` with these capitals."""
    job = finished_job(client, "SELECT Id FROM Account")
    answer = client.get(f"{DATA}/jobs/query/{job['id']}/results")
    names = {name.decode() for name, _ in answer.headers.raw}

    assert {"Sforce-Locator", "Sforce-NumberOfRecords", "Content-Type", "Sforce-Limit-Info", "Date"} <= names


def test_the_last_page_says_null(client: httpx.Client) -> None:
    """The locator of the end is the text `null`; no rows give a header alone."""
    job = finished_job(client, "SELECT Id FROM Account WHERE Name = 'nobody'")
    answer = client.get(f"{DATA}/jobs/query/{job['id']}/results")

    assert (answer.text, answer.headers["Sforce-Locator"]) == ('"Id"\n', "null")
    assert answer.headers["Sforce-NumberOfRecords"] == "0"


def test_results_are_compressed_on_request_only(client: httpx.Client) -> None:
    """Gzip comes when it is asked for."""
    job = finished_job(client, "SELECT Id FROM Account ORDER BY Id")
    address = f"{DATA}/jobs/query/{job['id']}/results"
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())

    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content


def test_delimiter_and_line_end_are_as_ordered(client: httpx.Client) -> None:
    """A job may ask for another delimiter and for CRLF."""
    job = finished_job(
        client, "SELECT Id, Name FROM Account ORDER BY Id LIMIT 1", columnDelimiter="PIPE", lineEnding="CRLF"
    )
    answer = client.get(f"{DATA}/jobs/query/{job['id']}/results")

    assert answer.content.decode() == f'"Id"|"Name"\r\n"{account(1)}"|"Acme"\r\n'


def test_query_all_brings_deleted_rows(client: httpx.Client) -> None:
    """The operation queryAll sees the recycle bin."""
    assert finished_job(client, "SELECT Id FROM Account", "queryAll")["numberRecordsProcessed"] == 4


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT COUNT(Id) FROM Account", "FEATURENOTENABLED"),
        ("SELECT Type, COUNT(Id) FROM Account GROUP BY Type", "FEATURENOTENABLED"),
        ("SELECT Id FROM Account LIMIT 1 OFFSET 1", "FEATURENOTENABLED"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "FEATURENOTENABLED"),
        ("SELECT TYPEOF Owner WHEN User THEN Name END FROM Account", "FEATURENOTENABLED"),
        ("SELECT BillingAddress FROM Account", "FUNCTIONALITY_NOT_ENABLED"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Organization", "INVALIDENTITY"),
    ],
)
def test_bulk_refuses_what_salesforce_refuses(client: httpx.Client, soql: str, code: str) -> None:
    """Some queries that REST takes are refused when the job is created."""
    answer = client.post(f"{DATA}/jobs/query", json={"operation": "query", "query": soql})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_jobs_are_listed_and_deleted(client: httpx.Client) -> None:
    """A finished job can be deleted, and then is nowhere."""
    job = finished_job(client, "SELECT Id FROM Account")
    address = f"{DATA}/jobs/query/{job['id']}"

    assert job["id"] in [j["id"] for j in client.get(f"{DATA}/jobs/query").json()["records"]]
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_a_finished_job_cannot_be_aborted(client: httpx.Client) -> None:
    """Abort is for jobs that still run."""
    job = finished_job(client, "SELECT Id FROM Account")
    answer = client.patch(f"{DATA}/jobs/query/{job['id']}", json={"state": "Aborted"})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


def test_results_are_bound_to_the_jobs_version(client: httpx.Client) -> None:
    """Another API version than the job's answers 409."""
    job = finished_job(client, "SELECT Id FROM Account")

    assert client.get(f"/services/data/v60.0/jobs/query/{job['id']}/results").status_code == 409


def test_result_pages_lead_to_the_rows(client: httpx.Client) -> None:
    """The parallel pages are addresses that answer like results."""
    job = finished_job(client, "SELECT Id FROM Account")
    pages = client.get(f"{DATA}/jobs/query/{job['id']}/resultPages").json()

    assert pages["done"] is True
    assert client.get(pages["resultPages"][0]["resultUrl"]).headers["Sforce-NumberOfRecords"] == "3"


@pytest.mark.parametrize(("version", "jobs", "pages"), [("46.0", 404, 404), ("57.0", 200, 404), ("58.0", 200, 200)])
def test_older_api_versions_have_less(client: httpx.Client, version: str, jobs: int, pages: int) -> None:
    """Query jobs came with 47.0, parallel result pages with 58.0."""
    root = f"/services/data/v{version}/jobs/query"
    created = client.post(root, json={"operation": "query", "query": "SELECT Id FROM Account"})
    job_id = created.json()["id"] if created.status_code == 200 else "750SB0000000001YAA"
    for _ in range(2000):
        if created.status_code != 200 or client.get(f"{root}/{job_id}").json()["state"] == "JobComplete":
            break
        time.sleep(0.005)

    assert created.status_code == jobs
    assert client.get(f"{root}/{job_id}/resultPages").status_code == pages
