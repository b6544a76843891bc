"""Conditional requests: ETag, If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from sandbox.errors import ApiError
from sandbox.wire import Answer, json_answer


def entity_tag(body: bytes) -> str:
    """The ETag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def last_modified(at: datetime) -> tuple[str, str]:
    """The header that tells when; HTTP knows whole seconds only."""
    return "Last-Modified", format_datetime(at.replace(microsecond=0), usegmt=True)


def not_modified(headers: Mapping[str, str], at: datetime, tag: str | None = None) -> Answer | None:
    """The 304 for a client that has this state already; None where it wants the body. `tag` None: not compared."""
    wanted = headers.get("if-none-match")
    if tag is not None and wanted is not None:
        known = tag in _tags(wanted) or wanted.strip() == "*"
    else:
        since = _moment(headers.get("if-modified-since"))
        known = since is not None and at.replace(microsecond=0) <= since
    if not known:
        return None
    when = last_modified(at)
    return Answer(304, b"", (when,) if tag is None else (("ETag", tag), when))


def check_unchanged(headers: Mapping[str, str], at: datetime, tag: str | None = None) -> None:
    """Raise ApiError 412 where the record is no longer what the client saw."""
    since = _moment(headers.get("if-unmodified-since"))
    changed = since is not None and at.replace(microsecond=0) > since
    wanted = headers.get("if-match")
    if tag is not None and wanted is not None:
        changed = changed or not (tag in _tags(wanted) or wanted.strip() == "*")
    if changed:
        raise ApiError(412, "PRECONDITION_FAILED", "The record was changed since; the request was not carried out")


def conditional_json(value: object, headers: Mapping[str, str], at: datetime) -> Answer:
    """A JSON answer with ETag and Last-Modified, or 304."""
    answer = json_answer(value)
    assert isinstance(answer.body, bytes)
    tag = entity_tag(answer.body)
    known = not_modified(headers, at, tag)
    return known or answer._replace(headers=(*answer.headers, ("ETag", tag), last_modified(at)))


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/").removesuffix('--gzip"').rstrip('"') + '"' for tag in header.split(",")]


def _moment(header: str | None) -> datetime | None:
    """A date of HTTP; one that cannot be read counts as not given, as HTTP has it."""
    if header is None:
        return None
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
