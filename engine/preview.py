"""The preview: how many accounts each type would get now, by Salesforce's own counts, and a few of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from compiler.plan import Extract, Filter, Plan
from compiler.print_soql import print_query
from compiler.probe import by_id_query, columns_of, count_query, overlap_count, sample_query
from engine.at_once import count, records
from engine.errors import QueryTimeoutError
from engine.events import StageStarted
from engine.identity import Identity
from engine.salesforce.client import SalesforceClient
from engine.salesforce.rest_query import answers, id_of
from grammar.node import Node
from grammar.soql_tree import FieldPath, FromItem, Query, SelectItem, SubSelect
from grammar.source import NOWHERE

SCHEMA_VERSION = 1
SAMPLES = 5
# Where filters cannot be combined in one query the Ids themselves are compared, up to this many a filter.
MOST_IDS = 50_000


@dataclass(frozen=True, slots=True)
class Sample:
    """An account as Salesforce shows it: Id, Name and the fields that its filter speaks of, by their paths."""

    id: str
    name: str | None
    values: Mapping[str, str | bool | None]


@dataclass(frozen=True, slots=True)
class TypePreview:
    """An account type: how many accounts get it, how many its filter matches on its own, and a few of them.

    `count` is None where it could not be found within the preview's bounds; `note` then says why.
    """

    type: str
    count: int | None
    matches: int | None
    samples: tuple[Sample, ...]
    soql: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many accounts match several filters at once; the first of the types wins."""

    types: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would find now, in the org and through the eyes of the user named.

    `others` counts the rows of the other tables' filters, whether or not their accounts are in; None: not counted.
    """

    at: datetime
    identity: Identity
    types: tuple[TypePreview, ...]
    overlaps: tuple[Overlap, ...]
    others: Mapping[str, int | None]
    requests: int

    def to_document(self) -> dict[str, Any]:
        """The preview as JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "at": self.at.isoformat(),
            "org": self.identity.to_document(),
            "accounts": {
                one.type: {
                    "count": one.count,
                    "matches": one.matches,
                    "samples": [{"Id": s.id, "Name": s.name, **s.values} for s in one.samples],
                    "soql": one.soql,
                    "note": one.note,
                }
                for one in self.types
            },
            "overlaps": [{"types": list(one.types), "count": one.count} for one in self.overlaps],
            "tables": dict(self.others),
            "requests": self.requests,
        }


def preview(plan: Plan, client: SalesforceClient, identity: Identity, *, samples: int = SAMPLES) -> Preview:
    """Count and sample. Raises SalesforceError or SignInError."""
    before = client.requests
    extracts = [plan.extract(extract) for extract in plan.table("accounts").extracts]
    filters = [plan.filter(extract.filter) for extract in extracts]
    client.events(StageStarted("check", "accounts"))
    counter = _Counter(client, filters)
    overlaps = tuple(
        Overlap(tuple(_type(extracts[n]) for n in which), found)
        for size in range(2, len(filters) + 1)
        for which in combinations(range(len(filters)), size)
        if (found := counter.together(which))
    )
    types = []
    for number, extract in enumerate(extracts):
        client.cancel.check()
        matches = counter.together((number,))
        got = counter.first_match(number)
        types.append(
            TypePreview(
                type=_type(extract),
                count=got,
                matches=matches,
                samples=_samples(client, filters[number], extract, extracts[:number], samples),
                soql=print_query(extract.census).text,
                note=None if got is not None else "not counted: Salesforce did not answer within this preview's bounds",
            )
        )
    others = {}
    for table in plan.tables:
        if table.kind == "record" and table.parent is not None and len(table.extracts) == 1:
            others[table.name] = _count(client, count_query(plan.filter(plan.extract(table.extracts[0]).filter)))
    return Preview(client.now(), identity, tuple(types), overlaps, others, client.requests - before)


class _Counter:
    """Counts of rows that match several filters at once, each asked for once."""

    def __init__(self, client: SalesforceClient, filters: Sequence[Filter]) -> None:
        self._client = client
        self._filters = filters
        self._counts: dict[tuple[int, ...], int | None] = {}
        self._ids: dict[int, frozenset[str] | None] = {}

    def together(self, which: tuple[int, ...]) -> int | None:
        """How many rows match all of these filters; None if that cannot be counted."""
        if which not in self._counts:
            self._counts[which] = self._ask(which)
        return self._counts[which]

    def first_match(self, number: int) -> int | None:
        """How many rows match this filter and none before it: inclusion and exclusion."""
        total = 0
        for size in range(number + 1):
            for before in combinations(range(number), size):
                found = self.together((*before, number))
                if found is None:
                    return None
                total += found if size % 2 == 0 else -found
        return total

    def _ask(self, which: tuple[int, ...]) -> int | None:
        query = overlap_count([self._filters[number] for number in which])
        if query is not None:
            return _count(self._client, query)
        common: frozenset[str] | None = None
        for number in which:
            ids = self._ids_of(number)
            if ids is None:
                return None
            common = ids if common is None else common & ids
        return len(common or ())

    def _ids_of(self, number: int) -> frozenset[str] | None:
        if number not in self._ids:
            alone = self.together((number,)) if overlap_count([self._filters[number]]) is not None else None
            few = alone is None or alone <= MOST_IDS
            self._ids[number] = _ids(self._client, self._filters[number]) if few else None
        return self._ids[number]


def _count(client: SalesforceClient, query: Query) -> int | None:
    try:
        return count(client, query)
    except QueryTimeoutError:
        return None


def _ids(client: SalesforceClient, filter_: Filter) -> frozenset[str] | None:
    """The Ids that a filter matches; None if there are too many."""
    source = (FromItem(FieldPath((filter_.object,), NOWHERE), None, NOWHERE),)
    item = SelectItem(FieldPath(("Id",), NOWHERE), None, NOWHERE)
    query = Query((item,), source, NOWHERE, where=filter_.condition)
    found: set[str] = set()
    for answer in answers(client, print_query(query).text):
        if int(answer["totalSize"]) > MOST_IDS:
            return None
        found.update(id_of(record) for record in answer["records"])
    return frozenset(found)


def _samples(
    client: SalesforceClient, filter_: Filter, extract: Extract, earlier: Sequence[Extract], wanted: int
) -> tuple[Sample, ...]:
    """The first rows, by Id, that match the filter and none before it."""
    limit = wanted if not earlier else 4 * wanted
    shown = [column.name for column in extract.columns if column.name.lower() in _fields_in(filter_)]
    # An object may have more columns than an address has room for, and these are all that is shown.
    query = columns_of(sample_query(extract, limit), {"Id", "Name", *shown})
    rows = records(client, query)
    taken: set[str] = set()
    for other in earlier:
        ids = [key for key in map(id_of, rows) if key not in taken]
        if ids:
            found = records(client, by_id_query(other, ids, ()))
            taken.update(map(id_of, found))
    return tuple(
        Sample(id_of(row), row.get("Name"), {path: _value(row, path) for path in shown if path not in ("Id", "Name")})
        for row in rows
        if id_of(row) not in taken
    )[:wanted]


def _fields_in(filter_: Filter) -> frozenset[str]:
    """The fields of the object itself that a condition speaks of, in lower case."""
    return frozenset(path.text.lower() for path in _paths(filter_.condition))


def _paths(value: object) -> Iterable[FieldPath]:
    match value:
        case FieldPath():
            yield value
        case SubSelect():
            return
        case Node():
            for name in value.__match_args__:
                yield from _paths(getattr(value, name))
        case tuple():
            for one in value:
                yield from _paths(one)
        case _:
            return


def _value(row: Mapping[str, Any], path: str) -> str | bool | None:
    value: Any = row
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str | bool) else None


def _type(extract: Extract) -> str:
    """`accounts.customer` is the extract of the customers."""
    return extract.id.rpartition(".")[2]
