"""Where a data file is wrong: files that the database could not read are read once more, slowly, to name the row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from sandbox.errors import OrgError

_LONGEST_CELL = 64 * 1024 * 1024


def csv_mistake(path: Path, header: Sequence[str]) -> OrgError | None:
    """The first row of a CSV that is none: of another width, not UTF-8, or with a quote that never closes."""
    limit = csv.field_size_limit(_LONGEST_CELL)
    number = 1
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file, strict=True)
            next(reader, None)
            for number, row in enumerate(reader, 2):
                for column, cell in zip(header, row, strict=False):
                    if not _is_utf8(cell):
                        return OrgError("is not UTF-8", path, number, column)
                if row and len(row) != len(header):
                    words = f"the row has {_values(len(row))}, the header {len(header)}"
                    return OrgError(words, path, number)
    except csv.Error as error:
        words = "a quote is opened and never closed" if "end of data" in str(error) else str(error)
        return OrgError(words, path, number + 1)
    finally:
        csv.field_size_limit(limit)
    return None


def json_lines_mistake(path: Path) -> OrgError | None:
    """The first line that is no JSON object."""
    for number, line in _lines(path):
        try:
            value = json.loads(line.decode())
        except UnicodeDecodeError:
            return OrgError("is not UTF-8", path, number)
        except json.JSONDecodeError as error:
            return OrgError(f"is not JSON: {error.msg} at character {error.pos + 1}", path, number)
        if not isinstance(value, dict):
            return OrgError("a JSON object is wanted on each line", path, number)
    return None


def first_line_with(path: Path, key: str) -> int | None:
    """The first line of a file of JSON lines whose object has this key."""
    return next((number for number, line in _lines(path) if key in json.loads(line)), None)


def row_number(path: Path, index: int) -> int:
    """What people call the row with this index (from 0): a CSV's header is row 1, blank lines of JSON lines count."""
    if path.suffix == ".csv":
        return index + 2
    if path.suffix == ".jsonl" and path.exists():
        return next((number for number, _ in islice(_lines(path), index, None)), index + 1)
    return index + 1


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line


def _is_utf8(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"
