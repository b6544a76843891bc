"""Who is signed in: access tokens and the client that may ask for them."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from typing import NamedTuple

from sandbox.org_settings import name_digest

_TOKEN_LENGTH = 64


class Session(NamedTuple):
    """A valid access token."""

    token: str
    user_id: str
    issued_at: datetime


class Sessions:
    """The tokens of one server. They follow from the org's name and the seed, so that a run can be repeated."""

    def __init__(self, organization_id: str, org_name: str, seed: int) -> None:
        self._lock = threading.Lock()
        self._seed = f"{seed}:{organization_id}"
        self._organization_id = organization_id
        self._count = 0
        self._valid: dict[str, Session] = {}
        self.client_id = "3MVG9" + self._digest("client")[:40]
        self.client_secret = self._digest("secret").upper()

    def _digest(self, what: str) -> str:
        return hashlib.sha256(f"{self._seed}:{what}".encode()).hexdigest()

    def open(self, user_id: str, at: datetime) -> Session:
        """Issue a new token."""
        with self._lock:
            self._count += 1
            token = f"{self._organization_id[:15]}!AR8AQ{self._digest(f'token {self._count}')[:_TOKEN_LENGTH]}"
            session = Session(token, user_id, at)
            self._valid[token] = session
            return session

    def find(self, authorization: str | None) -> Session | None:
        """The session of an `Authorization` header, or None."""
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("bearer", "oauth"):
            return None
        with self._lock:
            return self._valid.get(token.strip())

    def close(self, token: str) -> bool:
        """Make a token invalid; False where it was not valid."""
        with self._lock:
            return self._valid.pop(token, None) is not None


def signature(text: str) -> str:
    """A stand-in for the signature that Salesforce's token answers carry."""
    return name_digest(text)
