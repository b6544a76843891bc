from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import Running

from .sign_in_help import CALLBACK, decide
from .wire_help import DATA

with warnings.catch_warnings():
    pytest.importorskip("authlib.deprecate")  # which sets a filter of its own
    warnings.simplefilter("ignore")
    httpx_client = pytest.importorskip("authlib.integrations.httpx_client")

VERIFIER = "a" * 64


@pytest.fixture
def authlib(strict_running: Running) -> Iterator[Any]:
    with httpx_client.OAuth2Client(
        strict_running.client_id,
        strict_running.client_secret,
        scope="api refresh_token",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint=f"{strict_running.instance_url}/services/oauth2/token",
        revocation_endpoint_auth_method="client_secret_post",
    ) as client:
        yield client


def _sign_in(running: Running, authlib: Any) -> dict[str, str]:
    authorize = f"{running.instance_url}/services/oauth2/authorize"
    address, state = authlib.create_authorization_url(authorize, code_verifier=VERIFIER)
    answer = decide(running, address)
    token: dict[str, str] = authlib.fetch_token(
        authorization_response=answer.headers["Location"], code_verifier=VERIFIER, state=state
    )
    return token


def test_authlib_goes_through_the_web_server_flow(strict_running: Running, authlib: Any) -> None:
    """Authorization URL, consent, code with PKCE, token, and a call that uses it."""
    token = _sign_in(strict_running, authlib)
    answer = authlib.get(f"{token['instance_url']}{DATA}/query", params={"q": "SELECT Name FROM Account ORDER BY Id"})

    assert [record["Name"] for record in answer.json()["records"]] == ["Acme", "Bravo"]


def test_authlib_refreshes_and_revokes(strict_running: Running, authlib: Any) -> None:
    """The refresh token outlives the session; revoking it ends both."""
    first = dict(_sign_in(strict_running, authlib))
    second = authlib.refresh_token(refresh_token=first["refresh_token"])
    revoked = authlib.revoke_token(
        f"{strict_running.instance_url}/services/oauth2/revoke", token=first["refresh_token"]
    )

    assert second["access_token"] != first["access_token"]
    assert revoked.status_code == 200
    assert authlib.get(f"{strict_running.instance_url}{DATA}/limits").status_code == 401


def test_authlib_understands_the_errors(strict_running: Running, authlib: Any) -> None:
    """A wrong verifier raises the client's own error."""
    from authlib.integrations.base_client import OAuthError

    authorize = f"{strict_running.instance_url}/services/oauth2/authorize"
    address, state = authlib.create_authorization_url(authorize, code_verifier=VERIFIER)
    location = decide(strict_running, address).headers["Location"]

    with pytest.raises(OAuthError, match="invalid_request: invalid code verifier"):
        authlib.fetch_token(authorization_response=location, code_verifier="b" * 64, state=state)
