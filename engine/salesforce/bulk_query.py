"""Queries by Bulk API 2.0: a job, polled until it is done, and its CSV pages downloaded as they come."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.errors import BrokenAnswerError, BulkJobError, CursorLostError, RefusedError, SalesforceError
from engine.events import CameBack, RowsRead, Waiting
from engine.salesforce.client import SalesforceClient
from engine.salesforce.manifest import Left, Manifest
from engine.salesforce.pages import Page, Transport, read_header


class JobState(StrEnum):
    """The states of a query job."""

    OPEN = "Open"
    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


@dataclass(frozen=True, slots=True)
class BulkSettings:
    """How Bulk jobs are run. Times are seconds."""

    rows_per_page: int = 100_000
    first_poll: float = 0.2
    longest_poll: float = 10.0
    deadline: float = 1800.0
    attempts: int = 2


class BulkPages:
    """The answer to a query by Bulk, as the CSV files that Salesforce sent."""

    transport: Transport = "bulk"

    def __init__(
        self,
        client: SalesforceClient,
        job: str,
        pages: tuple[Page, ...],
        asked_at: datetime,
        rows_per_page: int,
        manifest: Manifest,
    ) -> None:
        self._manifest = manifest
        self.pages = pages
        self.rows = sum(page.rows for page in pages)
        self.asked_at = asked_at
        self._client = client
        self._job = job
        self._rows_per_page = rows_per_page

    def fetch_again(self, page: Page) -> None:
        """Download a page once more: its locator stands as long as the job does."""
        page.path.unlink(missing_ok=True)
        plain = page.path.with_suffix("") if page.path.suffix == ".gz" else page.path
        again, _ = _download(self._client, self._job, page.locator, plain, self._rows_per_page)
        self.pages = tuple(again if one is page else one for one in self.pages)

    def close(self) -> None:
        """Delete the job and the files. A job that cannot be deleted is Salesforce's to clean up after seven days."""
        for page in self.pages:
            page.path.unlink(missing_ok=True)
        with suppress(SalesforceError):
            self._client.delete(_job_path(self._client, self._job))
        self._manifest.end()


def read_bulk(
    client: SalesforceClient,
    soql: str,
    folder: Path,
    name: str,
    *,
    all_rows: bool = False,
    settings: BulkSettings | None = None,
) -> BulkPages:
    """Read a whole query to page files `<name>.<n>.csv` (or `.csv.gz`) in `folder`.

    A job that fails, or whose results do not add up or are gone, is tried once more as a new job; one that is
    aborted, or that does not end before the deadline, is not. Raises SalesforceError; TransportError says
    that Bulk does not take this query.
    """
    settings = settings or BulkSettings()
    attempt = 0
    while True:
        attempt += 1
        try:
            return _read(client, soql, folder, name, all_rows, settings)
        except (_JobFailedError, BrokenAnswerError, CursorLostError) as error:
            if attempt >= settings.attempts:
                if isinstance(error, _JobFailedError):
                    raise BulkJobError(error.message, hint=error.hint, code=error.code) from error
                raise


class _JobFailedError(BulkJobError):
    """A job that failed on Salesforce's side, where a new one may do."""


def _read(
    client: SalesforceClient, soql: str, folder: Path, name: str, all_rows: bool, settings: BulkSettings
) -> BulkPages:
    manifest = Manifest(client, folder, name, f"{soql}\n{all_rows}\n{settings.rows_per_page}")
    left = manifest.left(client.now())
    if left is None or not _lives(client, left.job):
        manifest.give_up(client)
        asked_at = client.now()
        left = Left(_create(client, soql, all_rows), asked_at, (), False, None)
        manifest.begin(left.job, asked_at)
    else:
        client.events(CameBack(name, left.job, sum(page.rows for page in left.pages)))
    job = left.job
    try:
        processed = _await(client, job, name, settings)
        pages = _pages(client, left, manifest, folder, name, processed, settings)
    except BaseException:
        with suppress(SalesforceError):
            client.delete(_job_path(client, job))
        manifest.end()
        raise
    return BulkPages(client, job, tuple(pages), left.asked_at, settings.rows_per_page, manifest)


def _lives(client: SalesforceClient, job: str) -> bool:
    """Whether a job of a run that died may still be waited for, or its results fetched."""
    try:
        return _info(client, job)["state"] not in (JobState.FAILED, JobState.ABORTED)
    except RefusedError:
        return False


def _create(client: SalesforceClient, soql: str, all_rows: bool) -> str:
    body = {
        "operation": "queryAll" if all_rows else "query",
        "query": soql,
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    answer = client.post_json(client.data("jobs/query"), body)
    if not isinstance(answer, dict) or not answer.get("id"):
        raise BrokenAnswerError("the new Bulk job has no id")
    return str(answer["id"])


def _await(client: SalesforceClient, job: str, name: str, settings: BulkSettings) -> int:
    """Poll until the job is complete; return the number of rows that it found."""
    started = client.clock.monotonic()
    wait = settings.first_poll
    while True:
        info = _info(client, job)
        match info["state"]:
            case JobState.JOB_COMPLETE:
                return int(info.get("numberRecordsProcessed") or 0)
            case JobState.FAILED:
                reason = info.get("errorMessage") or "no reason given"
                raise _JobFailedError(f"{name}: Bulk job {job} failed: {reason}", hint="run again")
            case JobState.ABORTED:
                raise BulkJobError(f"{name}: Bulk job {job} was aborted by somebody in the org", hint="run again")
        if client.clock.monotonic() - started > settings.deadline:
            with suppress(SalesforceError):
                client.patch_json(_job_path(client, job), {"state": JobState.ABORTED.value})
            raise BulkJobError(
                f"{name}: Bulk job {job} did not end within {settings.deadline:.0f} s and was aborted",
                hint="run again later, or narrow the filter",
            )
        client.cancel.check()
        client.events(Waiting(wait, f"Bulk job {job} is {info['state']}"))
        client.clock.sleep(wait)
        wait = min(wait * 1.5, settings.longest_poll)


def _info(client: SalesforceClient, job: str) -> dict[str, Any]:
    info = client.get_json(_job_path(client, job))
    if not isinstance(info, dict) or "state" not in info:
        raise BrokenAnswerError(f"the answer about Bulk job {job} says nothing about its state")
    return info


def _pages(
    client: SalesforceClient,
    left: Left,
    manifest: Manifest,
    folder: Path,
    name: str,
    processed: int,
    settings: BulkSettings,
) -> list[Page]:
    """Download what is not there yet; `left` has the pages that are."""
    job = left.job
    pages = list(left.pages)
    rows = sum(page.rows for page in pages)
    locator = left.following
    seen = {page.locator for page in pages if page.locator is not None}
    while locator is not None or not left.begun:
        target = folder / f"{name}.{len(pages)}.csv"
        page, following = _download(client, job, locator, target, settings.rows_per_page)
        pages.append(page)
        manifest.add(page, following)
        rows += page.rows
        client.events(RowsRead(name, rows, processed))
        if following is None:
            break
        if following in seen:
            raise BrokenAnswerError(f"{name}: the pages of Bulk job {job} go round in a circle")
        seen.add(following)
        locator = following
    if rows != processed:
        raise BrokenAnswerError(f"{name}: Bulk job {job} found {processed} rows and its pages announce {rows}")
    return pages


def _download(
    client: SalesforceClient, job: str, locator: str | None, target: Path, rows_per_page: int
) -> tuple[Page, str | None]:
    """Download a page; return it with the locator of the next one, None behind the last."""
    params = {"maxRecords": str(rows_per_page)}
    if locator is not None:
        params["locator"] = locator
    try:
        got = client.download(f"{_job_path(client, job)}/results", params, target, _has_rows)
    except RefusedError as error:
        if error.status in (404, 409, 410):
            raise CursorLostError(f"the results of Bulk job {job} are gone", status=error.status) from error
        raise
    path = target
    if got.gzip:
        path = target.with_name(f"{target.name}.gz")
        target.replace(path)
    header = read_header(path)
    following = got.headers.get("sforce-locator", "null")
    rows = int(got.headers["sforce-numberofrecords"])
    return Page(path, header, rows, locator), (None if following in ("null", "") else following)


def _has_rows(status: int, headers: Mapping[str, str]) -> bool:
    return status == 200 and headers.get("sforce-numberofrecords", "").isdigit()


def _job_path(client: SalesforceClient, job: str) -> str:
    return client.data(f"jobs/query/{job}")
