"""Rows of texts become records in JSON, exactly: numbers are written digit by digit as the database has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring
from typing import TypeAlias, assert_never

import duckdb

from compiler.schema import Field
from sandbox.soql_output import (
    Cell,
    ChildRecords,
    Choice,
    Compound,
    Member,
    ParentRecord,
    RecordShape,
    Writer,
    writer_of,
)
from sandbox.soql_to_duckdb import Translation

Row: TypeAlias = Sequence[str | None]
Children: TypeAlias = Sequence[dict[str, list[str]]]
Write: TypeAlias = Callable[[Row, Children], str]


Split: TypeAlias = Callable[[list[str]], tuple[list[str], str | None]]
"""Takes the records of a child query; gives those that come at once, and the address of the others."""


def all_at_once(texts: list[str]) -> tuple[list[str], str | None]:
    """The split that leaves nothing for later."""
    return texts, None


def records(
    cursor: duckdb.DuckDBPyConnection,
    translation: Translation,
    rows: Sequence[Row],
    version: str,
    split: Split = all_at_once,
) -> list[str]:
    """The JSON text of each row's record; `cursor` runs the child queries, `split` cuts their answers into pages."""
    children: list[dict[str, list[str]]] = []
    for plan in translation.children:
        parent_index = translation.shape.id_index
        assert parent_index is not None
        parents = [row[parent_index] for row in rows]
        found = cursor.execute(plan.translation.sql, [parents]).fetchall()
        texts = records(cursor, plan.translation, found, version, split)
        grouped: dict[str, list[str]] = {}
        for row, text in zip(found, texts, strict=True):
            grouped.setdefault(row[plan.parent_index], []).append(text)
        children.append(grouped)
    write = _record(translation.shape, version, split)
    return [write(row, children) for row in rows]


def _record(shape: RecordShape, version: str, split: Split) -> Write:
    attributes = _attributes(shape, version)
    members = [(encode_basestring(m.key) + ":", _member(m, shape, version, split)) for m in shape.members]

    def write(row: Row, children: Children) -> str:
        parts = [attributes(row, children)]
        parts += [key + value(row, children) for key, value in members]
        return "{" + ",".join(parts) + "}"

    return write


def _attributes(shape: RecordShape, version: str) -> Write:
    if shape.id_index is None:
        fixed = f'"attributes":{{"type":{encode_basestring(shape.type)}}}'
        return lambda row, children: fixed
    id_at, type_at = shape.id_index, shape.type_index
    root = f"/services/data/v{version}/sobjects/"

    def write(row: Row, children: Children) -> str:
        kind = shape.type if type_at is None else row[type_at] or shape.type
        url = encode_basestring(f"{root}{kind}/{row[id_at]}")
        return f'"attributes":{{"type":{encode_basestring(shape.type or kind)},"url":{url}}}'

    return write


def _member(member: Member, shape: RecordShape, version: str, split: Split) -> Write:
    match member:
        case Cell():
            return _cell(member)
        case Compound(cells=cells):
            writers = [(encode_basestring(c.key) + ":", c.at, _cell(c)) for c in cells]

            def compound(row: Row, children: Children) -> str:
                if all(row[at] is None for _, at, _ in writers):
                    return "null"
                return "{" + ",".join(key + value(row, children) for key, _, value in writers) + "}"

            return compound
        case ParentRecord(record=record):
            write = _record(record, version, split)
            id_at = record.id_index
            assert id_at is not None
            return lambda row, children: "null" if row[id_at] is None else write(row, children)
        case ChildRecords(slot=slot):
            parent_at = shape.id_index
            assert parent_at is not None

            def child(row: Row, children: Children) -> str:
                texts = children[slot].get(row[parent_at] or "")
                if not texts:
                    return "null"
                first, address = split(texts)
                more = (
                    '"done":true' if address is None else f'"done":false,"nextRecordsUrl":{encode_basestring(address)}'
                )
                return f'{{"totalSize":{len(texts)},{more},"records":[{",".join(first)}]}}'

            return child
        case Choice():
            return _choice(member, version, split)
        case _:
            assert_never(member)


def _cell(cell: Cell) -> Write:
    at = cell.at
    if cell.writer is Writer.BARE:
        return lambda row, children: row[at] or "null"

    def write(row: Row, children: Children) -> str:
        value = row[at]
        return "null" if value is None else encode_basestring(value)

    return write


def _choice(choice: Choice, version: str, split: Split) -> Write:
    shapes = [(shape.id_index, _record(shape, version, split)) for _, shape in choice.shapes]
    otherwise = _record(choice.otherwise, version, split) if choice.otherwise else None

    def write(row: Row, children: Children) -> str:
        if row[choice.id_index] is None:
            return "null"
        for id_at, record in shapes:
            if id_at is not None and row[id_at] is not None:
                return record(row, children)
        if otherwise:
            return otherwise(row, children)
        kind = row[choice.type_index] if choice.type_index >= 0 else None
        url = f"/services/data/v{version}/sobjects/{kind}/{row[choice.id_index]}"
        return f'{{"attributes":{{"type":{encode_basestring(kind or "Name")},"url":{encode_basestring(url)}}}}}'

    return write


def truth_rows(fields: Sequence[Field], rows: Sequence[Row]) -> list[str]:
    """The JSON text of rows that hold one text for each field."""
    members = tuple(Cell(f.name, at, writer_of(f.type)) for at, f in enumerate(fields))
    writers = [(encode_basestring(m.key) + ":", _cell(m)) for m in members]
    return ["{" + ",".join(key + write(row, ()) for key, write in writers) + "}" for row in rows]
