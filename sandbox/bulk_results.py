"""The result of a Bulk query job: CSV files on disk, cut into pages at record borders without holding them."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_BLOCK = 1024 * 1024
_MARK_EVERY = 1000


class ResultFile:
    """A file of CSV records, all values quoted, without a header. `rows` is how many records it has."""

    def __init__(self, path: Path, rows: int) -> None:
        self.path = path
        self.rows = rows
        self.size = path.stat().st_size
        self._marks = array("Q", [0])  # where every thousandth record begins, as far as anybody asked
        self._marking = threading.Lock()

    def offset(self, row: int) -> int:
        """Where a record begins; the number of records gives the end of the file."""
        if row == 0:
            return 0
        if row >= self.rows:
            return self.size
        mark = row // _MARK_EVERY
        with self._marking:
            while len(self._marks) <= mark:
                self._marks.append(_end_of(self.path, self._marks[-1], _MARK_EVERY))
            at = self._marks[mark]
        return _end_of(self.path, at, row % _MARK_EVERY)


def _end_of(path: Path, start: int, records: int) -> int:
    """Where so many records end, from an offset on. A record ends at a line break with all quotes closed."""
    at = start
    if records == 0:
        return at
    with path.open("rb") as file:
        file.seek(start)
        quotes = 0
        for line in file:
            at += len(line)
            quotes += line.count(b'"')
            if not quotes & 1:
                records -= 1
                if records == 0:
                    break
    return at


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

    def page(self, first: int, most: int | None) -> tuple[int, int, Iterator[bytes]]:
        """The records from row `first`: how many, how many bytes, and the bytes, with the header in front.

        Without `most` a page ends with its file.
        """
        if most is None:
            starts = [*self.page_starts(), self.rows]
            last = next((start for start in starts if start > first), self.rows)
        else:
            last = min(first + most, self.rows)
        parts = list(self._parts(first, last))
        size = len(self.header) + sum(end - start for _, start, end in parts)
        return max(last - first, 0), size, self._blocks(parts)

    def _parts(self, first: int, last: int) -> Iterator[tuple[Path, int, int]]:
        begin = 0
        for file in self.files:
            end = begin + file.rows
            if first < end and last > begin:
                yield file.path, file.offset(max(first - begin, 0)), file.offset(min(last - begin, file.rows))
            begin = end

    def _blocks(self, parts: list[tuple[Path, int, int]]) -> Iterator[bytes]:
        yield self.header
        for path, start, end in parts:
            with path.open("rb", buffering=0) as file:
                file.seek(start)
                left = end - start
                while left > 0 and (block := file.read(min(_BLOCK, left))):
                    left -= len(block)
                    yield block
