"""How faults are switched on, which requests they take, and how they end. What each does: docs/faults.md."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import Org, Running, serve
from sandbox.errors import FaultsFileError
from sandbox.running import serve_until_stopped

from .conftest import account
from .fault_scenes import ALL, SETTINGS, Wire, codes, describes, scene_rows, told
from .wire_help import DATA

FAULTS = "/__sandbox__/faults"


@pytest.fixture
def org() -> Iterator[Org]:
    opened = Org.from_rows(describes(), scene_rows(), SETTINGS)
    yield opened
    opened.close()


@pytest.fixture
def wire(running: Running, client: httpx.Client) -> Wire:
    return Wire(running, client)


def switch_on(wire: Wire, *entries: dict[str, Any]) -> None:
    answer = wire.client.post(FAULTS, json=list(entries))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (
            [{"fault": "daily_limit"}, {"fault": "gremlins"}],
            "entry 1: there is no fault `gremlins`; known are session_",
        ),
        (
            [{"fault": "daily_limit", "match": {"verb": "GET"}}],
            "unknown match `verb`; match takes path, method, object",
        ),
        ([{"fault": "daily_limit", "match": {"nth": 0}}], "`match.nth` is a whole number from 1 on, not `0`"),
        ([{"fault": "daily_limit", "match": {"probability": 2}}], "`match.probability` is a number from 0 to 1"),
        ([{"fault": "daily_limit", "match": {"object": 7}}], "`match.object` is text, not `7`"),
        ([{"fault": "daily_limit", "match": "query"}], "`match` is a JSON object"),
        ([{"fault": "daily_limit", "times": -1}], "`times` is a whole number above 0, or null for always, not `-1`"),
        (
            [{"fault": "daily_limit", "bytes": 1}],
            "unknown key `bytes`; an entry of daily_limit takes fault, match, times",
        ),
        ([{"fault": "reset_midbody", "bytes": "k"}], "`bytes` is a whole number above 0, not `k`"),
        ([{"fault": "gzip_corrupt", "how": "twice"}], "`how` is one of truncated, checksum, not `twice`"),
        (["daily_limit"], "entry 0: an entry is a JSON object"),
        ({"fault": "daily_limit"}, "a list is wanted"),
    ],
)
def test_a_bad_entry_is_named_and_nothing_is_on(wire: Wire, entries: Any, words: str) -> None:
    """A mistake answers 400 with the place and what is known instead."""
    answer = wire.client.post(FAULTS, json=entries)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "BAD_FAULT")
    assert words in answer.json()[0]["message"]
    assert wire.client.get(FAULTS).json() == []


def test_the_list_tells_what_is_on_and_how_often_it_struck(wire: Wire) -> None:
    """Lists add up; `seen` counts the requests that matched, `hits` those that were taken."""
    switch_on(wire, {"fault": "daily_limit", "match": {"nth": 2}, "times": 1})
    switch_on(wire, {"fault": "budget_low", "used": 7})
    answers = [told(wire.get("/limits")) for _ in range(3)]

    assert [answer[:3] for answer in answers] == ["200", "403", "200"]
    assert wire.client.get(FAULTS).json() == [
        {"fault": "daily_limit", "match": {"nth": 2, "probability": 1.0}, "times": 1, "seen": 2, "hits": 1},
        {"fault": "budget_low", "match": {"nth": 1, "probability": 1.0}, "times": None, "used": 7, "most": 15000,
         "seen": 3, "hits": 3},
    ]  # fmt: skip


def test_faults_are_switched_off(wire: Wire) -> None:
    """After DELETE everything answers again."""
    switch_on(wire, {"fault": "daily_limit"})
    refused = wire.get("/limits").status_code
    wire.client.delete(FAULTS)

    assert (refused, wire.get("/limits").status_code) == (403, 200)


@pytest.mark.parametrize(
    ("match", "taken"),
    [
        ({"path": "/query"}, ["query", "create", "poll", "results"]),
        ({"path": "/jobs/query/*/results"}, ["results"]),
        ({"method": "post"}, ["create"]),
        ({"object": "account"}, ["query", "describe", "create", "poll", "results"]),
        ({"object": "Account", "method": "GET", "path": "/jobs/"}, ["poll", "results"]),
        ({"object": "Contact"}, []),
    ],
)
def test_a_match_is_by_path_method_and_object(wire: Wire, match: dict[str, str], taken: list[str]) -> None:
    """The object of a request stands in its path, in its query, or is that of its job."""
    job = wire.job()
    switch_on(wire, {"fault": "daily_limit", "match": match})
    asked = {
        "query": wire.query(),
        "describe": wire.get("/sobjects/Account/describe"),
        "create": wire.create(),
        "poll": wire.get(f"/jobs/query/{job['id']}"),
        "results": wire.results(job),
        "limits": wire.get("/limits"),
    }

    assert [name for name, answer in asked.items() if answer.status_code == 403] == taken


def test_chance_follows_from_the_seed() -> None:
    """The same seed and the same requests give the same faults; another seed gives others."""

    def statuses(seed: int) -> list[int]:
        org = Org.from_rows(describes(), scene_rows(), SETTINGS)
        with serve(org, seed=seed) as running:
            headers = {"Authorization": f"Bearer {running.access_token}"}
            with httpx.Client(base_url=running.instance_url, headers=headers) as client:
                client.post(FAULTS, json=[{"fault": "unavailable", "match": {"probability": 0.5}}])
                found = [client.get(f"{DATA}/limits").status_code for _ in range(40)]
        org.close()
        return found

    first = statuses(1)

    assert first == statuses(1)
    assert first != statuses(2)
    assert 8 <= first.count(503) <= 32


def test_named_times_or_places_leave_nothing_to_chance(wire: Wire) -> None:
    """A fault that strikes by chance strikes surely where the entry says when."""
    switch_on(wire, {"fault": "unavailable", "times": 2})

    assert [wire.get("/limits").status_code for _ in range(3)] == [503, 503, 200]


def test_the_schema_comes_back(wire: Wire) -> None:
    """What faults did to the describes ends with them."""
    before = wire.get("/sobjects/Account/describe").json()
    switch_on(
        wire,
        {"fault": "field_added", "match": {"object": "Account"}},
        {"fault": "field_removed", "match": {"object": "Account"}},
        {"fault": "type_changed", "field": "BillingCity", "to": "number", "match": {"object": "Account"}},
        {"fault": "object_hidden", "match": {"object": "Contact"}},
        {"fault": "cursor_not_filterable", "match": {"object": "Account"}},
    )
    changed = wire.get("/sobjects/Account/describe").json()
    hidden = wire.query("SELECT Id FROM Contact").status_code
    wire.client.delete(FAULTS)

    assert (hidden, changed == before) == (400, False)
    assert wire.get("/sobjects/Account/describe").json() == before
    assert wire.query("SELECT Id FROM Contact").status_code == 200


def test_texts_come_back(wire: Wire) -> None:
    """A field that was a number for a while has its texts again, and the rows can be read in both states."""
    truth = f"{wire.client.base_url}/__sandbox__/truth/Account"
    before = wire.client.get(truth).json()
    switch_on(wire, {"fault": "type_changed", "field": "BillingCity", "to": "number", "match": {"object": "Account"}})
    wire.get("/sobjects/Account/describe")
    between = wire.client.get(truth)
    wire.client.delete(FAULTS)

    assert between.status_code == 200
    assert [row["Id"] for row in between.json()] == [row["Id"] for row in before]
    assert wire.client.get(truth).json() == before


def test_who_and_what_an_org_is_cannot_be_deleted(wire: Wire) -> None:
    """The fault of deleted rows leaves the organization and the users alone, as Salesforce does."""
    switch_on(wire, {"fault": "soft_delete_undelete"})

    assert wire.query("SELECT Id FROM Organization").json()["totalSize"] == 1
    assert wire.query("SELECT Id FROM Organization").json()["totalSize"] == 1


def test_a_wrong_checksum_ends_a_whole_stream(wire: Wire) -> None:
    """The other way for gzip to be corrupt: everything is there, and the checksum is wrong."""
    switch_on(wire, {"fault": "gzip_corrupt", "how": "checksum"})
    job = wire.job()
    with wire.client.stream("GET", f"{DATA}/jobs/query/{job['id']}/results") as answer:
        packed = b"".join(answer.iter_raw())
    reader = zlib.decompressobj(-zlib.MAX_WBITS)

    assert reader.decompress(packed[10:]).startswith(b'"Id","Name"\n')
    assert zlib.crc32(wire.results(job).content) != int.from_bytes(packed[-8:-4], "little")


def test_gzip_is_only_corrupt_where_it_was_asked_for(wire: Wire) -> None:
    """A client that takes no compression gets its page."""
    switch_on(wire, {"fault": "gzip_corrupt"})
    job = wire.job()

    assert wire.results(job, **{"Accept-Encoding": "identity"}).text.startswith('"Id","Name"\n')


def test_a_reset_is_a_reset(wire: Wire, running: Running) -> None:
    """The socket sees the first bytes of the body and then ECONNRESET, with no orderly end."""
    import socket

    switch_on(wire, {"fault": "reset_midbody", "bytes": 20, "match": {"path": "/query"}})
    request = (
        f"GET {DATA}/query?q=SELECT+Id+FROM+Account HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {running.access_token}\r\n\r\n"
    )
    host, _, port = running.instance_url.removeprefix("http://").partition(":")
    received = b""

    def read_all() -> None:
        nonlocal received
        while block := connection.recv(4096):
            received += block

    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request.encode())
        with pytest.raises(ConnectionResetError):
            read_all()

    assert received.partition(b"\r\n\r\n")[2] == b'{"totalSize":3,"done'


def test_the_duplicate_rule_that_only_warns_can_be_overridden(wire: Wire) -> None:
    """With the header of Salesforce's, a row that an alerting rule held back is saved."""
    switch_on(wire, {"fault": "dup_rule", "rule": "alert"})
    row = {"Id": account(1), "Name": "a"}

    assert codes(wire.save(row, **{"Sforce-Duplicate-Rule-Header": "allowSave=true"})) == "saved"
    assert codes(wire.save(row)) == "DUPLICATES_DETECTED"


def test_rows_keep_their_places_in_the_answer(wire: Wire) -> None:
    """A write's results stand in the order of its rows, failed or not."""
    switch_on(wire, {"fault": "lock_row", "rows": 1})
    results = wire.save(*({"Id": account(n), "Name": str(n)} for n in (1, 2, 3)))

    assert [result["id"] for result in results] == [account(1), account(2), account(3)]
    assert sorted(row["Name"] for row in wire.records(ALL)).count("Acme") <= 1


def test_planted_texts_are_the_truth(wire: Wire) -> None:
    """Hostile values are in the org: what Bulk answers is what the truth table says."""
    import csv
    import io

    switch_on(wire, {"fault": "csv_hostile"})
    text = wire.csv("SELECT Id, Notes__c FROM Account").content.decode()
    read = {row[0]: row[1] for row in list(csv.reader(io.StringIO(text, newline="")))[1:]}
    truth = {row["Id"]: row["Notes__c"] or "" for row in wire.client.get("/__sandbox__/truth/Account").json()}

    assert read == {key: value for key, value in truth.items() if key in read}
    assert "line\r\nbreaks\nof two kinds" in read.values()


def test_a_faults_file_is_named_in_its_errors(org: Org, tmp_path: Path) -> None:
    """`--faults FILE` with a mistake starts nothing."""
    path = tmp_path / "faults.json"
    path.write_text('[{"fault": "gremlins"}]')

    with pytest.raises(FaultsFileError, match=r"faults\.json: entry 0: there is no fault `gremlins`"):
        serve_until_stopped(org, faults=path)
