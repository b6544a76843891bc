"""The requests that a sandbox has seen, for tests and for curious people. Tokens and secrets are not kept."""

from __future__ import annotations

import json
import threading
from collections import deque
from datetime import datetime

from sandbox.wire import Call, rest_time

_MOST = 100_000
_LONGEST_BODY = 20_000


class RequestLog:
    """Requests in their order; the oldest go when there are very many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, object]] = deque(maxlen=_MOST)
        self._count = 0

    def add(self, call: Call, status: int, at: datetime) -> None:
        """Keep a request with the status that it got; `at` is the org's time."""
        body = None
        kind = call.headers.get("content-type", "")
        if kind.startswith("application/json") and len(call.body) <= _LONGEST_BODY:
            try:
                body = json.loads(call.body) if call.body else None
            except ValueError:
                body = call.body.decode("utf-8", "replace")
        with self._lock:
            self._count += 1
            self._entries.append(
                {
                    "number": self._count,
                    "at": rest_time(at),
                    "method": call.method,
                    "path": call.path,
                    "query": dict(call.query) if "oauth2" not in call.path else {},
                    "body": body,
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
