"""The floor: a describe, one Bulk job, pages to files, one typed `read_csv` into a table. No checks, no retries.

python -m benchmarks.floor URL TOKEN OBJECT OUT.duckdb [COLUMN,COLUMN...]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import httpx

from benchmarks.measured import peak_mb

TYPES = {
    "double": "DECIMAL(38,2)",
    "currency": "DECIMAL(38,2)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMPTZ",
}


def main(url: str, token: str, sobject: str, out: str, columns: str = "") -> None:
    """Do the bare work."""
    client = httpx.Client(base_url=url, timeout=120, headers={"Authorization": f"Bearer {token}"})
    root = "/services/data/v66.0"
    described = client.get(f"{root}/sobjects/{sobject}/describe").json()["fields"]
    wanted = columns.split(",") if columns else [one["name"] for one in described]
    types = {one["name"]: TYPES.get(one["type"], "VARCHAR") for one in described}
    body = {"operation": "query", "query": f"SELECT {', '.join(wanted)} FROM {sobject}"}
    job = client.post(f"{root}/jobs/query", json=body).json()["id"]
    while client.get(f"{root}/jobs/query/{job}").json()["state"] != "JobComplete":
        time.sleep(0.2)
    locator = ""
    files: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        while locator != "null":
            params = {"maxRecords": "100000", **({"locator": locator} if locator else {})}
            with client.stream("GET", f"{root}/jobs/query/{job}/results", params=params) as answer:
                files.append(f"{folder}/{len(files):05d}.csv")
                with Path(files[-1]).open("wb") as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk)
                locator = answer.headers["Sforce-Locator"]
        client.delete(f"{root}/jobs/query/{job}")
        spec = "{" + ", ".join(f"'{name}': '{types[name]}'" for name in wanted) + "}"
        with duckdb.connect(out) as con:
            con.execute("SET TimeZone = 'UTC'")
            con.execute("SET preserve_insertion_order = false")
            con.execute(
                f"CREATE TABLE rows AS SELECT * FROM read_csv({files!r}, header = true, delim = ',', quote = '\"',"
                f" escape = '\"', nullstr = '', auto_detect = false, columns = {spec})"
            )
            con.execute("CHECKPOINT")
            rows = con.execute("SELECT count(*) FROM rows").fetchall()[0][0]
    sys.stdout.write(json.dumps({"rows": rows, "peak_mb": peak_mb()}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
