"""The first half of the web server flow: a user signs in and allows a client to act for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from sandbox.sign_in import DEFAULT_SCOPE, SCOPES, SignIn
from sandbox.sign_in_page import error_page, sign_in_page
from sandbox.wire import Answer, Call

_ASKED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    "login_hint", "prompt", "nonce", "display",
)  # fmt: skip
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class _Asked(NamedTuple):
    redirect_uri: str
    scope: str
    challenge: str | None
    state: str | None

    def back(self, **answer: str) -> Answer:
        """Send the browser back to the client."""
        if self.state is not None:
            answer["state"] = self.state
        mark = "&" if urlsplit(self.redirect_uri).query else "?"
        location = f"{self.redirect_uri}{mark}{urlencode(answer)}"
        return Answer(302, b"", (("Location", location), ("Cache-Control", "no-store")))


def authorize(sign_in: SignIn, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /services/oauth2/authorize` shows the form, `POST` takes it."""
    given = {**call.query, **(call.form() if call.method == "POST" else {})}
    asked = _asked(sign_in, given)
    if isinstance(asked, Answer):
        return asked
    hidden = {name: given[name] for name in _ASKED if name in given}
    name = sign_in.org.settings.name
    username = given.get("username", "").strip()
    if call.method == "GET" or "decision" not in given:
        shown = given.get("login_hint") or sign_in.org.user.username
        return sign_in_page(name, hidden, shown, asked.scope)
    if given["decision"] != "allow":
        return asked.back(error="access_denied", error_description="end-user denied authorization")
    user = sign_in.user(username)
    if user is None:
        return sign_in_page(name, hidden, username, asked.scope, "There is no active user of this name.")
    code = sign_in.grants.new_code(user.id, asked.redirect_uri, asked.scope, asked.challenge, sign_in.org.now())
    return asked.back(code=code.text)


def _asked(sign_in: SignIn, given: Mapping[str, str]) -> _Asked | Answer:
    """What the client asks for, or what it and the user are told instead."""
    if given.get("client_id") != sign_in.app.client_id:
        return error_page("invalid_client_id", "client identifier invalid")
    redirect_uri = given.get("redirect_uri", "")
    if not redirect_uri and len(sign_in.settings.redirect_uris) == 1:
        redirect_uri = sign_in.settings.redirect_uris[0]
    if not redirect_uri:
        return error_page("redirect_uri_missing", "redirect_uri not provided")
    if not sign_in.takes_redirect(redirect_uri):
        return error_page("redirect_uri_mismatch", "redirect_uri must match configuration")
    scope = " ".join(given.get("scope", "").split()) or DEFAULT_SCOPE
    challenge = given.get("code_challenge")
    asked = _Asked(redirect_uri, scope, challenge, given.get("state"))
    if "response_type" not in given:
        return asked.back(error="invalid_request", error_description="missing required parameter: response_type")
    if given["response_type"] != "code":
        return asked.back(error="unsupported_response_type", error_description="response type must be code")
    if not set(scope.split()) <= set(SCOPES):
        words = "the requested scope is invalid, unknown, malformed, or exceeds the scope granted by the resource owner"
        return asked.back(error="invalid_scope", error_description=words)
    if challenge is None and sign_in.settings.require_pkce:
        return asked.back(error="invalid_request", error_description="missing required code challenge")
    if challenge is not None and (
        given.get("code_challenge_method", "S256") != "S256" or not _CHALLENGE.fullmatch(challenge)
    ):
        return asked.back(error="invalid_request", error_description="invalid code challenge")
    return asked
