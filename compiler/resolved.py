"""A spec with its names bound to the schema: what `resolve` makes of a tree and what lowering reads.

Names are in the schema's own letter case, definitions are known, types are checked. Parts that could not be resolved
are left out; the diagnostics say why.
"""

from __future__ import annotations

from typing import Literal

from compiler.schema import Field
from grammar.node import Node
from grammar.soql_tree import Condition, FieldPath, Value
from grammar.source import Span
from grammar.spec_tree import Currency


class FieldRef(Node):
    """A path that was found. `hops` are the reference fields on the way; `field` is the last one."""

    object: str
    path: FieldPath
    hops: tuple[Field, ...]
    field: Field
    owner: str
    span: Span

    @property
    def name(self) -> str:
        """The path with its dots, in the schema's letter case."""
        return self.path.text

    @property
    def volatile(self) -> bool:
        """Whether its value can change while the row's SystemModstamp stays: a formula, or another object's field."""
        return bool(self.hops) or self.field.calculated


class ResolvedFilter(Node):
    """A condition in the schema's letter case. `written` keeps the uses of definitions, `condition` has them put in."""

    object: str
    written: Condition
    condition: Condition
    span: Span


class ResolvedType(Node):
    """An account type with its filter."""

    kind: Literal["customer", "prospect", "partner"]
    filter: ResolvedFilter
    span: Span


class SyncedField(Node):
    """A field that becomes a column, its display name, and the statement that asked for it."""

    ref: FieldRef
    label: str
    span: Span


class ResolvedLink(Node):
    """How a child row finds its parent: by a reference, or by a value that equals one of the parent's fields."""

    child: FieldRef
    parent: FieldRef | None
    span: Span


class ResolvedOwnerChild(Node):
    """A user that a child row names."""

    value: FieldRef
    link: ResolvedLink
    filter: ResolvedFilter | None
    object: str
    text: str
    span: Span


class ResolvedOwner(Node):
    """An owner kind with its sources in the order in which they are tried."""

    kind: str
    sources: tuple[FieldRef | ResolvedOwnerChild, ...]
    span: Span


class ResolvedAggregate(Node):
    """A calculated value. `value` is None for `count()`, `by` only set for `latest` and `earliest`."""

    function: Literal["sum", "max", "min", "latest", "earliest", "average", "count"]
    object: str
    value: FieldRef | None
    link: ResolvedLink
    by: FieldRef | None
    filter: ResolvedFilter | None
    otherwise: Value | FieldRef | None
    currency: Currency | None
    text: str
    span: Span


class ResolvedValue(Node):
    """What `arr` or `renewal` is: a field of the account, or an aggregate."""

    source: FieldRef | ResolvedAggregate
    span: Span


class ResolvedMetric(Node):
    """A metric under its column name."""

    label: str
    column: str
    source: ResolvedAggregate
    span: Span
    label_span: Span


class ResolvedTable(Node):
    """Records of another object that hang on accounts or contacts."""

    table: str
    label: str
    object: str
    parent: Literal["account", "contact"]
    link: ResolvedLink
    filter: ResolvedFilter | None
    fields: tuple[SyncedField, ...]
    span: Span


class ResolvedSpec(Node):
    """All that a plan is made of."""

    types: tuple[ResolvedType, ...]
    account_fields: tuple[SyncedField, ...]
    on_leaving: Literal["keep", "remove"]
    owners: tuple[ResolvedOwner, ...]
    skip_inactive: bool
    arr: ResolvedValue | None
    renewal: ResolvedValue | None
    metrics: tuple[ResolvedMetric, ...]
    tables: tuple[ResolvedTable, ...]
    accounts_span: Span
