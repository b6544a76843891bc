"""A wire that fails on command, before a real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

import httpx

Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Fault:
    """Requests whose method, path or query hold `part` get `answer` instead, `times` times (None: always)."""

    part: str
    answer: Answer
    times: int | None = 1
    after: int = 0
    seen: int = field(default=0, init=False)

    def takes(self, request: httpx.Request) -> bool:
        """Whether this request fails; counts it."""
        text = f"{request.method} {unquote_plus(str(request.url))} {request.content.decode(errors='replace')}"
        if self.part not in text:
            return False
        self.seen += 1
        number = self.seen - self.after
        return number > 0 and (self.times is None or number <= self.times)


class Faulty(httpx.BaseTransport):
    """Sends requests over a real connection, except those that a fault takes. `log` holds what was asked."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        self.log: list[httpx.Request] = []
        self._real = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        request.read()
        self.log.append(request)
        for fault in self.faults:
            if fault.takes(request):
                return fault.answer(request)
        return self._real.handle_request(request)

    def close(self) -> None:
        """Close the real connection."""
        self._real.close()


def refuse(status: int, code: str, message: str, **headers: str) -> Answer:
    """An error as Salesforce's REST answers it."""
    return lambda request: httpx.Response(status, json=[{"errorCode": code, "message": message}], headers=headers)


def page(status: int, html: str = "<html>maintenance</html>", **headers: str) -> Answer:
    """A web page."""
    return lambda request: httpx.Response(status, html=html, headers=headers)


def reset(request: httpx.Request) -> httpx.Response:
    """A connection that breaks."""
    raise httpx.ReadError("connection reset", request=request)


def real_but(change: Callable[[httpx.Response], httpx.Response]) -> Answer:
    """The real answer, read whole and then changed."""

    def answer(request: httpx.Request) -> httpx.Response:
        with httpx.HTTPTransport() as transport:
            response = transport.handle_request(request)
            response.read()
            return change(response)

    return answer


def body(response: httpx.Response, content: bytes, **headers: str) -> httpx.Response:
    """The page of a Bulk job with other content, sent as a stream."""
    kept = {name: value for name, value in response.headers.items() if name.startswith(("sforce", "content-type"))}
    return httpx.Response(200, stream=httpx.ByteStream(content), headers={**kept, **headers})
