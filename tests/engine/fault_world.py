"""The org that faults are tried on: small, of all the kinds of tables, and what its tables should hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from sandbox import Running
from tests.engine.scene import FIELDS, Fields, Rows, account, contact, record_id, scene, subscription, user

# In every text of the org, so that a value that gets into a message, a log or the state is found.
MARK = "Quetzal"
# REST brings 2,000 rows a page: this many take two.
CONTACTS = 2_100
ACCOUNTS = 12
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
metric "Seats" from sum(Seats__c) of Subscription__c via Account__c else 0

contacts { fields Name, Email, Grade__c }

object Subscription__c as "Subscriptions" on account via Account__c { fields Name, Amount__c, Status__c }
object Training__c as "Trainings" on contact via Contact__c { fields Name, Notes__c }
"""
TASKS = 'object Task as "Tasks" on account via AccountId { fields Subject }\n'
FORMULA = {"type": "double", "precision": 18, "scale": 0, "calculated": True}
DESCRIBES: Fields = {
    **FIELDS,
    "Contact": (*FIELDS["Contact"], {"name": "Grade__c", **FORMULA}),
    "Subscription__c": (*FIELDS["Subscription__c"], {"name": "Seats__c", **FORMULA}),
    "Training__c": (
        {"name": "Name", "type": "string"},
        {"name": "Notes__c", "type": "textarea", "length": 131072},
        {"name": "Contact__c", "type": "reference", "referenceTo": ["Contact"]},
    ),
}
WITH_TASKS: Fields = {
    **DESCRIBES,
    "Task": (
        {"name": "Subject", "type": "string"},
        {"name": "IsArchived", "type": "boolean"},
        {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]},
    ),
}

Truth = Mapping[str, Mapping[str, Mapping[str, Any]]]
Table = dict[tuple[str, ...], dict[str, Any]]
# Per table: the columns that are compared, by the field that they come from.
COPIED: Mapping[str, Mapping[str, str]] = {
    "accounts": {
        "Name": "Name",
        "Type": "Type",
        "OwnerId": "OwnerId",
        "Website": "Website",
        "Renewal_Date__c": "Renewal_Date__c",
        "Score__c": "Score__c",
        "Notes__c": "Notes__c",
        "SystemModstamp": "SystemModstamp",
        "renewal_date": "Renewal_Date__c",
    },
    "contacts": {"Name": "Name", "Email": "Email", "Grade__c": "Grade__c", "account_id": "AccountId"},
    "opportunities": {"Name": "Name", "account_id": "AccountId"},
    "subscriptions": {"Name": "Name", "Amount__c": "Amount__c", "Status__c": "Status__c", "account_id": "Account__c"},
    "trainings": {"Name": "Name", "Notes__c": "Notes__c", "contact_id": "Contact__c"},
}
OBJECTS: Mapping[str, str] = {
    "accounts": "Account",
    "contacts": "Contact",
    "opportunities": "Opportunity",
    "subscriptions": "Subscription__c",
    "trainings": "Training__c",
}
DERIVED = ("arr", "seats", "account_type")


def rows() -> Rows:
    """The rows that the org begins with."""
    kinds = ("Customer", "Customer", "Prospect", "Other")
    accounts = [
        account(
            n,
            Name=f"{MARK} account {n}",
            Type=kinds[n % 4],
            OwnerId=record_id("User", 1 + n % 2),
            Website=f"https://{MARK}{n}.example.com",
            Renewal_Date__c=f"2026-0{1 + n % 9}-15",
            Score__c=f"{n}.25",
            Notes__c=f"{MARK} notes {n}\nsecond line",
        )
        for n in range(1, ACCOUNTS + 1)
    ]
    contacts = [
        contact(n, 1 + n % ACCOUNTS, Name=f"{MARK} contact {n}", Email=f"{MARK}{n}@example.com", Grade__c=f"{n % 7}")
        for n in range(1, CONTACTS + 1)
    ]
    subscriptions = [
        subscription(n, 1 + n % ACCOUNTS, f"{n}.50", Name=f"{MARK} S{n}", Seats__c=f"{n % 5}")
        for n in range(1, 2 * ACCOUNTS + 1)
    ]
    opportunities = [
        {
            "Id": record_id("Opportunity", n),
            "Name": f"{MARK} opportunity {n}",
            "AccountId": record_id("Account", 1 + n % ACCOUNTS),
        }
        for n in range(1, 9)
    ]
    trainings = [
        {
            "Id": record_id("Training__c", n),
            "Name": f"{MARK} T{n}",
            "Notes__c": f"{MARK} {n}",
            "Contact__c": record_id("Contact", n),
        }
        for n in range(1, 21)
    ]
    users = [user(n, Name=f"{MARK} user {n}") for n in (1, 2, 3)]
    return {
        "Account": accounts,
        "Contact": contacts,
        "Opportunity": opportunities,
        "Subscription__c": subscriptions,
        "Training__c": trainings,
        "User": users,
    }


def changes(step: int) -> list[dict[str, Any]]:
    """Changes of every kind to every object, others for every step."""
    a, c, s = 1 + step % 3, 20 * step, 4 + step
    made = [
        ("create", "Account", 100 + step, {"Name": f"{MARK} new {step}", "Type": "Customer", "OwnerId": _user(3)}),
        ("update", "Account", a, {"Name": f"{MARK} renamed {step}", "Score__c": f"{step}.75"}),
        ("update", "Account", a + 4, {"Type": "Prospect" if step % 2 else "Customer"}),
        ("update", "Account", a + 8, {"Type": "Other" if step % 2 else "Customer"}),
        ("create", "Contact", 9000 + step, {"LastName": "x", "Name": f"{MARK} late {step}", "AccountId": _account(1)}),
        ("update", "Contact", 1 + c, {"Name": f"{MARK} moved {step}", "AccountId": _account(2)}),
        ("update", "Contact", CONTACTS - c, {"Email": f"{MARK}.{step}@example.org"}),
        ("delete", "Contact", 7 + c, None),
        ("hard_delete", "Contact", 8 + c, None),
        ("create", "Opportunity", 900 + step, {"Name": f"{MARK} big {step}", "AccountId": _account(1)}),
        ("delete", "Opportunity", 1 + step, None),
        ("update", "Subscription__c", s, {"Amount__c": f"{1000 + step}.25"}),
        ("update", "Subscription__c", s + 5, {"Status__c": "Ended"}),
        ("delete", "Subscription__c", s + 10, None),
        ("formula_change", "Subscription__c", s + 1, {"Seats__c": f"{50 + step}"}),
        ("update", "Training__c", 10 + step, {"Notes__c": f"{MARK} more {step}"}),
    ]
    return [
        {"op": op, "object": kind, "id": record_id(kind, number), **({"fields": fields} if fields else {})}
        for op, kind, number, fields in made
    ]


def _account(number: int) -> str:
    return record_id("Account", number)


def _user(number: int) -> str:
    return record_id("User", number)


@contextmanager
def serve_world(folder: Path, *, tasks: bool = False) -> Iterator[Running]:
    """Serve the org as long as the block lasts, with tasks or without."""
    with scene(folder, rows(), SPEC, "Faults", WITH_TASKS if tasks else DESCRIBES) as one:
        yield one.running


def truth_of(running: Running) -> Truth:
    """All rows of the org, by object and Id."""
    found = {}
    for sobject in OBJECTS.values():
        answer = httpx.get(f"{running.instance_url}/__sandbox__/truth/{sobject}")
        found[sobject] = {row["Id"]: row for row in _exact(answer)} if answer.status_code == 200 else {}
    return found


def _exact(answer: httpx.Response) -> list[dict[str, Any]]:
    import json

    listed: list[dict[str, Any]] = json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)
    return listed


def expected(truth: Truth, without: Mapping[str, Collection[str]]) -> dict[str, Table]:
    """The active rows that the tables should have, but for the Ids `without` by table: key, then column and value."""
    live = {
        table: {key: row for key, row in truth[kind].items() if not row["IsDeleted"] and key not in without[table]}
        for table, kind in OBJECTS.items()
    }
    types = {"Customer": "customer", "Prospect": "prospect"}
    live["accounts"] = {key: row for key, row in live["accounts"].items() if row["Type"] in types}
    for table in ("contacts", "opportunities", "subscriptions", "trainings"):
        link = COPIED[table]["contact_id" if table == "trainings" else "account_id"]
        parents = live["contacts" if table == "trainings" else "accounts"]
        everyone = live[table]
        live[table] = {key: row for key, row in everyone.items() if row[link] in parents}
        if table == "subscriptions":
            for key, parent in live["accounts"].items():
                own = [row for row in everyone.values() if row[link] == key]
                active = (Decimal(row["Amount__c"] or 0) for row in own if row["Status__c"] == "Active")
                live["accounts"][key] = {
                    **parent,
                    "arr": sum(active, Decimal(0)),
                    "seats": sum((Decimal(row["Seats__c"] or 0) for row in own), Decimal(0)),
                    "account_type": types[parent["Type"]],
                }
    tables: dict[str, Table] = {
        table: {
            (key,): {
                **{column: plain(row.get(field)) for column, field in COPIED[table].items()},
                **({column: plain(row[column]) for column in DERIVED} if table == "accounts" else {}),
            }
            for key, row in some.items()
        }
        for table, some in live.items()
    }
    tables["account_owners"] = {
        (key, "account_owner"): {"user_id": row["OwnerId"]} for key, row in live["accounts"].items() if row["OwnerId"]
    }
    return tables


def plain(value: Any) -> Any:
    """A value as both sides can be compared: numbers without trailing zeros, moments as text of whole milliseconds."""
    match value:
        case Decimal():
            return value.normalize() + 0
        case bool() | None:
            return value
        case str():
            return value.replace("+0000", "Z") if value.endswith("+0000") and value[4:5] == "-" else value
        case _ if hasattr(value, "hour"):
            return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
        case _:
            return str(value)
