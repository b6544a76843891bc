"""Queries by Bulk API 2.0: a job, polled until it is done, and its CSV pages downloaded as they come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.errors import (
    BrokenAnswerError,
    BulkJobError,
    BulkQuotaError,
    CursorLostError,
    QuotaError,
    RefusedError,
    SalesforceError,
    SignInError,
)
from engine.events import CameBack, RowsRead, Waiting
from engine.salesforce.answers import whole_number
from engine.salesforce.client import SalesforceClient
from engine.salesforce.given_up import give_up, is_job, resource_of
from engine.salesforce.manifest import Left, Manifest
from engine.salesforce.pages import EMPTY_PAGES, MOST_SURPLUS, Page, Transport, read_header

CONFLICT = 409


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
        surplus: int,
    ) -> None:
        self._manifest = manifest
        self.surplus = surplus
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
        with suppress(SalesforceError, SignInError):
            self._client.delete(_job_path(self._client, self._job))
        self._manifest.end()
        # Last, so that a run that dies before can go on with pages that its manifest says are whole.
        for page in self.pages:
            page.path.unlink(missing_ok=True)


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
    that Bulk does not take this query, BulkQuotaError that it takes no more jobs today.
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
        surplus = sum(page.rows for page in pages) - processed
    except BaseException:
        with suppress(SignInError):
            give_up(client, folder, job, client.api_version)
        manifest.end()
        raise
    return BulkPages(client, job, tuple(pages), left.asked_at, settings.rows_per_page, manifest, surplus)


def _lives(client: SalesforceClient, job: str) -> bool:
    """Whether a job of a run that died may still be waited for, or its results fetched."""
    try:
        return _info(client, job)["state"] not in (JobState.FAILED, JobState.ABORTED)
    except QuotaError:
        raise
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
    try:
        answer = client.post_json(client.data("jobs/query"), body)
    except QuotaError as error:
        if error.code == "LIMIT_EXCEEDED":
            raise BulkQuotaError(error.message, hint=error.hint, code=error.code, status=error.status) from error
        raise
    job = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(job, str) or not is_job(job):
        raise BrokenAnswerError("the new Bulk job has no id")
    return job


def _await(client: SalesforceClient, job: str, name: str, settings: BulkSettings) -> int:
    """Poll until the job is complete; return the number of rows that it found."""
    started = client.clock.monotonic()
    wait = settings.first_poll
    while True:
        info = _info(client, job)
        match info["state"]:
            case JobState.JOB_COMPLETE:
                return _count(info.get("numberRecordsProcessed"), job)
            case JobState.FAILED:
                reason = info.get("errorMessage") or "no reason given"
                raise _JobFailedError(f"{name}: Bulk job {job} failed: {reason}", hint="run again")
            case JobState.ABORTED:
                raise BulkJobError(f"{name}: Bulk job {job} was aborted by somebody in the org", hint="run again")
        if client.clock.monotonic() - started > settings.deadline:
            raise BulkJobError(
                f"{name}: Bulk job {job} did not end within {settings.deadline:.0f} s and was aborted",
                hint="run again later, or narrow the filter",
            )
        client.events(Waiting(wait, f"Bulk job {job} is {info['state']}"))
        client.sleep(wait)
        wait = min(wait * 1.5, settings.longest_poll)


def _count(processed: Any, job: str) -> int:
    rows = whole_number(processed or 0)
    if rows is None:
        raise BrokenAnswerError(f"the answer about Bulk job {job} says nothing about its rows")
    return rows


def _info(client: SalesforceClient, job: str) -> dict[str, Any]:
    try:
        info = client.get_json(_job_path(client, job))
    except RefusedError as error:
        raise _lost(error, job) from error
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
    empty = 0
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
        empty = 0 if page.rows else empty + 1
        if empty > EMPTY_PAGES or rows > processed + MOST_SURPLUS:
            raise BrokenAnswerError(f"{name}: the pages of Bulk job {job} do not come to an end")
        seen.add(following)
        locator = following
    if rows < processed:
        raise BrokenAnswerError(f"{name}: Bulk job {job} found {processed} rows and its pages announce {rows}")
    return pages


def _lost(error: RefusedError, job: str) -> RefusedError:
    """What a refusal about a job stands for: one that is gone may be replaced by a new one."""
    if error.status in (404, 410):
        return CursorLostError(f"Bulk job {job}, or its results, are gone", status=error.status)
    return error


def _download(
    client: SalesforceClient, job: str, locator: str | None, target: Path, rows_per_page: int
) -> tuple[Page, str | None]:
    """Download a page; return it with the locator of the next one, None behind the last."""
    params = {"maxRecords": str(rows_per_page)}
    if locator is not None:
        params["locator"] = locator
    try:
        try:
            got = client.download(f"{_job_path(client, job)}/results", params, target, _has_rows)
        except RefusedError as error:
            if error.status != CONFLICT:
                raise
            # The results are to be had by the API version of the job alone.
            resource = f"{_job_path(client, job, _version_of(client, job))}/results"
            got = client.download(resource, params, target, _has_rows)
    except RefusedError as error:
        raise _lost(error, job) from error
    path = target
    if got.gzip:
        path = target.with_name(f"{target.name}.gz")
        target.replace(path)
    header = read_header(path)
    following = got.headers.get("sforce-locator", "null")
    rows = whole_number(got.headers["sforce-numberofrecords"]) or 0
    return Page(path, header, rows, locator), (None if following in ("null", "") else following)


def _has_rows(status: int, headers: Mapping[str, str]) -> bool:
    return status == 200 and whole_number(headers.get("sforce-numberofrecords")) is not None


def _version_of(client: SalesforceClient, job: str) -> str:
    version = str(_info(client, job).get("apiVersion"))
    if not re.fullmatch(r"\d{1,3}\.\d", version):
        raise CursorLostError(f"Bulk job {job} is of another API version and does not say of which")
    return version


def _job_path(client: SalesforceClient, job: str, version: str | None = None) -> str:
    return resource_of(job, client.api_version if version is None else version)
