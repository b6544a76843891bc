"""Pages of Bulk results whose rows or columns are not as one would like them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from sandbox.bulk_job import DELIMITERS, LINE_ENDS, Job
from sandbox.bulk_results import ResultFile
from sandbox.changes import apply_changes
from sandbox.faults.jobs import is_new_and_complete, job_of, taken
from sandbox.faults.json_pages import poison_for
from sandbox.faults.model import Entry, Hit
from sandbox.faults.transfers import whole_body
from sandbox.wire import Answer, Call

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_PIECE = 7


class CsvPage(NamedTuple):
    """The cells of a page; all are quoted on the wire."""

    header: list[str]
    rows: list[list[str]]


def _read(body: bytes, job: Job) -> CsvPage:
    ends = re.escape(DELIMITERS[job.delimiter]) + "|" + re.escape(LINE_ENDS[job.line_end])
    rows: list[list[str]] = [[]]
    for cell, end in re.findall(f'"((?:[^"]|"")*)"({ends})', body.decode()):
        rows[-1].append(cell.replace('""', '"'))
        if end == LINE_ENDS[job.line_end]:
            rows.append([])
    return CsvPage(rows[0], rows[1:-1])


def _written(page: CsvPage, job: Job) -> bytes:
    delimiter, end = DELIMITERS[job.delimiter], LINE_ENDS[job.line_end]
    rows = [page.header, *page.rows] if page.header else page.rows
    lines = (delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "".join(line + end for line in lines).encode()


def _changed(hit: Hit, change: Callable[[CsvPage, Job], CsvPage | None]) -> Answer:
    """The true page, changed; None where there is nothing to change."""
    job = job_of(hit.sandbox, hit.call)
    answer = hit.real()
    if answer.status != 200 or job is None:
        return hit.passed_over(answer)
    body = whole_body(answer)
    before = _read(body, job)
    page = change(before, job)
    if page is None:
        return hit.passed_over(answer._replace(body=body))
    headers = tuple(
        (name, str(int(value) + len(page.rows) - len(before.rows)) if name == "Sforce-NumberOfRecords" else value)
        for name, value in answer.headers
    )
    return answer._replace(body=_written(page, job), headers=headers)


def csv_columns_shuffled(hit: Hit) -> Answer:
    """The columns in another order on each page, their names in another letter case."""

    def change(page: CsvPage, job: Job) -> CsvPage:
        order = list(range(len(page.header)))
        hit.random.shuffle(order)
        cased = [hit.random.choice((str.upper, str.lower, str))(page.header[at]) for at in order]
        return CsvPage(cased, [[row[at] for at in order] for row in page.rows])

    return _changed(hit, change)


def poison_row(hit: Hit) -> Answer:
    """One row with a value that cannot be, or with another row's Id."""

    def change(page: CsvPage, job: Job) -> CsvPage | None:
        if not page.rows:
            return None
        at = hit.random.randrange(len(page.rows))
        ids = [row[page.header.index("Id")] for row in page.rows] if "Id" in page.header else []
        poison = poison_for(hit, job.translation.object, page.header, ids, at)
        if poison is None:
            return None
        page.rows[at][page.header.index(poison[0])] = poison[1]
        return page

    return _changed(hit, change)


def has_rows(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether the job is complete, has rows, and is one that the entry has not dealt with."""
    job = job_of(sandbox, call)
    return is_new_and_complete(sandbox, entry, call) and job is not None and job.results is not None and job.rows > 0


def duplicate_rows(hit: Hit) -> Answer:
    """A row stands twice in the first page and once more on a page behind the last; the later copies are newer."""
    job = taken(hit)
    assert job.results is not None
    first = job.results.files[0]
    page = _read(job.results.header + first.path.read_bytes(), job)
    row = hit.random.choice(page.rows)
    newer = dict(zip(page.header, row, strict=True))
    if "Id" in newer:
        now = hit.sandbox.org.now()
        touch = {"op": "system_touch", "object": job.translation.object.name, "id": newer["Id"], "at": now.isoformat()}
        apply_changes(hit.sandbox.org, [touch])
        if "SystemModstamp" in newer:
            newer["SystemModstamp"] = f"{now:%Y-%m-%dT%H:%M:%S.000Z}"
    copy = _written(CsvPage([], [list(newer.values())]), job)
    with first.path.open("ab") as file:
        file.write(copy)
    again = first.path.with_name("again.csv")
    again.write_bytes(copy)
    files = (ResultFile(first.path, len(page.rows) + 1), *job.results.files[1:], ResultFile(again, 1))
    job.results = job.results._replace(files=files)
    return hit.real()


def bom(hit: Hit) -> Answer:
    """The page begins with a byte order mark, and its pieces are cut in the middle of characters."""
    answer = hit.real()
    if answer.status != 200:
        return hit.passed_over(answer)
    body = b"\xef\xbb\xbf" + whole_body(answer)
    return answer._replace(body=(body[at : at + _PIECE] for at in range(0, len(body), _PIECE)))
