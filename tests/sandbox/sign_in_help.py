"""Going through the web server flow as a browser does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from sandbox import Running

CALLBACK = "http://localhost:1717/OauthRedirect"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def ask(running: Running, **more: str) -> dict[str, str]:
    """The parameters of an authorization request."""
    return {"response_type": "code", "client_id": running.client_id, "redirect_uri": CALLBACK, **more}


def decide(
    running: Running, address: str, *, decision: str = "allow", username: str = "ada@acme.example"
) -> httpx.Response:
    """Open the sign-in page and send its form, hidden fields included."""
    page = httpx.get(address)
    assert page.status_code == 200, page.text
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    form = {unescape(name): unescape(value) for name, value in pairs}
    action = re.search(r'<form method="post" action="([^"]*)">', page.text)
    assert action is not None
    return httpx.post(running.instance_url + action[1], data=form | {"username": username, "decision": decision})


def authorize_url(running: Running, **more: str) -> str:
    return str(httpx.URL(f"{running.instance_url}/services/oauth2/authorize", params=ask(running, **more)))


def sent_back(answer: httpx.Response) -> dict[str, str]:
    """What the callback is told."""
    assert answer.status_code == 302, answer.text
    location = answer.headers["Location"]
    assert location.startswith(CALLBACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def new_code(running: Running, **more: str) -> str:
    return sent_back(decide(running, authorize_url(running, **more)))["code"]


def token(running: Running, **form: str) -> httpx.Response:
    return httpx.post(f"{running.instance_url}/services/oauth2/token", data={"client_id": running.client_id, **form})


def signed_in(running: Running, **more: str) -> dict[str, Any]:
    """The tokens of a web server flow with PKCE."""
    code = new_code(running, code_challenge=CHALLENGE, **more)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = token(running, **form)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def works(running: Running, access_token: str) -> bool:
    headers = {"Authorization": f"Bearer {access_token}"}
    return httpx.get(f"{running.instance_url}/services/data/v66.0/limits", headers=headers).status_code == 200
