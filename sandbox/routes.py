"""Which handler answers which path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sandbox import control_api, describe_api, oauth_api, query_api
from sandbox.wire import Answer, Call, json_answer

if TYPE_CHECKING:
    from sandbox.server import Sandbox

CONTROL = "/__sandbox__/"

Handler: TypeAlias = Callable[["Sandbox", Call, Mapping[str, str]], Answer]


class Route(NamedTuple):
    """A method and a path pattern; `is_open` paths need no token."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    is_open: bool = False


def _route(method: str, path: str, handler: Handler, *, is_open: bool = False) -> Route:
    """`{name}` matches one part of a path; a slash at the end makes no difference."""
    pattern = re.sub(r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>[^/]+)", path)
    pattern = pattern.replace("/vX/", r"/v(?P<version>\d+\.\d)/").replace("/vX?", r"/v(?P<version>\d+\.\d)")
    return Route(method, re.compile(pattern + "/?"), handler, is_open)


_D = "/services/data/vX"
ROUTES: tuple[Route, ...] = (
    _route("POST", "/services/oauth2/token", lambda s, c, p: oauth_api.token(s.org, s.sessions, c, p), is_open=True),
    _route("GET", "/services/oauth2/userinfo", lambda s, c, p: oauth_api.userinfo(s.org, c, p)),
    _route("POST", "/services/oauth2/userinfo", lambda s, c, p: oauth_api.userinfo(s.org, c, p)),
    _route("GET", "/services/data", lambda s, c, p: describe_api.versions(s.org, c, p), is_open=True),
    _route("GET", _D + "?", lambda s, c, p: describe_api.resources(s.org, c, p)),
    _route("GET", _D + "/limits", lambda s, c, p: describe_api.limits(s.org, c, p, s.calls, s.jobs.created)),
    _route("GET", _D + "/sobjects", lambda s, c, p: describe_api.describe_global(s.org, c, p)),
    _route("GET", _D + "/sobjects/{object}", lambda s, c, p: describe_api.basic_information(s.org, c, p)),
    _route("GET", _D + "/sobjects/{object}/describe", lambda s, c, p: describe_api.describe(s.org, c, p)),
    _route("GET", _D + "/sobjects/{object}/{id}", lambda s, c, p: describe_api.record(s.org, c, p)),
    _route("GET", _D + "/query", lambda s, c, p: query_api.query(s.org, s.cursors, c, p, all_rows=False)),
    _route("GET", _D + "/queryAll", lambda s, c, p: query_api.query(s.org, s.cursors, c, p, all_rows=True)),
    _route("GET", _D + "/query/{locator}", lambda s, c, p: query_api.next_page(s.org, s.cursors, c, p)),
    _route("GET", _D + "/queryAll/{locator}", lambda s, c, p: query_api.next_page(s.org, s.cursors, c, p)),
    _route("POST", _D + "/jobs/query", lambda s, c, p: s.jobs.create(c, p)),
    _route("GET", _D + "/jobs/query", lambda s, c, p: s.jobs.list(c, p)),
    _route("GET", _D + "/jobs/query/{job}", lambda s, c, p: s.jobs.info(c, p)),
    _route("PATCH", _D + "/jobs/query/{job}", lambda s, c, p: s.jobs.patch(c, p)),
    _route("DELETE", _D + "/jobs/query/{job}", lambda s, c, p: s.jobs.delete(c, p)),
    _route("GET", _D + "/jobs/query/{job}/results", lambda s, c, p: s.jobs.results(c, p)),
    _route("GET", _D + "/jobs/query/{job}/resultPages", lambda s, c, p: s.jobs.result_pages(c, p)),
    _route("POST", CONTROL + "changes", lambda s, c, p: control_api.changes(s.org, c, p), is_open=True),
    _route("POST", CONTROL + "clock", lambda s, c, p: control_api.clock(s.org, c, p), is_open=True),
    _route("GET", CONTROL + "clock", lambda s, c, p: control_api.clock(s.org, c, p), is_open=True),
    _route("GET", CONTROL + "truth/{object}", lambda s, c, p: control_api.truth(s.org, c, p), is_open=True),
    _route("GET", CONTROL + "log", lambda s, c, p: json_answer(s.log.entries()), is_open=True),
    _route("DELETE", CONTROL + "log", lambda s, c, p: s.clear_log(), is_open=True),
    _route("POST", CONTROL + "faults", lambda s, c, p: s.no_faults(), is_open=True),
    _route("DELETE", CONTROL + "faults", lambda s, c, p: s.no_faults(), is_open=True),
)
