"""What the tables must hold, computed row by row in plain Python from the org's own rows: the judge of the engine.

It knows one spec, `SPEC`, and what its words mean; it reads nothing of Accord's but that text. A state is all tables
as they stand, and `next_state` says what a run makes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from tests.support.nasty_org import SETTINGS, TYPES

SPEC = """accord 1

accounts {
  customer where Type = 'Customer' AND Health__c != 'Bad'
  prospect where Type = 'Prospect' OR Type = 'Customer'
  partner  where Type LIKE '%Partner%'
  on leaving keep
}

owners {
  account_owner from OwnerId
  csm           from CSM__c else User__c of Team__c via Account__c where Role__c = 'CSM'
  skip inactive users
}

define active on Subscription__c where Status__c = 'Active' AND End__c >= TODAY

arr     from sum(Amount__c) of Subscription__c via Account__c where active else 0
renewal from min(End__c) of Subscription__c via Account__c where active else Renewal__c

metric "Newest"        from latest(Amount__c) of Subscription__c via Account__c by Start__c
metric "Open pipeline" from sum(Amount) of Opportunity via AccountId where IsClosed = false
metric "Trained"       from count() of Contact via AccountId where Title != null

contacts { fields Name, LastName, Email, Title, Score__c, Tier__c }

opportunities {
  where StageName != 'Junk'
  fields Name, StageName, Amount, CloseDate, IsClosed, OwnerId
}

object Subscription__c as "Subscriptions" on account via Account__c {
  fields Name, Amount__c, Status__c, Start__c, End__c, Label__c
}

object Training__c as "Trainings" on contact via Contact__c {
  where Place__c != 'Nowhere' AND Contact__r.Title != 'null'
  fields Name, Place__c, Note__c, Day__c
}

object Invoice__c as "Invoices" on account via Number__c = AccountNumber { fields Name, Total__c, Due__c, Paid__c }
"""
REMOVING = SPEC.replace("on leaving keep", "on leaving remove")
ZONE = ZoneInfo(SETTINGS["time_zone"])
# The org's clock stands still while a run lasts, and the run's own goes on from there.
CLOCK_RUNS_ON = timedelta(minutes=5)

Key: TypeAlias = tuple[str, ...]
Row: TypeAlias = dict[str, Any]  # str, bool, date, datetime, Decimal or None, by column
State: TypeAlias = dict[str, dict[Key, Row]]
Records: TypeAlias = Mapping[str, Mapping[str, Row]]  # rows of Salesforce by object and Id

OBJECTS = {
    "accounts": "Account",
    "contacts": "Contact",
    "opportunities": "Opportunity",
    "subscriptions": "Subscription__c",
    "trainings": "Training__c",
    "invoices": "Invoice__c",
    "users": "User",
}
ACCOUNT_FIELDS = (
    "Name", "Type", "AccountNumber", "Website", "Notes__c", "Health__c", "Renewal__c", "Signed__c", "Vip__c",
    "Score__c", "OwnerId", "CSM__c", "ParentId", "CreatedDate", "SystemModstamp",
)  # fmt: skip
FIELDS: Mapping[str, tuple[str, ...]] = {
    "accounts": ACCOUNT_FIELDS,
    "contacts": ("Name", "LastName", "Email", "Title", "Score__c", "Tier__c"),
    "opportunities": ("Name", "StageName", "Amount", "CloseDate", "IsClosed", "OwnerId"),
    "subscriptions": ("Name", "Amount__c", "Status__c", "Start__c", "End__c", "Label__c"),
    "trainings": ("Name", "Place__c", "Note__c", "Day__c"),
    "invoices": ("Name", "Total__c", "Due__c", "Paid__c"),
    "users": (),
}
OWN: Mapping[str, tuple[str, ...]] = {
    "accounts": (
        "account_type", "web_domain", "parent_id", "arr", "renewal_date", "newest", "open_pipeline", "trained",
    ),
    "contacts": ("account_id",),
    "opportunities": ("account_id",),
    "subscriptions": ("account_id",),
    "trainings": ("contact_id",),
    "invoices": ("account_id",),
    "users": ("name", "email", "active"),
    "account_owners": ("user_id", "source"),
}  # fmt: skip
KEYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(OBJECTS, ("Id",)),
    "account_owners": ("account_id", "owner_type"),
}
PARENTS = {
    "contacts": ("account_id", "accounts"),
    "opportunities": ("account_id", "accounts"),
    "subscriptions": ("account_id", "accounts"),
    "invoices": ("account_id", "accounts"),
    "trainings": ("contact_id", "contacts"),
}
# What moves no stamp and decides nothing is read in full once a day, and may be as old as its `as_of` says.
SELDOM = {"contacts": ("Tier__c",), "subscriptions": ("Label__c",)}
DOMAINS = {
    "https://www.example.com/x": "example.com",
    "HTTP://Shop.Example.ORG:8080": "shop.example.org",
    "example.net": "example.net",
    None: None,
}


@dataclass(frozen=True)
class OneOf:
    """A value that may be any of these."""

    values: tuple[Any, ...]


@dataclass
class Seldom:
    """The values that columns which are read once a day had at each run, by table, Id and column."""

    seen: dict[tuple[str, str, str], list[tuple[datetime, Any]]] = field(default_factory=dict)

    def note(self, org: Records, now: datetime) -> None:
        """Write down the values of this moment."""
        for table, columns in SELDOM.items():
            for key, row in org[OBJECTS[table]].items():
                for column in columns:
                    self.seen.setdefault((table, key, column), []).append((now, row[column]))

    def since(self, table: str, key: str, column: str, moment: datetime | None) -> OneOf:
        """The values since a moment; None: at all times."""
        seen = self.seen.get((table, key, column), [])
        return OneOf(tuple(value for at, value in seen if moment is None or at >= moment - CLOCK_RUNS_ON))


def records(sobject: str, truth: Iterable[Mapping[str, Any]]) -> dict[str, Row]:
    """The rows that `GET /__sandbox__/truth/X` gave, as typed values by Id."""
    types = TYPES[sobject]
    found = {}
    for one in truth:
        found[one["Id"]] = {name: _typed(value, types.get(name, "string")) for name, value in one.items()}
    return found


def _typed(value: Any, kind: str) -> Any:
    if value is None or value == "":
        return None
    match kind:
        case "currency" | "double":
            return Decimal(str(value))
        case "date":
            return date.fromisoformat(value)
        case "datetime":
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z").replace(tzinfo=None)
        case _:
            return value


def next_state(before: State, org: Records, now: datetime, *, keep: bool = True, stale: Collection[str] = ()) -> State:
    """The tables after a run that saw the org as it is; `stale` ones stay as they were.

    Columns that are read once a day have the value of now. `keep`: what leaves stays in the tables.
    """
    wanted = _wanted(org, now)
    after: State = {}
    for table in KEYS:
        if table in stale:
            after[table] = dict(before.get(table, {}))
        elif table == "account_owners":
            kept = {
                key: row for key, row in before.get(table, {}).items() if keep and (key[0],) not in wanted["accounts"]
            }
            after[table] = kept | wanted[table]
        else:
            after[table] = _with_leavers(table, before.get(table, {}), wanted, org, keep)
    return after


def _equal(left: str | None, right: str) -> bool:
    """Whether Salesforce calls a text equal to another: without regard to case; nothing equals no text."""
    return left is not None and left.lower() == right.lower()


def _live(org: Records, sobject: str) -> list[Row]:
    return [row for row in org[sobject].values() if not row.get("IsDeleted")]


def _account_type(row: Row) -> str | None:
    kind = row["Type"]
    if _equal(kind, "Customer") and not _equal(row["Health__c"], "Bad"):
        return "customer"
    if _equal(kind, "Prospect") or _equal(kind, "Customer"):
        return "prospect"
    return "partner" if kind is not None and "partner" in kind.lower() else None


def _wanted(org: Records, now: datetime) -> State:
    """Every table as it would be if there had been none before."""
    wanted: State = {"accounts": _accounts(org, now)}
    wanted["account_owners"] = _owners(org, wanted["accounts"])
    ids = {key[0] for key in wanted["accounts"]}
    wanted["contacts"] = _children(org, "contacts", "AccountId", ids, lambda row: True)
    wanted["opportunities"] = _children(
        org, "opportunities", "AccountId", ids, lambda row: not _equal(row["StageName"], "Junk")
    )
    wanted["subscriptions"] = _children(org, "subscriptions", "Account__c", ids, lambda row: True)
    contacts = {key[0] for key in wanted["contacts"]}
    wanted["trainings"] = _children(org, "trainings", "Contact__c", contacts, lambda row: _is_shown(org, row))
    wanted["invoices"] = _invoices(org, wanted["accounts"])
    wanted["users"] = _users(org, wanted)
    return wanted


def _row(table: str, row: Row, **own: Any) -> Row:
    return {**{name: row[name] for name in FIELDS[table]}, **own, "record_status": "active", "merged_into": None}


def _accounts(org: Records, now: datetime) -> dict[Key, Row]:
    today = now.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZONE).date()
    found = {}
    for row in _live(org, "Account"):
        kind = _account_type(row)
        if kind is None:
            continue
        subscriptions = [one for one in _live(org, "Subscription__c") if one["Account__c"] == row["Id"]]
        active = [
            one
            for one in subscriptions
            if _equal(one["Status__c"], "Active") and one["End__c"] is not None and one["End__c"] >= today
        ]
        ends = [one["End__c"] for one in active]
        dated = sorted((one for one in subscriptions if one["Start__c"] is not None), key=_by_start)
        deals = [one for one in _live(org, "Opportunity") if one["AccountId"] == row["Id"] and not one["IsClosed"]]
        people = [one for one in _live(org, "Contact") if one["AccountId"] == row["Id"] and one["Title"] is not None]
        found[row["Id"],] = _row(
            "accounts",
            row,
            account_type=kind,
            web_domain=DOMAINS[row["Website"]],
            parent_id=row["ParentId"],
            arr=_sum(one["Amount__c"] for one in active) or Decimal(0),
            renewal_date=min(ends) if ends else row["Renewal__c"],
            newest=dated[-1]["Amount__c"] if dated else None,
            open_pipeline=_sum(one["Amount"] for one in deals),
            trained=Decimal(len(people)),
        )
    return found


def _by_start(row: Row) -> tuple[date, str]:
    return row["Start__c"], row["Id"]


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _owners(org: Records, accounts: Mapping[Key, Row]) -> dict[Key, Row]:
    def may_own(user_id: str | None) -> bool:
        return user_id is not None and bool(org["User"].get(user_id, {}).get("IsActive"))

    found = {}
    for (account,), row in accounts.items():
        if may_own(row["OwnerId"]):
            found[account, "account_owner"] = {"user_id": row["OwnerId"], "source": "OwnerId"}
        team = [
            one
            for one in _live(org, "Team__c")
            if one["Account__c"] == account and _equal(one["Role__c"], "CSM") and one["User__c"] is not None
        ]
        oldest = min(team, key=lambda one: (one["CreatedDate"], one["Id"]), default=None)
        if may_own(row["CSM__c"]):
            found[account, "csm"] = {"user_id": row["CSM__c"], "source": "CSM__c"}
        elif oldest is not None and may_own(oldest["User__c"]):
            found[account, "csm"] = {"user_id": oldest["User__c"], "source": "User__c of Team__c"}
    return found


def _children(org: Records, table: str, link: str, parents: Collection[str], matches: Any) -> dict[Key, Row]:
    column = PARENTS[table][0]
    return {
        (row["Id"],): _row(table, row, **{column: row[link]})
        for row in _live(org, OBJECTS[table])
        if row[link] in parents and matches(row)
    }


def _is_shown(org: Records, training: Row) -> bool:
    contact = org["Contact"].get(training["Contact__c"] or "", {})
    return not _equal(training["Place__c"], "Nowhere") and not _equal(contact.get("Title"), "null")


def _invoices(org: Records, accounts: Mapping[Key, Row]) -> dict[Key, Row]:
    """An invoice hangs on the one account whose number is its own."""
    by_number: dict[str, list[str]] = {}
    for (account,), row in accounts.items():
        if row["AccountNumber"] is not None:
            by_number.setdefault(row["AccountNumber"].lower(), []).append(account)
    found = {}
    for row in _live(org, "Invoice__c"):
        parents = by_number.get((row["Number__c"] or "").lower(), [])
        if len(parents) == 1:
            found[row["Id"],] = _row("invoices", row, account_id=parents[0])
    return found


def _users(org: Records, wanted: State) -> dict[Key, Row]:
    named = {row["user_id"] for row in wanted["account_owners"].values()}
    for table in ("accounts", "opportunities"):
        named |= {row["OwnerId"] for row in wanted[table].values()}
    return {
        (user["Id"],): _row("users", user, name=user["Name"], email=user["Email"], active=user["IsActive"])
        for user in org["User"].values()
        if user["Id"] in named
    }


def _with_leavers(table: str, before: Mapping[Key, Row], wanted: State, org: Records, keep: bool) -> dict[Key, Row]:
    """A table's wanted rows, and those that were in it before and no longer are."""
    after = dict(wanted[table])
    for key, row in before.items():
        if key in after:
            continue
        status = _status(table, key[0], row, wanted, org)
        if keep or status not in ("left", "parent_left"):
            into = _winner(key[0], before, org[OBJECTS[table]]) if status == "merged" else None
            after[key] = {**row, "record_status": status, "merged_into": into}
    return after


def _status(table: str, record: str, row: Row, wanted: State, org: Records) -> str:
    now = org[OBJECTS[table]].get(record)
    if now is None:
        return row["record_status"] if row["record_status"] in ("deleted", "merged") else "gone"
    if now.get("IsDeleted"):
        return "merged" if now.get("MasterRecordId") else "deleted"
    if table in PARENTS:
        column, parents = PARENTS[table]
        if row[column] is not None and (row[column],) not in wanted[parents]:
            return "parent_left"
    return "left"


def _winner(loser: str, before: Mapping[Key, Row], rows: Mapping[str, Row]) -> str | None:
    """Where a merged record ended, over all merges that are known or were."""

    def next_of(record: str) -> str | None:
        now = rows.get(record)
        if now is not None:
            return now["MasterRecordId"] if now["IsDeleted"] else None
        known = before.get((record,))
        return known["merged_into"] if known is not None and known["record_status"] == "merged" else None

    at, winner = loser, next_of(loser)
    while winner is not None:
        at, winner = winner, next_of(winner)
    return at if at != loser else None


def differences(expected: State, stored: State) -> list[str]:
    """Where stored tables are not as they must be, in words; an empty list if they are."""
    found = []
    for table, rows in expected.items():
        there = stored[table]
        found += [f"{table} {' '.join(key)}: missing" for key in rows.keys() - there.keys()]
        found += [f"{table} {' '.join(key)}: too much, {there[key]}" for key in there.keys() - rows.keys()]
        for key in rows.keys() & there.keys():
            for column, value in rows[key].items():
                ours = there[key][column]
                if ours not in value.values if isinstance(value, OneOf) else ours != value:
                    found.append(f"{table} {' '.join(key)}: {column} is {ours!r}, must be {value!r}")
    return sorted(found)


def arr_moves(before: State, after: State) -> Decimal | None:
    """By how many percent ARR moves, over the accounts that are in before and after; None if there was none."""
    both = [
        (row["arr"] or Decimal(0), after["accounts"][key]["arr"] or Decimal(0))
        for key, row in before["accounts"].items()
        if row["record_status"] == "active" and after["accounts"].get(key, {}).get("record_status") == "active"
    ]
    total = sum(abs(old) for old, _ in both)
    return 100 * sum((abs(new - old) for old, new in both), Decimal(0)) / total if total else None


def counts(before: Mapping[Key, Row], after: Mapping[Key, Row]) -> dict[str, int]:
    """What the run report must say of a table of records, less what it updated."""

    def status(rows: Mapping[Key, Row], key: Key) -> str | None:
        return rows[key]["record_status"] if key in rows else None

    moves = [(status(before, key), status(after, key)) for key in before.keys() | after.keys()]
    exits = [new for old, new in moves if old == "active" and new != "active"]
    found = {
        "active_before": sum(old == "active" for old, _ in moves),
        "active_after": sum(new == "active" for _, new in moves),
        "matches": sum(new == "active" for _, new in moves),
        "inserted": sum(old is None and new == "active" for old, new in moves),
        "resumed": sum(old not in (None, "active") and new == "active" for old, new in moves),
        "left": sum(new in ("left", "parent_left", None) for new in exits),
    }
    return found | {name: exits.count(name) for name in ("deleted", "merged", "gone")}
