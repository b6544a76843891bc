"""The faults of the catalogue as scenes: how each is switched on, and what a run may come to under it.

F01 to F52 are those of the sandbox (docs/faults.md); F53 to F57 happen on the computer that runs Accord.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tests.engine.fault_trial import REQUESTS, Ended, Trial
from tests.engine.faulty import Fault

Entry: TypeAlias = Mapping[str, Any]
WELL = frozenset({"succeeded"})
LOUD = frozenset({"failed", "incomplete"})
NOT_BEGUN = frozenset({"not started", "refused"})
BOTH = ("rest", "bulk")
ALL = ("rest", "bulk", "changes")


@dataclass(frozen=True)
class Trouble:
    """A scene of a fault.

    Attributes:
        entries: what the sandbox is told.
        wire: what happens between the sandbox and Accord.
        ends: the outcomes that a run under it may have.
        readings: the ways of reading that the fault meets.
        first, later: whether it is tried in a first run, and in one with changes.
        moved: rows change while the run reads.
        says: a part of the first error, if the run does not succeed.
        check: what else must hold right after the run under the fault.
        requests: how many of them there may be.
        deadline: of a Bulk job, in seconds; waiting takes no time here.
        reserve: the share of the daily requests that is left to others.
        quick: whether the normal run of the tests tries it, and in which of the two.
        settled: whether all rows are an hour old when they are first read, so that a window leaves them out.
    """

    entries: tuple[Entry, ...] = ()
    wire: Callable[[], tuple[Fault, ...]] = tuple
    ends: frozenset[str] = WELL
    readings: tuple[str, ...] = BOTH
    first: bool = True
    later: bool = True
    moved: bool = False
    says: str = ""
    check: Callable[[Trial, Ended], None] | None = None
    requests: int = 2 * REQUESTS
    deadline: float = 1800.0
    reserve: float = 0.0
    quick: Literal["first", "later", ""] = ""
    settled: bool = False


def on(name: str, *, times: int | str | None = "", nth: int | None = None, **more: Any) -> Entry:
    """An entry of the list that switches faults on; `object`, `path` and `nth` say which requests it meets."""
    match = {key: more.pop(key) for key in ("object", "path", "method", "probability") if key in more}
    if nth is not None:
        match["nth"] = nth
    return {"fault": name, "match": match, **({} if times == "" else {"times": times}), **more}


def contacts(name: str, **more: Any) -> tuple[Entry, ...]:
    """The fault, for what is about contacts."""
    return (on(name, object="Contact", **more),)


def accounts(name: str, **more: Any) -> tuple[Entry, ...]:
    """The fault, for what is about accounts."""
    return (on(name, object="Account", **more),)


def one_more_token(trial: Trial, ended: Ended) -> None:
    """One session is opened at the start, and one when it has expired, whatever the number of threads."""
    assert ended.tokens() == 2


def at_most_two_tokens(trial: Trial, ended: Ended) -> None:
    """A refusal is not asked for again and again."""
    assert ended.tokens() <= 2


def only_rest(trial: Trial, ended: Ended) -> None:
    """What Bulk does not take goes by REST."""
    assert ended.report is not None
    assert "bulk" not in {one.transport for one in ended.report.extracts if one.object == "Contact"}


def one_rejected(trial: Trial, ended: Ended) -> None:
    """The row is among the rejects and counted; no other is."""
    assert ended.report is not None
    assert sum(one.rejected for one in ended.report.tables) == 1


def few_calls_after_the_refusal(trial: Trial, ended: Ended) -> None:
    """Once the quota is known to be used up, hardly anything is asked."""
    assert ended.report is not None
    assert ended.report.requests <= 110


SCENES: Mapping[str, tuple[Trouble, ...]] = {
    "session_expired": (
        Trouble((on("session_expired", nth=30),), check=one_more_token, quick="later"),
        Trouble((on("session_expired", path="/results", object="Contact", nth=2),), readings=("bulk",)),
        Trouble((on("session_expired", path="/query/", object="Contact"),), readings=("rest",)),
    ),
    "refresh_refused": (
        Trouble(
            (on("session_expired", nth=25), on("refresh_refused", nth=2)),
            ends=LOUD,
            says="refuses to sign in",
            check=at_most_two_tokens,
        ),
        Trouble((on("refresh_refused"),), ends=NOT_BEGUN, says="refuses to sign in", check=at_most_two_tokens),
    ),
    "refresh_flaky": (Trouble((on("session_expired", nth=22), on("refresh_flaky", times=2, nth=2))),),
    "daily_limit": (
        Trouble((on("daily_limit", nth=22),), ends=LOUD | WELL, says="TotalRequests"),
        Trouble(
            (on("daily_limit", path="/results", nth=3),),
            ends=LOUD,
            readings=("bulk",),
            check=few_calls_after_the_refusal,
        ),
        Trouble((on("daily_limit", path="/query/"),), ends=LOUD, readings=("rest",), says="TotalRequests"),
        Trouble((on("daily_limit"),), ends=NOT_BEGUN, says="TotalRequests"),
    ),
    "concurrent_limit": (Trouble((on("concurrent_limit", nth=12),)), Trouble((on("concurrent_limit"),))),
    "budget_low": (
        Trouble((on("budget_low", nth=20),), ends=LOUD | WELL, reserve=0.1, says="left to others", requests=110),
        Trouble((on("budget_low"),), ends=NOT_BEGUN, reserve=0.1, says="left to others", requests=6),
    ),
    "unavailable": (
        Trouble((on("unavailable"),), requests=4 * REQUESTS),
        Trouble((on("unavailable", times=3),)),
    ),
    "edge_codes": (Trouble((on("edge_codes", nth=20),)), Trouble((on("edge_codes", retry_after=7),))),
    "reset_midbody": (
        Trouble(contacts("reset_midbody")),
        Trouble(contacts("reset_midbody", bytes=30_000, times=2)),
    ),
    "chunked_short": (Trouble(contacts("chunked_short", times=2), readings=("bulk",)),),
    "gzip_corrupt": (
        Trouble(contacts("gzip_corrupt"), readings=("bulk",)),
        Trouble(contacts("gzip_corrupt", how="checksum", times=2), readings=("bulk",)),
    ),
    "slow_drip": (Trouble(contacts("slow_drip", seconds=0.05), readings=("bulk",)),),
    "query_timeout": (
        Trouble(contacts("query_timeout")),
        Trouble((on("query_timeout", object="Account"),)),
    ),
    "locator_gone": (
        Trouble(contacts("locator_gone"), readings=("rest",)),
        Trouble(contacts("locator_gone", times=2), readings=("rest",)),
        Trouble(contacts("locator_gone", times=None), readings=("rest",)),
    ),
    "ragged_pages": (Trouble((on("ragged_pages", path="/query"),), readings=("rest",), requests=900),),
    "done_false_no_next": (
        Trouble(contacts("done_false_no_next"), ends=LOUD, readings=("rest",), says="does not say where it goes on"),
        Trouble(
            accounts("done_false_no_next"),
            ends=LOUD,
            readings=("rest",),
            says="does not say where it goes on",
        ),
    ),
    "uri_too_long": (
        Trouble(contacts("uri_too_long", bytes=300)),
        Trouble(accounts("uri_too_long", bytes=350)),
    ),
    "bulk_refused": (
        Trouble(contacts("bulk_refused"), readings=("bulk",), check=only_rest),
        Trouble((on("bulk_refused", why="compound"),), readings=("bulk",), check=only_rest),
    ),
    "bulk_failed": (
        Trouble(contacts("bulk_failed"), readings=("bulk",)),
        Trouble(
            contacts("bulk_failed", times=None),
            ends=LOUD,
            readings=("bulk",),
            says="contacts: contacts: Bulk job",
        ),
        Trouble(accounts("bulk_failed", times=None), ends=LOUD, readings=("bulk",), says="Bulk job"),
    ),
    "bulk_stuck": (
        Trouble(contacts("bulk_stuck"), ends=LOUD, readings=("bulk",), says="did not end within", deadline=40.0),
    ),
    "bulk_job_quota": (Trouble((on("bulk_job_quota"),), readings=("bulk",), check=only_rest),),
    "bulk_gone": (
        Trouble(contacts("bulk_gone"), readings=("bulk",)),
        Trouble(contacts("bulk_gone", nth=2), readings=("bulk",), quick="first"),
    ),
    "bulk_version": (
        Trouble(contacts("bulk_version"), readings=("bulk",)),
        Trouble(contacts("bulk_version", times=None), readings=("bulk",)),
    ),
    "bulk_aborted_by_admin": (
        Trouble(contacts("bulk_aborted_by_admin"), ends=LOUD, readings=("bulk",), says="was aborted by somebody"),
        Trouble(accounts("bulk_aborted_by_admin"), ends=LOUD, readings=("bulk",), says="was aborted by somebody"),
    ),
    "results_early": (Trouble(contacts("results_early"), readings=("bulk",)),),
    "empty_result": (
        Trouble(contacts("empty_result"), readings=("bulk",)),
        Trouble(contacts("empty_result", how="header"), readings=("bulk",)),
        Trouble(contacts("empty_result", times=None), ends=LOUD, readings=("bulk",)),
        Trouble(accounts("empty_result", times=None), ends=LOUD, readings=("bulk",), quick="first"),
    ),
    "csv_hostile": (
        Trouble((on("csv_hostile", object="Training__c", field="Notes__c"),)),
        # The filter of the other type may be answered before.
        Trouble(accounts("csv_hostile", field="Notes__c"), moved=True),
    ),
    "csv_bom": (Trouble((on("csv_bom"),), readings=("bulk",)),),
    "csv_columns_shuffled": (Trouble((on("csv_columns_shuffled"),), readings=("bulk",)),),
    "text_like_numbers": (
        Trouble((on("text_like_numbers", object="Training__c", field="Notes__c"),)),
        # The filter of the other type may be answered before.
        Trouble(accounts("text_like_numbers", field="Notes__c"), moved=True),
    ),
    "field_added": (Trouble(accounts("field_added")),),
    "field_removed": (
        # The column keeps what it had, which the org no longer tells.
        Trouble(accounts("field_removed", field="Notes__c"), first=False, moved=True),
        Trouble(
            (on("field_removed", field="Email", object="Contact", path="/query"),),
            ends=LOUD,
            readings=("rest",),
            says="Email",
            quick="later",
        ),
        Trouble(
            (on("field_removed", field="Email", object="Contact", path="/jobs"),),
            ends=LOUD,
            readings=("bulk",),
            says="Email",
        ),
        Trouble(
            (on("field_removed", field="Score__c", object="Account", path="/query"),),
            ends=LOUD,
            readings=("rest",),
            says="Score__c",
        ),
        Trouble(accounts("field_removed", field="Type"), ends=NOT_BEGUN, says="Type"),
        Trouble((on("field_removed", field="Amount__c", object="Subscription__c"),), ends=NOT_BEGUN, says="Amount__c"),
    ),
    "type_changed": (
        Trouble(accounts("type_changed", field="Notes__c", to="longer")),
        Trouble(accounts("type_changed", field="Type", to="multipicklist"), ends=NOT_BEGUN | WELL | LOUD),
    ),
    "object_hidden": (
        Trouble(contacts("object_hidden"), ends=LOUD | NOT_BEGUN),
        Trouble((on("object_hidden", object="Training__c"),), ends=LOUD | NOT_BEGUN, quick="later"),
        Trouble((on("object_hidden", object="Contact", path="/query"),), ends=LOUD, readings=("rest",), says="Contact"),
        Trouble((on("object_hidden", object="Account", path="/jobs"),), ends=LOUD, readings=("bulk",), says="Account"),
        Trouble(accounts("object_hidden"), ends=NOT_BEGUN),
    ),
    "cursor_not_filterable": (
        Trouble(contacts("cursor_not_filterable")),
        Trouble(accounts("cursor_not_filterable")),
    ),
    "poison_row": (
        Trouble(contacts("poison_row", how="number", nth=1, times=None), quick="first"),
        Trouble(accounts("poison_row", how="date", times=None), readings=ALL),
        Trouble(contacts("poison_row", how="key")),
        Trouble(contacts("poison_row", how="key", times=None), ends=LOUD | WELL),
    ),
    "duplicate_rows": (
        Trouble(contacts("duplicate_rows"), moved=True),
        Trouble(contacts("duplicate_rows", times=None), moved=True),
        Trouble(accounts("duplicate_rows"), moved=True),
    ),
    "out_of_window": (Trouble((on("out_of_window", times=None),), readings=("rest",), first=False, settled=True),),
    "soft_delete_undelete": (
        Trouble(contacts("soft_delete_undelete"), moved=True),
        Trouble(accounts("soft_delete_undelete"), readings=ALL, moved=True),
        Trouble(accounts("soft_delete_undelete", times=1), moved=True),
    ),
    "delete_log_purged": (Trouble((on("delete_log_purged"),), readings=("changes",), first=False),),
    "formula_drift": (Trouble((on("formula_drift", object="Subscription__c"),), moved=True, quick="later"),),
}

LATER = "write-back is not in this version"
SIGNING_IN = "Accord signs in by a token or a client's own credentials: no refresh token, code or device is used"
ELSEWHERE: Mapping[str, str] = {
    "rtr_on": SIGNING_IN,
    "pkce_mismatch": SIGNING_IN,
    "device_slow_down": SIGNING_IN,
    "archived_tasks": "a scene of its own, with tasks: test_archived_tasks_stay",
    **dict.fromkeys(
        ("lock_row", "partial_save", "all_or_none", "deleted_upstream", "dup_rule", "server_rewrites", "echo"), LATER
    ),
    "remote_newer": LATER,
    "F53": "test_a_clock_that_jumps",
    "F54": "test_a_run_that_is_killed, and tests/engine/test_kill.py and test_resume.py",
    "F55": "tests/engine/test_two_programs.py",
    "F56": "test_a_disk_that_is_full, and tests/engine/test_two_programs.py",
    "F57": "test_a_state_that_is_damaged, and tests/engine/test_two_programs.py and test_failures.py",
}
