"""The requests that a sandbox has seen, for tests and for curious people. Tokens and secrets are not kept."""

from __future__ import annotations

import json
import threading
from collections import deque
from datetime import datetime

from sandbox.wire import Call, rest_time

_MOST = 100_000
_LONGEST_BODY = 20_000
_HEADERS = (
    "accept", "accept-encoding", "content-type", "if-match", "if-modified-since", "if-none-match",
    "if-unmodified-since", "user-agent", "x-prettyprint",
)  # fmt: skip
# What requests to the OAuth endpoints may be known for; all else that they say is a secret, or as good as one.
_OPEN = frozenset(
    ["grant_type", "response_type", "redirect_uri", "scope", "code_challenge_method", "decision", "format"]
)
_SECRETS = frozenset(["oauth_token", "access_token", "token"])


class RequestLog:
    """Requests in their order; the oldest go when there are very many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, object]] = deque(maxlen=_MOST)
        self._count = 0

    def add(self, call: Call, status: int, at: datetime) -> None:
        """Keep a request with the status that it got; `at` is the org's time."""
        is_oauth = "oauth2" in call.path
        query = {name: value for name, value in call.query.items() if name not in _SECRETS}
        with_headers = {n: v for n, v in call.headers.items() if n in _HEADERS or n.startswith("sforce-")}
        with self._lock:
            self._count += 1
            self._entries.append(
                {
                    "number": self._count,
                    "at": rest_time(at),
                    "method": call.method,
                    "path": call.path,
                    "query": _veiled(query) if is_oauth else query,
                    "headers": with_headers,
                    "body": _veiled(call.form()) if is_oauth and call.body else _json_body(call),
                    "status": status,
                }
            )

    def entries(self) -> list[dict[str, object]]:
        """The requests so far."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._entries.clear()


def _veiled(given: dict[str, str]) -> dict[str, str]:
    return {name: value if name in _OPEN else "***" for name, value in given.items()}


def _json_body(call: Call) -> object:
    if not call.headers.get("content-type", "").startswith("application/json") or len(call.body) > _LONGEST_BODY:
        return None
    try:
        body: object = json.loads(call.body) if call.body else None
    except ValueError:
        return call.body.decode("utf-8", "replace")
    return body
