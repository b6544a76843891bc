"""The plan: what a spec means for one schema, as data. Run, preview, compile and why walk this same document."""

from __future__ import annotations

from typing import Literal, TypeVar

from compiler.relation import ColumnType, Relation
from grammar.node import Node
from grammar.soql_tree import Condition, FieldPath, Query
from grammar.source import Span

PLAN_VERSION = 1


class Clause(Node):
    """A node of a filter's tree of clauses.

    `id` is the place in the tree (`accounts.customer/2.1`), which formatting and spans do not change. `soql` is the
    printed condition, `definition` the name of the definition that it was written as.
    """

    id: str
    kind: Literal["and", "or", "not", "leaf"]
    soql: str
    definition: str | None
    children: tuple[Clause, ...]
    span: Span


class Filter(Node):
    """The rows of an object that something reads: the author's condition with definitions put in, or none."""

    id: str
    object: str
    condition: Condition | None
    clauses: Clause | None
    span: Span


class ExtractColumn(Node):
    """A column that an extract reads. `path` is what SOQL selects, in the schema's letter case."""

    path: FieldPath
    type: ColumnType
    salesforce_type: str
    volatile: bool

    @property
    def name(self) -> str:
        """The path with its dots: the header in a CSV answer, and the column's name once it is loaded."""
        return self.path.text


class Extract(Node):
    """One read of Salesforce: the rows of a filter with the columns that tables, links and numbers need.

    `census` asks for Id, SystemModstamp, links and deciding volatile columns of the rows that match now; `fetch`
    asks for all columns under the same condition. `mode` says which of the two a run sends: `full` sends `fetch`
    alone, whose Ids then are the match list; `census` sends the census and fetches what the copy lacks. A run whose
    copy cannot serve (the first one, another plan, schema or user) reads in full whatever the mode. `why` gives the
    reason in words.
    """

    id: str
    filter: str
    object: str
    columns: tuple[ExtractColumn, ...]
    census: Query
    fetch: Query
    mode: Literal["full", "census"]
    why: str

    @property
    def types(self) -> dict[str, ColumnType]:
        """The columns' types by name, in order."""
        return {column.name: column.type for column in self.columns}


class Source(Node):
    """A field of Salesforce that a column comes from."""

    object: str
    path: str


class TableColumn(Node):
    """A column of a published table, with its lineage and the statement that brought it."""

    name: str
    type: ColumnType
    label: str
    source: str
    lineage: tuple[Source, ...]
    derived: bool
    volatile: bool
    span: Span


class Parent(Node):
    """The table that a record table's rows hang on, and the column that names the parent row."""

    table: str
    column: str


class Table(Node):
    """A published table: its key, its columns and the relation that gives the wanted rows.

    A `record` table holds the rows of one object under their Ids and gets the columns of a record's life
    (`record_status` ...); a `derived` one has no life of its own: rows come and go with what they follow from.
    `extracts` are those that the rows come from: their Ids are the match list of a record table.
    """

    name: str
    kind: Literal["record", "derived"]
    object: str | None
    label: str
    key: tuple[str, ...]
    columns: tuple[TableColumn, ...]
    relation: Relation
    extracts: tuple[str, ...]
    parent: Parent | None
    on_leaving: Literal["keep", "remove"]
    span: Span


class PicklistOption(Node):
    """A row of `picklist_options`."""

    object: str
    field: str
    value: str
    label: str
    active: bool


class Guard(Node):
    """A limit on what a run may change: `leave` (share of a table), `move` (of a number), `fill` (of owners)."""

    kind: Literal["leave", "move", "fill"]
    subject: str
    percent: str
    span: Span


class Cadence(Node):
    """When something runs: the period, the weekday (`MONDAY`), the time (HH:MM) and the zone; None: the user's."""

    period: Literal["hour", "day", "week"]
    weekday: str | None
    at: str | None
    zone: str | None


class OwnerKind(Node):
    """An owner kind with its sources, as they are written, in the order in which they are tried."""

    kind: str
    sources: tuple[str, ...]
    span: Span


class Plan(Node):
    """The whole document. Tables stand in the order in which they can be computed."""

    version: int
    schema: str
    filters: tuple[Filter, ...]
    extracts: tuple[Extract, ...]
    tables: tuple[Table, ...]
    owner_kinds: tuple[OwnerKind, ...]
    picklists: tuple[PicklistOption, ...]
    guards: tuple[Guard, ...]
    schedule: Cadence
    skip_inactive: bool

    def filter(self, filter_id: str) -> Filter:
        """The filter of that id; raises KeyError."""
        return _by(self.filters, "id", filter_id)

    def extract(self, extract_id: str) -> Extract:
        """The extract of that id; raises KeyError."""
        return _by(self.extracts, "id", extract_id)

    def table(self, name: str) -> Table:
        """The table of that name; raises KeyError."""
        return _by(self.tables, "name", name)

    def shown_by(self, extract: str) -> Table | None:
        """The table of records that shows an extract's rows; None for rows that only feed numbers and owners."""
        return next((t for t in self.tables if t.kind == "record" and extract in t.extracts), None)


_N = TypeVar("_N", bound=Node)


def _by(nodes: tuple[_N, ...], field: str, value: str) -> _N:
    for node in nodes:
        if getattr(node, field) == value:
            return node
    raise KeyError(value)
