"""How a session with Salesforce begins: a token that exists, or the credentials of a client."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, TypeGuard

import httpx

from engine.errors import (
    RUN_AGAIN,
    ConfigurationError,
    NotSalesforceError,
    SignInError,
    UnavailableError,
    UnreachableError,
)
from engine.salesforce.answers import json_of


@dataclass(frozen=True, slots=True)
class Session:
    """Where the org's data is served, and the token that opens it. The token never shows in a `repr`."""

    instance_url: str
    access_token: str = field(repr=False)


class Credentials(Protocol):
    """A way to get a session."""

    def obtain(self, http: httpx.Client, expired: Session | None) -> Session:
        """Return a new session; `expired` is the one that Salesforce no longer takes, None at the start.

        Raises SignInError when Salesforce refuses, a transient SalesforceError when asking again may help.
        """
        ...


class GivenToken:
    """A session that somebody else opened: `ACCORD_INSTANCE_URL` and `ACCORD_ACCESS_TOKEN`."""

    def __init__(self, instance_url: str, access_token: str) -> None:
        if not is_token(access_token):
            raise ConfigurationError(
                "the access token has characters that no token has",
                hint="copy it into ACCORD_ACCESS_TOKEN again, without dots that stand for the rest or a line break",
            )
        self._session = Session(_address(instance_url), access_token)

    def obtain(self, http: httpx.Client, expired: Session | None) -> Session:
        """Return the given session, once: a token alone cannot be renewed."""
        if expired is not None:
            raise SignInError(
                f"{expired.instance_url} does not accept the access token: it is wrong or has expired",
                hint="set ACCORD_ACCESS_TOKEN to a new one and run again",
            )
        return self._session


class ClientCredentials:
    """OAuth's client credentials flow, on the org's own My Domain host."""

    def __init__(self, login_url: str, client_id: str, client_secret: str) -> None:
        self._login_url = _address(login_url)
        self._client_id = client_id
        self._client_secret = client_secret

    def obtain(self, http: httpx.Client, expired: Session | None) -> Session:
        """Ask the token endpoint for a session."""
        url = f"{self._login_url}/services/oauth2/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        }
        try:
            response = http.post(url, data=form)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise UnreachableError(f"{self._login_url} does not answer ({type(error).__name__})") from error
        if response.status_code >= 500 or response.status_code in (406, 420, 429):
            raise UnavailableError(
                f"{self._login_url} is not available (status {response.status_code})",
                status=response.status_code,
            )
        answer = json_of(response.content)
        if response.is_success and not isinstance(answer, dict):
            raise NotSalesforceError(
                f"{self._login_url} answers a sign-in with no JSON of Salesforce's",
                hint="check the login address: it is the org's My Domain address; a maintenance page passes by itself",
                status=response.status_code,
            )
        if response.is_success and isinstance(answer, dict) and "error" not in answer:
            if not is_token(answer.get("access_token")):
                raise SignInError(f"{self._login_url} answers a sign-in without a token", hint=RUN_AGAIN)
            return Session(_address(str(answer.get("instance_url") or self._login_url)), answer["access_token"])
        raise SignInError(
            f"{self._login_url} refuses to sign in: {_reason(answer, response.status_code)}",
            hint="check the client id and secret, and that the app has a user for client credentials",
        )


def is_token(token: object) -> TypeGuard[str]:
    """Whether something can be an access token: it goes into a header."""
    return isinstance(token, str) and token.isascii() and token.isprintable() and bool(token) and " " not in token


def _address(url: str) -> str:
    address = url.strip().rstrip("/")
    if not address.startswith(("https://", "http://")):
        address = f"https://{address}"
    try:
        parsed = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"`{url}` is no address of a Salesforce org") from error
    if not parsed.host:
        raise ConfigurationError(f"`{url}` is no address of a Salesforce org")
    return address


def _reason(answer: Any, status: int) -> str:
    if isinstance(answer, dict) and "error" in answer:
        return f"{answer['error']}: {answer.get('error_description') or 'no reason given'}"
    return f"status {status}, and no JSON that says why"
