"""The syntax tree of SOQL: what was written, before any name is looked up.

Names are kept as written. `Paren` nodes keep the author's parentheses, so that a tree prints back token by token.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from grammar.node import Node
from grammar.source import NOWHERE, Span

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "INCLUDES", "EXCLUDES"]


class FieldPath(Node):
    """`Name`, `Account.Owner.Name`: relationship names and, last, a field."""

    names: tuple[str, ...]
    span: Span

    @property
    def text(self) -> str:
        """The path with its dots."""
        return ".".join(self.names)


class FunctionCall(Node):
    """`CALENDAR_YEAR(CloseDate)`, `COUNT()`, `DISTANCE(Location__c, GEOLOCATION(1, 2), 'km')`."""

    name: str
    args: tuple[Operand, ...]
    span: Span


class StringValue(Node):
    """A quoted text; `value` is what it stands for, `raw` what was written between the quotes."""

    value: str
    raw: str
    span: Span

    @property
    def as_written(self) -> bool:
        """Whether it was a text in quotes; False for what the parser made of a mistake that it has reported."""
        return self.span == NOWHERE or self.span.end - self.span.start == len(self.raw) + 2


class NumberValue(Node):
    """A number as written, never turned into a float."""

    text: str
    span: Span


class BooleanValue(Node):
    """`true` or `false`."""

    value: bool
    span: Span


class NullValue(Node):
    """`null`."""

    span: Span


class DateValue(Node):
    """`2026-01-31`."""

    text: str
    span: Span


class DateTimeValue(Node):
    """`2026-01-31T10:20:30Z`."""

    text: str
    span: Span


class TimeValue(Node):
    """`10:20:30.000Z`."""

    text: str
    span: Span


class CurrencyValue(Node):
    """`USD5000`: an amount with the ISO code of its currency."""

    code: str
    amount: str
    span: Span


class DateLiteral(Node):
    """`TODAY`, `LAST_N_DAYS:30`; `name` is in capitals, `count` the number behind the colon."""

    name: str
    count: int | None
    span: Span


Value: TypeAlias = (
    StringValue
    | NumberValue
    | BooleanValue
    | NullValue
    | DateValue
    | DateTimeValue
    | TimeValue
    | CurrencyValue
    | DateLiteral
)
Operand: TypeAlias = FieldPath | FunctionCall | Value


class ValueList(Node):
    """`('a', 'b')` behind IN, NOT IN, INCLUDES or EXCLUDES."""

    items: tuple[Value, ...]
    span: Span


class SubSelect(Node):
    """`(SELECT AccountId FROM Contact WHERE ...)` behind IN or NOT IN: a semi-join or an anti-join."""

    field: FieldPath
    object: str
    condition: Condition | None
    span: Span
    object_span: Span
    alias: str | None = None


class Comparison(Node):
    """A field or function, an operator, and what it is compared with."""

    left: FieldPath | FunctionCall
    operator: Operator
    right: Value | ValueList | SubSelect
    span: Span
    operator_span: Span = NOWHERE


class And(Node):
    """All operands hold; never fewer than two."""

    operands: tuple[Condition, ...]
    span: Span


class Or(Node):
    """At least one operand holds; never fewer than two."""

    operands: tuple[Condition, ...]
    span: Span


class Not(Node):
    """`NOT condition`."""

    operand: Condition
    span: Span


class Paren(Node):
    """A condition in parentheses."""

    inner: Condition
    span: Span


class Use(Node):
    """A bare name where a condition is wanted: a definition of the spec (not SOQL of Salesforce's)."""

    name: str
    span: Span


Condition: TypeAlias = Comparison | And | Or | Not | Paren | Use


class SelectItem(Node):
    """A column of a query: a path or a function, with its alias."""

    value: FieldPath | FunctionCall
    alias: str | None
    span: Span


class ChildQuery(Node):
    """`(SELECT Name FROM Contacts)` in a SELECT list."""

    query: Query
    alias: str | None
    span: Span


class TypeofBranch(Node):
    """`WHEN Account THEN Phone, Name`."""

    object: str
    fields: tuple[FieldPath, ...]
    span: Span


class Typeof(Node):
    """`TYPEOF What WHEN Account THEN Phone ELSE Name END`."""

    path: FieldPath
    branches: tuple[TypeofBranch, ...]
    otherwise: tuple[FieldPath, ...]
    span: Span


class FromItem(Node):
    """`FROM Account a`, and behind a comma `a.Contacts c`."""

    path: FieldPath
    alias: str | None
    span: Span


class GroupBy(Node):
    """`GROUP BY Type`, `GROUP BY ROLLUP(Type, Industry)`."""

    kind: Literal["plain", "ROLLUP", "CUBE"]
    items: tuple[FieldPath | FunctionCall, ...]
    span: Span


class OrderItem(Node):
    """`Name DESC NULLS LAST`."""

    value: FieldPath | FunctionCall
    descending: bool | None
    nulls: Literal["FIRST", "LAST"] | None
    span: Span


class WithClause(Node):
    """`WITH SECURITY_ENFORCED`, `WITH DATA CATEGORY ...`: kept as text, which is what matters to a reader."""

    text: str
    span: Span


class Query(Node):
    """A whole SOQL query."""

    select: tuple[SelectItem | ChildQuery | Typeof, ...]
    source: tuple[FromItem, ...]
    span: Span
    scope: str | None = None
    where: Condition | None = None
    with_: WithClause | None = None
    group_by: GroupBy | None = None
    having: Condition | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: int | None = None
    offset: int | None = None
    for_: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    limit_span: Span = NOWHERE
    offset_span: Span = NOWHERE
