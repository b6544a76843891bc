"""What a Bulk job has brought so far, written down page by page, so that a run that dies leaves nothing to guess.

The next run that asks the same goes on behind the pages that it can prove whole. Jobs that nobody asks for again are
ended and deleted. A manifest is a file of JSON lines: the job, then a line for each page. What is no such line is not
believed, and a file that begins with none is no manifest: it is removed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import DiskError
from engine.salesforce.client import SalesforceClient
from engine.salesforce.given_up import give_up, is_job, is_version, try_again
from engine.salesforce.pages import Page

SUFFIX = ".job.jsonl"
# What a job found is as old as the job: a run may go on with pages of another only while they are as good as now. That
# is less than an hour, so that the next run of an hourly schedule shows the org as it is then.
GOOD_FOR = timedelta(minutes=50)
_BLOCK = 1024 * 1024


class Left(NamedTuple):
    """What is left of a job: its pages that are whole, and where it goes on; `following` None: there is no more."""

    job: str
    asked_at: datetime
    pages: tuple[Page, ...]
    begun: bool
    following: str | None


class Manifest:
    """The manifest of one query, `<name>.job.jsonl` in the folder of its pages.

    Args:
        client: the connection, whose org and API version a job belongs to.
        folder: where pages lie.
        name: the query's name for its files.
        question: what makes it the same question: the SOQL, the operation, the rows a page.
    """

    def __init__(self, client: SalesforceClient, folder: Path, name: str, question: str) -> None:
        self._path = folder / f"{name}{SUFFIX}"
        asked = f"{client.instance_url}\n{client.api_version}\n{question}"
        self._question = hashlib.sha256(asked.encode()).hexdigest()
        self._version = client.api_version

    def begin(self, job: str, asked_at: datetime) -> None:
        """Write down a job that was created just now."""
        line = {
            "job": job,
            "question": self._question,
            "api_version": self._version,
            "asked_at": asked_at.isoformat(),
        }
        self._write(line, "w")

    def add(self, page: Page, following: str | None) -> None:
        """Write down a page that is whole; `following` is the locator behind it."""
        line = {
            "file": page.path.name,
            "locator": page.locator,
            "following": following,
            "rows": page.rows,
            "header": list(page.header),
            "checksum": checksum_of(page.path),
        }
        self._write(line, "a")

    def left(self, now: datetime) -> Left | None:
        """What a run that died left of this very question; None if there is nothing that could be gone on with."""
        lines = _lines(self._path)
        first = next(lines, {})
        job, asked_at = _job_of(first), _asked_at(first)
        if job is None or asked_at is None or first.get("question") != self._question:
            return None
        # The org's clock comes in whole seconds, so that a moment ago may seem to be a moment from now.
        if abs(now - asked_at) > GOOD_FOR:
            return None
        pages: list[Page] = []
        following: str | None = None
        for line in lines:
            page = _page_of(line, self._path.parent)
            if page is None or page.locator != following or _found(page.path) != line.get("checksum"):
                break
            pages.append(page)
            following = line.get("following")
            if following is None:
                break
        return Left(job, asked_at, tuple(pages), bool(pages), following)

    def give_up(self, client: SalesforceClient) -> None:
        """End and delete the job that a run that died left under this name, if there is one."""
        _end_job(client, self._path)

    def end(self) -> None:
        """Remove the manifest: the job is deleted, or about to be."""
        _remove(self._path)

    def _write(self, line: dict[str, Any], mode: str) -> None:
        try:
            with self._path.open(mode, encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise DiskError(
                f"{self._path} cannot be written: {error.strerror}", hint="make room, then run again"
            ) from error


def checksum_of(path: Path) -> str:
    """A file's length and CRC-32: what a torn write cannot keep. A digest would cost as much as the download."""
    length = found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
            length += len(block)
    return f"{length}-{found:08x}"


def _found(path: Path) -> str | None:
    """The checksum of a page that may not be there any more."""
    try:
        return checksum_of(path)
    except (OSError, ValueError):  # the latter for a name that no file can have
        return None


def has_jobs(folder: Path) -> bool:
    """Whether there are jobs in a folder that nobody has ended."""
    return any(_job_of(next(_lines(path), {})) for path in folder.glob(f"*{SUFFIX}"))


def asked_before(folder: Path, now: datetime) -> list[datetime]:
    """When the jobs in a folder were asked for that nobody has ended, of those that may be gone on with."""
    first = (next(_lines(path), {}) for path in sorted(folder.glob(f"*{SUFFIX}")))
    asked = (_asked_at(line) for line in first if _job_of(line) is not None)
    return [at for at in asked if at is not None and abs(now - at) <= GOOD_FOR]


def end_orphans(client: SalesforceClient, folder: Path) -> list[str]:
    """End and delete the jobs of runs that died, as far as Salesforce lets; return those that could not be ended.

    Those of earlier runs that could not be ended then are tried again.
    """
    stuck = try_again(client, folder)
    ended = [_end_job(client, path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    return [*stuck, *(job for job in ended if job is not None)]


def _end_job(client: SalesforceClient, path: Path) -> str | None:
    """End the job of a manifest and remove the manifest; return the job's Id if it cannot be deleted."""
    first = next(_lines(path), {})
    job, version = _job_of(first), first.get("api_version")
    if not isinstance(version, str) or not is_version(version):
        version = client.api_version
    gone = job is None or give_up(client, path.parent, job, version)
    # Last, so that a run that dies before tries it again.
    _remove(path)
    return None if gone else job


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a manifest; the last one may be torn."""
    if not path.is_file():
        return
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError as error:
        raise DiskError(f"{path} cannot be read: {error.strerror}", hint="remove it, then run again") from error
    for text in lines:
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(line, dict):
            return
        yield line


def _job_of(first: Mapping[str, Any]) -> str | None:
    """The job's Id in the first line of a manifest; it goes into an address."""
    job = first.get("job")
    return job if isinstance(job, str) and is_job(job) else None


def _asked_at(first: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(first.get("asked_at", ""))
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo is not None else None


def _page_of(line: Mapping[str, Any], folder: Path) -> Page | None:
    """The page that a line tells of; None if it tells of none."""
    match line:
        case {"file": str(file), "rows": int(rows), "header": [*header], "locator": locator, "following": following}:
            names = all(isinstance(name, str) for name in header)
            locators = all(one is None or isinstance(one, str) for one in (locator, following))
            if names and locators and rows >= 0 and Path(file).name == file:
                return Page(folder / file, tuple(header), rows, locator)
    return None


def _remove(path: Path) -> None:
    """Remove a manifest, or whatever has its name."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(f"{path} cannot be removed: {error.strerror}", hint="remove it, then run again") from error
