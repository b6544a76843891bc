"""What users have allowed a client: authorization codes, and the refresh tokens they were exchanged for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

CODE_MINUTES = 15


class Code(NamedTuple):
    """An authorization code, valid once and until `expires`. `challenge` is that of PKCE."""

    text: str
    user_id: str
    redirect_uri: str
    scope: str
    challenge: str | None
    expires: datetime


class Grant(NamedTuple):
    """A refresh token that is valid, and whose it is. `name` stays when the token is rotated."""

    name: str
    refresh_token: str
    user_id: str
    scope: str


class Grants:
    """The codes and refresh tokens of a server.

    Attributes:
        rotates: each refresh gives a new refresh token and kills the old one; using an old one revokes the grant.
    """

    def __init__(self, digest: Callable[[str], str], *, rotates: bool) -> None:
        self.rotates = rotates
        self._digest = digest
        self._lock = threading.Lock()
        self._count = 0
        self._codes: dict[str, Code] = {}
        self._valid: dict[str, Grant] = {}
        self._spent: dict[str, str] = {}

    def new_code(self, user_id: str, redirect_uri: str, scope: str, challenge: str | None, now: datetime) -> Code:
        """Issue an authorization code."""
        with self._lock:
            text = f"aPrx{self._next('code')[:60]}"
            code = Code(text, user_id, redirect_uri, scope, challenge, now + timedelta(minutes=CODE_MINUTES))
            self._codes[text] = code
            return code

    def take_code(self, text: str) -> Code | None:
        """The code, which is no longer valid then; None for one that is not."""
        with self._lock:
            return self._codes.pop(text, None)

    def open(self, user_id: str, scope: str) -> Grant:
        """Issue a refresh token."""
        with self._lock:
            name = self._next("grant")[:16]
            return self._issue(name, user_id, scope)

    def get(self, refresh_token: str) -> Grant | None:
        """The grant of a valid refresh token."""
        with self._lock:
            return self._valid.get(refresh_token)

    def refresh(self, refresh_token: str) -> Grant | None:
        """The grant, with a new token where they rotate; None where the token is not valid."""
        with self._lock:
            grant = self._valid.get(refresh_token)
            if grant is None or not self.rotates:
                return grant
            del self._valid[refresh_token]
            self._spent[refresh_token] = grant.name
            return self._issue(grant.name, grant.user_id, grant.scope)

    def spent(self, refresh_token: str) -> str | None:
        """The name of the grant whose old token this is, which some thief may have; None for other tokens."""
        with self._lock:
            return self._spent.get(refresh_token)

    def revoke(self, name: str) -> None:
        """Make the refresh token of a grant invalid."""
        with self._lock:
            self._valid = {text: grant for text, grant in self._valid.items() if grant.name != name}

    def revoke_all(self, user_id: str | None = None) -> int:
        """Make all refresh tokens invalid, or those of a user; returns how many there were."""
        with self._lock:
            kept = {t: g for t, g in self._valid.items() if user_id is not None and g.user_id != user_id}
            gone = len(self._valid) - len(kept)
            self._valid = kept
            return gone

    def _issue(self, name: str, user_id: str, scope: str) -> Grant:
        token = f"5Aep861{self._next('refresh')}"
        grant = self._valid[token] = Grant(name, token, user_id, scope)
        return grant

    def _next(self, kind: str) -> str:
        self._count += 1
        return self._digest(f"{kind} {self._count}")
