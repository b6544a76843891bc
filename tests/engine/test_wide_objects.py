"""Objects of so many columns that no query of Salesforce's takes them all: read in parts and rejoined by Id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.report import Outcome, RunReport
from tests.engine.faulty import Answer, Fault, real_but
from tests.engine.scene import FIELDS, SMALL, SPEC, Scene, counts, record_id, scene

WIDE = f'{SPEC}\nobject Training__c as "Trainings" on account via Account__c\n'
MANY, AMOUNT = 800, "Amount__c"
T = [record_id("Training__c", n) for n in range(7)]
ODD = 'a "quote", a\nline\r\nbreak, ünï \U0001f600 and no\xa0end'
REFUSED = {"fault": "bulk_refused", "match": {"object": "Training__c"}, "times": None}
# An address has room for some twenty of the columns: as if there were many more of them.
SHORT = {"fault": "uri_too_long", "bytes": 2000, "match": {"object": "Training__c"}, "times": None}


def column(number: int) -> str:
    return f"A_rather_long_name_of_a_field_{number:03d}__c"


FIRST, LAST, FEW = column(0), column(59), 60


def training(number: int, columns: int = FEW) -> dict[str, str]:
    """A row with a value of its own in every column."""
    values = {column(n): f"{number}/{n}" for n in range(columns)}
    odd = {
        "SystemModstamp": "2026-01-01T10:00:00.000Z",
        column(columns - 2): ODD,
        column(columns - 3): "",
        AMOUNT: f"{number}.25",
    }
    return {"Id": T[number], "Name": f"T{number}", "Account__c": record_id("Account", 1 + number % 2), **values, **odd}


@contextmanager
def wide(folder: Path, rows: Sequence[Mapping[str, str]], columns: int, spec: str = WIDE) -> Iterator[Scene]:
    """An org with an object of so many text fields that Bulk does not take."""
    texts = ({"name": column(n), "type": "string"} for n in range(columns))
    fields = (
        {"name": "Name", "type": "string"},
        {"name": "Account__c", "type": "reference", "referenceTo": ["Account"]},
        *texts,
        {"name": AMOUNT, "type": "currency", "precision": 18, "scale": 2},
    )
    with scene(folder, {**SMALL, "Training__c": rows}, spec, fields={**FIELDS, "Training__c": fields}) as org:
        faults = [REFUSED] if columns == MANY else [REFUSED, SHORT]
        answer = httpx.post(f"{org.running.instance_url}/__sandbox__/faults", json=faults)
        assert answer.status_code < 300, answer.text
        yield org


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with wide(tmp_path, [training(n) for n in range(1, 5)], FEW) as one:
        yield one


class OfPart(Fault):
    """A fault of the requests by REST with the last of the many columns: those of the last part."""

    def __init__(self, answer: Answer, times: int | None = 1) -> None:
        super().__init__(LAST, answer, times)

    def takes(self, request: httpx.Request) -> bool:
        """Whether this request fails; counts it."""
        return request.method == "GET" and len(str(request.url)) < 1500 and super().takes(request)


def truth(org: Scene) -> dict[str, dict[str, Any]]:
    rows = httpx.get(f"{org.running.instance_url}/__sandbox__/truth/Training__c").json()
    return {row["Id"]: row for row in rows}


def shown(org: Scene, columns: int = FEW) -> dict[str, dict[str, Any]]:
    """The active rows of the published table, as the truth has them."""
    names = ["Id", "Name", *map(column, range(columns)), AMOUNT]
    listed = ", ".join(f'"{name}"' for name in names)
    rows = org.rows(f"SELECT {listed} FROM active_trainings")
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def assert_true(org: Scene, columns: int = FEW) -> None:
    """Every value of every row is the org's."""
    there = {key: row for key, row in truth(org).items() if not row["IsDeleted"]}
    found = shown(org, columns)
    assert found.keys() == there.keys()
    for key, row in found.items():
        assert {name: str(value) for name, value in row.items() if value is not None} == {
            name: str(there[key][name]) for name in row if there[key][name] is not None
        }


def before(action: Callable[[], None]) -> Answer:
    """The real answer, after something happened in the org."""

    def answer(request: httpx.Request) -> httpx.Response:
        action()
        return real_but(lambda response: httpx.Response(200, content=response.content))(request)

    return answer


def update(number: int, value: str) -> dict[str, Any]:
    """A change of the first and of the last column together."""
    return {
        "op": "update",
        "object": "Training__c",
        "id": T[number],
        "fields": {FIRST: value, LAST: value},
    }


def said(report: RunReport) -> str:
    return next(one.error or "" for one in report.extracts if one.object == "Training__c")


def new(number: int, columns: int = FEW) -> dict[str, Any]:
    """A new row."""
    fields = {
        name: value
        for name, value in training(number, columns).items()
        if name not in ("Id", "SystemModstamp") and value
    }
    return {"op": "create", "object": "Training__c", "id": T[number], "fields": fields}


@pytest.mark.slow
def test_many_columns(tmp_path: Path) -> None:
    """All 800 columns come, though neither an address nor Bulk takes the query: of all rows, and of what changed."""
    with wide(tmp_path, [training(n, MANY) for n in range(1, 5)], MANY) as org:
        first = org.run()
        before_change = shown(org, MANY)
        org.change(update(1, "new"), {"op": "delete", "object": "Training__c", "id": T[2]}, new(5, MANY))
        second = org.run()

        assert first.outcome is second.outcome is Outcome.SUCCEEDED
        assert before_change.keys() == set(T[1:5])
        assert before_change[T[4]][column(798)] == ODD
        assert before_change[T[4]][column(799)] == "4/799"
        assert counts(second, "trainings") == {"inserted": 1, "updated": 1, "deleted": 1}
        assert_true(org, MANY)


def test_same_org_twice(org: Scene) -> None:
    """A run without changes publishes nothing."""
    first = org.run()
    again = org.run()

    assert first.outcome is Outcome.SUCCEEDED
    assert_true(org)
    assert not again.changed


@pytest.mark.parametrize("incremental", [False, True])
def test_change_between_the_parts(org: Scene, incremental: bool) -> None:
    """A row that changes after its first part was read is read again: no row has values of two versions."""
    if incremental:
        org.run()
        org.change(update(1, "old"))
    report = org.run(None, OfPart(before(lambda: org.change(update(1, "moved"), update(3, "moved")))))

    assert report.outcome is Outcome.SUCCEEDED
    assert org.rows(f'SELECT "{FIRST}", "{LAST}" FROM trainings WHERE Id = \'{T[1]}\'') == [("moved", "moved")]
    assert shown(org)[T[1]] == {**shown(org)[T[1]], FIRST: "moved", LAST: "moved"}
    if not incremental:
        assert_true(org)


def test_change_under_the_same_stamp(org: Scene) -> None:
    """Two changes in one second have one stamp: the row is read until two readings say the same."""
    now = "2026-03-01T12:00:00Z"
    change = {**update(1, "first"), "at": now, "stamp": now}
    control = f"{org.running.instance_url}/__sandbox__/changes"
    httpx.post(control, json={"changes": [change]}).raise_for_status()

    def again() -> None:
        httpx.post(control, json={"changes": [{**change, "fields": update(1, "second")["fields"]}]})

    report = org.run(None, OfPart(before(again)))

    assert report.outcome is Outcome.SUCCEEDED
    assert_true(org)


def test_rows_that_come_and_go_between_the_parts(org: Scene) -> None:
    """A row that only some parts have is asked for by Id: one that is there comes whole, one that is gone does not."""

    def come_and_go() -> None:
        org.change(
            new(6),
            {"op": "delete", "object": "Training__c", "id": T[4]},
        )

    report = org.run(None, OfPart(before(come_and_go)))

    assert report.outcome is Outcome.SUCCEEDED
    assert shown(org).keys() == {T[1], T[2], T[3], T[6]}
    assert shown(org)[T[6]][LAST] == "6/59"


def test_row_that_never_stands_still(org: Scene) -> None:
    """A row that changes between all readings of its parts is named, and the run does not end well."""
    times = iter(range(1, 60))
    report = org.run(None, OfPart(before(lambda: org.change(update(2, str(next(times))))), None))

    assert report.outcome is not Outcome.SUCCEEDED
    assert f"1 rows change while their columns are read in parts: {T[2]}" in said(report)
    assert org.rows("SELECT 1 FROM duckdb_tables() WHERE database_name = 's' AND table_name = 'trainings'") == []


def _with(change: Callable[[dict[str, Any]], None]) -> Answer:
    def changed(response: httpx.Response) -> httpx.Response:
        body = response.json()
        change(body)
        return httpx.Response(200, content=json.dumps(body).encode())

    return real_but(changed)


@pytest.mark.parametrize("incremental", [False, True])
def test_reject_of_a_part(org: Scene, incremental: bool) -> None:
    """A value that is none in one part keeps its row out, with its column and its raw text among the rejects."""
    if incremental:
        org.run()
        org.change(update(3, "x"), update(1, "y"))

    def spoil(body: dict[str, Any]) -> None:
        for record in body["records"]:
            if record["Id"] == T[3] and AMOUNT in record:
                record[AMOUNT] = "1,00"

    report = org.run(None, OfPart(_with(spoil), None))

    assert next(one for one in report.tables if one.table == "trainings").rejected == 1
    assert org.rows("SELECT key, column_name, raw FROM s.accord.rejects") == [(T[3], AMOUNT, "1,00")]
    assert shown(org).keys() - {T[3]} == {T[1], T[2], T[4]}


def test_duplicates_of_a_part(org: Scene) -> None:
    """A row that comes twice in one part is kept once, and counted."""

    def repeat(body: dict[str, Any]) -> None:
        body["records"].append(body["records"][0])
        body["totalSize"] += 1

    report = org.run(None, OfPart(_with(repeat)))

    assert report.outcome is Outcome.SUCCEEDED
    assert [one.duplicates for one in report.extracts if one.object == "Training__c"] == [1]
    assert_true(org)


def test_row_without_an_id_in_a_part(org: Scene) -> None:
    """An answer with an Id that is none in one part is asked for again, and nothing is a reject."""

    def spoil(body: dict[str, Any]) -> None:
        body["records"][0]["Id"] = "nonsense"

    report = org.run(None, OfPart(_with(spoil)))

    assert org.rows("SELECT key, column_name, raw FROM s.accord.rejects") == []
    assert next(one for one in report.tables if one.table == "trainings").inserted == 4


def test_single_account(org: Scene) -> None:
    """A refresh of one account reads its wide children in parts too."""
    org.run()
    org.change(update(1, "fresh"))
    report = org.run(account=record_id("Account", 2))

    assert report.outcome is Outcome.SUCCEEDED
    assert_true(org)


def test_many_ids(tmp_path: Path) -> None:
    """Rows by Id whose Ids and columns do not fit into one address together: both are divided."""
    ids = [record_id("Training__c", n) for n in range(1, 201)]
    with wide(tmp_path, [{**training(1), "Id": key, "Name": f"T{n}"} for n, key in enumerate(ids)], FEW) as org:
        org.run()
        org.change(*({**update(1, "n"), "id": key} for key in ids[:80]))
        report = org.run(confirmed=True)

        assert report.outcome is Outcome.SUCCEEDED
        assert counts(report, "trainings") == {"updated": 80}
        assert_true(org)


def test_condition_that_leaves_no_room(tmp_path: Path) -> None:
    """Where the condition alone is too long for an address, no columns are to blame: the error says so."""
    long = " OR ".join(f"Name = '{'x' * 3_000}{n}'" for n in range(5))
    spec = WIDE.replace("via Account__c\n", f"via Account__c {{ where {long} }}\n")
    with wide(tmp_path, [training(1)], FEW, spec) as org:
        report = org.run()

    assert report.outcome is not Outcome.SUCCEEDED
    assert "the condition alone leaves no room" in said(report)
    assert "is not supported by the Bulk API" in said(report)


@pytest.mark.slow
def test_statement_too_long_for_salesforce(tmp_path: Path) -> None:
    """Fields and a long filter make more than 100,000 characters: Bulk gets the fields in parts that are shorter."""
    values = ", ".join(f"'a value that no row has {n:05}'" for n in range(2_200))
    spec = WIDE.replace("via Account__c\n", f"via Account__c {{ where Name IN ('T1', 'T2', {values}) }}\n")
    with wide(tmp_path, [training(n, MANY) for n in range(1, 4)], MANY, spec) as org:
        httpx.delete(f"{org.running.instance_url}/__sandbox__/faults").raise_for_status()
        report = org.run()
        asked = [request.content for request in org.wire.log if request.url.path.endswith("/jobs/query")]
        org.change(update(1, "later"))
        later = org.run()
        found = shown(org, MANY)
        there = truth(org)

        assert report.outcome is later.outcome is Outcome.SUCCEEDED
        assert counts(later, "trainings") == {"updated": 1}
        assert [one.transport for one in report.extracts if one.object == "Training__c"] == ["bulk"]
        assert max(len(json.loads(content)["query"]) for content in asked if content) <= 100_000
        assert found.keys() == {T[1], T[2]}
        assert [found[T[1]][column(n)] for n in range(MANY)] == [there[T[1]][column(n)] for n in range(MANY)]
