"""Small requests that many tests make."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import httpx

DATA = "/services/data/v66.0"


def query(client: httpx.Client, soql: str, resource: str = "query") -> dict[str, Any]:
    answer = client.get(f"{DATA}/{resource}", params={"q": soql})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(client: httpx.Client, soql: str) -> tuple[str, str]:
    answer = client.get(f"{DATA}/query", params={"q": soql})
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()
    return error["errorCode"], error["message"]


def finished_job(client: httpx.Client, soql: str, operation: str = "query", **more: str) -> dict[str, Any]:
    created = client.post(f"{DATA}/jobs/query", json={"operation": operation, "query": soql, **more})
    assert created.status_code == 200, created.text
    address = f"{DATA}/jobs/query/{created.json()['id']}"
    for _ in range(2000):
        info: dict[str, Any] = client.get(address).json()
        if info["state"] not in ("UploadComplete", "InProgress"):
            return info
        time.sleep(0.005)
    raise AssertionError("the job did not end")


def result_rows(client: httpx.Client, job: dict[str, Any], most: int | None = None) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    locator: str | None = None
    while locator != "null":
        params = {k: str(v) for k, v in (("maxRecords", most), ("locator", locator)) if v}
        answer = client.get(f"{DATA}/jobs/query/{job['id']}/results", params=params)
        assert answer.status_code == 200, answer.text
        page = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        assert len(page) == int(answer.headers["Sforce-NumberOfRecords"])
        rows += page
        locator = answer.headers["Sforce-Locator"]
    return rows
