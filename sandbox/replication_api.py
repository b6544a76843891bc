"""`/updated` and `/deleted`: which records changed in a span of time, as far back as the log goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from compiler.schema import SObject
from sandbox.changes import parse_moment
from sandbox.errors import ApiError
from sandbox.org import Org
from sandbox.quoting import identifier, text
from sandbox.record_api import find_object
from sandbox.wire import Answer, Call, json_answer, rest_time

MOST_IDS = 600_000
LOG_DAYS = 15


class _Span(NamedTuple):
    start: datetime
    end: datetime
    covered: datetime
    earliest: datetime

    def holds(self, column: str) -> str:
        """SQL that is true for a stamp in the span."""
        first, last = (text(at.replace(tzinfo=None).isoformat(sep=" ")) for at in (self.start, self.end))
        return f"{column} >= TIMESTAMP {first} AND {column} < TIMESTAMP {last}"


def updated(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X/updated/?start=&end=`."""
    sobject = _replicated(org, path)
    span = _span(org, call)
    living = 'NOT "IsDeleted" AND ' if sobject.field("IsDeleted") else ""
    with org.reading() as cursor:
        rows = cursor.execute(
            f'SELECT "Id" FROM {identifier(sobject.name)} WHERE {living}{span.holds(_stamp(sobject))} '
            f'ORDER BY "Id" LIMIT {MOST_IDS + 1}'
        ).fetchall()
    _check_number(len(rows))
    return json_answer({"ids": [row[0] for row in rows], "latestDateCovered": rest_time(span.covered)})


def deleted(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X/deleted/?start=&end=`: what is in the bin. Purged records are not told."""
    sobject = _replicated(org, path)
    span = _span(org, call)
    rows = []
    if sobject.field("IsDeleted"):
        stamp = _stamp(sobject)
        with org.reading() as cursor:
            rows = cursor.execute(
                f'SELECT "Id", {stamp} FROM {identifier(sobject.name)} WHERE "IsDeleted" AND {span.holds(stamp)} '
                f'ORDER BY 2, "Id" LIMIT {MOST_IDS + 1}'
            ).fetchall()
    _check_number(len(rows))
    return json_answer(
        {
            "deletedRecords": [{"id": row[0], "deletedDate": rest_time(row[1])} for row in rows],
            "earliestDateAvailable": rest_time(span.earliest),
            "latestDateCovered": rest_time(span.covered),
        }
    )


def _replicated(org: Org, path: Mapping[str, str]) -> SObject:
    sobject = find_object(org, path["object"])
    if not org.describes[sobject.name.lower()]["replicateable"]:
        raise ApiError(400, "INVALID_TYPE_FOR_OPERATION", f"object {sobject.name} is not replicable")
    return sobject


def _stamp(sobject: SObject) -> str:
    for name in ("SystemModstamp", "LastModifiedDate", "CreatedDate"):
        if sobject.field(name):
            return identifier(name)
    raise ApiError(400, "INVALID_TYPE_FOR_OPERATION", f"object {sobject.name} is not replicable")


def _span(org: Org, call: Call) -> _Span:
    start, end = _moment(call, "start"), _moment(call, "end")
    now = org.now()
    earliest = now - timedelta(days=LOG_DAYS)
    if start < earliest.replace(second=0, microsecond=0):
        raise _bad_date(f"startDate before org replication enablement date or more than {LOG_DAYS} days ago")
    if start > now:
        raise _bad_date("startDate cannot be in the future")
    if end < start:
        raise _bad_date("endDate cannot be before startDate")
    if end - start < timedelta(minutes=1):
        raise _bad_date("endDate must be at least one minute greater than startDate")
    return _Span(start, end, min(end, now), earliest)


def _moment(call: Call, name: str) -> datetime:
    given = call.query.get(name)
    if given is None:
        raise _bad_date(f"{name} is missing: a time such as 2026-03-01T10:20:30Z is wanted")
    try:  # a plus sign that was not encoded arrives as a blank
        return parse_moment(given.replace(" ", "+")).replace(second=0, microsecond=0)
    except ValueError:
        raise _bad_date(f"{name} is no time such as 2026-03-01T10:20:30Z: {given}") from None


def _check_number(count: int) -> None:
    if count > MOST_IDS:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", f"Too many ids returned: more than {MOST_IDS}; shorten the time span")


def _bad_date(words: str) -> ApiError:
    return ApiError(400, "INVALID_REPLICATION_DATE", words)
