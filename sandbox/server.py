"""The sandbox as a web application: paths to handlers, tokens, headers, and the log of requests."""

from __future__ import annotations

import logging
import threading
from email.utils import format_datetime
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from sandbox import describe_api
from sandbox.bulk_api import BulkJobs
from sandbox.errors import ApiError
from sandbox.faults import Faults
from sandbox.org import Org
from sandbox.query_cursors import Cursors
from sandbox.request_log import RequestLog
from sandbox.routes import CONTROL, ROUTES
from sandbox.sending import encoded, send_answer
from sandbox.sessions import Sessions
from sandbox.sign_in import SignIn
from sandbox.wire import Answer, Call, json_answer, no_content

_LOG = logging.getLogger(__name__)
# The OAuth and SOAP endpoints check their bodies themselves.
_JSON_ONLY = "/services/data/"
_JSON_TYPES = ("application/json", "text/json")


class Sandbox:
    """A local Salesforce: an org, its sessions, cursors and jobs. An ASGI application.

    Close it after use: results of Bulk jobs lie on disk until then.
    """

    org: Org
    sessions: Sessions
    sign_in: SignIn
    cursors: Cursors
    jobs: BulkJobs
    log: RequestLog
    faults: Faults
    calls: int

    def __init__(self, org: Org, seed: int = 0) -> None:
        self.org = org
        self.sessions = Sessions(org.settings.organization_id, org.settings.name, seed, org.settings.oauth)
        self.sign_in = SignIn(org, self.sessions)
        self.first_session = self.sessions.open(org.user.id, org.now())
        self.cursors = Cursors()
        self.jobs = BulkJobs(org)
        self.log = RequestLog()
        self.faults = Faults(seed)
        self.calls = 0
        self._mistakes = 0
        self._counting = threading.Lock()

    def close(self) -> None:
        """Stop running jobs and remove their results."""
        self.jobs.close()

    def clear_log(self) -> Answer:
        """Forget the requests seen so far."""
        self.log.clear()
        return no_content()

    def answer(self, call: Call) -> Answer:
        """Answer one request, through the faults that are switched on; errors become Salesforce's bodies."""
        try:
            if call.path.startswith(CONTROL):
                return self._answered(call)
            return self.faults.around(self, call, self._answered)
        except Exception:  # a mistake of ours: the client gets what Salesforce's own mistakes look like
            return self._unexpected(call)

    def _unexpected(self, call: Call) -> Answer:
        with self._counting:
            self._mistakes += 1
            number = f"{self._mistakes:010d}-{self.calls:05d}"
        _LOG.exception("%s %s was not answered, error id %s", call.method, call.path, number)
        words = "An unexpected error occurred. Please include this ErrorId if you contact support: "
        return json_answer([{"message": words + number, "errorCode": "UNKNOWN_EXCEPTION"}], 500)

    def _answered(self, call: Call) -> Answer:
        try:
            return self._dispatched(call)
        except ApiError as error:
            return json_answer(error.body, error.status)

    def seen(self, call: Call) -> Org:
        """The org as the user of the call sees it."""
        return self.org.seen_by(call.user.user_id)

    def answer_counted(self, call: Call) -> Answer:
        """Answer a request that stands inside of another and counts as one; raises ApiError."""
        return self._dispatched(call, counted=True)

    def answer_uncounted(self, call: Call) -> Answer:
        """Answer a request that is part of another one; raises ApiError."""
        return self._dispatched(call, counted=False)

    def _dispatched(self, call: Call, *, counted: bool = True) -> Answer:
        self.org.catch_up()
        if call.method == "POST" and "_HttpMethod" in call.query:
            call = call._replace(method=call.query["_HttpMethod"].upper())
        other_method = False
        wanted = "GET" if call.method == "HEAD" else call.method
        for route in ROUTES:
            match = route.pattern.fullmatch(call.path)
            if match is None:
                continue
            if route.method != wanted:
                other_method = True
                continue
            path = match.groupdict()
            if "version" in path:
                _check_version(path["version"], route.since)
            if not route.is_open:
                session = call.session or self.sessions.find(call.headers.get("authorization"))
                if session is None:
                    raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
                call = call._replace(session=session)
                if counted:
                    with self._counting:
                        self.calls += 1
            _check_media_type(call)
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
            path="/" + scope["path"].lstrip("/"),  # some clients put one slash too many behind the host
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
            body=body,
            base_url=f"{scope['scheme']}://{request.headers.get('host', '127.0.0.1')}",
            uri_bytes=len(scope["raw_path"]) + len(scope["query_string"]),
            header_bytes=sum(len(name) + len(value) + 4 for name, value in scope["headers"]),
        )
        answer = await run_in_threadpool(self.answer, call)
        if not call.path.startswith(CONTROL):
            self.log.add(call, answer.status, self.org.now())
        await send_answer(self._with_headers(call, answer), scope, receive, send)

    def _with_headers(self, call: Call, answer: Answer) -> Answer:
        """Add the headers that all answers have, and compress where the client asked for it."""
        headers = [("Date", format_datetime(self.org.now(), usegmt=True)), *answer.headers]
        if call.path.startswith("/services/data/") and "Sforce-Limit-Info" not in dict(answer.headers):
            used, most = self.calls, self.org.settings.daily_api_requests
            headers.append(("Sforce-Limit-Info", f"api-usage={used}/{most}"))
        return encoded(answer._replace(headers=tuple(headers)), call.headers.get("accept-encoding", ""))


def _check_media_type(call: Call) -> None:
    """Raise ApiError 415 for a body that says it is no JSON; one that says nothing is taken for JSON."""
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if call.body and call.path.startswith(_JSON_ONLY) and kind and kind not in _JSON_TYPES:
        words = f"MediaType of '{kind}' is not supported by this resource"
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", words)


def _check_version(version: str, since: float) -> None:
    number = float(version)
    if number < describe_api.RETIRED_BELOW:
        raise ApiError(410, "UNSUPPORTED_API_VERSION", f"API version {version} is retired")
    if not max(describe_api.OLDEST_VERSION, since) <= number <= describe_api.NEWEST_VERSION:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
