"""What a Bulk job has brought so far, written down page by page, so that a run that dies leaves nothing to guess.

The next run that asks the same goes on behind the pages that it can prove whole. Jobs that nobody asks for again are
ended and deleted. A manifest is a file of JSON lines: the job, then a line for each page.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import DiskError, SalesforceError
from engine.salesforce.client import SalesforceClient
from engine.salesforce.pages import Page

SUFFIX = ".job.jsonl"
# What a job found is as old as the job: a run may go on with pages of another only while they are as good as now.
GOOD_FOR = timedelta(hours=1)
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
        lines = list(_lines(self._path))
        if not lines or lines[0].get("question") != self._question:
            return None
        asked_at = datetime.fromisoformat(lines[0]["asked_at"])
        # The org's clock comes in whole seconds, so that a moment ago may seem to be a moment from now.
        if abs(now - asked_at) > GOOD_FOR:
            return None
        pages: list[Page] = []
        following: str | None = None
        for line in lines[1:]:
            path = self._path.with_name(line["file"])
            if line["locator"] != following or not path.exists() or checksum_of(path) != line.get("checksum"):
                break
            pages.append(Page(path, tuple(line["header"]), line["rows"], line["locator"]))
            following = line["following"]
            if following is None:
                break
        return Left(lines[0]["job"], asked_at, tuple(pages), bool(pages), following)

    def give_up(self, client: SalesforceClient) -> None:
        """End and delete the job that a run that died left under this name, if there is one."""
        _end_job(client, self._path)

    def end(self) -> None:
        """Remove the manifest: the job is deleted, or about to be."""
        self._path.unlink(missing_ok=True)

    def _write(self, line: dict[str, Any], mode: str) -> None:
        try:
            with self._path.open(mode, encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise DiskError(f"{self._path} cannot be written: {error.strerror}") from error


def checksum_of(path: Path) -> str:
    """A file's length and CRC-32: what a torn write cannot keep. A digest would cost as much as the download."""
    length = found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
            length += len(block)
    return f"{length}-{found:08x}"


def has_jobs(folder: Path) -> bool:
    """Whether there are jobs in a folder that nobody has ended."""
    return any(folder.glob(f"*{SUFFIX}"))


def asked_before(folder: Path, now: datetime) -> list[datetime]:
    """When the jobs in a folder were asked for that nobody has ended, of those that may be gone on with."""
    first = (next(_lines(path), {}) for path in sorted(folder.glob(f"*{SUFFIX}")))
    asked = [datetime.fromisoformat(line["asked_at"]) for line in first if "asked_at" in line]
    return [at for at in asked if abs(now - at) <= GOOD_FOR]


def end_orphans(client: SalesforceClient, folder: Path) -> list[str]:
    """End and delete the jobs of runs that died, as far as Salesforce lets; return those that could not be ended."""
    ended = [_end_job(client, path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    return [job for job in ended if job is not None]


def _end_job(client: SalesforceClient, path: Path) -> str | None:
    """End the job of a manifest and remove the manifest; return the job's Id if it cannot be deleted."""
    first = next(_lines(path), {})
    path.unlink(missing_ok=True)
    job = first.get("job")
    if not isinstance(job, str) or not job.isalnum():
        return None
    resource = f"/services/data/v{first.get('api_version', client.api_version)}/jobs/query/{job}"
    with suppress(SalesforceError):
        client.patch_json(resource, {"state": "Aborted"})
    try:
        client.delete(resource)
    except SalesforceError as error:
        return None if error.status == 404 else job
    return None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a manifest; the last one may be torn."""
    if not path.exists():
        return
    for text in path.read_text("utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            return
        if not isinstance(line, dict):
            return
        yield line
