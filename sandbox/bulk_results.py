"""The result of a Bulk query job: CSV files on disk, cut into pages at record borders without holding them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_CHUNK = 256 * 1024
_MARK_EVERY = 1000


class ResultFile:
    """A file of CSV records, all values quoted, without a header. `rows` is how many records it has."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._marks = array("Q", [0])  # where every thousandth record begins
        self.rows = self._scan()
        self.size = path.stat().st_size

    def _scan(self) -> int:
        rows = 0
        for _start, end in _records(self.path, 0):
            rows += 1
            if rows % _MARK_EVERY == 0:
                self._marks.append(end)
        return rows

    def offset(self, row: int) -> int:
        """Where a record begins; the number of records gives the end of the file."""
        if row >= self.rows:
            return self.size
        mark = row // _MARK_EVERY
        at = self._marks[mark]
        if row % _MARK_EVERY:
            borders = _records(self.path, at)
            for _ in range(row % _MARK_EVERY):
                at = next(borders)[1]
        return at


def _records(path: Path, start: int) -> Iterator[tuple[int, int]]:
    """The places of the records from an offset on. A record ends at a line break with all quotes closed."""
    with path.open("rb") as file:
        file.seek(start)
        at = begin = start
        quotes = 0
        for line in file:
            at += len(line)
            quotes += line.count(b'"')
            if not quotes & 1:
                yield begin, at
                begin = at


class Results(NamedTuple):
    """The whole result: a header line (with its line break) and the files, in their order."""

    header: bytes
    files: tuple[ResultFile, ...]

    @property
    def rows(self) -> int:
        """How many records there are."""
        return sum(file.rows for file in self.files)

    def page_starts(self) -> list[int]:
        """The rows at which the files begin: the pages that nobody has to cut."""
        starts = [0]
        for file in self.files[:-1]:
            starts.append(starts[-1] + file.rows)
        return starts

    def page(self, first: int, most: int | None) -> tuple[int, Iterator[bytes]]:
        """The records from row `first`: how many, and their bytes with the header in front.

        Without `most` a page ends with its file.
        """
        if most is None:
            starts = [*self.page_starts(), self.rows]
            last = next((start for start in starts if start > first), self.rows)
        else:
            last = min(first + most, self.rows)
        return max(last - first, 0), self._bytes(first, last)

    def _bytes(self, first: int, last: int) -> Iterator[bytes]:
        yield self.header
        begin = 0
        for file in self.files:
            end = begin + file.rows
            if first < end and last > begin:
                start_at = file.offset(max(first - begin, 0))
                end_at = file.offset(min(last - begin, file.rows))
                yield from _slice(file.path, start_at, end_at)
            begin = end


def _slice(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        left = end - start
        while left > 0:
            block = file.read(min(_CHUNK, left))
            if not block:
                break
            left -= len(block)
            yield block
