"""What signing in needs to know: the org, its sessions and grants, the app's settings and the key of assertions."""

from __future__ import annotations

import hmac
import threading
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from sandbox.device_flow import DeviceCodes
from sandbox.errors import OrgError
from sandbox.grants import Grants
from sandbox.org import Org
from sandbox.org_rules import OAuthSettings
from sandbox.org_settings import FILE_NAME
from sandbox.org_users import User, named_user
from sandbox.rsa_keys import PrivateKey, PublicKey, make_key, read_public_key
from sandbox.sessions import Sessions

SCOPES = ("api", "refresh_token", "offline_access", "id", "profile", "email", "address", "phone", "web", "full")
DEFAULT_SCOPE = "api refresh_token"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class App(NamedTuple):
    """The connected app as a client knows it."""

    client_id: str
    client_secret: str


class SignIn:
    """The identity side of a server. Raises OrgError where `org.toml` gives a key that is none."""

    def __init__(self, org: Org, sessions: Sessions) -> None:
        self.org = org
        self.sessions = sessions
        self.settings: OAuthSettings = org.settings.oauth
        self.grants = Grants(sessions.digest, rotates=self.settings.rotate_refresh_tokens)
        self.devices = DeviceCodes(sessions.digest)
        self.app = App(sessions.client_id, sessions.client_secret)
        self._making = threading.Lock()
        self._private_key: PrivateKey | None = None
        self._given_key: PublicKey | None = None
        if pem := self.settings.jwt_public_key:
            try:
                self._given_key = read_public_key(pem)
            except ValueError as error:
                raise OrgError(f"is no RSA key: {error}", Path(FILE_NAME), column="oauth jwt_public_key") from error

    @property
    def private_key(self) -> PrivateKey | None:
        """The key that the sandbox made for clients; None where `org.toml` gives the public half of another."""
        if self._given_key is not None:
            return None
        with self._making:
            if self._private_key is None:
                self._private_key = make_key(self.sessions.digest("jwt"))
            return self._private_key

    @property
    def public_key(self) -> PublicKey:
        """What assertions are verified with."""
        if self._given_key is not None:
            return self._given_key
        key = self.private_key
        assert key is not None
        return key.public

    def user(self, username_or_id: str) -> User | None:
        """The active user of that name or Id."""
        whole = self.org.whole
        if username_or_id.lower() in (whole.user.username.lower(), whole.user.id.lower()):
            return whole.user
        with whole.reading() as cursor:
            return named_user(cursor, whole.schema, whole.settings, username_or_id)

    def is_password(self, text: str) -> bool:
        """Whether it is the password that all users have: that of `org.toml`, else the app's secret."""
        return hmac.compare_digest(text.encode(), (self.settings.password or self.app.client_secret).encode())

    def takes_redirect(self, uri: str) -> bool:
        """Whether codes may be sent there: one of the listed addresses, or any on loopback where none is listed."""
        if self.settings.redirect_uris:
            return uri in self.settings.redirect_uris
        try:
            parts = urlsplit(uri)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK
