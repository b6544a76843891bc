from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from sandbox import Org, OrgError, Running, serve
from sandbox.rsa_keys import make_key
from sandbox.token_api import JWT_BEARER

from . import writing_org
from .sign_in_help import signed_in, token, works
from .wire_help import DATA
from .writing_org import USER


def _post(running: Running, path: str, **form: str) -> httpx.Response:
    return httpx.post(f"{running.instance_url}/services/oauth2/{path}", data=form)


def _refresh(running: Running, refresh_token: str) -> httpx.Response:
    return token(running, grant_type="refresh_token", refresh_token=refresh_token)


def _rotating() -> Org:
    settings = {**writing_org.SETTINGS, "oauth": {"rotate_refresh_tokens": True}}
    return Org.from_rows(writing_org.DESCRIBES, writing_org.rows(), settings)


def test_a_refresh_gives_an_access_token_only(strict_running: Running) -> None:
    """Without rotation the refresh token stays as it is and is not told again."""
    tokens = signed_in(strict_running)
    first, second = (_refresh(strict_running, tokens["refresh_token"]).json() for _ in range(2))

    assert "refresh_token" not in first
    assert first["access_token"] != second["access_token"]
    assert works(strict_running, first["access_token"])


def test_a_refresh_token_that_is_none(strict_running: Running) -> None:
    """Refused for ever, in Salesforce's words."""
    answer = _refresh(strict_running, "5Aep861nope")

    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_grant", "error_description": "expired access/refresh token"}


def test_rotation_gives_a_new_refresh_token_each_time() -> None:
    """The switch in org.toml; the old token is dead at once."""
    org = _rotating()
    with serve(org) as running:
        first = signed_in(running)["refresh_token"]
        second = _refresh(running, first).json()["refresh_token"]
        third = _refresh(running, second).json()["refresh_token"]
    org.close()

    assert len({first, second, third}) == 3


def test_reuse_of_an_old_refresh_token_revokes_all() -> None:
    """Somebody has stolen it: the newest refresh token and its access tokens go too."""
    org = _rotating()
    with serve(org) as running:
        other = signed_in(running)
        tokens = signed_in(running)
        renewed = _refresh(running, tokens["refresh_token"]).json()
        reused = _refresh(running, tokens["refresh_token"])
        after = _refresh(running, renewed["refresh_token"])
        alive = [works(running, t["access_token"]) for t in (tokens, renewed, other)]
    org.close()

    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
    assert after.status_code == 400
    assert alive == [False, False, True]


def test_revoking_a_refresh_token_revokes_its_access_tokens(strict_running: Running) -> None:
    """200 without a body, then nothing works."""
    tokens = signed_in(strict_running)
    answer = _post(strict_running, "revoke", token=tokens["refresh_token"])

    assert (answer.status_code, answer.content) == (200, b"")
    assert not works(strict_running, tokens["access_token"])
    assert _refresh(strict_running, tokens["refresh_token"]).status_code == 400


def test_revoking_an_access_token_leaves_the_refresh_token(strict_running: Running) -> None:
    """One may ask for another one."""
    tokens = signed_in(strict_running)
    _post(strict_running, "revoke", token=tokens["access_token"])

    assert not works(strict_running, tokens["access_token"])
    assert _refresh(strict_running, tokens["refresh_token"]).status_code == 200


def test_revoking_what_is_no_token(strict_running: Running) -> None:
    """Two errors: an unknown token, and an unknown kind of token."""
    unknown = _post(strict_running, "revoke", token="x")
    kind = _post(strict_running, "revoke", token="x", token_type_hint="id_token")

    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_token")
    assert (kind.status_code, kind.json()["error"]) == (400, "unsupported_token_type")


def test_introspection(strict_running: Running) -> None:
    """The client learns whether a token is active, whose it is and what it may do."""
    tokens = signed_in(strict_running, scope="api refresh_token")
    app = {"client_id": strict_running.client_id, "client_secret": strict_running.client_secret}
    active = _post(strict_running, "introspect", token=tokens["access_token"], **app).json()
    unknown = _post(strict_running, "introspect", token="x", **app).json()
    stranger = _post(strict_running, "introspect", token=tokens["access_token"], client_id=app["client_id"])

    assert active == {
        "active": True,
        "scope": "api refresh_token",
        "client_id": app["client_id"],
        "username": "ada@acme.example",
        "sub": tokens["id"],
        "token_type": "access_token",
        "iat": 1769947200,
        "nbf": 1769947200,
    }
    assert unknown == {"active": False}
    assert stranger.json()["error"] == "invalid_client"


def test_the_identity_url(strict_running: Running) -> None:
    """What the token answer calls `id` tells who one is; without a good token a bare word."""
    tokens = signed_in(strict_running)
    answer = httpx.get(tokens["id"], headers={"Authorization": f"Bearer {tokens['access_token']}"}).json()
    missing, bad = httpx.get(tokens["id"]), httpx.get(tokens["id"], headers={"Authorization": "Bearer x"})

    assert (answer["user_id"], answer["username"], answer["id"]) == (USER, "ada@acme.example", tokens["id"])
    assert answer["urls"]["rest"] == f"{strict_running.instance_url}/services/data/v{{version}}/"
    assert (missing.status_code, missing.text) == (403, "Missing_OAuth_Token")
    assert (bad.status_code, bad.text) == (403, "Bad_OAuth_Token")


def test_client_credentials_can_be_switched_off() -> None:
    """An org without a user for them says so."""
    settings = {**writing_org.SETTINGS, "oauth": {"client_credentials": False}}
    org = Org.from_rows(writing_org.DESCRIBES, writing_org.rows(), settings)
    with serve(org) as running:
        answer = token(running, grant_type="client_credentials", client_secret=running.client_secret)
    org.close()

    assert answer.json() == {"error": "invalid_grant", "error_description": "no client credentials user enabled"}


def test_sessions_are_expired_by_the_control_side(strict_running: Running) -> None:
    """All sessions or those of one user; refresh tokens only where that is asked for."""
    tokens = signed_in(strict_running)
    address = f"{strict_running.instance_url}/__sandbox__/sessions/expire"
    nobody = httpx.post(address, json={"username": "bob@acme.example"}).json()
    everybody = httpx.post(address).json()
    refreshed = _refresh(strict_running, tokens["refresh_token"])
    signed_out = httpx.post(address, json={"username": "ada@acme.example", "refresh_tokens": True}).json()

    assert (nobody, everybody) == ({"sessions": 0, "refresh_tokens": 0}, {"sessions": 2, "refresh_tokens": 0})
    assert not works(strict_running, tokens["access_token"])
    assert refreshed.status_code == 200
    assert signed_out == {"sessions": 1, "refresh_tokens": 1}
    assert _refresh(strict_running, tokens["refresh_token"]).status_code == 400


def _assertion(private_key: str, **claims: Any) -> str:
    return jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(private_key), algorithms=["RS256"])


def _bear(running: Running, private_key: str | None = None, **changes: Any) -> httpx.Response:
    shown = httpx.get(f"{running.instance_url}/__sandbox__/jwt-key", timeout=60).json()
    claims = {"iss": shown["client_id"], "sub": "bob@acme.example", "aud": shown["audience"], "exp": time.time() + 180}
    assertion = _assertion(private_key or shown["private_key"], **{**claims, **changes})
    return _post(running, "token", grant_type=JWT_BEARER, assertion=assertion)


def test_a_signed_assertion_gives_a_token(strict_running: Running) -> None:
    """The key is shown by the control side; there is no refresh token."""
    answer = _bear(strict_running).json()

    assert answer["id"].endswith("005000000000002AAA")
    assert "refresh_token" not in answer
    assert works(strict_running, answer["access_token"])
    assert _bear(strict_running, aud="https://test.salesforce.com").status_code == 200


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"aud": "https://elsewhere.example"}, "Audience validation failed"),
        ({"sub": "nobody@acme.example"}, "user hasn't approved this consumer"),
        ({"iss": "another"}, "client identifier invalid"),
        ({"exp": 1000}, "expired assertion"),
        ({"exp": "soon"}, "invalid assertion"),
    ],
)
def test_assertions_that_are_refused(strict_running: Running, changes: dict[str, Any], description: str) -> None:
    """All are 400 invalid_grant; the description tells them apart."""
    answer = _bear(strict_running, **changes)

    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_grant", "error_description": description}


def test_an_assertion_signed_by_another_key(strict_running: Running) -> None:
    """Nor are texts that are no assertions."""
    garbage = _post(strict_running, "token", grant_type=JWT_BEARER, assertion="a.b.c")

    assert _bear(strict_running, make_key("another").pem).json()["error_description"] == "invalid assertion"
    assert garbage.json()["error_description"] == "invalid assertion"


def test_the_public_key_can_be_given_in_org_toml() -> None:
    """Then the private one stays with its owner."""
    own = make_key("mine")
    settings = {**writing_org.SETTINGS, "oauth": {"jwt_public_key": own.public.pem}}
    org = Org.from_rows(writing_org.DESCRIBES, writing_org.rows(), settings)
    with serve(org) as running:
        shown = httpx.get(f"{running.instance_url}/__sandbox__/jwt-key", timeout=60).json()
        answer = _bear(running, own.pem)
    org.close()

    assert (shown["private_key"], shown["public_key"]) == (None, own.public.pem)
    assert answer.status_code == 200


def test_a_key_that_is_none_is_told_with_its_place() -> None:
    """org.toml and the key's name."""
    org = Org.from_rows(writing_org.DESCRIBES, {}, {"name": "x", "oauth": {"jwt_public_key": "no key"}})

    with pytest.raises(OrgError, match=r"org\.toml, column oauth jwt_public_key: is no RSA key"), serve(org):
        pass
    org.close()


def test_a_session_sees_its_own_limits_only_while_it_lasts(strict_running: Running) -> None:
    """After expiry every resource answers 401 INVALID_SESSION_ID."""
    httpx.post(f"{strict_running.instance_url}/__sandbox__/sessions/expire")
    headers = {"Authorization": f"Bearer {strict_running.access_token}"}
    answer = httpx.get(f"{strict_running.instance_url}{DATA}/limits", headers=headers)

    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
