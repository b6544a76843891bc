"""A run that reads the match list and what is new ends where one that reads everything ends, whatever happened."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

import compiler
import grammar
from compiler.plan import Plan
from compiler.schema import Schema
from engine.clock import SystemClock
from engine.lifecycle import RunSettings
from engine.report import Outcome, RunReport
from engine.run import run
from engine.salesforce.client import SalesforceClient
from engine.salesforce.describe import describe
from engine.salesforce.session import GivenToken
from engine.snapshot import schema_of
from engine.spec_needs import needs_of
from sandbox import Org, Running, serve
from tests.engine.scene import QUICK, record_id

SPEC = """accord 1

accounts {
  customer where Type = 'Customer' AND Health__c != 'Bad'
  prospect where Type = 'Prospect' OR Type = 'Customer'
}

owners {
  account_owner from OwnerId
  csm from User__c of Team__c via Account__c where Role__c = 'CSM'
  skip inactive users
}

arr from sum(Amount__c) of Subscription__c via Account__c where Status__c = 'Active' else 0
renewal from Renewal__c
metric "Newest" from latest(Amount__c) of Subscription__c via Account__c by Start__c

contacts { fields Name, Email, Title, Phone, Score__c, Tier__c }

opportunities none

object Subscription__c as "Subscriptions" on account via Account__c { fields Name, Amount__c, Status__c, Start__c }
object Training__c as "Trainings" on contact via Contact__c { fields Name, Place__c, Day__c, Note__c }
object Invoice__c as "Invoices" on account via Number__c = AccountNumber { fields Name, Total__c, Due__c, Paid__c }
"""


def reference(name: str, to: str) -> dict[str, Any]:
    return {"name": name, "type": "reference", "referenceTo": [to]}


def text(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "type": "string"} for name in names]


def money(name: str) -> dict[str, Any]:
    return {"name": name, "type": "currency", "precision": 18, "scale": 2}


FIELDS: Mapping[str, list[dict[str, Any]]] = {
    "Account": [
        *text("Name", "Type", "AccountNumber", "Website"),
        {"name": "Health__c", "type": "string", "calculated": True},
        {"name": "Renewal__c", "type": "date", "calculated": True},
        reference("OwnerId", "User"),
        reference("MasterRecordId", "Account"),
    ],
    "Contact": [
        *text("Name", "LastName", "Title", "Phone"),
        {"name": "Email", "type": "email"},
        {"name": "Score__c", "type": "double", "precision": 18, "scale": 2},
        {"name": "Tier__c", "type": "string", "calculated": True},
        reference("AccountId", "Account"),
        reference("MasterRecordId", "Contact"),
    ],
    "Subscription__c": [
        *text("Name", "Status__c"),
        money("Amount__c"),
        {"name": "Start__c", "type": "date"},
        reference("Account__c", "Account"),
    ],
    "Team__c": [*text("Name", "Role__c"), reference("User__c", "User"), reference("Account__c", "Account")],
    "Training__c": [
        *text("Name", "Place__c", "Note__c"),
        {"name": "Day__c", "type": "date"},
        reference("Contact__c", "Contact"),
    ],
    "Invoice__c": [
        *text("Name", "Number__c"),
        money("Total__c"),
        {"name": "Due__c", "type": "date"},
        {"name": "Paid__c", "type": "boolean"},
    ],
    "User": [
        *text("Name", "Username", "TimeZoneSidKey", "LocaleSidKey"),
        {"name": "Email", "type": "email"},
        {"name": "IsActive", "type": "boolean"},
    ],
}
PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "Subscription__c": "a01",
    "Team__c": "a02",
    "Training__c": "a03",
    "Invoice__c": "a04",
    "User": "005",
}
# Each example is several runs over HTTP; more of them for a long look: ACCORD_EXAMPLES=200.
EXAMPLES = int(os.environ.get("ACCORD_EXAMPLES", "4"))
START = "2026-03-01T12:00:00Z"
SIZE = {"Account": 5, "Contact": 6, "Subscription__c": 6, "Team__c": 4, "Training__c": 4, "Invoice__c": 4, "User": 3}


def an_id(sobject: str, number: int) -> str:
    if sobject in ("Account", "Contact", "Subscription__c", "User"):
        return record_id(sobject, number)
    return compiler.record_id.to_18(f"{PREFIXES[sobject]}{number:012d}")


def ids(sobject: str) -> st.SearchStrategy[str]:
    return st.integers(1, SIZE[sobject] + 2).map(lambda number: an_id(sobject, number))


words = st.sampled_from(["a", "b", 'Ü "x",\r\n', None])
amounts = st.sampled_from(["0", "1.5", "100.125", "33.333333", None])
days = st.sampled_from(["2026-01-31", "2026-12-01", None])
VALUES: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "Account": {
        "Name": words,
        "Type": st.sampled_from(["Customer", "Prospect", "Other"]),
        "AccountNumber": st.sampled_from(["n1", "n2", "N2", None]),
        "OwnerId": ids("User"),
        "Website": st.sampled_from(["https://www.example.com/x", None]),
    },
    "Contact": {
        "Email": st.sampled_from(["a@example.com", None]),
        "Title": words,
        "Phone": words,
        "Score__c": amounts,
        "AccountId": st.none() | ids("Account"),
    },
    "Subscription__c": {
        "Name": words,
        "Amount__c": amounts,
        "Status__c": st.sampled_from(["Active", "Expired"]),
        "Start__c": days,
        "Account__c": st.none() | ids("Account"),
    },
    "Team__c": {"Role__c": st.sampled_from(["CSM", "Other"]), "User__c": ids("User"), "Account__c": ids("Account")},
    "Training__c": {"Place__c": words, "Note__c": words, "Day__c": days, "Contact__c": st.none() | ids("Contact")},
    "Invoice__c": {
        "Total__c": amounts,
        "Paid__c": st.booleans(),
        "Due__c": days,
        "Number__c": st.sampled_from(["n1", "n2", "n3", None]),
    },
    "User": {"IsActive": st.booleans(), "Email": st.sampled_from(["u@example.com", None])},
}
FORMULAS: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "Account": {"Health__c": st.sampled_from(["Good", "Bad", None]), "Renewal__c": days},
    "Contact": {"Tier__c": st.sampled_from(["1", "2", None])},
}


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """A change to some record; one that the org cannot apply is left out when it says so."""
    sobject = draw(st.sampled_from(sorted(SIZE)))
    ops = ["update", "update", "update", "create", "system_touch", "formula_change"]
    if sobject != "User":  # users are never deleted, only made inactive
        ops += ["delete", "undelete", "hard_delete", "merge"]
    op = draw(st.sampled_from(ops))
    one: dict[str, Any] = {"op": op, "object": sobject, "id": draw(ids(sobject))}
    if op in ("update", "create"):
        one["fields"] = draw(st.fixed_dictionaries({}, optional=dict(VALUES[sobject])))
    elif op == "formula_change":
        one["object"] = draw(st.sampled_from(sorted(FORMULAS)))
        one["id"] = draw(ids(one["object"]))
        one["fields"] = draw(st.fixed_dictionaries({}, optional=dict(FORMULAS[one["object"]])))
    elif op == "merge":
        one["object"] = draw(st.sampled_from(["Account", "Contact"]))
        one["id"], one["loser"] = draw(st.tuples(ids(one["object"]), ids(one["object"])))
    if draw(st.integers(0, 3)) == 0:
        one["stamp"] = draw(st.sampled_from(["2026-02-28T09:00:00Z", "2026-03-01T11:59:00Z", "2025-01-01T00:00:00Z"]))
    return one


@st.composite
def rows(draw: st.DrawFn, sobject: str) -> list[dict[str, Any]]:
    """The rows that an org begins with."""
    found = []
    for number in range(1, SIZE[sobject] + 1):
        values = draw(st.fixed_dictionaries({**VALUES[sobject], **FORMULAS.get(sobject, {})}))
        named = {} if sobject in ("Contact",) else {"Name": f"{sobject} {number}"}
        found.append({**values, **named, "Id": an_id(sobject, number), "SystemModstamp": "2026-02-01T00:00:00Z"})
        if sobject == "Contact":
            found[-1] |= {"LastName": f"Contact {number}", "Name": f"Contact {number}"}
        if sobject == "User":
            found[-1]["Username"] = f"u{number}@example.com"
    return found


def describes() -> list[dict[str, Any]]:
    return [{"name": name, "keyPrefix": PREFIXES[name], "fields": fields} for name, fields in FIELDS.items()]


def client_of(running: Running) -> SalesforceClient:
    return SalesforceClient(GivenToken(running.instance_url, running.access_token), clock=SystemClock(), patience=QUICK)


def plan_of(running: Running) -> tuple[Plan, Schema]:
    tree = grammar.parse_spec(SPEC).tree
    needs = needs_of(tree)
    with client_of(running) as client:
        schema = schema_of(describe(client, needs.objects, needs.relationships))
    assert [d for d in compiler.check_spec(tree, schema).diagnostics if d.severity == "error"] == []
    return compiler.compile_spec(tree, schema), schema


def sync(running: Running, planned: tuple[Plan, Schema], folder: Path, *, whole: bool) -> RunReport:
    """One run into the store of a folder."""
    plan, schema = planned
    with client_of(running) as client:
        return run(
            plan,
            SPEC,
            client,
            folder / "statisfy.duckdb",
            schema=schema,
            settings=RunSettings(whole=whole, confirmed=True),
        )


def tables(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of a store but the moments at which it was written."""
    found = {}
    with duckdb.connect() as db:
        db.execute(f"ATTACH '{folder / 'statisfy.duckdb'}' AS s (READ_ONLY)")
        names = db.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'statisfy' ORDER BY 1")
        for (name,) in names.fetchall():
            moments = {"first_synced_at", "changed_at", "as_of", "stale_since"}
            described = db.execute(f'DESCRIBE s.statisfy."{name}"').fetchall()
            columns = ", ".join(f'"{column}"' for column, *_ in described if column not in moments)
            found[name] = db.execute(f'SELECT {columns} FROM s.statisfy."{name}" ORDER BY ALL').fetchall()
    return found


def post(running: Running, path: str, body: Mapping[str, Any]) -> httpx.Response:
    return httpx.post(f"{running.instance_url}/__sandbox__/{path}", json=body)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_incremental_ends_as_full(data: st.DataObject) -> None:
    """After any changes the tables are those of a store that was read and computed whole at every run."""
    org = Org.from_rows(
        describes(), {name: data.draw(rows(name), label=name) for name in SIZE}, {"name": "Any", "now": START}
    )
    with tempfile.TemporaryDirectory() as name, serve(org) as running:
        planned = plan_of(running)
        ours, whole = Path(name) / "ours", Path(name) / "whole"
        for step in range(data.draw(st.integers(2, 4), label="runs")):
            now = f"2026-03-{2 + 2 * step:02d}T12:00:00Z"
            post(running, "clock", {"now": now}).raise_for_status()
            if step:
                for change in data.draw(
                    st.lists(changes(), min_size=2, max_size=12), label=f"changes before run {step + 1}"
                ):
                    post(running, "changes", {"changes": [{"at": now, **change}]})
            one = sync(running, planned, ours, whole=False)
            other = sync(running, planned, whole, whole=True)

            assert (one.outcome, one.errors) == (Outcome.SUCCEEDED, ())
            assert other.outcome is Outcome.SUCCEEDED
            assert tables(ours) == tables(whole)
            assert json.dumps([t.to_document() if hasattr(t, "to_document") else str(t) for t in one.tables]) == (
                json.dumps([t.to_document() if hasattr(t, "to_document") else str(t) for t in other.tables])
            )
            assert not sync(running, planned, ours, whole=False).changed
