"""What a query answers: the shape of its records, and how values are written on the wire."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeAlias

from compiler.schema import NUMBER_TYPES
from sandbox.soql_scope import Operand


class Writer(Enum):
    """How the text of a cell stands in JSON."""

    TEXT = "text"
    BARE = "bare"


class Cell(NamedTuple):
    """A value: its key, the column of the SQL row that holds its text, and how that is written."""

    key: str
    at: int
    writer: Writer


class Compound(NamedTuple):
    """An address or a location, made of cells; null if all of them are."""

    key: str
    cells: tuple[Cell, ...]


class ParentRecord(NamedTuple):
    """A parent's record inside of a record; null if there is no parent."""

    key: str
    record: RecordShape


class ChildRecords(NamedTuple):
    """The answer of a child query; `slot` numbers the child queries of one record shape."""

    key: str
    slot: int


class Choice(NamedTuple):
    """TYPEOF: the record's shape by the type of the row that the reference leads to."""

    key: str
    type_index: int
    id_index: int
    shapes: tuple[tuple[str, RecordShape], ...]
    otherwise: RecordShape | None


Member: TypeAlias = Cell | Compound | ParentRecord | ChildRecords | Choice


class RecordShape(NamedTuple):
    """A record: its type, the column of its Id, and its members in their order.

    `type` is what the record's attributes say; where it is empty they say what the column `type_index` holds. Behind
    a reference to several objects a record is a `Name`, and `type_index` tells whose address it has.
    """

    type: str
    type_index: int | None
    id_index: int | None
    members: tuple[Member, ...]


def writer_of(kind: str) -> Writer:
    """How values of a type stand in JSON."""
    return Writer.BARE if kind in NUMBER_TYPES or kind in ("boolean", "distance") else Writer.TEXT


def rest_text(operand: Operand) -> str:
    """SQL that writes a value as REST does; null stays null."""
    x = operand.sql
    match operand.kind:
        case "boolean" | "date" | "distance":
            return f"CAST({x} AS VARCHAR)"
        case "datetime" | "formatted:datetime":
            return f"strftime({x}, '%Y-%m-%dT%H:%M:%S.%g+0000')"
        case "time":
            return time_text(x)
        case kind if kind.removeprefix("formatted:") in NUMBER_TYPES:
            return number_text(x)
        case kind if kind.startswith("formatted:"):
            return f"CAST({x} AS VARCHAR)"
        case _:
            return x


def bulk_text(operand: Operand) -> str:
    """SQL that writes a value as Bulk CSV does: null is the empty text."""
    if operand.kind == "datetime":
        return f"coalesce(strftime({operand.sql}, '%Y-%m-%dT%H:%M:%S.%gZ'), '')"
    return f"coalesce({rest_text(operand)}, '')"


def number_text(x: str) -> str:
    """A decimal without needless zeros."""
    return f"number_text(CAST({x} AS VARCHAR))"


def time_text(x: str) -> str:
    """A time of day with milliseconds and its Z."""
    written = f"CAST({x} AS VARCHAR)"
    return f"left({written} || CASE WHEN contains({written}, '.') THEN '000' ELSE '.000' END, 12) || 'Z'"


NUMBER_TEXT_MACRO = (
    "CREATE OR REPLACE MACRO number_text(v) AS CASE WHEN contains(v, '.') THEN rtrim(rtrim(v, '0'), '.') ELSE v END"
)
