"""Downloaded pages: CSV files with a header each, and how many rows Salesforce says they hold."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from engine.errors import BrokenAnswerError, DiskError

Transport: TypeAlias = Literal["rest", "bulk"]
CELL_LIMIT = 16 * 1024 * 1024
# So many rows more than Salesforce announced may be rows that came twice; more are an answer without an end.
MOST_SURPLUS = 10_000
# So are so many pages in a row without a row.
EMPTY_PAGES = 10


@dataclass(frozen=True, slots=True)
class Page:
    """A CSV file, gzip if its name ends in `.gz`. An empty header means an empty file: no rows."""

    path: Path
    header: tuple[str, ...]
    rows: int
    locator: str | None = None


class Pages(Protocol):
    """The whole answer to one query, on disk. Close it when it is loaded."""

    @property
    def transport(self) -> Transport:
        """The way they came."""
        ...

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages; another tuple after one of them was fetched again."""
        ...

    @property
    def rows(self) -> int:
        """The rows that Salesforce announced for all of them."""
        ...

    @property
    def surplus(self) -> int:
        """How many rows more than Salesforce announced have come: some must have come twice."""
        ...

    @property
    def asked_at(self) -> datetime:
        """When the query was asked, by the org's clock."""
        ...

    def fetch_again(self, page: Page) -> None:
        """Replace the file of a page that turned out to be damaged."""
        ...

    def close(self) -> None:
        """Tell Salesforce that its copy is no longer needed, and remove the files."""
        ...


def read_header(path: Path) -> tuple[str, ...]:
    """The column names of a page; empty for an empty file. Raises BrokenAnswerError for no readable first line.

    Names are compared without case.
    """
    csv.field_size_limit(CELL_LIMIT)
    try:
        with _open(path) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
            header = tuple(next(csv.reader(text, strict=True), []))
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BrokenAnswerError(f"the page {path.name} begins with no header") from error
    if len({name.lower() for name in header}) < len(header):
        raise BrokenAnswerError(f"the page {path.name} has a column twice")
    return header


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def write_page(path: Path, columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> int:
    """Write JSON records as a CSV page with `columns` (dotted paths) as its header; return the number of rows.

    Numbers must already be text. Raises BrokenAnswerError for a record that lacks a column or is no UTF-8 text.
    """
    paths = [tuple(column.split(".")) for column in columns]
    rows = 0
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writerow(columns)
            for record in records:
                writer.writerow(list(_cells(record, paths)))
                rows += 1
    except UnicodeEncodeError as error:
        raise BrokenAnswerError("a record holds text that is no UTF-8") from error
    except OSError as error:
        raise DiskError(f"{path} cannot be written: {error.strerror}") from error
    return rows


def _cells(record: Mapping[str, Any], paths: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for names in paths:
        value: Any = record
        for name in names:
            value = None if value is None else _member(value, name)
        match value:
            case None:
                yield ""
            case bool():
                yield "true" if value else "false"
            case str():
                yield value
            case _:
                raise BrokenAnswerError(f"the value of {'.'.join(names)} is no plain value")


def _member(record: Any, name: str) -> Any:
    if not isinstance(record, dict):
        raise BrokenAnswerError(f"the answer has no record where {name} is looked for")
    if name in record:
        return record[name]
    low = name.lower()
    for key, value in record.items():
        if key.lower() == low:
            return value
    raise BrokenAnswerError(f"a record of the answer lacks the column {name}")
