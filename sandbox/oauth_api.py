"""What the OAuth endpoints share: errors, the answer that hands over a session, and userinfo."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.org import Org
from sandbox.sessions import Session, signature
from sandbox.wire import Answer, Call, json_answer


def oauth_error(error: str, description: str, status: int = 400) -> Answer:
    """An error of the token endpoint: an object, not a list as everywhere else."""
    return json_answer({"error": error, "error_description": description}, status)


def token_body(org: Org, session: Session, base_url: str) -> dict[str, str]:
    """The answer that hands over a session; all values are texts."""
    identity = identity_url(org, session.user_id, base_url)
    return {
        "access_token": session.token,
        "signature": signature(identity),
        "scope": session.scope,
        "instance_url": base_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": str(int(session.issued_at.timestamp() * 1000)),
    }


def userinfo(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /services/oauth2/userinfo`."""
    user, settings = org.user, org.settings
    return json_answer(
        {
            "sub": identity_url(org, user.id, call.base_url),
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
            "utcOffset": utc_offset(org),
            "urls": urls(call.base_url),
            "is_app_installed": True,
        }
    )


def identity_url(org: Org, user_id: str, base_url: str) -> str:
    """The address that names a user, all over Salesforce."""
    return f"{base_url}/id/{org.settings.organization_id}/{user_id}"


def urls(base_url: str) -> dict[str, str]:
    """Where the API is; `{version}` is for the client to fill in."""
    rest = f"{base_url}/services/data/v{{version}}/"
    return {"rest": rest, "sobjects": rest + "sobjects/", "query": rest + "query/", "custom_domain": base_url}


def utc_offset(org: Org) -> int:
    """How far the connected user's clock is from UTC now, in milliseconds."""
    offset = org.now().astimezone(org.calendar().zone).utcoffset()
    return int(offset.total_seconds() * 1000) if offset else 0
