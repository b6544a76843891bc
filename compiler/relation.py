"""The relation tree: how a table's wanted rows follow from extracts, in terms that any SQL engine can run.

Every relation has named columns and no row order. A relation never mentions a dialect; `print_duckdb` is one
printer of it. Kept to explicit columns, plain aggregates, left, inner, semi and anti joins, and "first row by a
total order".
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from grammar.node import Node


class ColumnType(Node):
    """The type of a column. `scale` is meant for `decimal` alone: digits behind the point."""

    kind: Literal["text", "id", "boolean", "decimal", "date", "timestamp", "time"]
    scale: int = 0


class Col(Node):
    """A column of the input."""

    name: str


class Lit(Node):
    """A constant; None is null. Numbers are written as text, so that no float ever holds them."""

    value: str | bool | None
    type: ColumnType


class Call(Node):
    """A function of the table `FUNCTIONS` in `print_duckdb`, applied to expressions.

    The functions: `coalesce`, `and`, `or`, `not`, `is_null`, `is_not_null`, `=`, `if` (condition, then, else),
    `true_if` (null counts as false), `web_domain` (the host of a URL, lower case, without `www.`), `match_key` (a
    text as Salesforce compares it: without case), `id18` (a record Id in its 18-character form), `date_of` (the
    date of a timestamp in UTC), `convert` (an amount, times one rate, by another), `divide_exact`, `cast`.
    """

    function: str
    args: tuple[Expr, ...]
    type: ColumnType | None = None


Expr: TypeAlias = Col | Lit | Call


class Extracted(Node):
    """All rows of an extract; its columns are the extract's, named by their SOQL paths."""

    extract: str


class Wanted(Node):
    """The wanted rows of another table of the plan, computed before this one."""

    table: str


class Assign(Node):
    """A column and the expression that gives it."""

    name: str
    value: Expr


class Select(Node):
    """The given columns of the input, and no others."""

    input: Relation
    columns: tuple[Assign, ...]


class Filtered(Node):
    """The rows of the input for which the condition is true."""

    input: Relation
    condition: Expr


class Take(Node):
    """A column of a join's right side, under the name it gets in the result."""

    name: str
    column: str


class Joined(Node):
    """All columns of the left side and the taken ones of the right, where the pairs of columns in `on` are equal.

    A `semi` join keeps the left rows that have a partner and an `anti` join those that have none; neither takes
    columns. Null equals nothing. INVARIANT: for `left` and `inner` the right side is unique in its `on` columns,
    so that no row is ever counted twice.
    """

    left: Relation
    right: Relation
    kind: Literal["left", "inner", "semi", "anti"]
    on: tuple[tuple[str, str], ...]
    take: tuple[Take, ...] = ()


class Measure(Node):
    """An aggregate over a group: `sum`, `min`, `max`, `average`, `count` (of rows), `count_distinct`.

    `type`: what an average is rounded to, whatever digits the values of other groups have.
    """

    name: str
    function: Literal["sum", "min", "max", "average", "count", "count_distinct"]
    value: Expr | None
    type: ColumnType | None = None


class Aggregated(Node):
    """One row for each distinct value of the keys, with the measures over its rows."""

    input: Relation
    keys: tuple[str, ...]
    measures: tuple[Measure, ...]


class OrderKey(Node):
    """A column to order by; nulls come last in either direction."""

    column: str
    descending: bool = False


class First(Node):
    """The first row of each group by a total order: the last order key must be unique within the group."""

    input: Relation
    keys: tuple[str, ...]
    order: tuple[OrderKey, ...]


class Union(Node):
    """The rows of all inputs, duplicates kept; all inputs have the same columns in the same order."""

    inputs: tuple[Relation, ...]


Relation: TypeAlias = Extracted | Wanted | Select | Filtered | Joined | Aggregated | First | Union
