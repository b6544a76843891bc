"""Requests and answers as plain values, so that a handler neither knows a web framework nor a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from sandbox.errors import ApiError
from sandbox.sessions import Session

JSON = "application/json;charset=UTF-8"
CSV = "text/csv; charset=UTF-8"


class Call(NamedTuple):
    """One request. Header names are in lower case; `path` is decoded; `session` is set where a token was needed.

    `uri_bytes` and `header_bytes` are how long the address and the headers were on the wire.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    session: Session | None = None
    uri_bytes: int = 0
    header_bytes: int = 0

    @property
    def user(self) -> Session:
        """The session of a request that needs one."""
        assert self.session is not None
        return self.session

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; raises ApiError JSON_PARSER_ERROR."""
        value = self.json_value()
        if not isinstance(value, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "a JSON object is wanted")
        return value

    def json_value(self, *, exact: bool = True) -> Any:  # any JSON may come
        """The body as JSON of any kind; numbers with a point are kept as text of their digits if `exact`."""
        try:
            value = json.loads(self.body, parse_float=NumberText if exact else float)
            if b"\\u" in self.body:
                json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no text
            return value
        except RecursionError:
            raise ApiError(400, "JSON_PARSER_ERROR", "the body is nested too deeply") from None
        except ValueError as error:
            raise ApiError(400, "JSON_PARSER_ERROR", f"{error}") from None

    def form(self) -> dict[str, str]:
        """The body as an HTML form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


class NumberText(str):
    """The digits of a JSON number, as they were sent."""

    __slots__ = ()


class BreakKind(Enum):
    """How the transfer of a body goes wrong."""

    RESET = "the connection is reset"
    CLOSE = "the connection is closed, and the end of the body is never said"
    DRIP = "one byte at a time"


class Break(NamedTuple):
    """A transfer that goes wrong after so many bytes of the body (None: half of them).

    `seconds` is the time between two bytes of a drip, or before a reset.
    """

    kind: BreakKind
    after: int | None = None
    seconds: float = 0.0


class Answer(NamedTuple):
    """An answer: status, body (at once or as a stream) and headers in the letter case that goes on the wire.

    `compress` is whether the body may be compressed for a client that asks for it.
    """

    status: int
    body: bytes | Iterator[bytes]
    headers: tuple[tuple[str, str], ...] = ()
    compress: bool = True
    broken: Break | None = None


def json_answer(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A JSON body."""
    return Answer(status, json_bytes(value), (("Content-Type", JSON), *headers))


def json_text_answer(text: str, status: int = 200) -> Answer:
    """A body that is JSON already."""
    return Answer(status, text.encode(), (("Content-Type", JSON),))


def no_content() -> Answer:
    """204."""
    return Answer(204, b"")


def json_bytes(value: object) -> bytes:
    """JSON in UTF-8, without needless blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def rest_time(moment: datetime) -> str:
    """A moment as REST writes it: `2026-03-01T10:20:30.000+0000`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
