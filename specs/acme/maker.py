"""Makes rows one by one: Ids, stamps and flags by the describe, values by the caller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar

from specs.describes import Describe, names_with_data
from specs.org_folder import Row, Value
from specs.record_ids import record_id

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
INTEGRATION_USER = record_id("005", 1)

T = TypeVar("T")


class Maker:
    """The rows made so far, and the one source of chance."""

    def __init__(self, describes: Iterable[Describe], seed: int) -> None:
        self.random = Random(seed)
        self.rows: dict[str, list[Row]] = {}
        self._describes = {describe["name"]: describe for describe in describes}
        for name in self._describes:
            self.rows[name] = []

    def add(self, sobject: str, created: datetime, **values: Value) -> Row:
        """Add a row. System fields and unsaid booleans are filled where the object has them."""
        describe = self._describes[sobject]
        modified = self.between(created, NOW) if self.chance(0.6) else created
        touched = self.between(modified, NOW) if self.chance(0.1) else modified
        author = INTEGRATION_USER if self.chance(0.2) else self._someone()
        usual: Row = {
            "Id": record_id(describe["keyPrefix"], len(self.rows[sobject]) + 1),
            "CreatedDate": stamp(created),
            "CreatedById": author,
            "LastModifiedDate": stamp(modified),
            "LastModifiedById": author if modified == created else self._someone(),
            "SystemModstamp": stamp(touched),
        }
        row: Row = {}
        booleans = {field["name"] for field in describe["fields"] if field["type"] == "boolean"}
        for name in names_with_data(describe):
            row[name] = usual.get(name, False if name in booleans else None)
        if unknown := values.keys() - row.keys():
            raise ValueError(f"{sobject} has no field {', '.join(sorted(unknown))}")
        row |= values
        self.rows[sobject].append(row)
        return row

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self.random.random() < share

    def pick(self, values: Sequence[T]) -> T:
        """One of these."""
        return self.random.choice(values)

    def between(self, low: datetime, high: datetime) -> datetime:
        """A second between two, both included."""
        return low + timedelta(seconds=self.random.randint(0, int((high - low).total_seconds())))

    def past(self, days: int) -> datetime:
        """A second of the last days."""
        return self.between(NOW - timedelta(days=days), NOW - timedelta(minutes=1))

    def day(self, low: int, high: int) -> date:
        """A day that lies between two numbers of days from today."""
        return TODAY + timedelta(days=self.random.randint(low, high))

    def _someone(self) -> str:
        users = self.rows["User"]
        return str(self.pick(users)["Id"]) if users else INTEGRATION_USER


def stamp(moment: datetime) -> str:
    """A datetime as Salesforce writes it in CSV.

    >>> stamp(datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC))
    '2026-03-01T10:20:30.000Z'
    """
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def moment(stamped: Value) -> datetime:
    """The inverse of `stamp`."""
    return datetime.strptime(str(stamped), "%Y-%m-%dT%H:%M:%S.000Z").replace(tzinfo=UTC)
