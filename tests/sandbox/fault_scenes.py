"""One scene for each fault: the list that switches it on, and what a client then sees on the wire, in few words."""

from __future__ import annotations

import copy
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from compiler.record_id import to_18
from sandbox import Running

from .conftest import DESCRIBES, account, contact, rows
from .wire_help import DATA, finished_job

Json = dict[str, Any]
SETTINGS = {"name": "Acme", "now": "2026-02-01T12:00:00Z"}
ALL = "SELECT Id, Name FROM Account"


def describes() -> list[Json]:
    """The describes of the other tests, with a formula field and tasks."""
    given = copy.deepcopy(DESCRIBES)
    given[0]["fields"].append({"name": "Score__c", "type": "double", "calculated": True, "scale": 0, "precision": 18})
    given.append(
        {"name": "Task", "fields": [{"name": "Subject", "type": "string"}, {"name": "IsArchived", "type": "boolean"}]}
    )
    return given


def scene_rows() -> dict[str, list[dict[str, object]]]:
    """The rows of the other tests, with two tasks."""
    tasks: list[dict[str, object]] = [
        {"Id": to_18("00T000000000001"), "Subject": "Old", "CreatedDate": "2024-01-01T00:00:00Z"},
        {"Id": to_18("00T000000000002"), "Subject": "New", "CreatedDate": "2026-01-01T00:00:00Z"},
    ]
    return rows() | {"Task": tasks}


@dataclass
class Wire:
    """A client of a running sandbox. What goes wrong is told in the words of an observer."""

    running: Running
    client: httpx.Client

    def get(self, path: str, **params: str) -> httpx.Response:
        """Ask for a resource."""
        return self.client.get(DATA + path, params=params)

    def query(self, soql: str = ALL, resource: str = "query") -> httpx.Response:
        """Ask by SOQL."""
        return self.get(f"/{resource}", q=soql)

    def records(self, soql: str = ALL, resource: str = "query") -> list[Json]:
        """The records of a query."""
        found: list[Json] = self.query(soql, resource).json()["records"]
        return found

    def token(self, **form: str) -> httpx.Response:
        """Ask for a token."""
        secret = {"client_id": self.running.client_id, "client_secret": self.running.client_secret}
        return httpx.post(f"{self.running.instance_url}/services/oauth2/token", data={**secret, **form})

    def create(self, soql: str = ALL) -> httpx.Response:
        """Create a Bulk job."""
        return self.client.post(f"{DATA}/jobs/query", json={"operation": "query", "query": soql})

    def job(self, soql: str = ALL) -> Json:
        """Create a Bulk job and wait for its end."""
        return finished_job(self.client, soql)

    def results(self, job: Json, version: str = "66.0", **headers: str) -> httpx.Response:
        """A page of a job's results."""
        return self.client.get(f"/services/data/v{version}/jobs/query/{job['id']}/results", headers=headers)

    def csv(self, soql: str = ALL) -> httpx.Response:
        """The results of a query by Bulk."""
        return self.results(self.job(soql))

    def save(self, *records: Json, all_or_none: bool = False, **headers: str) -> list[Json]:
        """Save accounts by sObject Collections."""
        given = [{"attributes": {"type": "Account"}, **record} for record in records]
        body = {"allOrNone": all_or_none, "records": given}
        answer = self.client.patch(f"{DATA}/composite/sobjects", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        saved: list[Json] = answer.json()
        return saved


def told(answer: httpx.Response) -> str:
    """A refusal in few words."""
    try:
        body = answer.json()
    except ValueError:
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        return f"{answer.status_code} {kind or 'without a body'}"
    error = body[0] if isinstance(body, list) else body
    return f"{answer.status_code} {error.get('errorCode') or error.get('error') or 'fine'}"


def codes(results: list[Json]) -> str:
    """What became of each row of a write."""
    return ", ".join("saved" if r["success"] else r["errors"][0]["statusCode"] for r in results)


def broken(read: Callable[[], object]) -> str:
    """How a transfer failed."""
    try:
        read()
    except httpx.HTTPError as error:
        return type(error).__name__
    return "nothing went wrong"


def changes(*names: str) -> list[Json]:
    return [{"Id": account(n), "Name": name} for n, name in enumerate(names, 1)]


@dataclass(frozen=True)
class Scene:
    """`entries` switch the fault on; `see` tells what a client sees."""

    entries: list[Json]
    see: Callable[[Wire], str]


def _session_expired(wire: Wire) -> str:
    answers = [told(wire.get("/limits")) for _ in range(3)]
    token = wire.token(grant_type="client_credentials").json()["access_token"]
    wire.client.headers["Authorization"] = f"Bearer {token}"
    return f"limits: {', '.join(answers)}; with a new token: {told(wire.get('/limits'))}"


def _rotation(wire: Wire) -> str:
    grants = wire.running.sandbox.sign_in.grants
    first = grants.open(wire.running.org.user.id, "api refresh_token").refresh_token
    answer = wire.token(grant_type="refresh_token", refresh_token=first)
    second = answer.json()["refresh_token"]
    again = [told(wire.token(grant_type="refresh_token", refresh_token=token)) for token in (first, second)]
    new = "a new refresh token" if second != first else "the same refresh token"
    return f"{new}; the old one again: {again[0]}; the new one after that: {again[1]}"


def _device(wire: Wire) -> str:
    code = wire.token(response_type="device_code").json()["device_code"]
    polls = [wire.token(grant_type="device", code=code) for _ in range(5)]
    return ", ".join(poll.json().get("error", "a token") for poll in polls)


def _statuses(count: int) -> Callable[[Wire], str]:
    return lambda wire: ", ".join(told(wire.get("/limits")) for _ in range(count))


def _budget(wire: Wire) -> str:
    return f"Sforce-Limit-Info: {wire.get('/limits').headers['Sforce-Limit-Info']}"


def _retry_after(wire: Wire) -> str:
    answers = [wire.get("/limits") for _ in range(4)]
    return ", ".join(told(a) for a in answers) + f"; Retry-After: {answers[2].headers['Retry-After']}"


def _reset(wire: Wire) -> str:
    return f"query: {broken(wire.query)}, then {told(wire.query())}"


def _chunked_short(wire: Wire) -> str:
    job = wire.job()
    return f"results: {broken(lambda: wire.results(job))}, then {told(wire.results(job))[:3]}"


def _gzip_truncated(wire: Wire) -> str:
    job = wire.job()
    with wire.client.stream("GET", f"{DATA}/jobs/query/{job['id']}/results") as answer:
        packed = b"".join(answer.iter_raw())
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    reader.decompress(packed)
    return "results: a gzip stream that " + ("ends" if reader.eof else "never ends") + ", in an HTTP body that does"


def _drip(wire: Wire) -> str:
    job = wire.job()
    started = time.monotonic()
    body = wire.results(job).content
    seconds = time.monotonic() - started
    return f"results: {'slower' if seconds > len(body) * 0.002 else 'as fast'} than 2 ms a byte"


def _timeout(wire: Wire) -> str:
    def window(end: str) -> str:
        where = f"SystemModstamp >= 2026-02-01T00:00:00Z AND SystemModstamp < {end}"
        return told(wire.query(f"{ALL} WHERE {where}"))

    return f"a day: {window('2026-02-02T00:00:00Z')}; half a day: {window('2026-02-01T12:00:00Z')}"


def _many_contacts(wire: Wire, count: int = 450) -> None:
    made = [
        {"op": "create", "object": "Contact", "id": f"0030000001{n:05d}", "fields": {"LastName": f"Person {n}"}}
        for n in range(count)
    ]
    assert wire.client.post("/__sandbox__/changes", json={"changes": made}).status_code == 200


def _locator(wire: Wire) -> str:
    _many_contacts(wire)
    first = wire.client.get(
        f"{DATA}/query", params={"q": "SELECT Id FROM Contact"}, headers={"Sforce-Query-Options": "batchSize=200"}
    ).json()
    return "next page: " + ", ".join(told(wire.client.get(first["nextRecordsUrl"])) for _ in range(2))


def _ragged(wire: Wire) -> str:
    page = wire.query("SELECT Id FROM Contact").json()
    sizes, ids = [], []
    while True:
        sizes.append(len(page["records"]))
        ids += [record["Id"] for record in page["records"]]
        if page["done"]:
            break
        page = wire.client.get(page["nextRecordsUrl"]).json()
    assert sorted(ids) == [contact(n) for n in (1, 2, 3, 4)]
    return f"4 contacts in pages of {', '.join(map(str, sizes))}"


def _no_next(wire: Wire) -> str:
    page = wire.query().json()
    return f"done: {str(page['done']).lower()}, nextRecordsUrl: {'nextRecordsUrl' in page}"


def _too_long(wire: Wire) -> str:
    long = wire.query(f"{ALL} WHERE Name != '{'x' * 3000}'")
    headers = wire.client.get(f"{DATA}/query", params={"q": ALL}, headers={"X-Long": "x" * 3000})
    return f"a long address: {told(long)}; long headers: {told(headers)}"


def _poll(wire: Wire) -> str:
    job = wire.create().json()
    info: Json = {}
    for _ in range(20):
        info = wire.get(f"/jobs/query/{job['id']}").json()
        time.sleep(0.005)
    words = info.get("errorMessage", "")
    return f"poll: {info['state']}" + (f", {words.partition('.')[0]}" if words else "")


def _stuck(wire: Wire) -> str:
    seen = _poll(wire)
    job = wire.get("/jobs/query").json()["records"][0]["id"]
    aborted = wire.client.patch(f"{DATA}/jobs/query/{job}", json={"state": "Aborted"})
    return f"{seen}; after an abort: {aborted.json()['state']}"


def _gone(wire: Wire) -> str:
    job = wire.job()
    return f"results: {told(wire.results(job))}; poll: {told(wire.get('/jobs/query/' + job['id']))}"


def _version(wire: Wire) -> str:
    job = wire.job()
    refused = told(wire.results(job))
    told_version = wire.get(f"/jobs/query/{job['id']}").json()["apiVersion"]
    return (
        f"results: {refused}; the job says {told_version}; with that version: {wire.results(job, '60.0').status_code}"
    )


def _early(wire: Wire) -> str:
    job = wire.job()
    return (
        "results: " + ", ".join(told(wire.results(job))[:20] for _ in range(2)) + f", {wire.results(job).status_code}"
    )


def _empty(wire: Wire) -> str:
    job = wire.job()
    answer = wire.results(job)
    rows_told = answer.headers["Sforce-NumberOfRecords"]
    return f"{job['numberRecordsProcessed']} records, Sforce-NumberOfRecords: {rows_told}, body {answer.text!r}"


def _hostile(wire: Wire) -> str:
    soql = "SELECT Notes__c FROM Account ORDER BY Id"
    text = wire.csv(soql).text
    truth = [row["Notes__c"] for row in wire.client.get("/__sandbox__/truth/Account").json()]
    assert text.count('"') > 8
    return f"values such as {[(value or '')[:12] for value in truth[:3]]}"


def _bom(wire: Wire) -> str:
    return f"the page begins with {wire.csv().content[:3]!r}"


def _shuffled(wire: Wire) -> str:
    job = wire.job("SELECT Id, Name, Type, ARR__c FROM Account ORDER BY Id")
    heads = [wire.results(job).text.split("\n")[0] for _ in range(2)]
    return f"headers {' and '.join(heads)}"


def _numbers(wire: Wire) -> str:
    return str([record["Notes__c"] for record in wire.records("SELECT Notes__c FROM Account ORDER BY Id")])


def _field_names(wire: Wire) -> list[str]:
    return [field["name"] for field in wire.get("/sobjects/Account/describe").json()["fields"]]


def _field_added(wire: Wire) -> str:
    names = _field_names(wire)
    value = wire.records("SELECT Added__c, SystemModstamp FROM Account ORDER BY Id")[0]
    return f"describe ends with {names[-1]}; a row of {value['SystemModstamp'][:10]} has {value['Added__c']!r}"


def _field_removed(wire: Wire) -> str:
    return f"in describe: {'Notes__c' in _field_names(wire)}; query: {told(wire.query('SELECT Notes__c FROM Account'))}"


def _type_changed(wire: Wire) -> str:
    fields = {f["name"]: f for f in wire.get("/sobjects/Account/describe").json()["fields"]}
    return f"Type is {fields['Type']['type']}"


def _hidden(wire: Wire) -> str:
    names = [entry["name"] for entry in wire.get("/sobjects").json()["sobjects"]]
    describe, query = told(wire.get("/sobjects/Contact/describe")), told(wire.query("SELECT Id FROM Contact"))
    return f"in describeGlobal: {'Contact' in names}; describe: {describe}; query: {query}"


def _not_filterable(wire: Wire) -> str:
    fields = {f["name"]: f for f in wire.get("/sobjects/Account/describe").json()["fields"]}
    query = told(wire.query(f"{ALL} WHERE SystemModstamp > 2020-01-01T00:00:00Z"))
    return f"filterable: {str(fields['SystemModstamp']['filterable']).lower()}; query: {query}"


def _poison(wire: Wire) -> str:
    soql = "SELECT Id, SystemModstamp FROM Account"
    json_values = {record["SystemModstamp"] for record in wire.records(soql)}
    csv_values = {line.split('","')[1].rstrip('"') for line in wire.csv(soql).text.splitlines()[1:]}
    return f"query: {min(json_values, key=lambda v: v[:10] != '2026-02-30')}; results: {max(csv_values)}"


def _duplicates(wire: Wire) -> str:
    soql = "SELECT Id, SystemModstamp FROM Account"
    page = wire.query(soql).json()
    ids = [record["Id"] for record in page["records"]]
    job = wire.job(soql)
    rows_told = []
    locator = ""
    while locator != "null":
        answer = wire.get(f"/jobs/query/{job['id']}/results", **({"locator": locator} if locator else {}))
        rows_told.append(answer.headers["Sforce-NumberOfRecords"])
        locator = answer.headers["Sforce-Locator"]
    return (
        f"query: {len(ids)} records, {len(set(ids))} Ids; a job of {job['numberRecordsProcessed']} records, "
        f"in pages of {' and '.join(rows_told)}"
    )


def _out_of_window(wire: Wire) -> str:
    where = "CreatedDate >= 2026-01-01T00:00:00Z AND CreatedDate < 2026-01-10T00:00:00Z"
    dates = [r["CreatedDate"][:10] for r in wire.records(f"SELECT Id, CreatedDate FROM Account WHERE {where}")]
    return f"asked for 1 to 9 January, came: {', '.join(dates)}"


def _soft_delete(wire: Wire) -> str:
    seen = [str(len(wire.records(resource="queryAll" if n < 0 else "query"))) for n in range(3)]
    return f"live accounts: {', then '.join(seen)}"


def _formula(wire: Wire) -> str:
    before = {row["Id"]: row for row in wire.client.get("/__sandbox__/truth/Account").json()}[account(1)]
    after = wire.records(f"SELECT Score__c, SystemModstamp FROM Account WHERE Id = '{account(1)}'")[0]
    same = before["SystemModstamp"] == after["SystemModstamp"]
    return f"Score__c {before['Score__c']}, then {after['Score__c']}; SystemModstamp {'the same' if same else 'moved'}"


def _archived(wire: Wire) -> str:
    soql = "SELECT Subject, IsArchived FROM Task"
    return f"query: {len(wire.records(soql))} task, queryAll: {len(wire.records(soql, 'queryAll'))}"


def _lock(wire: Wire) -> str:
    return "; ".join(codes(wire.save(*changes("a", "b", "c"))) for _ in range(3))


def _partial(wire: Wire) -> str:
    return codes(wire.save(*changes("a", "b", "c")))


def _all_or_none(wire: Wire) -> str:
    together = wire.save(*changes("a", "b", "c"), all_or_none=True)
    bad = next(at for at, r in enumerate(together) if r["errors"][0]["statusCode"].startswith("FIELD"))
    rest = [record for at, record in enumerate(changes("a", "b", "c")) if at != bad]
    return f"{codes(together)}; without the bad one: {codes(wire.save(*rest, all_or_none=True))}"


def _duplicate_rule(wire: Wire) -> str:
    results = wire.save(*changes("a"))
    found = results[0]["errors"][0]["duplicateResult"]["matchResults"][0]["matchRecords"]
    return f"{codes(results)}, like {', '.join(match['record']['Id'] for match in found)}"


def _rewrites(wire: Wire) -> str:
    wire.save({"Id": account(1), "Name": "  new name "})
    return f"sent '  new name ', stored {wire.records(f'{ALL} ORDER BY Id')[0]['Name']!r}"


def _echo(wire: Wire) -> str:
    saved = wire.save(*changes("a"))
    stamp = wire.records(f"SELECT SystemModstamp, LastModifiedDate FROM Account WHERE Id = '{account(1)}'")[0]
    times = f"LastModifiedDate {stamp['LastModifiedDate'][11:19]}, SystemModstamp {stamp['SystemModstamp'][11:19]}"
    return f"{codes(saved)}; {times}"


def _remote_newer(wire: Wire) -> str:
    wire.client.post("/__sandbox__/clock", json={"now": "2026-02-01T13:00:00Z"})
    saved = wire.client.patch(
        f"{DATA}/sobjects/Account/{account(1)}",
        json={"Name": "mine"},
        headers={"If-Unmodified-Since": "Sun, 01 Feb 2026 12:30:00 GMT"},
    )
    return f"If-Unmodified-Since 12:30: {saved.status_code}; Name is {wire.records(f'{ALL} ORDER BY Id')[0]['Name']!r}"


SCENES: dict[str, Scene] = {
    "session_expired": Scene([{"fault": "session_expired", "match": {"nth": 2}}], _session_expired),
    "refresh_refused": Scene(
        [{"fault": "refresh_refused"}], lambda w: told(w.token(grant_type="refresh_token", refresh_token="5Aep861x"))
    ),
    "refresh_flaky": Scene(
        [{"fault": "refresh_flaky"}],
        lambda w: ", ".join(told(w.token(grant_type="client_credentials")) for _ in range(3)),
    ),
    "rtr_on": Scene([{"fault": "rtr_on"}], _rotation),
    "pkce_mismatch": Scene(
        [{"fault": "pkce_mismatch"}],
        lambda w: told(w.token(grant_type="authorization_code", code="x", code_verifier="y")),
    ),
    "device_slow_down": Scene([{"fault": "device_slow_down"}], _device),
    "daily_limit": Scene([{"fault": "daily_limit", "match": {"nth": 2}}], _statuses(3)),
    "concurrent_limit": Scene([{"fault": "concurrent_limit"}], lambda w: ", ".join(told(w.query()) for _ in range(4))),
    "budget_low": Scene([{"fault": "budget_low"}], _budget),
    "unavailable": Scene([{"fault": "unavailable"}], _statuses(6)),
    "edge_codes": Scene([{"fault": "edge_codes"}], _retry_after),
    "reset_midbody": Scene([{"fault": "reset_midbody", "match": {"path": "/query"}}], _reset),
    "chunked_short": Scene([{"fault": "chunked_short"}], _chunked_short),
    "gzip_corrupt": Scene([{"fault": "gzip_corrupt"}], _gzip_truncated),
    "slow_drip": Scene([{"fault": "slow_drip", "seconds": 0.003}], _drip),
    "query_timeout": Scene([{"fault": "query_timeout", "hours": 12}], _timeout),
    "locator_gone": Scene([{"fault": "locator_gone"}], _locator),
    "ragged_pages": Scene([{"fault": "ragged_pages"}], _ragged),
    "done_false_no_next": Scene([{"fault": "done_false_no_next"}], _no_next),
    "uri_too_long": Scene([{"fault": "uri_too_long", "bytes": 2000}], _too_long),
    "bulk_refused": Scene([{"fault": "bulk_refused", "match": {"object": "Account"}}], lambda w: told(w.create())),
    "bulk_failed": Scene([{"fault": "bulk_failed"}], _poll),
    "bulk_stuck": Scene([{"fault": "bulk_stuck"}], _stuck),
    "bulk_job_quota": Scene([{"fault": "bulk_job_quota"}], lambda w: told(w.create())),
    "bulk_gone": Scene([{"fault": "bulk_gone"}], _gone),
    "bulk_version": Scene([{"fault": "bulk_version"}], _version),
    "bulk_aborted_by_admin": Scene([{"fault": "bulk_aborted_by_admin"}], _poll),
    "results_early": Scene([{"fault": "results_early"}], _early),
    "empty_result": Scene([{"fault": "empty_result"}], _empty),
    "csv_hostile": Scene([{"fault": "csv_hostile"}], _hostile),
    "csv_bom": Scene([{"fault": "csv_bom"}], _bom),
    "csv_columns_shuffled": Scene([{"fault": "csv_columns_shuffled"}], _shuffled),
    "text_like_numbers": Scene([{"fault": "text_like_numbers"}], _numbers),
    "field_added": Scene([{"fault": "field_added"}], _field_added),
    "field_removed": Scene([{"fault": "field_removed", "field": "Notes__c"}], _field_removed),
    "type_changed": Scene([{"fault": "type_changed", "field": "Type"}], _type_changed),
    "object_hidden": Scene([{"fault": "object_hidden", "match": {"object": "Contact"}}], _hidden),
    "cursor_not_filterable": Scene([{"fault": "cursor_not_filterable"}], _not_filterable),
    "poison_row": Scene([{"fault": "poison_row", "times": 2}], _poison),
    "duplicate_rows": Scene([{"fault": "duplicate_rows"}], _duplicates),
    "out_of_window": Scene([{"fault": "out_of_window"}], _out_of_window),
    "soft_delete_undelete": Scene([{"fault": "soft_delete_undelete"}], _soft_delete),
    "delete_log_purged": Scene(
        [{"fault": "delete_log_purged"}],
        lambda w: told(w.get("/sobjects/Account/deleted", start="2026-01-01T00:00:00Z", end="2026-02-01T00:00:00Z")),
    ),
    "formula_drift": Scene([{"fault": "formula_drift"}], _formula),
    "archived_tasks": Scene([{"fault": "archived_tasks"}], _archived),
    "lock_row": Scene([{"fault": "lock_row", "rows": 1}], _lock),
    "partial_save": Scene([{"fault": "partial_save", "rows": 2}], _partial),
    "all_or_none": Scene([{"fault": "all_or_none"}], _all_or_none),
    "deleted_upstream": Scene([{"fault": "deleted_upstream"}], lambda w: codes(w.save(*changes("a")))),
    "dup_rule": Scene([{"fault": "dup_rule"}], _duplicate_rule),
    "server_rewrites": Scene([{"fault": "server_rewrites"}], _rewrites),
    "echo": Scene([{"fault": "echo"}], _echo),
    "remote_newer": Scene([{"fault": "remote_newer"}], _remote_newer),
}
