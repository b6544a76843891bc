"""A small org in which nasty things happen: its objects, the rows that it begins with, and changes of every kind.

Ids come in pairs that differ by case alone. The same seed gives the same rows and the same changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

from compiler.record_id import to_18

Change: TypeAlias = dict[str, Any]  # JSON, as `POST /__sandbox__/changes` takes it
Value: TypeAlias = str | bool | None
Draw: TypeAlias = Callable[[Random], Value]

START = "2026-03-01T12:00:00Z"
SETTINGS = {"name": "Nasty", "now": START, "user": "u0@example.com", "time_zone": "Pacific/Auckland"}
PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "Opportunity": "006",
    "Subscription__c": "a01",
    "Team__c": "a02",
    "Training__c": "a03",
    "Invoice__c": "a04",
    "User": "005",
}
SIZES = {
    "Account": 10,
    "Contact": 10,
    "Opportunity": 8,
    "Subscription__c": 12,
    "Team__c": 6,
    "Training__c": 8,
    "Invoice__c": 8,
    "User": 4,
}
MERGED = ("Account", "Contact")


def _text(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "type": "string"} for name in names]


def _reference(name: str, to: str) -> dict[str, Any]:
    return {"name": name, "type": "reference", "referenceTo": [to]}


def _number(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "precision": 18, "scale": 2}


FIELDS: Mapping[str, list[dict[str, Any]]] = {
    "Account": [
        *_text("Name", "Type", "AccountNumber"),
        {"name": "Website", "type": "url"},
        {"name": "Notes__c", "type": "textarea", "length": 32768},
        {"name": "Health__c", "type": "string", "calculated": True},
        {"name": "Renewal__c", "type": "date", "calculated": True},
        {"name": "Signed__c", "type": "datetime"},
        {"name": "Vip__c", "type": "boolean"},
        _number("Score__c", "double"),
        _reference("OwnerId", "User"),
        _reference("CSM__c", "User"),
        _reference("ParentId", "Account"),
        _reference("MasterRecordId", "Account"),
    ],
    "Contact": [
        *_text("Name", "LastName", "Title"),
        {"name": "Email", "type": "email"},
        _number("Score__c", "double"),
        {"name": "Tier__c", "type": "string", "calculated": True},
        _reference("AccountId", "Account"),
        _reference("MasterRecordId", "Contact"),
    ],
    "Opportunity": [
        *_text("Name", "StageName"),
        _number("Amount", "currency"),
        {"name": "CloseDate", "type": "date"},
        {"name": "IsClosed", "type": "boolean"},
        _reference("OwnerId", "User"),
        _reference("AccountId", "Account"),
    ],
    "Subscription__c": [
        *_text("Name", "Status__c"),
        _number("Amount__c", "currency"),
        {"name": "Start__c", "type": "date"},
        {"name": "End__c", "type": "date"},
        {"name": "Label__c", "type": "string", "calculated": True},
        _reference("Account__c", "Account"),
    ],
    "Team__c": [*_text("Name", "Role__c"), _reference("User__c", "User"), _reference("Account__c", "Account")],
    "Training__c": [
        *_text("Name", "Place__c"),
        {"name": "Note__c", "type": "textarea", "length": 32768},
        {"name": "Day__c", "type": "date"},
        _reference("Contact__c", "Contact"),
    ],
    "Invoice__c": [
        *_text("Name", "Number__c"),
        _number("Total__c", "currency"),
        {"name": "Due__c", "type": "date"},
        {"name": "Paid__c", "type": "boolean"},
    ],
    "User": [
        *_text("Name", "Username", "TimeZoneSidKey", "LocaleSidKey"),
        {"name": "Email", "type": "email"},
        {"name": "IsActive", "type": "boolean"},
    ],
}
SYSTEM = {"Id": "id", "IsDeleted": "boolean"} | dict.fromkeys(
    ("CreatedDate", "LastModifiedDate", "SystemModstamp"), "datetime"
)
TYPES: Mapping[str, Mapping[str, str]] = {
    name: SYSTEM | {str(one["name"]): str(one["type"]) for one in fields} for name, fields in FIELDS.items()
}

HOSTILE = (
    'Ü "x",\r\n;\'--',
    " blank before and behind ",
    "0012345",
    "1e5",
    "NaN",
    "null",
    "=1+1",
    "🦆🏴\u200d☠️ e\u0301",
    "line\nline",
    "\\N,\\\"'",
    "true",
    "a\tb",
    "x" * 255,
    None,
)
# 0 and one unit of the last digit less are neighbours to DuckDB's hash.
AMOUNTS = ("0", "-0.00000001", "1.5", "100.125", "33.33333333", "-7.01", "123456789012345.67", "1200", "250.5", None)
DAYS = ("2026-01-31", "2026-02-28", "2026-03-02", "2026-03-05", "2026-12-01", "2024-02-29", None)


def an_id(sobject: str, number: int) -> str:
    """A valid Id; those of an even number and of the next differ by the case of one letter."""
    return to_18(f"{PREFIXES[sobject]}{number // 2:010d}z{'zZ'[number % 2]}")


def describes() -> list[dict[str, Any]]:
    """The describes of all objects, reduced."""
    return [{"name": name, "keyPrefix": PREFIXES[name], "fields": fields} for name, fields in FIELDS.items()]


def _some(*values: Value) -> Draw:
    return lambda random: random.choice(values)


def _link(sobject: str, *others: Value) -> Draw:
    """Any record that there is or was or may be, or nothing."""
    numbers = SIZES[sobject] * 3 // 2
    return lambda random: random.choice((an_id(sobject, random.randrange(numbers)),) * 5 + (None, *others))


_words, _amounts, _days = _some(*HOSTILE), _some(*AMOUNTS), _some(*DAYS)
_anybody = _link("User", to_18("00G000000000001"))
VALUES: Mapping[str, Mapping[str, Draw]] = {
    "Account": {
        "Name": _words,
        "Type": _some("Customer", "Customer", "customer", "Prospect", "Channel Partner", "Other", None),
        "AccountNumber": _some("n1", "n2", "N2", "n3", "Ä-4", "ä-4", "n5", None),
        "Website": _some("https://www.example.com/x", "HTTP://Shop.Example.ORG:8080", "example.net", None),
        "Notes__c": _words,
        "Signed__c": _some("2026-01-02T03:04:05.678Z", "1999-12-31T23:59:59.999Z", None),
        "Vip__c": _some(True, False),
        "Score__c": _amounts,
        "OwnerId": _anybody,
        "CSM__c": _anybody,
        "ParentId": _link("Account"),
    },
    "Contact": {
        "LastName": _some("Last", 'Ö\'Brien "x"', "null", "0012"),
        "Title": _words,
        "Email": _some("a@example.com", None),
        "Score__c": _amounts,
        "AccountId": _link("Account"),
    },
    "Opportunity": {
        "StageName": _some("Won", "Lost", "Junk", "junk", None),
        "Amount": _amounts,
        "CloseDate": _days,
        "IsClosed": _some(True, False),
        "OwnerId": _anybody,
        "AccountId": _link("Account"),
    },
    "Subscription__c": {
        "Name": _words,
        "Status__c": _some("Active", "Active", "ACTIVE", "Expired", None),
        "Amount__c": _amounts,
        "Start__c": _days,
        "End__c": _days,
        "Account__c": _link("Account"),
    },
    "Team__c": {"Role__c": _some("CSM", "csm", "Other"), "User__c": _link("User"), "Account__c": _link("Account")},
    "Training__c": {
        "Place__c": _some("Here", "Nowhere", "NOWHERE", None),
        "Note__c": _words,
        "Day__c": _days,
        "Contact__c": _link("Contact"),
    },
    "Invoice__c": {
        "Number__c": _some("n1", "n2", "N3", "Ä-4", "n5", "n6", None),
        "Total__c": _amounts,
        "Due__c": _days,
        "Paid__c": _some(True, False),
    },
    "User": {"Name": _words, "Email": _some("u@example.com", None), "IsActive": _some(True, True, False)},
}
FORMULAS: Mapping[str, Mapping[str, Draw]] = {
    "Account": {"Health__c": _some("Good", "Bad", "BAD", None), "Renewal__c": _days},
    "Contact": {"Tier__c": _some("1", "2", None)},
    "Subscription__c": {"Label__c": _words},
}


def first_rows(random: Random) -> dict[str, list[dict[str, Any]]]:
    """The rows that the org begins with."""
    found: dict[str, list[dict[str, Any]]] = {}
    for sobject, size in SIZES.items():
        found[sobject] = []
        for number in range(size):
            row = {name: draw(random) for name, draw in {**VALUES[sobject], **FORMULAS.get(sobject, {})}.items()}
            stamp = f"2026-02-{random.randrange(1, 29):02d}T00:00:00Z"
            row |= {"Id": an_id(sobject, number), "SystemModstamp": stamp, "CreatedDate": stamp}
            if sobject == "Contact":
                row["Name"] = row["LastName"]
            elif sobject == "User":
                row["Username"] = f"u{number}@example.com"
            row["Name"] = row.get("Name") or f"{sobject} {number}"
            found[sobject].append(row)
        found[sobject][0] |= {"IsActive": True} if sobject == "User" else {}
    return found


@dataclass
class Population:
    """Which records there are, so that changes can be drawn that an org can really see.

    `live` and `binned` hold Ids by object, `made` how many records of an object there ever were.
    """

    live: dict[str, list[str]] = field(
        default_factory=lambda: {name: [an_id(name, n) for n in range(size)] for name, size in SIZES.items()}
    )
    binned: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in SIZES})
    made: dict[str, int] = field(default_factory=lambda: dict(SIZES))

    def of(self, random: Random, objects: Iterable[str]) -> str | None:
        """One of the objects that have live records."""
        there = [name for name in objects if self.live[name]]
        return random.choice(there) if there else None

    def has_few(self, sobject: str) -> bool:
        """Whether none should be taken away."""
        return len(self.live[sobject]) <= SIZES[sobject] // 2

    def has_many(self, sobject: str) -> bool:
        """Whether there should be no more."""
        return len(self.live[sobject]) >= SIZES[sobject] * 2


OPERATIONS = (
    "create", "update", "move", "system_touch", "formula_change", "delete", "undelete", "hard_delete", "merge",
)  # fmt: skip
_LINKS: Mapping[str, Sequence[str]] = {
    "Contact": ("AccountId",),
    "Opportunity": ("AccountId",),
    "Subscription__c": ("Account__c",),
    "Training__c": ("Contact__c",),
    "Team__c": ("Account__c", "User__c"),
    "Invoice__c": ("Number__c",),
    "Account": ("ParentId", "OwnerId", "Type"),
}
# The connected user is never taken away: the session would end with it.
_KEPT = an_id("User", 0)
_REMOVED = tuple(name for name in SIZES if name != "User")


def draw_change(random: Random, people: Population, op: str) -> Change | None:
    """A change of the kind that can happen now, which `people` then know of; None if there is none.

    `move` is an update of links and types.
    """
    match op:
        case "create":
            return _create(random, people)
        case "update" | "move":
            return _update(random, people, op)
        case "system_touch":
            sobject = people.of(random, SIZES)
            return None if sobject is None else {"op": op, "object": sobject, "id": random.choice(people.live[sobject])}
        case "formula_change":
            sobject = people.of(random, FORMULAS)
            if sobject is None:
                return None
            values = {name: draw(random) for name, draw in FORMULAS[sobject].items() if random.random() < 0.7}
            return {"op": op, "object": sobject, "id": random.choice(people.live[sobject]), "fields": values}
        case "merge":
            return _merge(random, people)
        case _:
            return _remove(random, people, op)


def _fields(random: Random, sobject: str, share: float) -> dict[str, Value]:
    return {name: draw(random) for name, draw in VALUES[sobject].items() if random.random() < share}


def _create(random: Random, people: Population) -> Change | None:
    objects = [name for name in SIZES if not people.has_many(name)]
    if not objects:
        return None
    sobject = random.choice(objects)
    number = people.made[sobject]
    people.made[sobject] += 1
    made = an_id(sobject, number)
    people.live[sobject].append(made)
    fields = _fields(random, sobject, 0.9)
    if sobject == "Contact":
        fields["LastName"] = fields.get("LastName") or f"Contact {number}"
    else:
        fields["Name"] = fields.get("Name") or f"{sobject} {number}"
    if sobject == "User":
        fields |= {"Username": f"u{number}@example.com"}
    return {"op": "create", "object": sobject, "id": made, "fields": fields}


def _update(random: Random, people: Population, op: str) -> Change | None:
    sobject = people.of(random, _LINKS if op == "move" else SIZES)
    if sobject is None:
        return None
    record = random.choice(people.live[sobject])
    if op == "move":
        fields = {name: VALUES[sobject][name](random) for name in _LINKS[sobject] if random.random() < 0.8}
    else:
        fields = _fields(random, sobject, 0.3)
    if record == _KEPT:
        fields.pop("IsActive", None)
    if fields.get("Name", "") is None:
        del fields["Name"]
    return {"op": "update", "object": sobject, "id": record, "fields": fields}


def _remove(random: Random, people: Population, op: str) -> Change | None:
    """A record goes to the bin, comes back from it, or is gone for good."""
    spare = {name: [] if people.has_few(name) else people.live[name] for name in SIZES}
    there = {
        "delete": spare,
        "undelete": people.binned,
        "hard_delete": {name: spare[name] + people.binned[name] for name in SIZES},
    }[op]
    objects = [name for name in (*_REMOVED, *(("User",) if op == "hard_delete" else ())) if there[name]]
    if not objects:
        return None
    sobject = random.choice(objects)
    record = random.choice(there[sobject])
    if record == _KEPT:
        return None
    for records in (people.live[sobject], people.binned[sobject]):
        if record in records:
            records.remove(record)
    if op != "hard_delete":
        (people.binned if op == "delete" else people.live)[sobject].append(record)
    return {"op": op, "object": sobject, "id": record}


def _merge(random: Random, people: Population) -> Change | None:
    sobject = random.choice(MERGED)
    if people.has_few(sobject):
        return None
    winner, loser = random.sample(people.live[sobject], 2)
    people.live[sobject].remove(loser)
    people.binned[sobject].append(loser)
    return {"op": "merge", "object": sobject, "id": winner, "loser": loser, "fields": _fields(random, sobject, 0.1)}
