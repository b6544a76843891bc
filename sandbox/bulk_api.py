"""Bulk API 2.0 query jobs: create, poll, results, abort, delete, list."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import duckdb

from compiler.record_id import to_18
from sandbox.bulk_job import DELIMITERS, LINE_ENDS, TERMINAL, Job, JobState
from sandbox.bulk_results import Results
from sandbox.bulk_write import THREADS, write_results
from sandbox.errors import ApiError
from sandbox.org import Org
from sandbox.query_api import parse, prepare
from sandbox.quoting import identifier
from sandbox.scratch import Scratch
from sandbox.soql_output import Compound, ParentRecord, RecordShape, bulk_text
from sandbox.soql_rules import check_bulk_rules
from sandbox.wire import CSV, Answer, Call, json_answer, no_content

_LARGEST_GZIP = 4_000_000
_MOST_RESULT_PAGES = 5
_UNSUPPORTED = frozenset({"organization"})


class BulkJobs:
    """The query jobs of a server; results lie in a folder of their own, which `close` removes."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._count = 0
        self._scratch = Scratch()
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="bulk")

    @property
    def created(self) -> int:
        """How many jobs were ever created."""
        return self._count

    def close(self) -> None:
        """Stop what runs and remove all results."""
        with self._lock:
            for job in self._jobs.values():
                for cursor in job.running:
                    cursor.interrupt()
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._scratch.close()

    def create(self, call: Call, path: Mapping[str, str]) -> Answer:
        """`POST /jobs/query`."""
        body = call.json()
        _check_body(body)
        query_text = str(body["query"])
        query = parse(query_text)
        source = query.source[0].path.text
        all_rows = body["operation"] == "queryAll"
        translation = prepare(
            self.org.seen_by(call.user.user_id), query_text, all_rows=all_rows, render=bulk_text, numbered=True
        )
        check_bulk_rules(query, _has_compound(translation.shape))
        if source.lower() in _UNSUPPORTED:
            name = translation.object.name
            raise ApiError(400, "INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")
        with self._lock:
            self._count += 1
            job_id = to_18(f"750SB{self._count:010d}")
            job = Job(job_id, body, translation, path["version"], call.user.user_id, self.org.now())
            self._jobs[job_id] = job
        info = job.info(polled=False)
        self._workers.submit(self._run, job)
        return json_answer(info)

    def _run(self, job: Job) -> None:
        started = time.monotonic()
        results, state, error = None, JobState.JOB_COMPLETE, None
        try:
            with self._cursors(job) as cursors, self._interruptible(job, cursors) as wanted:
                if not wanted:
                    return
                results = write_results(job, cursors, self._scratch.path / job.id)
        except (duckdb.Error, OSError) as problem:
            state, error = JobState.FAILED, f"InvalidBatch : {problem}"
        with self._lock:
            job.milliseconds = round((time.monotonic() - started) * 1000)
            if job.reached is not JobState.IN_PROGRESS:
                shutil.rmtree(self._scratch.path / job.id, ignore_errors=True)
                return
            job.results, job.reached, job.error, job.changed = results, state, error, self.org.now()

    @contextmanager
    def _interruptible(self, job: Job, cursors: list[duckdb.DuckDBPyConnection]) -> Iterator[bool]:
        """Whether the job is still wanted; within, `end` may interrupt its cursors, which stay open that long."""
        with self._lock:
            wanted = job.reached is JobState.UPLOAD_COMPLETE
            if wanted:
                job.reached, job.running = JobState.IN_PROGRESS, cursors
        try:
            yield wanted
        finally:
            with self._lock:
                job.running = []

    @contextmanager
    def _cursors(self, job: Job) -> Iterator[list[duckdb.DuckDBPyConnection]]:
        """Connections that all see the same state of the rows: no writer is at work while they begin."""
        with ExitStack() as stack:
            with self.org.writing():
                cursors = [stack.enter_context(self.org.cursor()) for _ in range(THREADS)]
                for cursor in cursors:
                    cursor.execute("BEGIN TRANSACTION")
                    cursor.execute(f"SELECT 1 FROM {identifier(job.translation.object.name)} LIMIT 1")
            yield cursors

    def look_up(self, job_id: str) -> Job | None:
        """The job of that Id, or None."""
        with self._lock:
            return self._jobs.get(to_18(job_id))

    def end(self, job: Job, state: JobState, error: str | None = None) -> None:
        """Bring a job to its end, whatever it is doing."""
        with self._lock:
            job.reached, job.error, job.changed, job.stuck = state, error, self.org.now(), False
            for cursor in job.running:
                cursor.interrupt()

    def forget(self, job: Job) -> None:
        """Remove a job and its results."""
        with self._lock:
            self._jobs.pop(job.id, None)
        shutil.rmtree(self._scratch.path / job.id, ignore_errors=True)

    def _find(self, job_id: str) -> Job:
        job = self.look_up(job_id)
        if job is None:
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        return job

    def info(self, call: Call, path: Mapping[str, str]) -> Answer:
        """`GET /jobs/query/{id}`."""
        return json_answer(self._find(path["job"]).info(polled=True))

    def patch(self, call: Call, path: Mapping[str, str]) -> Answer:
        """`PATCH /jobs/query/{id}`: the one change there is, to Aborted."""
        job = self._find(path["job"])
        if call.json().get("state") != JobState.ABORTED:
            raise ApiError(400, "INVALIDJOBSTATE", "a query job can only be set to Aborted")
        if job.state in TERMINAL:
            raise ApiError(400, "INVALIDJOBSTATE", f"Aborting already {job.state} Job not allowed")
        self.end(job, JobState.ABORTED)
        return json_answer(job.info(polled=True))

    def delete(self, call: Call, path: Mapping[str, str]) -> Answer:
        """`DELETE /jobs/query/{id}`, once the job has ended."""
        job = self._find(path["job"])
        if job.state not in TERMINAL:
            raise ApiError(400, "INVALIDJOBSTATE", f"Deleting a job that is {job.state} is not allowed")
        self.forget(job)
        return no_content()

    def list(self, call: Call, path: Mapping[str, str]) -> Answer:
        """`GET /jobs/query`."""
        with self._lock:
            jobs = [job.info(polled=True) for job in self._jobs.values()]
        return json_answer({"done": True, "records": jobs, "nextRecordsUrl": None})

    def _finished(self, path: Mapping[str, str]) -> tuple[Job, Results]:
        job = self._find(path["job"])
        if job.results is None or job.state is not JobState.JOB_COMPLETE:
            raise ApiError(412, "JOB_NOT_COMPLETE", f"the job is {job.state}: results are not available")
        if job.version != path["version"]:
            raise ApiError(409, "INVALIDVERSION", f"the job was created with API version {job.version}")
        return job, job.results

    def results(self, call: Call, path: Mapping[str, str]) -> Answer:
        """`GET /jobs/query/{id}/results`; the locator is the row at which a page begins."""
        _, results = self._finished(path)
        locator = call.query.get("locator")
        most = call.query.get("maxRecords")
        if most is not None and not (most.isdigit() and int(most) > 0):
            raise ApiError(400, "INVALIDARGUMENT", "maxRecords must be a positive number")
        first = _row_of(locator)
        if first is None or (first >= results.rows and first > 0):
            raise ApiError(400, "INVALID_QUERY_LOCATOR", f"invalid locator: {locator}")
        count, size, body = results.page(first, int(most) if most else None)
        following = first + count
        headers = (
            ("Content-Type", CSV),
            ("Sforce-NumberOfRecords", str(count)),
            ("Sforce-Locator", _locator(following) if following < results.rows else "null"),
        )
        # Salesforce may answer uncompressed, too; on loopback a large body is there sooner that way.
        return Answer(200, body, headers, compress=size <= _LARGEST_GZIP)

    def result_pages(self, call: Call, path: Mapping[str, str]) -> Answer:
        """`GET /jobs/query/{id}/resultPages`: the addresses of up to five pages."""
        job, results = self._finished(path)
        first = _row_of(call.query.get("locator")) or 0
        starts = [start for start in results.page_starts() if start >= first]
        root = f"/services/data/v{path['version']}/jobs/query/{job.id}"
        links = [
            {"resultUrl": f"{root}/results" + (f"?locator={_locator(start)}" if start else "")}
            for start in starts[:_MOST_RESULT_PAGES]
        ]
        rest = starts[_MOST_RESULT_PAGES:]
        following = f"{root}/resultPages?locator={_locator(rest[0])}" if rest else None
        return json_answer({"resultPages": links, "nextRecordsUrl": following, "done": not rest})


def _check_body(body: Mapping[str, Any]) -> None:
    if body.get("operation") not in ("query", "queryAll"):
        raise ApiError(400, "INVALIDJOB", "operation must be query or queryAll")
    if not isinstance(body.get("query"), str) or not body["query"].strip():
        raise ApiError(400, "INVALIDJOB", "query must not be empty")
    if (body.get("contentType") or "CSV") != "CSV":
        raise ApiError(400, "INVALIDJOB", "contentType must be CSV")
    if (body.get("columnDelimiter") or "COMMA") not in DELIMITERS:
        raise ApiError(400, "INVALIDJOB", f"columnDelimiter must be one of {', '.join(DELIMITERS)}")
    if (body.get("lineEnding") or "LF") not in LINE_ENDS:
        raise ApiError(400, "INVALIDJOB", "lineEnding must be LF or CRLF")


def _has_compound(shape: RecordShape) -> bool:
    return any(
        isinstance(member, Compound) or (isinstance(member, ParentRecord) and _has_compound(member.record))
        for member in shape.members
    )


_LOCATOR_STEM = "MTAw"


def _locator(row: int) -> str:
    return f"{_LOCATOR_STEM}{row:x}"


def _row_of(locator: str | None) -> int | None:
    if locator is None or locator == "null":
        return 0
    try:
        return int(locator.removeprefix(_LOCATOR_STEM), 16) if locator.startswith(_LOCATOR_STEM) else None
    except ValueError:
        return None
