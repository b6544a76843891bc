"""Time and patience as arguments: what the engine waits with and what may stop it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

from engine.errors import CancelledError


class Clock(Protocol):
    """What the engine knows of time."""

    def now(self) -> datetime:
        """The time in UTC, with its zone."""
        ...

    def monotonic(self) -> float:
        """Seconds from some start; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """The time in UTC, with its zone."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from some start; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class CancelToken:
    """Set by whoever wants the work to end; looked at between its steps.

    Args:
        above: a token that ends this work too, of which this is a part.
    """

    def __init__(self, above: CancelToken | None = None) -> None:
        self._event = threading.Event()
        self._above = above

    def cancel(self) -> None:
        """Ask for the end. Safe to call from a signal handler or another thread."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the end was asked for."""
        return self._event.is_set() or (self._above is not None and self._above.cancelled)

    def check(self) -> None:
        """Raise CancelledError if the end was asked for."""
        if self.cancelled:
            raise CancelledError("stopped on request", hint="what was published before stands; run again to go on")
