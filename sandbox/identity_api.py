"""Who a token belongs to, and the end of tokens: introspection, revocation, userinfo and the identity URL."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.oauth_api import identity_url, oauth_error, urls, utc_offset
from sandbox.sign_in import SignIn
from sandbox.token_api import client_of
from sandbox.wire import Answer, Call, json_answer, rest_time

_HINTS = ("access_token", "refresh_token")


def revoke(sign_in: SignIn, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /services/oauth2/revoke`, or `GET`: revoking a refresh token revokes its access tokens too."""
    form = {**call.query, **call.form()}
    if form.get("token_type_hint", "access_token") not in _HINTS:
        return oauth_error("unsupported_token_type", "this token type is not supported")
    token = form.get("token", "")
    if grant := sign_in.grants.get(token):
        sign_in.grants.revoke(grant.name)
        sign_in.sessions.close_all(grant=grant.name)
    elif not sign_in.sessions.close(token):
        return oauth_error("invalid_token", "invalid token")
    return Answer(200, b"", (("Cache-Control", "no-store"),))


def introspect(sign_in: SignIn, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /services/oauth2/introspect`, for the client that the token was given to."""
    form = call.form()
    client = client_of(call, form)
    if client.id != sign_in.app.client_id:
        return oauth_error("invalid_client_id", "client identifier invalid")
    if client.secret != sign_in.app.client_secret:
        return oauth_error("invalid_client", "invalid client credentials")
    if "token" not in form:
        return oauth_error("invalid_request", "missing required parameter: token")
    session = sign_in.sessions.get(form["token"])
    grant = sign_in.grants.get(form["token"])
    holder = session or grant
    if holder is None:
        return json_answer({"active": False})
    user = sign_in.user(holder.user_id)
    body: dict[str, object] = {
        "active": True,
        "scope": holder.scope,
        "client_id": client.id,
        "username": user.username if user else "",
        "sub": identity_url(sign_in.org, holder.user_id, call.base_url),
        "token_type": "access_token" if session else "refresh_token",
    }
    if session:
        issued = int(session.issued_at.timestamp())
        body |= {"iat": issued, "nbf": issued}
    return json_answer(body)


def identity(sign_in: SignIn, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /id/{organization}/{user}`: the address that the token answer calls `id`."""
    if "authorization" not in call.headers:
        return _refused("Missing_OAuth_Token")
    session = sign_in.sessions.find(call.headers["authorization"])
    if session is None:
        return _refused("Bad_OAuth_Token")
    settings = sign_in.org.settings
    if path["organization"] not in (settings.organization_id, settings.organization_id[:15]):
        return _refused("Wrong_Org")
    view = sign_in.org.seen_by(session.user_id)
    user = view.user
    if path["user"] not in (user.id, user.id[:15]):
        return _refused("Bad_OAuth_Token")
    first, _, last = user.name.rpartition(" ")
    return json_answer(
        {
            "id": identity_url(view, user.id, call.base_url),
            "asserted_user": True,
            "user_id": user.id,
            "organization_id": settings.organization_id,
            "username": user.username,
            "nick_name": user.username.partition("@")[0],
            "display_name": user.name,
            "email": user.email,
            "email_verified": True,
            "first_name": first or None,
            "last_name": last,
            "timezone": user.time_zone,
            "photos": {},
            "addr_street": None,
            "addr_city": None,
            "addr_state": None,
            "addr_country": None,
            "addr_zip": None,
            "mobile_phone": None,
            "mobile_phone_verified": False,
            "is_lightning_login_user": False,
            "status": {"created_date": None, "body": None},
            "urls": urls(call.base_url),
            "active": True,
            "user_type": "STANDARD",
            "language": settings.language,
            "locale": user.locale,
            "utcOffset": utc_offset(view),
            "last_modified_date": rest_time(view.described_at),
            "is_app_installed": True,
        }
    )


def _refused(word: str) -> Answer:
    """The identity URL answers with one bare word."""
    return Answer(403, word.encode(), (("Content-Type", "text/html;charset=UTF-8"),))
