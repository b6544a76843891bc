"""The faults there are, by name; docs/faults.md shows each of them at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import csv_pages, describes, jobs, json_pages, refusals, rows, sign_in, transfers, writes
from sandbox.faults.model import Effect, Entry, Fault, Hit, Option
from sandbox.faults.places import Place, place_of
from sandbox.wire import Answer, Call

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_ANY: frozenset[Place] = frozenset()
_DATA = frozenset(Place) - {Place.TOKEN}
_QUERY = frozenset({Place.QUERY})
_PAGES = frozenset({Place.QUERY, Place.NEXT_PAGE})
_POLL = frozenset({Place.POLL})
_RESULTS = frozenset({Place.RESULTS})
_JOB = _POLL | _RESULTS
_CREATE = frozenset({Place.CREATE_JOB})
_ASKS = _QUERY | _CREATE
_DESCRIBE = frozenset({Place.DESCRIBE, Place.DESCRIBE_GLOBAL})
_SCHEMA = _ASKS | {Place.DESCRIBE}
_TOKEN = frozenset({Place.TOKEN})
_COLLECTIONS = frozenset({Place.COLLECTIONS})
_WRITES = _COLLECTIONS | {Place.ROW_WRITE}


def _json_or_csv(json_effect: Effect, csv_effect: Effect) -> Effect:
    def effect(hit: Hit) -> Answer:
        return (json_effect if place_of(hit.call)[0] in _PAGES else csv_effect)(hit)

    effect.__doc__ = json_effect.__doc__
    return effect


def _page_or_job(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    if place_of(call)[0] in _PAGES:
        return json_pages.begins_or_goes_on(sandbox, entry, call)
    return csv_pages.has_rows(sandbox, entry, call)


_FIELD = Option(None)

_ALL = (
    Fault("F01", "session_expired", _DATA, sign_in.session_expired, 1, applies=sign_in.has_session),
    Fault("F02", "refresh_refused", _TOKEN, sign_in.refresh_refused, applies=sign_in.is_refresh),
    Fault("F03", "refresh_flaky", _TOKEN, sign_in.refresh_flaky, 2, applies=sign_in.is_refresh),
    Fault("F04", "rtr_on", _TOKEN, sign_in.rtr_on, applies=sign_in.uses_refresh_token),
    Fault("F05", "pkce_mismatch", _TOKEN, sign_in.pkce_mismatch, 1, applies=sign_in.is_code_exchange),
    Fault(
        "F06", "device_slow_down", _TOKEN, sign_in.device_slow_down,
        options={"interval": Option(5, "whole")}, applies=sign_in.is_device_flow,
    ),
    Fault("F07", "daily_limit", _DATA, refusals.daily_limit),
    Fault("F08", "concurrent_limit", _PAGES | _DESCRIBE, refusals.concurrent_limit, 3),
    Fault(
        "F09", "budget_low", _DATA, refusals.budget_low,
        options={"used": Option(14_500, "whole"), "most": Option(15_000, "whole")},
    ),
    Fault("F10", "unavailable", _ANY, refusals.unavailable, probability=0.3),
    Fault("F11", "edge_codes", _ANY, refusals.edge_codes, 3, options={"retry_after": Option(1, "whole")}),
    Fault(
        "F12", "reset_midbody", _PAGES | _RESULTS, transfers.reset_midbody, 1, options={"bytes": Option(100, "whole")}
    ),
    Fault("F13", "chunked_short", _RESULTS, transfers.chunked_short, 1),
    Fault(
        "F14", "gzip_corrupt", _RESULTS, transfers.gzip_corrupt, 1,
        options={"how": Option("truncated", choices=("truncated", "checksum"))}, applies=transfers.takes_gzip,
    ),
    Fault("F15", "slow_drip", _RESULTS, transfers.slow_drip, 1, options={"seconds": Option(1.0, "number")}),
    Fault(
        "F16", "query_timeout", _QUERY, refusals.query_timeout,
        options={"hours": Option(24, "number")}, applies=refusals.is_wide,
    ),
    Fault("F17", "locator_gone", frozenset({Place.NEXT_PAGE}), refusals.locator_gone, 1),
    Fault("F18", "ragged_pages", _PAGES, json_pages.ragged_pages),
    Fault("F19", "done_false_no_next", _PAGES, json_pages.done_false_no_next, 1),
    Fault(
        "F20", "uri_too_long", _QUERY, refusals.uri_too_long,
        options={"bytes": Option(16_384, "whole")}, applies=refusals.is_too_long,
    ),
    Fault(
        "F21", "bulk_refused", _CREATE, refusals.bulk_refused,
        options={"why": Option("entity", choices=("entity", "compound"))},
    ),
    Fault("F22", "bulk_failed", _POLL, jobs.bulk_failed, 1, applies=jobs.is_new_and_unfinished),
    Fault("F23", "bulk_stuck", _POLL, jobs.bulk_stuck, applies=jobs.is_new_and_unfinished),
    Fault("F24", "bulk_job_quota", _CREATE, refusals.bulk_job_quota),
    Fault("F25", "bulk_gone", _RESULTS, jobs.bulk_gone, 1, applies=jobs.is_new),
    Fault(
        "F26", "bulk_version", _RESULTS, jobs.bulk_version, 1,
        options={"version": Option("60.0")}, applies=jobs.is_new,
    ),
    Fault("F27", "bulk_aborted_by_admin", _POLL, jobs.bulk_aborted_by_admin, 1, applies=jobs.is_new_and_unfinished),
    Fault("F28", "results_early", _RESULTS, transfers.results_early, 2),
    Fault(
        "F29", "empty_result", _JOB, jobs.empty_result, 1,
        options={"how": Option("nothing", choices=("nothing", "header"))}, applies=jobs.is_new_and_complete,
    ),
    Fault("F30", "csv_hostile", _ASKS, rows.csv_hostile, 1, options={"field": _FIELD}),
    Fault("F30", "csv_bom", _RESULTS, csv_pages.bom),
    Fault("F31", "csv_columns_shuffled", _RESULTS, csv_pages.csv_columns_shuffled),
    Fault("F32", "text_like_numbers", _ASKS, rows.text_like_numbers, 1, options={"field": _FIELD}),
    Fault(
        "F33", "field_added", _SCHEMA, describes.field_added, 1,
        options={"field": Option("Added__c")}, applies=describes.names_one,
    ),
    Fault(
        "F34", "field_removed", _SCHEMA, describes.field_removed, 1,
        options={"field": _FIELD}, applies=describes.names_one,
    ),
    Fault(
        "F35", "type_changed", _SCHEMA, describes.type_changed, 1,
        options={"field": _FIELD, "to": Option(None, choices=("number", "longer", "multipicklist"))},
        applies=describes.names_one,
    ),
    Fault(
        "F36", "object_hidden", _SCHEMA | _DESCRIBE, describes.object_hidden, 1, applies=describes.names_one,
    ),
    Fault("F37", "cursor_not_filterable", _SCHEMA, describes.cursor_not_filterable, 1, applies=describes.names_one),
    Fault(
        "F38", "poison_row", _PAGES | _RESULTS, _json_or_csv(json_pages.poison_row, csv_pages.poison_row), 1,
        options={"how": Option(None, choices=("date", "number", "key"))},
    ),
    Fault(
        "F39", "duplicate_rows", _PAGES | _JOB,
        _json_or_csv(json_pages.duplicate_rows, csv_pages.duplicate_rows), 2, applies=_page_or_job,
    ),
    Fault("F40", "out_of_window", _QUERY, json_pages.out_of_window, 1, applies=json_pages.has_window),
    Fault("F41", "soft_delete_undelete", _ASKS, rows.soft_delete_undelete, 2, options={"id": Option(None)}),
    Fault("F42", "delete_log_purged", frozenset({Place.DELETED}), refusals.delete_log_purged),
    Fault(
        "F43", "formula_drift", _ASKS, rows.formula_drift, 1,
        options={"field": _FIELD, "rows": Option(10, "whole")},
    ),
    Fault("F44", "archived_tasks", _ASKS, rows.archived_tasks, 1, options={"days": Option(365, "whole")}),
    Fault(
        "F45", "lock_row", _COLLECTIONS, writes.lock_row, 2,
        options={"rows": Option(5, "whole")}, applies=writes.has_records,
    ),
    Fault(
        "F46", "partial_save", _COLLECTIONS, writes.partial_save, 1,
        options={"rows": Option(3, "whole")}, applies=writes.has_records,
    ),
    Fault("F47", "all_or_none", _COLLECTIONS, writes.all_or_none, applies=writes.has_records),
    Fault("F48", "deleted_upstream", _WRITES, writes.deleted_upstream, 1, applies=writes.names_rows),
    Fault(
        "F49", "dup_rule", _COLLECTIONS, writes.dup_rule, 1,
        options={"rule": Option("block", choices=("block", "alert"))}, applies=writes.has_records,
    ),
    Fault(
        "F50", "server_rewrites", _WRITES, writes.server_rewrites,
        options={"how": Option("upper", choices=("upper", "trim"))},
    ),
    Fault("F51", "echo", _WRITES, rows.echo, applies=rows.is_live),
    Fault("F52", "remote_newer", _WRITES, writes.remote_newer, 1, applies=writes.names_rows),
)  # fmt: skip

FAULTS: dict[str, Fault] = {fault.name: fault for fault in _ALL}
