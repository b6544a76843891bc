"""The client: one HTTP connection pool, one session for the process, bounded patience."""

from __future__ import annotations

import random
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx

from engine.clock import CancelToken, Clock
from engine.errors import (
    RUN_AGAIN,
    BrokenAnswerError,
    DiskError,
    QuotaError,
    SalesforceError,
    SessionExpiredError,
    UnreachableError,
)
from engine.events import Listener, RequestMade, Waiting, ignore
from engine.salesforce.answers import json_of, moment, not_json, refusal, usage_of
from engine.salesforce.gzip_check import GzipCheck
from engine.salesforce.patience import Patience
from engine.salesforce.session import Credentials, Session
from engine.salesforce.shared_session import SharedSession

API_VERSION = "66.0"
USER_AGENT = "accord"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Download:
    """A body that was written to a file as it came: its headers, and whether it is still compressed."""

    path: Path
    status: int
    headers: Mapping[str, str]
    gzip: bool


class SalesforceClient:
    """Sends requests to one org. Safe to use from several threads; close it, or use it in a `with`.

    `reserve` is the share of the org's daily requests that is left to others: below it QuotaError is raised before the
    org itself refuses.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        clock: Clock,
        cancel: CancelToken | None = None,
        events: Listener = ignore,
        api_version: str = API_VERSION,
        patience: Patience | None = None,
        jitter: random.Random | None = None,
        transport: httpx.BaseTransport | None = None,
        reserve: float = 0.0,
    ) -> None:
        self.reserve = reserve
        self.api_version = api_version
        self.clock = clock
        self.cancel = cancel or CancelToken()
        self.events = events
        self.requests = 0
        self.usage: tuple[int, int] | None = None
        self._patience = patience or Patience()
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._lock = threading.Lock()
        self._ahead: float | None = None
        self._http = httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(150.0, connect=15.0),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            limits=httpx.Limits(max_connections=10),
        )
        self._session = SharedSession(
            lambda expired: credentials.obtain(self._http, expired), self._patience, self._pause
        )

    def __enter__(self) -> SalesforceClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def instance_url(self) -> str:
        """The address that serves the org's data. Signs in if that has not happened yet."""
        return self._session.current().instance_url

    def now(self) -> datetime:
        """The time in UTC as the org sees it, from the `Date` of its answers; before the first one, the clock's.

        Where they contradict each other the earliest counts: what is read twice costs less than what is never read.
        """
        if self._ahead is None:
            return self.clock.now()
        # The clock may be set meanwhile; what has passed may not.
        return datetime.fromtimestamp(self._ahead + self.clock.monotonic(), UTC)

    @contextmanager
    def cancelled_together(self) -> Iterator[CancelToken]:
        """Give a token that ends all requests and waits within the block, in whatever thread, and none after it."""
        whole = self.cancel
        self.cancel = CancelToken(whole)
        try:
            yield self.cancel
        finally:
            self.cancel = whole

    def data(self, path: str) -> str:
        """The path of a resource under this API version: `data("sobjects")`."""
        return f"/services/data/v{self.api_version}/{path}"

    def get_json(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        exact: bool = False,
        tries: int | None = None,
        expect: Callable[[Any], Any] | None = None,
    ) -> Any:
        """GET a JSON document; `exact` keeps its numbers as text. Raises SalesforceError or SignInError.

        `expect` may raise BrokenAnswerError for an answer, so that it is asked for again, and says what is returned.
        """
        return self._json("GET", path, params=params, headers=headers, exact=exact, tries=tries, expect=expect)

    def post_json(self, path: str, body: Mapping[str, object]) -> Any:
        """POST a JSON document and return the answer's."""
        return self._json("POST", path, body=body)

    def patch_json(
        self, path: str, body: Mapping[str, object], *, past_reserve: bool = False, tries: int | None = None
    ) -> Any:
        """PATCH with a JSON document and return the answer's, None if it is empty.

        `past_reserve`: it is sent even if it takes of what is left to others.
        """
        return self._json("PATCH", path, body=body, past_reserve=past_reserve, tries=tries)

    def sleep(self, seconds: float) -> None:
        """Wait, in steps of at most a second. Raises CancelledError as soon as the end is asked for."""
        self.cancel.check()
        while seconds > 0:
            self.clock.sleep(min(seconds, 1.0))
            self.cancel.check()
            seconds -= 1.0

    def delete(self, path: str, *, tries: int | None = None) -> None:
        """DELETE a resource, even if that takes of what is left to others."""

        def send(session: Session) -> None:
            with self._answer(session, "DELETE", path) as response:
                response.read()

        self._patiently(send, tries)

    def download(
        self,
        path: str,
        params: Mapping[str, str],
        target: Path,
        ready: Callable[[int, Mapping[str, str]], bool],
    ) -> Download:
        """GET a body and write it to `target` as it comes over the wire, compressed if it came compressed.

        A body that ends early is thrown away and asked for again, and so is an answer that `ready` (given its
        status and headers) does not take. Raises SalesforceError or SignInError.
        """

        def send(session: Session) -> Download:
            self._check_reserve()
            with self._answer(session, "GET", path, params=params) as response:
                if not ready(response.status_code, response.headers):
                    raise BrokenAnswerError(f"GET {path} has no data yet (status {response.status_code})")
                gzip = response.headers.get("content-encoding", "").lower() == "gzip"
                self._write(response, target, path, gzip=gzip)
                return Download(target, response.status_code, response.headers, gzip)

        return self._patiently(send)

    def _json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        exact: bool = False,
        tries: int | None = None,
        expect: Callable[[Any], Any] | None = None,
        past_reserve: bool = False,
    ) -> Any:
        def send(session: Session) -> Any:
            if not past_reserve:
                self._check_reserve()
            with self._answer(session, method, path, params=params, body=body, headers=headers) as response:
                content = self._read(response, path)
                if not content and response.status_code == 204:
                    return None if expect is None else expect(None)
                answer = json_of(content, exact=exact)
                if answer is None:
                    cut = content[:1] in (b"{", b"[")
                    raise not_json(method, path, response.headers, whole=not cut)
                return answer if expect is None else expect(answer)

        return self._patiently(send, tries)

    @contextmanager
    def _answer(
        self,
        session: Session,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[httpx.Response]:
        """Send a request; give the answer if it is a success, raise what it stands for if it is not."""
        started = self.clock.monotonic()
        try:
            request = self._http.build_request(
                method,
                session.instance_url + path,
                params=params,
                json=body,
                headers={**(headers or {}), "Authorization": f"Bearer {session.access_token}"},
            )
        except httpx.InvalidURL as error:
            raise SalesforceError(
                f"Salesforce goes on at {path[:200]!r}, which is no address", hint=RUN_AGAIN
            ) from error
        with self._lock:
            self.requests += 1
        try:
            response = self._http.send(request, stream=True)
            try:
                self._note(method, path, response, self.clock.monotonic() - started)
                if not response.is_success:
                    said = self._read(response, path).replace(session.access_token.encode(), b"...")
                    raise refusal(response.status_code, response.headers, said, method, path)
                self._session.note_success(session)
                yield response
            finally:
                response.close()
        except (httpx.TransportError, httpx.DecodingError, zlib.error) as error:
            raise UnreachableError(
                f"{session.instance_url} does not answer {method} {path} ({type(error).__name__})",
                hint="check the address and the network",
            ) from error

    def _note(self, method: str, path: str, response: httpx.Response, seconds: float) -> None:
        usage = usage_of(response.headers.get("sforce-limit-info"))
        if usage:
            self.usage = usage
        served = moment(response.headers.get("date"))
        if served is not None:
            ahead = served - self.clock.monotonic()
            self._ahead = ahead if self._ahead is None else min(self._ahead, ahead)
        used, allowed = self.usage or (None, None)
        self.events(RequestMade(method, path, response.status_code, seconds, used, allowed))

    def _read(self, response: httpx.Response, path: str) -> bytes:
        """The body, decoded."""
        return b"".join(self._in_time(response.iter_bytes(), path))

    def _write(self, response: httpx.Response, target: Path, path: str, *, gzip: bool) -> None:
        """Write the body as it comes. Raises BrokenAnswerError for one that ends early."""
        whole = GzipCheck() if gzip else None
        try:
            with target.open("wb") as file:
                for chunk in self._in_time(response.iter_raw(), path):
                    if whole is not None:
                        whole.feed(chunk)
                    file.write(chunk)
        except OSError as error:
            raise DiskError(f"{target} cannot be written: {error.strerror}") from error
        if whole is not None and not whole.ended:
            raise BrokenAnswerError(f"the answer to GET {path} ends early")

    def _in_time(self, chunks: Iterator[bytes], path: str) -> Iterator[bytes]:
        """The chunks; what comes slower than the patience allows is broken."""
        patience = self._patience
        since, received = self.clock.monotonic(), 0
        for chunk in chunks:
            self.cancel.check()
            now = self.clock.monotonic()
            # That another chunk has come says that the ones before were not all of it.
            if received and now - since > patience.slow_window:
                if received < patience.slow_bytes:
                    raise BrokenAnswerError(f"{path} comes too slowly: {received} bytes in {now - since:.0f} s")
                since, received = now, 0
            yield chunk
            received += len(chunk)

    def _check_reserve(self) -> None:
        if self.usage is None or not self.reserve:
            return
        used, allowed = self.usage
        if used >= allowed * (1 - self.reserve):
            raise QuotaError(
                f"the org has used {used:,} of its {allowed:,} requests of the last 24 hours, and {self.reserve:.0%} of"
                " them are left to others",
                hint="run again later, or leave less to others: `api_reserve`",
                code="RESERVE",
            )

    def _patiently(self, send: Callable[[Session], _T], tries: int | None = None) -> _T:
        started = self.clock.monotonic()
        allowed = tries or self._patience.tries
        attempt = 0
        renewed = False
        while True:
            self.cancel.check()
            attempt += 1
            session = self._session.current()
            try:
                return send(session)
            except SessionExpiredError:
                if renewed or self._session.is_hopeless(session):
                    raise
                self._session.renew(session)
                renewed = True
                attempt -= 1
            except SalesforceError as error:
                waited = self.clock.monotonic() - started
                if (
                    attempt >= allowed
                    or waited > self._patience.within
                    or not self._patience.is_worth_waiting(error, attempt)
                ):
                    raise
                self._pause(error, attempt)

    def _pause(self, error: SalesforceError, attempt: int) -> None:
        seconds = self._patience.wait(error, attempt, self._jitter)
        self.events(Waiting(seconds, error.message))
        self.sleep(seconds)
