"""The token endpoint: codes, refresh tokens, client credentials and assertions become access tokens."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from sandbox.device_flow import GRANT_TYPES, INTERVAL_SECONDS, VERIFICATION_PATH
from sandbox.jwt_assertion import LOGIN_HOSTS, AssertionRefusedError, read_assertion
from sandbox.oauth_api import oauth_error, token_body
from sandbox.sign_in import DEFAULT_SCOPE, SCOPES, SignIn
from sandbox.wire import Answer, Call, json_answer

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


_DEVICE_WORDS = {
    "authorization_pending": "pending",
    "slow_down": "polling too frequently",
    "access_denied": "end-user denied authorization",
    "invalid_grant": "invalid device code",
}


class Client(NamedTuple):
    """How a client names itself; `secret` None where it gave none."""

    id: str | None
    secret: str | None


def token(sign_in: SignIn, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /services/oauth2/token`."""
    form = {**call.query, **call.form()}
    kind = form.get("grant_type")
    if kind == JWT_BEARER:
        return _from_assertion(sign_in, call, form)
    client = client_of(call, form)
    if client.id != sign_in.app.client_id:
        return oauth_error("invalid_client_id", "client identifier invalid")
    if form.get("response_type") == "device_code":
        return _device_code(sign_in, call, form)
    if client.secret not in (None, sign_in.app.client_secret):
        return oauth_error("invalid_client", "invalid client credentials")
    match kind:
        case "authorization_code":
            return _from_code(sign_in, call, form, client)
        case "refresh_token":
            return _from_refresh_token(sign_in, call, form, client)
        case "client_credentials":
            return _from_client(sign_in, call, client)
        case "password":
            return _from_password(sign_in, call, form)
        case _ if kind in GRANT_TYPES:
            return _from_device(sign_in, call, form)
        case _:
            return oauth_error("unsupported_grant_type", "grant type not supported")


def _from_code(sign_in: SignIn, call: Call, form: Mapping[str, str], client: Client) -> Answer:
    if "code" not in form:
        return oauth_error("invalid_request", "missing required parameter: code")
    code = sign_in.grants.take_code(form["code"])
    if code is None:
        return oauth_error("invalid_grant", "invalid authorization code")
    if code.expires <= sign_in.org.now():
        return oauth_error("invalid_grant", "expired authorization code")
    if form.get("redirect_uri") != code.redirect_uri:
        return oauth_error("redirect_uri_mismatch", "redirect_uri must match configuration")
    verifier = form.get("code_verifier")
    if code.challenge is not None and verifier is None:
        return oauth_error("invalid_grant", "missing required code verifier")
    if verifier is not None and challenge_of(verifier) != code.challenge:
        return oauth_error("invalid_request", "invalid code verifier")
    if client.secret is None and (code.challenge is None or sign_in.settings.require_secret):
        return oauth_error("invalid_client", "invalid client credentials")
    return _granted(sign_in, call, code.user_id, code.scope)


def _granted(sign_in: SignIn, call: Call, user_id: str, scope: str) -> Answer:
    """The tokens for what a person has allowed: with a refresh token where the scope has one."""
    refresh_token, grant = None, ""
    if {"refresh_token", "offline_access", "full"} & set(scope.split()):
        opened = sign_in.grants.open(user_id, scope)
        refresh_token, grant = opened.refresh_token, opened.name
    return _tokens(sign_in, call, user_id, scope, grant, refresh_token)


def _from_refresh_token(sign_in: SignIn, call: Call, form: Mapping[str, str], client: Client) -> Answer:
    if client.secret is None and sign_in.settings.require_secret:
        return oauth_error("invalid_client", "invalid client credentials")
    if "refresh_token" not in form:
        return oauth_error("invalid_request", "missing required parameter: refresh_token")
    given = form["refresh_token"]
    grant = sign_in.grants.refresh(given)
    if grant is None:
        if stolen := sign_in.grants.spent(given):
            sign_in.grants.revoke(stolen)
            sign_in.sessions.close_all(grant=stolen)
        return oauth_error("invalid_grant", "expired access/refresh token")
    rotated = grant.refresh_token if grant.refresh_token != given else None
    return _tokens(sign_in, call, grant.user_id, grant.scope, grant.name, rotated)


def _from_password(sign_in: SignIn, call: Call, form: Mapping[str, str]) -> Answer:
    user = sign_in.user(form.get("username", ""))
    if user is None or not sign_in.is_password(form.get("password", "")):
        return oauth_error("invalid_grant", "authentication failure")
    return _tokens(sign_in, call, user.id, "api")


def _device_code(sign_in: SignIn, call: Call, form: Mapping[str, str]) -> Answer:
    scope = " ".join(form.get("scope", "").split()) or DEFAULT_SCOPE
    if not set(scope.split()) <= set(SCOPES):
        return oauth_error("invalid_scope", "the requested scope is not allowed")
    code = sign_in.devices.new(scope)
    return json_answer(
        {
            "device_code": code.code,
            "user_code": code.user_code,
            "verification_uri": call.base_url + VERIFICATION_PATH,
            "interval": INTERVAL_SECONDS,
        }
    )


def _from_device(sign_in: SignIn, call: Call, form: Mapping[str, str]) -> Answer:
    code = sign_in.devices.poll(form.get("code") or form.get("device_code") or "")
    if isinstance(code, str):
        return oauth_error(code, _DEVICE_WORDS[code])
    assert code.user_id is not None
    return _granted(sign_in, call, code.user_id, code.scope)


def _from_client(sign_in: SignIn, call: Call, client: Client) -> Answer:
    if client.secret is None:
        return oauth_error("invalid_client", "invalid client credentials")
    if not sign_in.settings.client_credentials:
        return oauth_error("invalid_grant", "no client credentials user enabled")
    return _tokens(sign_in, call, sign_in.org.user.id, "api")


def _from_assertion(sign_in: SignIn, call: Call, form: Mapping[str, str]) -> Answer:
    if "assertion" not in form:
        return oauth_error("invalid_request", "missing required parameter: assertion")
    audiences = (*LOGIN_HOSTS, call.base_url)
    try:
        username = read_assertion(
            form["assertion"], sign_in.public_key, sign_in.app.client_id, audiences, sign_in.org.now()
        )
    except AssertionRefusedError as error:
        return oauth_error("invalid_grant", str(error))
    user = sign_in.user(username)
    if user is None:
        return oauth_error("invalid_grant", "user hasn't approved this consumer")
    return _tokens(sign_in, call, user.id, "api")


def _tokens(
    sign_in: SignIn, call: Call, user_id: str, scope: str, grant: str = "", refresh_token: str | None = None
) -> Answer:
    session = sign_in.sessions.open(user_id, sign_in.org.now(), scope, grant)
    body = token_body(sign_in.org, session, call.base_url)
    if refresh_token is not None:
        body["refresh_token"] = refresh_token
    return json_answer(body, headers=(("Cache-Control", "no-cache, no-store"), ("Pragma", "no-cache")))


def challenge_of(verifier: str) -> str:
    """The PKCE challenge of a verifier (S256).

    >>> challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def client_of(call: Call, form: Mapping[str, str]) -> Client:
    """Client id and secret, from the form or from HTTP Basic."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return Client(None, None)
        return Client(name, secret or None)
    return Client(form.get("client_id"), form.get("client_secret") or None)
