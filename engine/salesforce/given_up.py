"""Bulk jobs that nobody waits for any more: ended and deleted, or noted, so that later runs try again.

A note is a file of its own beside the pages, and no manifest: nothing is ever gone on with from it.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.errors import QuotaError, SalesforceError, SessionExpiredError, SignInError
from engine.salesforce.client import SalesforceClient

SUFFIX = ".given-up.json"
# A job that stays for whatever reason is Salesforce's to clean up after seven days. Until then it must not cost every
# run its requests.
MOST_TRIES = 5


class Note(NamedTuple):
    """A job that could not be deleted, the API version it belongs to, and how many runs have tried."""

    job: str
    api_version: str
    tries: int


def give_up(client: SalesforceClient, folder: Path, job: str, api_version: str) -> bool:
    """End and delete a job; return whether it is gone. One that may go later is noted. Raises SignInError."""
    try:
        error = end_job(client, resource_of(job, api_version))
    except SignInError:
        _write(folder, Note(job, api_version, 1))
        raise
    if error is not None and _may_pass(error):
        _write(folder, Note(job, api_version, 1))
    return error is None


def try_again(client: SalesforceClient, folder: Path) -> list[str]:
    """End and delete the jobs that are noted in a folder; return those that stay. Each is asked about once."""
    stuck: list[str] = []
    for path in notes(folder):
        note = _read(path)
        error = end_job(client, resource_of(note.job, note.api_version), tries=1) if note is not None else None
        with suppress(OSError):
            path.unlink(missing_ok=True)
        if note is not None and error is not None:
            stuck.append(note.job)
            if _may_pass(error) and note.tries + 1 < MOST_TRIES:
                _write(folder, note._replace(tries=note.tries + 1))
    return stuck


def notes(folder: Path) -> list[Path]:
    """The notes in a folder."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_file())


def resource_of(job: str, api_version: str) -> str:
    """The path of a query job."""
    return f"/services/data/v{api_version}/jobs/query/{job}"


def is_job(job: str) -> bool:
    """Whether a text can be a job's Id; it goes into an address."""
    return job.isascii() and job.isalnum()


def is_version(text: str) -> bool:
    """Whether a text is an API version; it goes into an address.

    >>> is_version("66.0"), is_version("1/../..")
    (True, False)
    """
    return re.fullmatch(r"[0-9]{1,3}\.[0-9]", text) is not None


def end_job(client: SalesforceClient, resource: str, *, tries: int | None = None) -> SalesforceError | None:
    """End and delete a job, given its path; return what keeps it, None if it is gone.

    One that is still at work cannot be deleted. Neither request is held back by the reserve: what was begun is ended.
    """
    with suppress(SalesforceError):
        client.patch_json(resource, {"state": "Aborted"}, past_reserve=True, tries=tries)
    try:
        client.delete(resource, tries=tries)
    except SalesforceError as error:
        return None if error.status == 404 else error
    return None


def _may_pass(error: SalesforceError) -> bool:
    """Whether a later run may delete what this one could not: the org was busy, or the job is still being ended."""
    passing = error.transient or isinstance(error, (QuotaError, SessionExpiredError))
    return passing or error.code == "INVALIDJOBSTATE"


def _write(folder: Path, note: Note) -> None:
    # Without a note the job is left to Salesforce: no reason to fail.
    with suppress(OSError):
        (folder / f"{note.job}{SUFFIX}").write_text(json.dumps(note._asdict()), encoding="utf-8")


def _read(path: Path) -> Note | None:
    """The note in a file; None if it is none."""
    try:
        match json.loads(path.read_text("utf-8")):
            case {"job": str(job), "api_version": str(version), "tries": int(tries)}:
                return Note(job, version, tries) if is_job(job) and is_version(version) else None
    except (OSError, ValueError, RecursionError):
        pass
    return None
