"""Calls that are refused: limits, unavailable servers, queries that are too much, objects that Bulk does not take."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grammar.parse import parse_query
from grammar.soql_tree import And, Comparison, Condition, DateTimeValue, FieldPath, Paren, Query
from sandbox.errors import ApiError
from sandbox.faults.model import Entry, Hit
from sandbox.faults.places import Place, place_of, soql_of
from sandbox.query_api import close_cursor
from sandbox.wire import JSON, Answer, Call, json_bytes

if TYPE_CHECKING:
    from sandbox.server import Sandbox

STAMPS = frozenset({"systemmodstamp", "lastmodifieddate", "createddate"})
_RANGES = frozenset({"<", "<=", ">", ">="})


def html(status: int, title: str) -> Answer:
    """A page for people, such as servers and edge proxies send when they are in trouble."""
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Answer(status, page.encode(), (("Content-Type", "text/html;charset=UTF-8"),))


def refusal(status: int, code: str, message: str) -> Answer:
    """Salesforce's usual error body."""
    return Answer(status, json_bytes([{"message": message, "errorCode": code}]), (("Content-Type", JSON),))


def daily_limit(hit: Hit) -> Answer:
    """The day's calls are used up."""
    return refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def concurrent_limit(hit: Hit) -> Answer:
    """Too many long requests at once."""
    return refusal(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")


def budget_low(hit: Hit) -> Answer:
    """The true answer, whose header says that hardly any calls are left."""
    answer = hit.real()
    header = ("Sforce-Limit-Info", f"api-usage={hit.whole('used')}/{hit.whole('most')}")
    return answer._replace(headers=(*answer.headers, header))


def unavailable(hit: Hit) -> Answer:
    """503 with a page for people."""
    return html(503, "Down for maintenance")


def edge_codes(hit: Hit) -> Answer:
    """What proxies at the edge answer: 406 without a body, 420 and 429, in turn."""
    match (hit.number - 1) % 3:
        case 0:
            return Answer(406, b"")
        case 1:
            return html(420, "We are setting things up")
        case _:
            answer = html(429, "Too many requests")
            return answer._replace(headers=(*answer.headers, ("Retry-After", str(hit.whole("retry_after")))))


def is_wide(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a query reads a window of a stamp that is wider than the entry's `hours`, or no window at all."""
    tree = parse_query(soql_of(call) or "").tree
    hours = entry.options["hours"]
    assert isinstance(hours, (int, float))
    return tree is not None and _window_hours(tree) > hours


def _window_hours(query: Query) -> float:
    starts: dict[str, datetime] = {}
    ends: dict[str, datetime] = {}
    for leaf in stamp_tests(query.where):
        assert isinstance(leaf.right, DateTimeValue)
        assert isinstance(leaf.left, FieldPath)
        side = starts if leaf.operator in (">", ">=") else ends
        side[leaf.left.text.lower()] = datetime.fromisoformat(leaf.right.text).astimezone(UTC)
    widths = [(ends[name] - start).total_seconds() / 3600 for name, start in starts.items() if name in ends]
    return min(widths, default=float("inf"))


def stamp_tests(condition: Condition | None) -> list[Comparison]:
    """The comparisons of a stamp with a moment that every row must pass."""
    match condition:
        case And(operands=operands):
            return [leaf for operand in operands for leaf in stamp_tests(operand)]
        case Paren(inner=inner):
            return stamp_tests(inner)
        case Comparison(left=FieldPath() as left, operator=operator, right=DateTimeValue()):
            return [condition] if left.text.lower() in STAMPS and operator in _RANGES else []
        case _:
            return []


def query_timeout(hit: Hit) -> Answer:
    """The query ran for too long."""
    return refusal(400, "QUERY_TIMEOUT", "Your query request was running for too long.")


def locator_gone(hit: Hit) -> Answer:
    """The locator is not known any more, and stays unknown."""
    locator = place_of(hit.call)[1]["locator"].rpartition("-")[0]
    close_cursor(hit.sandbox.org, hit.sandbox.cursors, locator)
    return refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def is_too_long(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether the address, or address and headers together, are longer than the entry's `bytes`."""
    most = entry.options["bytes"]
    assert isinstance(most, int)
    return call.uri_bytes + call.header_bytes > most


def uri_too_long(hit: Hit) -> Answer:
    """414 where the address alone is too long, 431 where the headers make it so."""
    if hit.call.uri_bytes > hit.whole("bytes"):
        return html(414, "URI Too Long")
    return html(431, "Request Header Fields Too Large")


def bulk_refused(hit: Hit) -> Answer:
    """Bulk does not take this object, or this query of it."""
    tree = parse_query(soql_of(hit.call) or "").tree
    name = tree.source[0].path.text if tree else ""
    if hit.text("why") == "compound":
        return refusal(400, "INVALID_FIELD", "Selecting compound data not supported in Bulk Query")
    return refusal(400, "INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")


def bulk_job_quota(hit: Hit) -> Answer:
    """The day's Bulk jobs are used up."""
    return refusal(400, "LIMIT_EXCEEDED", "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10021).")


def delete_log_purged(hit: Hit) -> Answer:
    """The log of deletions does not reach back so far."""
    if place_of(hit.call)[0] is not Place.DELETED:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return refusal(400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date")
