"""Sessions that end and token endpoints that refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults.model import Entry, Hit
from sandbox.faults.refusals import html
from sandbox.oauth_api import oauth_error, token_body
from sandbox.wire import Answer, Call, json_answer

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_NEW_SIGN_INS = ("authorization_code", "device", "urn:ietf:params:oauth:grant-type:device_code")
_PENDING_POLLS = 3


def _form(call: Call) -> dict[str, str]:
    return {**call.query, **call.form()}


def has_session(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether the call brings a valid token."""
    return sandbox.sessions.find(call.headers.get("authorization")) is not None


def session_expired(hit: Hit) -> Answer:
    """The token is not valid any more, from this call on."""
    session = hit.sandbox.sessions.find(hit.call.headers.get("authorization"))
    assert session is not None
    hit.sandbox.sessions.close(session.token)
    return hit.real()


def is_refresh(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a token is asked for without a person: by refresh token, client credentials or a signed assertion."""
    grant = _form(call).get("grant_type")
    return grant is not None and grant not in _NEW_SIGN_INS


def refresh_refused(hit: Hit) -> Answer:
    """The refresh token is worth nothing any more."""
    return oauth_error("invalid_grant", "expired access/refresh token")


def refresh_flaky(hit: Hit) -> Answer:
    """The token endpoint is down for a moment."""
    return html(503, "Service unavailable")


def uses_refresh_token(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a refresh token is used."""
    return _form(call).get("grant_type") == "refresh_token"


def rtr_on(hit: Hit) -> Answer:
    """Each refresh gives a new refresh token; an old one that is used again ends all of them."""
    grants = hit.sandbox.sign_in.grants
    before = grants.rotates
    if not before:
        grants.rotates = True
        hit.entry.undo.append(lambda: setattr(grants, "rotates", before))
    return hit.real()


def is_code_exchange(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a code of the web server flow is exchanged for tokens."""
    return _form(call).get("grant_type") == "authorization_code"


def pkce_mismatch(hit: Hit) -> Answer:
    """The verifier does not belong to the challenge, or is missing."""
    if "code_verifier" in _form(hit.call):
        return oauth_error("invalid_request", "invalid code verifier")
    return oauth_error("invalid_grant", "invalid code verifier")


def is_device_flow(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a device asks for its code, or for the token."""
    form = _form(call)
    return form.get("response_type") == "device_code" or form.get("grant_type") in _NEW_SIGN_INS[1:]


def device_slow_down(hit: Hit) -> Answer:
    """The device flow: three times not yet, once slower please, then a token."""
    form = _form(hit.call)
    org = hit.sandbox.org
    if form.get("response_type") == "device_code":
        hit.entry.state["polls"] = 0
        return json_answer(
            {
                "device_code": f"device.{hit.entry.number}.{hit.number}",
                "user_code": "SANDB0X1",
                "verification_uri": f"{hit.call.base_url}/setup/connect",
                "interval": hit.whole("interval"),
            }
        )
    polls = hit.entry.state.get("polls", 0)
    assert isinstance(polls, int)
    hit.entry.state["polls"] = polls + 1
    if polls < _PENDING_POLLS:
        return oauth_error("authorization_pending", "pending")
    if polls == _PENDING_POLLS:
        return oauth_error("slow_down", "polling too frequently")
    return json_answer(token_body(org, hit.sandbox.sessions.open(org.user.id, org.now()), hit.call.base_url))
