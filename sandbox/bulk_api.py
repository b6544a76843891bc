"""Bulk API 2.0 query jobs: create, poll, results, abort, delete, list."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from compiler.record_id import to_18
from sandbox.bulk_results import ResultFile, Results
from sandbox.errors import ApiError
from sandbox.org import Org
from sandbox.query_api import parse, prepare
from sandbox.quoting import text
from sandbox.soql_output import Compound, ParentRecord, RecordShape, bulk_text
from sandbox.soql_rules import check_bulk_rules
from sandbox.soql_to_duckdb import Translation
from sandbox.wire import CSV, Answer, Call, json_answer, no_content, rest_time

DELIMITERS = {"COMMA": ",", "BACKQUOTE": "`", "CARET": "^", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}
_FILE_SIZE = "20MB"
_SMALL_RESULT = 50_000
_MOST_RESULT_PAGES = 5
_UNSUPPORTED = frozenset({"organization"})


class JobState(StrEnum):
    """Where a job stands."""

    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


_TERMINAL = frozenset({JobState.JOB_COMPLETE, JobState.FAILED, JobState.ABORTED})


class Job:
    """A query job and what it has come to."""

    def __init__(
        self, job_id: str, body: Mapping[str, Any], translation: Translation, version: str, user_id: str, at: datetime
    ) -> None:
        self.id = job_id
        self.operation = str(body["operation"])
        self.delimiter = str(body.get("columnDelimiter") or "COMMA")
        self.line_end = str(body.get("lineEnding") or "LF")
        self.translation = translation
        self.version = version
        self.user_id = user_id
        self.created = at
        self.changed = at
        self.state = JobState.UPLOAD_COMPLETE
        self.error: str | None = None
        self.results: Results | None = None
        self.milliseconds = 0
        self.running: duckdb.DuckDBPyConnection | None = None

    def info(self, polled: bool) -> dict[str, object]:
        """The job as the API tells it; polling tells more than creating."""
        out: dict[str, object] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.translation.object.name,
            "createdById": self.user_id,
            "createdDate": rest_time(self.created),
            "systemModstamp": rest_time(self.changed),
            "state": str(self.state),
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_end,
            "columnDelimiter": self.delimiter,
        }
        if polled:
            out |= {
                "jobType": "V2Query",
                "numberRecordsProcessed": self.results.rows if self.results else 0,
                "retries": 0,
                "totalProcessingTime": self.milliseconds,
                "isPkChunkingSupported": True,
            }
            if self.error:
                out["errorMessage"] = self.error
        return out


class BulkJobs:
    """The query jobs of a server; results lie in a folder of their own, which `close` removes."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._count = 0
        self._folder = Path(tempfile.mkdtemp(prefix="accord-sandbox-"))
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="bulk")

    @property
    def created(self) -> int:
        """How many jobs were ever created."""
        return self._count

    def close(self) -> None:
        """Stop what runs and remove all results."""
        with self._lock:
            running = [job.running for job in self._jobs.values() if job.running]
        for cursor in running:
            cursor.interrupt()
        self._workers.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def create(self, call: Call, path: Mapping[str, str]) -> Answer:
        """`POST /jobs/query`."""
        body = call.json()
        _check_body(body)
        query_text = str(body["query"])
        query = parse(query_text)
        source = query.source[0].path.text
        all_rows = body["operation"] == "queryAll"
        translation = prepare(self.org, query_text, all_rows=all_rows, render=bulk_text)
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
        with self._lock:
            if job.state is not JobState.UPLOAD_COMPLETE:
                return
            job.state = JobState.IN_PROGRESS
            cursor = job.running = self.org.cursor()
        try:
            results = self._written(job, cursor)
            state, error = JobState.JOB_COMPLETE, None
        except (duckdb.Error, OSError) as problem:
            results, state, error = None, JobState.FAILED, f"InvalidBatch : {problem}"
        finally:
            cursor.close()
        with self._lock:
            job.running = None
            job.milliseconds = round((time.monotonic() - started) * 1000)
            if job.state is JobState.ABORTED:
                shutil.rmtree(self._folder / job.id, ignore_errors=True)
                return
            job.results, job.state, job.error, job.changed = results, state, error, self.org.now()

    def _written(self, job: Job, cursor: duckdb.DuckDBPyConnection) -> Results:
        """Write the job's rows with DuckDB's own CSV writer: one file if they are few or ordered, else several."""
        translation = job.translation
        delimiter = DELIMITERS[job.delimiter]
        folder = self._folder / job.id
        folder.mkdir()
        rows = cursor.execute(f'SELECT count(*) FROM "{translation.object.name}"').fetchall()[0][0]
        one_file = translation.ordered or rows <= _SMALL_RESULT
        target = folder / "0.csv" if one_file else folder / "parts"
        shown = ", ".join(f"c{at} AS h{n}" for n, at in enumerate(translation.visible))
        options = f"FORMAT csv, HEADER false, FORCE_QUOTE *, DELIMITER {text(delimiter)}"
        if job.line_end == "CRLF":
            options += f", NEW_LINE {text(chr(92) + 'r' + chr(92) + 'n')}"
        if not one_file:
            options += f", FILE_SIZE_BYTES '{_FILE_SIZE}'"
        cursor.execute(f"COPY (SELECT {shown} FROM ({translation.sql})) TO {text(str(target))} ({options})")
        paths = [target] if one_file else sorted(target.glob("*.csv"), key=lambda p: int(p.stem.split("_")[-1]))
        names = (f'"{name}"' for name in translation.header)
        header = (delimiter.join(names) + LINE_ENDS[job.line_end]).encode()
        return Results(header, tuple(ResultFile(path) for path in paths))

    def _find(self, job_id: str) -> Job:
        with self._lock:
            job = self._jobs.get(to_18(job_id))
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
        with self._lock:
            if job.state in _TERMINAL:
                raise ApiError(400, "INVALIDJOBSTATE", f"Aborting already {job.state} Job not allowed")
            job.state, job.changed = JobState.ABORTED, self.org.now()
            running = job.running
        if running:
            running.interrupt()
        return json_answer(job.info(polled=True))

    def delete(self, call: Call, path: Mapping[str, str]) -> Answer:
        """`DELETE /jobs/query/{id}`, once the job has ended."""
        job = self._find(path["job"])
        with self._lock:
            if job.state not in _TERMINAL:
                raise ApiError(400, "INVALIDJOBSTATE", f"Deleting a job that is {job.state} is not allowed")
            del self._jobs[job.id]
        shutil.rmtree(self._folder / job.id, ignore_errors=True)
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
        count, body = results.page(first, int(most) if most else None)
        following = first + count
        headers = (
            ("Content-Type", CSV),
            ("Sforce-NumberOfRecords", str(count)),
            ("Sforce-Locator", _locator(following) if following < results.rows else "null"),
        )
        return Answer(200, body, headers)

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
