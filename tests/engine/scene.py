"""A small org, a spec and a store, ready to be synced over real HTTP."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import httpx

import compiler
import grammar
from compiler.plan import Plan
from compiler.record_id import to_18
from compiler.schema import Schema
from engine.clock import CancelToken, SystemClock
from engine.drift import Drift, find_drift
from engine.events import Event
from engine.lifecycle import RunSettings
from engine.org import identify
from engine.report import RunReport
from engine.run import run
from engine.salesforce.client import SalesforceClient
from engine.salesforce.describe import describe
from engine.salesforce.patience import Patience
from engine.salesforce.read import Reading
from engine.salesforce.session import Credentials, GivenToken
from engine.snapshot import schema_of
from engine.spec_needs import needs_of
from sandbox import Running, serve
from tests.engine.faulty import Fault, Faulty

QUICK = Patience(tries=3, first_wait=0.01, longest_wait=0.02)
SPEC = """accord 1

accounts {
  customer where Type = 'Customer'
  prospect where Type = 'Prospect'
}

owners {
  account_owner from OwnerId
}

arr from sum(Amount__c) of Subscription__c via Account__c where Status__c = 'Active' else 0
renewal from Renewal_Date__c

contacts { fields Name, Email }

object Subscription__c as "Subscriptions" on account via Account__c { fields Name, Amount__c, Status__c }
"""

FIELDS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "Account": (
        {"name": "Name", "type": "string"},
        {"name": "Type", "type": "picklist", "picklistValues": [{"value": "Customer", "label": "Customer"}]},
        {"name": "MasterRecordId", "type": "reference", "referenceTo": ["Account"]},
        {"name": "OwnerId", "type": "reference", "referenceTo": ["User"]},
        {"name": "Website", "type": "url"},
        {"name": "ParentId", "type": "reference", "referenceTo": ["Account"]},
        {"name": "Renewal_Date__c", "type": "date"},
        {"name": "Score__c", "type": "double", "precision": 18, "scale": 2},
        {"name": "Notes__c", "type": "textarea", "length": 131072},
    ),
    "Contact": (
        {"name": "Name", "type": "string"},
        {"name": "LastName", "type": "string"},
        {"name": "Email", "type": "email"},
        {"name": "MasterRecordId", "type": "reference", "referenceTo": ["Contact"]},
        {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]},
    ),
    "Opportunity": (
        {"name": "Name", "type": "string"},
        {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]},
    ),
    "Subscription__c": (
        {"name": "Name", "type": "string"},
        {"name": "Account__c", "type": "reference", "referenceTo": ["Account"]},
        {"name": "Amount__c", "type": "currency", "precision": 18, "scale": 2},
        {"name": "Status__c", "type": "picklist"},
    ),
    "User": (
        {"name": "Name", "type": "string"},
        {"name": "Username", "type": "string"},
        {"name": "Email", "type": "email"},
        {"name": "IsActive", "type": "boolean"},
        {"name": "TimeZoneSidKey", "type": "picklist"},
        {"name": "LocaleSidKey", "type": "picklist"},
    ),
}
PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "Opportunity": "006",
    "Subscription__c": "a01",
    "User": "005",
    "AccountTeamMember": "01M",
    "Training__c": "a02",
    "Group": "00G",
    "Task": "00T",
    "RecordType": "012",
}


def record_id(sobject: str, number: int) -> str:
    """A valid Id: `record_id("Account", 1)`."""
    return to_18(f"{PREFIXES[sobject]}{number:012d}")


def account(number: int, **values: str) -> dict[str, str]:
    """A customer, owned by user 1."""
    row = {"Id": record_id("Account", number), "Name": f"Account {number}", "Type": "Customer"}
    return {**row, "OwnerId": record_id("User", 1), **values}


def contact(number: int, parent: int, **values: str) -> dict[str, str]:
    """A contact of an account."""
    row = {"Id": record_id("Contact", number), "Name": f"Contact {number}", "LastName": f"Contact {number}"}
    return {**row, "AccountId": record_id("Account", parent), **values}


def subscription(number: int, parent: int, amount: str, **values: str) -> dict[str, str]:
    """An active subscription of an account."""
    row = {"Id": record_id("Subscription__c", number), "Name": f"S{number}", "Status__c": "Active"}
    return {**row, "Account__c": record_id("Account", parent), "Amount__c": amount, **values}


def user(number: int, **values: str) -> dict[str, str]:
    """An active user."""
    row = {"Id": record_id("User", number), "Name": f"User {number}", "Username": f"user{number}@example.com"}
    return {**row, "Email": f"user{number}@example.com", "IsActive": "true", **values}


Rows = Mapping[str, Sequence[Mapping[str, str]]]
SMALL: Rows = {
    "Account": (account(1), account(2), account(3, Type="Prospect"), account(4, Type="Other")),
    "Contact": (contact(1, 1), contact(2, 2), contact(3, 4)),
    "Subscription__c": (subscription(1, 1, "100.50"), subscription(2, 1, "0.005"), subscription(3, 2, "7")),
    "User": (user(1),),
}


Fields = Mapping[str, Sequence[Mapping[str, Any]]]


def write_org(folder: Path, rows: Rows, name: str = "Small", fields: Fields = FIELDS, settings: str = "") -> Path:
    """Write an org folder; `settings` are further lines of its org.toml. Orgs of the same name are the same org."""
    (folder / "describe").mkdir(parents=True)
    (folder / "data").mkdir()
    head = f'name = "{name}"\nnow = "2026-03-01T12:00:00Z"\n'
    (folder / "org.toml").write_text(head + settings, encoding="utf-8")
    for sobject, described in fields.items():
        text = json.dumps({"name": sobject, "keyPrefix": PREFIXES[sobject], "fields": described})
        (folder / "describe" / f"{sobject}.json").write_text(text, encoding="utf-8")
    for sobject, records in rows.items():
        header = list(dict.fromkeys(key for record in records for key in record))
        with (folder / "data" / f"{sobject}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header, restval="", quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(records)
    return folder


@dataclass
class Scene:
    """An org that is served, and a store beside it."""

    running: Running
    folder: Path
    spec: str = SPEC
    events: list[Event] = field(default_factory=list)
    reading: Reading = field(default_factory=Reading)
    cancel: CancelToken = field(default_factory=CancelToken)
    listener: Callable[[Event], None] | None = None
    wire: Faulty = field(default_factory=Faulty)

    @property
    def store(self) -> Path:
        """The published file."""
        return self.folder / "statisfy.duckdb"

    def client(self, credentials: Credentials | None = None, **options: Any) -> SalesforceClient:
        """A client of little patience; close it."""
        return SalesforceClient(
            credentials or GivenToken(self.running.instance_url, self.running.access_token),
            clock=SystemClock(),
            cancel=self.cancel,
            events=self.listener or self.events.append,
            patience=QUICK,
            **options,
        )

    def plan(self, client: SalesforceClient, adopt: bool = False) -> tuple[Plan, Schema, Drift]:
        """Describe the org and compile the spec for it, less what the org has lost of what the store holds."""
        tree = grammar.parse_spec(self.spec)
        assert tree.diagnostics == ()
        needs = needs_of(tree.tree)
        schema = schema_of(describe(client, needs.objects, needs.relationships))
        drift = find_drift(tree.tree, schema, self.store, identify(client) if adopt else None)
        found = [d for d in compiler.check_spec(drift.spec, schema).diagnostics if d.severity == "error"]
        assert found == []
        return compiler.compile_spec(drift.spec, schema), schema, drift

    def run(
        self, credentials: Credentials | None = None, *faults: Fault, reserve: float = 0.0, **options: Any
    ) -> RunReport:
        """One sync into the store; the faults meet the sync, not the describing before it. `options`: of the run."""
        with self.client() as client:
            plan, schema, drift = self.plan(client, adopt=options.get("adopt", False))
        self.wire = Faulty(*faults)
        with self.client(credentials, transport=self.wire, reserve=reserve) as client:
            settings = RunSettings(self.reading, **options)
            return run(plan, self.spec, client, self.store, schema=schema, settings=settings, drift=drift)

    def change(self, *changes: Mapping[str, Any]) -> None:
        """Apply changes to the org, a minute later than the ones before."""
        control = f"{self.running.instance_url}/__sandbox__"
        now = httpx.get(f"{control}/clock").json()["now"]
        later = f"{now[:14]}{int(now[14:16]) + 1:02d}:00Z"
        httpx.post(f"{control}/clock", json={"now": later}).raise_for_status()
        answer = httpx.post(
            f"{control}/changes", json={"changes": [{"at": later, **one} for one in changes]}, timeout=60
        )
        assert answer.status_code == 200, answer.text

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the published store; its tables need no schema."""
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{self.store}' AS s (READ_ONLY)")
            connection.execute("USE s.statisfy")
            return connection.execute(sql).fetchall()


def rename(org: Scene, name: str) -> None:
    """Give the first account another name."""
    org.change({"op": "update", "object": "Account", "id": record_id("Account", 1), "fields": {"Name": name}})


@contextmanager
def refusing(org: Scene, *deeds: str) -> Iterator[None]:
    """A state file that does not take these, as `UPDATE OF outcome ON runs`."""
    with closing(sqlite3.connect(org.folder / "accord.sqlite3")) as connection, connection:
        for number, deed in enumerate(deeds):
            connection.execute(f"CREATE TRIGGER no{number} BEFORE {deed} BEGIN SELECT RAISE(ABORT, 'refused'); END")
    yield
    with closing(sqlite3.connect(org.folder / "accord.sqlite3")) as connection, connection:
        for number in range(len(deeds)):
            connection.execute(f"DROP TRIGGER no{number}")


@contextmanager
def scene(
    folder: Path,
    rows: Rows = SMALL,
    spec: str = SPEC,
    name: str = "Small",
    fields: Fields = FIELDS,
    settings: str = "",
) -> Iterator[Scene]:
    """Serve a small org as long as the block lasts."""
    org = write_org(folder / "org", rows, name, fields, settings)
    with serve(org) as running:
        yield Scene(running, folder, spec)


def counts(report: RunReport, table: str) -> dict[str, int]:
    """What a run did to a table: the counts that are not zero, without the totals."""
    found = next(one for one in report.tables if one.table == table)
    quiet = ("matches", "unchanged", "active_before", "active_after", "table", "kind")
    names = (name for name in found.__dataclass_fields__ if name not in quiet)
    return {name: getattr(found, name) for name in names if getattr(found, name)}


@contextmanager
def of_two_runs(folder: Path) -> Iterator[Scene]:
    """A scene whose store two runs made; the one before is kept."""
    with scene(folder) as org:
        org.run()
        rename(org, "Neu")
        org.run()
        yield org
