"""Signing in: the token endpoint and who one is."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from sandbox.org import Org
from sandbox.sessions import Session, Sessions, signature
from sandbox.wire import Answer, Call, json_answer


def oauth_error(error: str, description: str, status: int = 400) -> Answer:
    """An error of the token endpoint: an object, not a list as everywhere else."""
    return json_answer({"error": error, "error_description": description}, status)


def token(org: Org, sessions: Sessions, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /services/oauth2/token`."""
    form = {**call.query, **call.form()}
    client_id, client_secret = _client(call, form)
    if client_id != sessions.client_id:
        return oauth_error("invalid_client_id", "client identifier invalid")
    if client_secret != sessions.client_secret:
        return oauth_error("invalid_client", "invalid client credentials")
    if form.get("grant_type") != "client_credentials":
        return oauth_error("unsupported_grant_type", "grant type not supported")
    return json_answer(token_body(org, sessions.open(org.user.id, org.now()), call.base_url))


def token_body(org: Org, session: Session, base_url: str) -> dict[str, str]:
    """The answer that hands over a session; all values are texts."""
    identity = f"{base_url}/id/{org.settings.organization_id}/{session.user_id}"
    return {
        "access_token": session.token,
        "signature": signature(identity),
        "scope": "api refresh_token",
        "instance_url": base_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": str(int(session.issued_at.timestamp() * 1000)),
    }


def userinfo(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /services/oauth2/userinfo`."""
    user, settings = org.user, org.settings
    rest = f"{call.base_url}/services/data/v{{version}}/"
    identity = f"{call.base_url}/id/{settings.organization_id}/{user.id}"
    offset = org.now().astimezone(org.calendar().zone).utcoffset()
    return json_answer(
        {
            "sub": identity,
            "user_id": user.id,
            "organization_id": settings.organization_id,
            "preferred_username": user.username,
            "nickname": user.username.partition("@")[0],
            "name": user.name,
            "email": user.email,
            "email_verified": True,
            "zoneinfo": user.time_zone,
            "locale": user.locale,
            "language": settings.language,
            "active": True,
            "user_type": "STANDARD",
            "utcOffset": int(offset.total_seconds() * 1000) if offset else 0,
            "urls": {
                "rest": rest,
                "sobjects": rest + "sobjects/",
                "query": rest + "query/",
                "custom_domain": call.base_url,
            },
            "is_app_installed": True,
        }
    )


def _client(call: Call, form: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Client id and secret, from the form or from HTTP Basic."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return None, None
        return name, secret
    return form.get("client_id"), form.get("client_secret")
