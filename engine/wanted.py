"""The rows that a table should hold now: the plan's relation, computed over the staged extracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from compiler.duckdb_functions import duckdb_type, quote_name
from compiler.plan import Table
from compiler.print_duckdb import print_table
from compiler.relation import (
    Aggregated,
    Col,
    ColumnType,
    Extracted,
    Filtered,
    First,
    Joined,
    Relation,
    Select,
    Union,
)
from compiler.relation import Wanted as WantedRows
from compiler.relation_columns import Columns, Leaf, LeafOf, columns_of, inputs_of
from engine.errors import PromiseError, TooManyDigitsError
from engine.load import Staged
from engine.workspace import WORK, Workspace, name_of


def leaf_of(staged: Mapping[str, Staged], wanted: Mapping[str, Columns]) -> LeafOf:
    """Where the printer finds extracts and the tables that were computed before."""

    def find(relation: Extracted | WantedRows) -> Leaf:
        if isinstance(relation, Extracted):
            return staged[relation.extract].leaf
        return Leaf((WORK, "wanted", relation.table), wanted[relation.table])

    return find


def compute(space: Workspace, table: Table, leaves: LeafOf, current: Columns) -> Columns:
    """Compute a table's wanted rows into `wanted."<table>"`, and return its columns.

    `current` are the published table's columns: a number keeps the scale that it has there if its values allow it.
    Raises PromiseError when a key comes twice: a row would be counted twice. Raises TooManyDigitsError.
    """
    found = columns_of(table.relation, leaves)
    columns: Columns = {column.name: wider(found[column.name], current.get(column.name)) for column in table.columns}
    values = ", ".join(
        f"CAST({quote_name(name)} AS {duckdb_type(kind)}) AS {quote_name(name)}" for name, kind in columns.items()
    )
    target = name_of(WORK, "wanted", table.name)
    # What is written once and needs no computing is not worth a copy in between.
    kind = "VIEW" if not current and not _heavy(table.relation) else "TABLE"
    with computing(table):
        space.run(
            f"CREATE OR REPLACE {kind} {target} AS SELECT {values} FROM ({print_table(table, leaves).text}) AS computed"
        )
        columns = as_published(space, table, target, columns, current)
    if table.key != ("Id",) or not _keeps_ids(table.relation):
        check_key(space, table, target)
    return columns


@contextmanager
def computing(table: Table) -> Iterator[None]:
    """Compute rows of a table. Raises TooManyDigitsError that names the table."""
    try:
        yield
    except TooManyDigitsError as error:
        raise TooManyDigitsError(
            f"table {table.name}: {error.message}",
            hint="nothing was published; look for very large numbers in the fields that the table calculates with",
        ) from None


def _keeps_ids(relation: Relation, column: str = "Id") -> bool:
    """Whether its rows are rows of one extract under their own Ids, which loading has seen to be unique."""
    match relation:
        case Extracted():
            return column == "Id"
        case Select(input=inner, columns=columns):
            value = next((one.value for one in columns if one.name == column), None)
            return isinstance(value, Col) and _keeps_ids(inner, value.name)
        case Filtered(input=inner):
            return _keeps_ids(inner, column)
        case Joined(left=left, kind="semi" | "anti"):
            return _keeps_ids(left, column)
        case _:
            return False


def _heavy(relation: Relation) -> bool:
    """Whether rows must be brought together to compute it."""
    return isinstance(relation, Aggregated | First | Union) or any(_heavy(one) for one in inputs_of(relation))


def check_key(space: Workspace, table: Table, target: str) -> None:
    """Raise PromiseError unless the key is there and unique in every row."""
    key = ", ".join(quote_name(name) for name in table.key)
    empty = " OR ".join(f"{quote_name(name)} IS NULL" for name in table.key)
    rows, keys, without = space.run(
        f"SELECT count(*), count(DISTINCT ({key})), count(*) FILTER ({empty}) FROM {target}"
    )[0]
    if rows != keys or without:
        raise PromiseError(
            f"table {table.name}: {rows} rows have {keys} keys, {without} of them empty",
            hint="nothing was published; this is an error of Accord's, please report it with `accord compile`",
        )


def wider(wanted: ColumnType, current: ColumnType | None) -> ColumnType:
    """The type of a wanted column; a number keeps at least the scale of the published one."""
    if wanted.kind == "decimal" and current is not None and current.kind == "decimal":
        return ColumnType("decimal", max(wanted.scale, current.scale))
    return wanted


def as_published(space: Workspace, table: Table, target: str, columns: Columns, current: Columns) -> Columns:
    """Give numbers of computed rows the plan's scale or the published one, unless a value needs more; return all types.

    `target` is the quoted name of the rows, `columns` their types, `current` those of the published table.

    INVARIANT: the same values have the same types in every run. What a number is calculated from is as wide as its data
    where it was read, and as wide as it ever was where the copy serves; so the type that follows from it may grow while
    nothing changes.
    """
    numbers = [c for c in table.columns if c.name in current and current[c.name].kind == c.type.kind == "decimal"]
    known = {column.name: wider(column.type, current[column.name]) for column in numbers}
    grown = {name: kind for name, kind in known.items() if kind.scale < columns[name].scale}
    if not grown:
        return columns
    needs = ", ".join(
        f"coalesce(bool_or(CAST(CAST({quote_name(name)} AS {duckdb_type(kind)}) AS {duckdb_type(columns[name])})"
        f" <> {quote_name(name)}), FALSE)"
        for name, kind in grown.items()
    )
    needed = space.run(f"SELECT {needs} FROM {target}")[0]
    fitting = {name: kind for (name, kind), needs_more in zip(grown.items(), needed, strict=True) if not needs_more}
    for name, kind in fitting.items():
        space.run(f"ALTER TABLE {target} ALTER COLUMN {quote_name(name)} SET DATA TYPE {duckdb_type(kind)}")
    return {**columns, **fitting}
