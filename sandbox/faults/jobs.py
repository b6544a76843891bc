"""Bulk jobs that fail, hang, end by another's hand or forget their results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.bulk_job import Job, JobState
from sandbox.bulk_results import Results
from sandbox.faults.model import Entry, Hit
from sandbox.faults.places import place_of
from sandbox.wire import Answer, Call

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def job_of(sandbox: Sandbox, call: Call) -> Job | None:
    """The job that a poll or a request for results is about."""
    return sandbox.jobs.look_up(place_of(call)[1].get("job", ""))


def _untouched(sandbox: Sandbox, entry: Entry, call: Call) -> Job | None:
    """The job if this entry has not dealt with it yet."""
    job = job_of(sandbox, call)
    return None if job is None or job.id in entry.state else job


def is_new(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether the call is about a job that the entry has not dealt with."""
    return _untouched(sandbox, entry, call) is not None


def is_new_and_unfinished(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """As `is_new`, for jobs that have not ended otherwise."""
    job = _untouched(sandbox, entry, call)
    return job is not None and job.state not in (JobState.FAILED, JobState.ABORTED)


def is_new_and_complete(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """As `is_new`, for jobs that are complete."""
    job = _untouched(sandbox, entry, call)
    return job is not None and job.state is JobState.JOB_COMPLETE


def taken(hit: Hit) -> Job:
    """The job of a call, which the entry has dealt with from now on."""
    job = job_of(hit.sandbox, hit.call)
    assert job is not None
    hit.entry.state[job.id] = True
    return job


def bulk_failed(hit: Hit) -> Answer:
    """The job fails."""
    words = "Unexpected exception encountered in query processing. Please contact support with the following id: "
    hit.sandbox.jobs.end(taken(hit), JobState.FAILED, f"{words}1184273-{hit.number} (-1700123456)")
    return hit.real()


def bulk_stuck(hit: Hit) -> Answer:
    """The job runs for ever, until it is aborted."""
    taken(hit).stuck = True
    return hit.real()


def bulk_aborted_by_admin(hit: Hit) -> Answer:
    """Somebody else aborts the job."""
    hit.sandbox.jobs.end(taken(hit), JobState.ABORTED)
    return hit.real()


def bulk_gone(hit: Hit) -> Answer:
    """The job and its results are gone, with 404 from now on."""
    hit.sandbox.jobs.forget(taken(hit))
    return hit.real()


def bulk_version(hit: Hit) -> Answer:
    """The job turns out to be of another API version: its results are to be had by that one only."""
    taken(hit).version = hit.text("version") or ""
    return hit.real()


def empty_result(hit: Hit) -> Answer:
    """The job has no rows: its result is the header alone, or nothing at all."""
    job = taken(hit)
    assert job.results is not None
    job.results = Results(b"" if hit.text("how") == "nothing" else job.results.header, ())
    return hit.real()
