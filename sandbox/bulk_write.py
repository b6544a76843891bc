"""The rows of a Bulk query job become CSV files, written by DuckDB itself: by several threads where there are many."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import duckdb

from sandbox.bulk_job import DELIMITERS, LINE_ENDS, Job
from sandbox.bulk_results import ResultFile, Results
from sandbox.quoting import identifier, text

THREADS = 3  # one more than small machines have cores: none of them waits for the last slice alone
_SLICE = 61_440  # half of the rows that DuckDB holds together: pages of about the size of Salesforce's own


def write_results(job: Job, cursors: Sequence[duckdb.DuckDBPyConnection], folder: Path) -> Results:
    """Write the files into `folder`, which is made; the cursors see one state of the rows. Raises duckdb.Error."""
    folder.mkdir()
    translation = job.translation
    delimiter, line_end = DELIMITERS[job.delimiter], LINE_ENDS[job.line_end]
    header = (delimiter.join(f'"{name}"' for name in translation.header) + line_end).encode()
    options = f"FORMAT csv, HEADER false, FORCE_QUOTE *, DELIMITER {text(delimiter)}"
    if line_end != "\n":
        options += ", NEW_LINE '\\r\\n'"
    shown = ", ".join(f"c{at} AS h{n}" for n, at in enumerate(translation.visible))

    def write(cursor: duckdb.DuckDBPyConnection, number: int, where: str) -> ResultFile:
        path = folder / f"{number}.csv"
        source = f"SELECT {shown} FROM ({translation.sql}){where}"
        rows = cursor.execute(f"COPY ({source}) TO {text(str(path))} ({options})").fetchall()
        return ResultFile(path, int(rows[0][0]))

    slices = _slices(cursors[0], job)
    if len(slices) <= 1:
        return Results(header, (write(cursors[0], 0, ""),))

    free: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
    for cursor in cursors:
        free.put(cursor)

    def write_slice(number: int) -> ResultFile:
        cursor = free.get()
        try:
            return write(cursor, number, slices[number])
        finally:
            free.put(cursor)

    with ThreadPoolExecutor(len(cursors), thread_name_prefix="bulk-slice") as pool:
        files = list(pool.map(write_slice, range(len(slices))))
    return Results(header, tuple(file for file in files if file.rows) or (files[0],))


def _slices(cursor: duckdb.DuckDBPyConnection, job: Job) -> list[str]:
    """The conditions that cut the rows into files; one or none where order matters or rows are few."""
    number_at = job.translation.number_at
    if job.translation.ordered or number_at is None:
        return []
    table = identifier(job.translation.object.name)
    highest = cursor.execute(f"SELECT max(rowid) FROM {table}").fetchall()[0][0]
    starts = range(0, (highest or 0) + 1, _SLICE)
    return [f" WHERE c{number_at} >= {start} AND c{number_at} < {start + _SLICE}" for start in starts]
