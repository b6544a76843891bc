"""Which handler answers which path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sandbox import (
    authorize_api,
    collections_api,
    column_metadata,
    composite_api,
    control_api,
    describe_api,
    device_flow,
    identity_api,
    oauth_api,
    query_api,
    record_api,
    related_api,
    replication_api,
    soap_api,
    token_api,
    tree_api,
)
from sandbox.wire import Answer, Call, json_answer

if TYPE_CHECKING:
    from sandbox.server import Sandbox

CONTROL = "/__sandbox__/"

Handler: TypeAlias = Callable[["Sandbox", Call, Mapping[str, str]], Answer]


# What parts of a path may be, where not anything.
_PARTS = {"version": r"\d+\.\d", "kind": "[uc]"}


class Route(NamedTuple):
    """A method and a path; `is_open` paths need no token, older API versions than `since` do not have it.

    In `path` `{name}` stands for one part, `{name*}` for all that is left. A slash at the end makes no difference.
    """

    method: str
    path: str
    pattern: re.Pattern[str]
    handler: Handler
    is_open: bool = False
    since: float = 0.0


def _route(method: str, path: str, handler: Handler, *, is_open: bool = False, since: float = 0.0) -> Route:
    def part(found: re.Match[str]) -> str:
        anything = ".+?" if found[2] else "[^/]+"
        return f"(?P<{found[1]}>{_PARTS.get(found[1], anything)})"

    pattern = re.sub(r"\{(\w+)(\*?)\}", part, path)
    return Route(method, path, re.compile(pattern + "/?"), handler, is_open, since)


def _query(sandbox: Sandbox, call: Call, path: Mapping[str, str], *, all_rows: bool) -> Answer:
    """Rows; or only what the columns are, or how the query would be run, where the client asks for those."""
    if "explain" in call.query:
        return describe_api.explain(sandbox.seen(call), call, path)
    if call.query.get("columns", "").lower() == "true":
        return column_metadata.columns(sandbox.seen(call), call, path, all_rows=all_rows)
    return query_api.query(sandbox.seen(call), sandbox.cursors, call, path, all_rows=all_rows)


def _named(sandbox: Sandbox, call: Call, path: Mapping[str, str]) -> Answer:
    """A record by its external id; or, where the path has a record's Id, what a relationship leads to."""
    org = sandbox.seen(call)
    if related_api.is_relationship(org, path):
        return related_api.related(org, sandbox.cursors, call, path)
    return record_api.read_by_key(org, call, path)


_OAUTH = "/services/oauth2/"
_D = "/services/data/v{version}"
ROUTES: tuple[Route, ...] = (
    _route("GET", _OAUTH + "authorize", lambda s, c, p: authorize_api.authorize(s.sign_in, c, p), is_open=True),
    _route("POST", _OAUTH + "authorize", lambda s, c, p: authorize_api.authorize(s.sign_in, c, p), is_open=True),
    _route("POST", _OAUTH + "token", lambda s, c, p: token_api.token(s.sign_in, c, p), is_open=True),
    _route("POST", _OAUTH + "introspect", lambda s, c, p: identity_api.introspect(s.sign_in, c, p), is_open=True),
    _route("POST", _OAUTH + "revoke", lambda s, c, p: identity_api.revoke(s.sign_in, c, p), is_open=True),
    _route("GET", _OAUTH + "revoke", lambda s, c, p: identity_api.revoke(s.sign_in, c, p), is_open=True),
    _route("GET", _OAUTH + "userinfo", lambda s, c, p: oauth_api.userinfo(s.seen(c), c, p)),
    _route("POST", _OAUTH + "userinfo", lambda s, c, p: oauth_api.userinfo(s.seen(c), c, p)),
    _route("GET", "/id/{organization}/{user}", lambda s, c, p: identity_api.identity(s.sign_in, c, p), is_open=True),
    _route("GET", device_flow.VERIFICATION_PATH, lambda s, c, p: device_flow.connect(s.sign_in, c, p), is_open=True),
    _route("POST", device_flow.VERIFICATION_PATH, lambda s, c, p: device_flow.connect(s.sign_in, c, p), is_open=True),
    _route("POST", "/services/Soap/{kind}/{version}", lambda s, c, p: soap_api.soap(s.sign_in, c, p), is_open=True),
    _route(
        "POST",
        "/services/Soap/{kind}/{version}/{organization}",
        lambda s, c, p: soap_api.soap(s.sign_in, c, p),
        is_open=True,
    ),
    _route("GET", "/services/data", lambda s, c, p: describe_api.versions(s.org, c, p), is_open=True),
    _route("GET", _D, lambda s, c, p: describe_api.resources(s.org, c, p)),
    _route("GET", _D + "/limits", lambda s, c, p: describe_api.limits(s.org, c, p, s.calls, s.jobs.created)),
    _route("GET", _D + "/limits/recordCount", lambda s, c, p: describe_api.record_counts(s.seen(c), c, p)),
    _route("GET", _D + "/sobjects", lambda s, c, p: describe_api.describe_global(s.seen(c), c, p)),
    _route("GET", _D + "/sobjects/{object}", lambda s, c, p: describe_api.basic_information(s.seen(c), c, p)),
    _route("POST", _D + "/sobjects/{object}", lambda s, c, p: record_api.create(s.seen(c), c, p)),
    _route("GET", _D + "/sobjects/{object}/describe", lambda s, c, p: describe_api.describe(s.seen(c), c, p)),
    _route("GET", _D + "/sobjects/{object}/updated", lambda s, c, p: replication_api.updated(s.seen(c), c, p)),
    _route("GET", _D + "/sobjects/{object}/deleted", lambda s, c, p: replication_api.deleted(s.seen(c), c, p)),
    _route("GET", _D + "/sobjects/{object}/listviews", lambda s, c, p: describe_api.list_views(s.seen(c), c, p)),
    _route("GET", _D + "/recent", lambda s, c, p: json_answer([])),
    _route("GET", _D + "/tooling/sobjects", lambda s, c, p: describe_api.tooling_objects(s.org, c, p)),
    _route("GET", _D + "/tooling/query", lambda s, c, p: _query(s, c, p, all_rows=False)),
    _route("GET", _D + "/sobjects/{object}/{id}", lambda s, c, p: record_api.read(s.seen(c), c, p)),
    _route("PATCH", _D + "/sobjects/{object}/{id}", lambda s, c, p: record_api.update(s.seen(c), c, p)),
    _route("DELETE", _D + "/sobjects/{object}/{id}", lambda s, c, p: record_api.delete(s.seen(c), c, p)),
    _route("GET", _D + "/sobjects/{object}/{field}/{value*}", _named),
    _route("PATCH", _D + "/sobjects/{object}/{field}/{value*}", lambda s, c, p: record_api.upsert(s.seen(c), c, p)),
    _route(
        "DELETE",
        _D + "/sobjects/{object}/{field}/{value*}",
        lambda s, c, p: record_api.delete_by_key(s.seen(c), c, p),
    ),
    _route("POST", _D + "/composite", lambda s, c, p: composite_api.composite(s.org, c, p, s.answer_uncounted)),
    _route("POST", _D + "/composite/batch", lambda s, c, p: composite_api.batch(c, p, s.answer_counted)),
    _route("POST", _D + "/composite/sobjects", lambda s, c, p: collections_api.create(s.seen(c), c, p)),
    _route("PATCH", _D + "/composite/sobjects", lambda s, c, p: collections_api.update(s.seen(c), c, p)),
    _route("DELETE", _D + "/composite/sobjects", lambda s, c, p: collections_api.delete(s.seen(c), c, p)),
    _route("GET", _D + "/composite/sobjects/{object}", lambda s, c, p: collections_api.read(s.seen(c), c, p)),
    _route("POST", _D + "/composite/sobjects/{object}", lambda s, c, p: collections_api.read(s.seen(c), c, p)),
    _route(
        "PATCH", _D + "/composite/sobjects/{object}/{field}", lambda s, c, p: collections_api.upsert(s.seen(c), c, p)
    ),
    _route("POST", _D + "/composite/tree/{object}", lambda s, c, p: tree_api.create(s.seen(c), c, p)),
    _route("GET", _D + "/query", lambda s, c, p: _query(s, c, p, all_rows=False)),
    _route("GET", _D + "/queryAll", lambda s, c, p: _query(s, c, p, all_rows=True)),
    _route("GET", _D + "/query/{locator}", lambda s, c, p: query_api.next_page(s.seen(c), s.cursors, c, p)),
    _route("GET", _D + "/queryAll/{locator}", lambda s, c, p: query_api.next_page(s.seen(c), s.cursors, c, p)),
    _route("POST", _D + "/jobs/query", lambda s, c, p: s.jobs.create(c, p), since=47.0),
    _route("GET", _D + "/jobs/query", lambda s, c, p: s.jobs.list(c, p), since=47.0),
    _route("GET", _D + "/jobs/query/{job}", lambda s, c, p: s.jobs.info(c, p), since=47.0),
    _route("PATCH", _D + "/jobs/query/{job}", lambda s, c, p: s.jobs.patch(c, p), since=47.0),
    _route("DELETE", _D + "/jobs/query/{job}", lambda s, c, p: s.jobs.delete(c, p), since=47.0),
    _route("GET", _D + "/jobs/query/{job}/results", lambda s, c, p: s.jobs.results(c, p), since=47.0),
    _route("GET", _D + "/jobs/query/{job}/resultPages", lambda s, c, p: s.jobs.result_pages(c, p), since=58.0),
    _route("POST", CONTROL + "changes", lambda s, c, p: control_api.changes(s.org, c, p), is_open=True),
    _route("POST", CONTROL + "clock", lambda s, c, p: control_api.clock(s.org, c, p), is_open=True),
    _route("GET", CONTROL + "clock", lambda s, c, p: control_api.clock(s.org, c, p), is_open=True),
    _route("POST", CONTROL + "sessions/expire", lambda s, c, p: control_api.expire(s.sign_in, c, p), is_open=True),
    _route("GET", CONTROL + "jwt-key", lambda s, c, p: control_api.jwt_key(s.sign_in, c, p), is_open=True),
    _route("GET", CONTROL + "truth/{object}", lambda s, c, p: control_api.truth(s.org, c, p), is_open=True),
    _route("GET", CONTROL + "log", lambda s, c, p: json_answer(s.log.entries()), is_open=True),
    _route("DELETE", CONTROL + "log", lambda s, c, p: s.clear_log(), is_open=True),
    _route("POST", CONTROL + "faults", lambda s, c, p: control_api.switch_on(s.faults, c), is_open=True),
    _route("DELETE", CONTROL + "faults", lambda s, c, p: control_api.switch_off(s.faults), is_open=True),
    _route("GET", CONTROL + "faults", lambda s, c, p: json_answer(s.faults.documents()), is_open=True),
)
