"""Who is signed in: access tokens and the client that may ask for them."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from typing import NamedTuple

from sandbox.org_rules import OAuthSettings
from sandbox.org_settings import name_digest

_TOKEN_LENGTH = 64


class Session(NamedTuple):
    """A valid access token. `grant` names the refresh token that it came with, or is empty."""

    token: str
    user_id: str
    issued_at: datetime
    scope: str = "api"
    grant: str = ""


class Sessions:
    """The tokens of one server. They follow from the org's name and the seed, so that a run can be repeated."""

    def __init__(self, organization_id: str, org_name: str, seed: int, app: OAuthSettings) -> None:
        self._lock = threading.Lock()
        self._seed = f"{seed}:{organization_id}"
        self._organization_id = organization_id
        self._count = 0
        self._valid: dict[str, Session] = {}
        self.client_id = app.client_id or "3MVG9" + self.digest("client")[:40]
        self.client_secret = app.client_secret or self.digest("secret").upper()

    def digest(self, what: str) -> str:
        """64 characters that are always the same for the same org, seed and `what`."""
        return hashlib.sha256(f"{self._seed}:{what}".encode()).hexdigest()

    def open(self, user_id: str, at: datetime, scope: str = "api", grant: str = "") -> Session:
        """Issue a new token."""
        with self._lock:
            self._count += 1
            token = f"{self._organization_id[:15]}!AR8AQ{self.digest(f'token {self._count}')[:_TOKEN_LENGTH]}"
            session = Session(token, user_id, at, scope, grant)
            self._valid[token] = session
            return session

    def find(self, authorization: str | None) -> Session | None:
        """The session of an `Authorization` header, or None."""
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("bearer", "oauth"):
            return None
        return self.get(token.strip())

    def get(self, token: str) -> Session | None:
        """The session of a token, or None."""
        with self._lock:
            return self._valid.get(token)

    def close(self, token: str) -> bool:
        """Make a token invalid; False where it was not valid."""
        with self._lock:
            return self._valid.pop(token, None) is not None

    def close_all(self, *, user_id: str | None = None, grant: str | None = None) -> int:
        """Make tokens invalid: all, those of a user, or those of a refresh token. Returns how many there were."""
        with self._lock:
            gone = [s.token for s in self._valid.values() if user_id in (None, s.user_id) and grant in (None, s.grant)]
            for token in gone:
                del self._valid[token]
        return len(gone)


def signature(text: str) -> str:
    """A stand-in for the signature that Salesforce's token answers carry."""
    return name_digest(text)
