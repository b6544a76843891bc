from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from compiler.meaning import DEFAULTS
from sandbox import Org
from sandbox.changes import apply_changes

from .conftest import DESCRIBES, account
from .wire_help import DATA, finished_job, refused

ROOT = Path(__file__).parents[2]


@pytest.fixture
def people(org: Org) -> int:
    """More contacts than fit on one page of 200."""
    made = [
        {"op": "create", "object": "Contact", "id": f"0030000001{n:05d}", "fields": {"LastName": f"Person {n}"}}
        for n in range(500)
    ]
    apply_changes(org, made)
    return len(made) + 4


def first_page(client: httpx.Client) -> dict[str, object]:
    answer = client.get(
        f"{DATA}/query",
        params={"q": "SELECT Id FROM Contact ORDER BY Id"},
        headers={"Sforce-Query-Options": "batchSize=200"},
    )
    page: dict[str, object] = answer.json()
    return page


def held_tables(org: Org) -> int:
    with org.cursor() as cursor:
        rows = cursor.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '0r8%'").fetchall()
    return int(rows[0][0])


def test_rows_of_a_query_are_held_until_the_last_page(org: Org, client: httpx.Client, people: int) -> None:
    """What a locator holds goes away once every page was fetched."""
    page = first_page(client)
    held = [held_tables(org)]
    while not page["done"]:
        page = client.get(str(page["nextRecordsUrl"])).json()
        held.append(held_tables(org))

    assert held == [1, 1, 0]


def test_the_last_page_can_be_fetched_again(client: httpx.Client, people: int) -> None:
    """It may have been lost on the way."""
    second = client.get(str(first_page(client)["nextRecordsUrl"])).json()
    last = client.get(second["nextRecordsUrl"]).json()

    assert client.get(second["nextRecordsUrl"]).json() == last
    assert len(last["records"]) == people - 400


def test_pages_can_be_fetched_in_any_order(org: Org, client: httpx.Client, people: int) -> None:
    """A locator with a place in it is an address like any other."""
    address = str(first_page(client)["nextRecordsUrl"])
    last = client.get(address.replace("-200", "-400")).json()
    second = client.get(address).json()

    assert (len(second["records"]), len(last["records"])) == (200, people - 400)
    assert held_tables(org) == 0


def test_children_have_pages_of_their_own(client: httpx.Client, org: Org, people: int) -> None:
    """Where a record has more children than fit on a page, the rest has a locator."""
    linked = [{"op": "update", "object": "Contact", "id": f"0030000001{n:05d}", "fields": {"AccountId": account(1)}}
              for n in range(500)]  # fmt: skip
    apply_changes(org, linked)
    soql = f"SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Id = '{account(1)}'"
    headers = {"Sforce-Query-Options": "batchSize=200"}
    (record,) = client.get(f"{DATA}/query", params={"q": soql}, headers=headers).json()["records"]
    pages = [record["Contacts"]]
    while not pages[-1]["done"]:
        pages.append(client.get(pages[-1]["nextRecordsUrl"]).json())
    found = [row["Id"] for page in pages for row in page["records"]]

    assert [len(page["records"]) for page in pages] == [200, 200, 101]
    assert {page["totalSize"] for page in pages} == {len(set(found))}


def test_groups_have_one_page_only(client: httpx.Client, org: Org) -> None:
    """As in Salesforce: up to 2,000 groups come at once, more of them are refused."""
    made = [{"op": "create", "object": "Contact", "id": f"0030000002{n:05d}", "fields": {"LastName": f"Name {n}"}}
            for n in range(2000)]  # fmt: skip
    apply_changes(org, made)
    by_name = "SELECT LastName, COUNT(Id) FROM Contact {where} GROUP BY LastName"
    headers = {"Sforce-Query-Options": "batchSize=200"}
    fit = client.get(
        f"{DATA}/query", params={"q": by_name.format(where="WHERE LastName LIKE 'Name%'")}, headers=headers
    )

    assert (fit.json()["done"], len(fit.json()["records"])) == (True, 2000)
    assert refused(client, by_name.format(where=""))[0] == "EXCEEDED_ID_LIMIT"


def test_a_large_bulk_result_is_the_same_in_slices(
    client: httpx.Client, org: Org, monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    """Results that several threads write hold each row once, in the order of the table."""
    from sandbox import bulk_write

    whole = finished_job(client, "SELECT Id, LastName FROM Contact")
    monkeypatch.setattr(bulk_write, "_SLICE", 128)
    sliced = finished_job(client, "SELECT Id, LastName FROM Contact")
    links = client.get(f"{DATA}/jobs/query/{sliced['id']}/resultPages").json()["resultPages"]
    lines = [client.get(link["resultUrl"]).text.splitlines()[1:] for link in links]

    assert whole["numberRecordsProcessed"] == sliced["numberRecordsProcessed"] == people
    assert len(links) == 4
    assert [line for page in lines for line in page] == client.get(
        f"{DATA}/jobs/query/{whole['id']}/results"
    ).text.splitlines()[1:]


def test_open_questions_can_be_answered_otherwise(org: Org, client: httpx.Client) -> None:
    """The switches for FOR UPDATE, and for IN on a multi-select picklist, change what is refused."""
    soql = "SELECT Id FROM Account FOR UPDATE"
    before = refused(client, soql)[0]
    org.switches = DEFAULTS._replace(for_update_allowed=True)

    assert before == "MALFORMED_QUERY"
    assert client.get(f"{DATA}/query", params={"q": soql}).status_code == 200


def test_a_server_that_is_told_to_end_leaves_nothing_behind(tmp_path: Path) -> None:
    """SIGTERM removes the results of Bulk jobs and the certificate from the folder for temporary files."""
    import json

    (tmp_path / "org/describe").mkdir(parents=True)
    (tmp_path / "org/org.toml").write_text('name = "Acme"\n')
    for describe in DESCRIBES:
        (tmp_path / f"org/describe/{describe['name']}.json").write_text(json.dumps(describe))
    (tmp_path / "temporary").mkdir()
    code = (
        "import sys; from sandbox import Org, serve_until_stopped; "
        "serve_until_stopped(Org.load(sys.argv[1]), ready=lambda running: print('ready', flush=True))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "org")],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path / "temporary")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()

    assert (ready, said) == ("ready\n", "")
    assert list((tmp_path / "temporary").iterdir()) == []
