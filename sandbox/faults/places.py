"""Where a request goes: what kind of call it is, and which objects it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from grammar.parse import parse_query
from sandbox.wire import Call

if TYPE_CHECKING:
    from sandbox.server import Sandbox


class Place(StrEnum):
    """The kinds of calls that faults tell apart."""

    TOKEN = "token endpoint"  # noqa: S105  # a kind of call, not a secret
    DESCRIBE_GLOBAL = "describeGlobal"
    DESCRIBE = "describe"
    QUERY = "query"
    NEXT_PAGE = "nextRecordsUrl"
    CREATE_JOB = "create job"
    POLL = "poll"
    RESULTS = "results"
    COLLECTIONS = "collections"
    ROW_WRITE = "row write"
    DELETED = "deleted"
    OTHER = "other"


_DATA = r"/services/data/v\d+\.\d"
_PLACES: tuple[tuple[str, str, Place], ...] = (
    ("GET|POST", "/services/oauth2/token", Place.TOKEN),
    ("GET", f"{_DATA}/sobjects", Place.DESCRIBE_GLOBAL),
    ("GET", _DATA + r"/sobjects/(?P<object>\w+)/describe", Place.DESCRIBE),
    ("GET", _DATA + r"/sobjects/(?P<object>\w+)/deleted", Place.DELETED),
    ("GET", f"{_DATA}/query(All)?", Place.QUERY),
    ("GET", _DATA + r"/query(All)?/(?P<locator>[^/]+)", Place.NEXT_PAGE),
    ("POST", f"{_DATA}/jobs/query", Place.CREATE_JOB),
    ("GET", _DATA + r"/jobs/query/(?P<job>\w+)", Place.POLL),
    ("GET", _DATA + r"/jobs/query/(?P<job>\w+)/results", Place.RESULTS),
    ("POST|PATCH|DELETE", f"{_DATA}/composite/sobjects", Place.COLLECTIONS),
    ("PATCH", _DATA + r"/composite/sobjects/(?P<object>\w+)/\w+", Place.COLLECTIONS),
    ("POST", _DATA + r"/sobjects/(?P<object>\w+)", Place.ROW_WRITE),
    ("PATCH|DELETE", _DATA + r"/sobjects/(?P<object>\w+)/.+", Place.ROW_WRITE),
    (".*", _DATA + r"/sobjects/(?P<object>\w+)(/.*)?", Place.OTHER),
)
_PATTERNS = tuple((re.compile(method), re.compile(path + "/?"), place) for method, path, place in _PLACES)


def place_of(call: Call) -> tuple[Place, dict[str, str]]:
    """The kind of a call, and what its path names: `object`, `job` or `locator`."""
    for method, path, place in _PATTERNS:
        found = path.fullmatch(call.path)
        if found and method.fullmatch(call.method):
            return place, {k: v for k, v in found.groupdict().items() if v}
    return Place.OTHER, {}


def objects_of(sandbox: Sandbox, call: Call) -> frozenset[str] | None:
    """The objects that a call is about, in lower case; None for one that is about all of them."""
    place, named = place_of(call)
    if place is Place.DESCRIBE_GLOBAL:
        return None
    if "object" in named:
        return _lower([named["object"]])
    if "job" in named:
        job = sandbox.jobs.look_up(named["job"])
        return _lower([job.translation.object.name] if job else [])
    if "locator" in named:
        opened = sandbox.cursors.look_up(named["locator"].rpartition("-")[0])
        return _lower([opened.translation.object.name] if opened else [])
    text = soql_of(call)
    if text is not None:
        tree = parse_query(text).tree
        return _lower([tree.source[0].path.text] if tree else [])
    if place is Place.COLLECTIONS:
        return _lower(_types_of(sandbox, call))
    return frozenset()


def soql_of(call: Call) -> str | None:
    """The text of the query that a call asks, by REST or as a Bulk job."""
    place, _ = place_of(call)
    if place is Place.QUERY:
        return call.query.get("q")
    if place is Place.CREATE_JOB and isinstance(body := call.json_value(), dict):
        text = body.get("query")
        return text if isinstance(text, str) else None
    return None


def _types_of(sandbox: Sandbox, call: Call) -> list[str]:
    if call.method == "DELETE":
        prefixes = {record_id[:3] for record_id in call.query.get("ids", "").split(",")}
        return [str(d["name"]) for d in sandbox.org.describes.values() if d["keyPrefix"] in prefixes]
    body = call.json_value()
    records = body.get("records") if isinstance(body, dict) else None
    return [
        str(record["attributes"].get("type"))
        for record in records or ()
        if isinstance(record, dict) and isinstance(record.get("attributes"), dict)
    ]


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
