"""One session for the process: whichever thread finds it expired renews it, once, for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from engine.errors import AccordError, SalesforceError, SignInError
from engine.salesforce.patience import Patience
from engine.salesforce.session import Session


class SharedSession:
    """The session that all threads of a client use.

    `obtain` opens a session in place of the one that expired (None: the first); `pause` waits after a failed attempt.
    """

    def __init__(
        self,
        obtain: Callable[[Session | None], Session],
        patience: Patience,
        pause: Callable[[SalesforceError, int], None],
    ) -> None:
        self._obtain = obtain
        self._patience = patience
        self._pause = pause
        self._lock = threading.Lock()
        self._current: Session | None = None
        self._failed: AccordError | None = None
        self._opened = 0
        self._worked = False

    def current(self) -> Session:
        """The session; the first caller opens it. Raises SignInError, or the SalesforceError that did not pass."""
        current = self._current
        return current if current is not None else self.renew(None)

    def note_success(self, session: Session) -> None:
        """Say that Salesforce has taken a session."""
        if session is self._current:
            self._worked = True

    def is_hopeless(self, session: Session) -> bool:
        """Whether an expired session is one that replaced another and was never of use: a third will be no better."""
        return session is self._current and not self._worked and self._opened > 1

    def renew(self, expired: Session | None) -> Session:
        """Sign in; of several threads that hold the same expired session, only the first does. Raises as `current`."""
        with self._lock:
            if self._current is not None and self._current is not expired:
                return self._current
            if self._failed is not None:
                raise self._failed
            try:
                self._current = self._patiently(expired)
            except (SignInError, SalesforceError) as error:
                # Other threads, which wait for the same, must not ask for it all over again.
                self._failed = error
                raise
            self._opened += 1
            self._worked = False
            return self._current

    def _patiently(self, expired: Session | None) -> Session:
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._obtain(expired)
            except SalesforceError as error:
                if attempt >= self._patience.tries or not self._patience.is_worth_waiting(error, attempt):
                    raise
                self._pause(error, attempt)
