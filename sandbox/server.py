"""The sandbox as a web application: paths to handlers, tokens, headers, and the log of requests."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from sandbox import describe_api
from sandbox.bulk_api import BulkJobs
from sandbox.errors import ApiError
from sandbox.org import Org
from sandbox.query_api import Cursors
from sandbox.request_log import RequestLog
from sandbox.routes import CONTROL, ROUTES
from sandbox.sessions import Sessions
from sandbox.wire import Answer, Call, json_answer, no_content

_SMALLEST_GZIP = 1024
_GZIP_LEVEL = 1


class Sandbox:
    """A local Salesforce: an org, its sessions, cursors and jobs. An ASGI application.

    Close it after use: results of Bulk jobs lie on disk until then.
    """

    org: Org
    sessions: Sessions
    cursors: Cursors
    jobs: BulkJobs
    log: RequestLog
    calls: int

    def __init__(self, org: Org, seed: int = 0) -> None:
        self.org = org
        self.sessions = Sessions(org.settings.organization_id, org.settings.name, seed)
        self.first_session = self.sessions.open(org.user.id, org.now())
        self.cursors = Cursors()
        self.jobs = BulkJobs(org)
        self.log = RequestLog()
        self.calls = 0
        self._counting = threading.Lock()

    def close(self) -> None:
        """Stop running jobs and remove their results."""
        self.jobs.close()

    def clear_log(self) -> Answer:
        """Forget the requests seen so far."""
        self.log.clear()
        return no_content()

    def no_faults(self) -> Answer:
        """Faults are not there yet, which a caller must not overlook."""
        raise ApiError(501, "NOT_IMPLEMENTED", "this sandbox cannot switch on faults yet")

    def answer(self, call: Call) -> Answer:
        """Answer one request; errors become Salesforce's bodies."""
        try:
            return self._dispatched(call)
        except ApiError as error:
            return json_answer(error.body, error.status)

    def _dispatched(self, call: Call) -> Answer:
        other_method = False
        for route in ROUTES:
            match = route.pattern.fullmatch(call.path)
            if match is None:
                continue
            if route.method != call.method:
                other_method = True
                continue
            path = match.groupdict()
            if "version" in path:
                _check_version(path["version"])
            if not route.is_open:
                session = self.sessions.find(call.headers.get("authorization"))
                if session is None:
                    raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
                call = call._replace(session=session)
                with self._counting:
                    self.calls += 1
            return route.handler(self, call, path)
        if other_method:
            raise ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{call.method}' not allowed.")
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; work is done in a thread, so that the loop never waits."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        call = Call(
            method=request.method,
            path=scope["path"],
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
            body=body,
            base_url=f"{scope['scheme']}://{request.headers.get('host', '127.0.0.1')}",
        )
        answer = await run_in_threadpool(self.answer, call)
        if not call.path.startswith(CONTROL):
            self.log.add(call, answer.status, self.org.now())
        await _send(call, self._with_headers(call, answer), send)

    def _with_headers(self, call: Call, answer: Answer) -> Answer:
        """Add the headers that all answers have, and compress where the client asked for it."""
        headers = [("Date", format_datetime(self.org.now(), usegmt=True)), *answer.headers]
        if call.path.startswith("/services/data/"):
            used, most = self.calls, self.org.settings.daily_api_requests
            headers.append(("Sforce-Limit-Info", f"api-usage={used}/{most}"))
        body = answer.body
        large = not isinstance(body, bytes) or len(body) >= _SMALLEST_GZIP
        if large and "gzip" in call.headers.get("accept-encoding", ""):
            headers.append(("Content-Encoding", "gzip"))
            body = b"".join(_gzipped(iter((body,)))) if isinstance(body, bytes) else _gzipped(body)
        if isinstance(body, bytes) and answer.status != 204:
            headers.append(("Content-Length", str(len(body))))
        elif answer.status != 204:
            headers.append(("Transfer-Encoding", "chunked"))
        return Answer(answer.status, body, tuple(headers))


def _check_version(version: str) -> None:
    number = float(version)
    if number < describe_api.RETIRED_BELOW:
        raise ApiError(410, "UNSUPPORTED_API_VERSION", f"API version {version} is retired")
    if not describe_api.OLDEST_VERSION <= number <= describe_api.NEWEST_VERSION:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def _gzipped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for block in blocks:
        if packed := packer.compress(block):
            yield packed
    yield packer.flush()


async def _send(call: Call, answer: Answer, send: Send) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
    start: dict[str, Any] = {"type": "http.response.start", "status": answer.status, "headers": raw}
    await send(start)
    if isinstance(answer.body, bytes):
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})
        return
    async for block in iterate_in_threadpool(answer.body):
        await send({"type": "http.response.body", "body": block, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
