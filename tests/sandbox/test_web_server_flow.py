from __future__ import annotations

import httpx
import pytest

from sandbox import Org, Running, serve

from . import writing_org
from .sign_in_help import (
    CALLBACK,
    CHALLENGE,
    VERIFIER,
    authorize_url,
    decide,
    new_code,
    sent_back,
    signed_in,
    token,
    works,
)


def _exchange(running: Running, **form: str) -> tuple[int, str, str]:
    whole = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, **form}
    answer = token(running, **{name: value for name, value in whole.items() if value})
    body = answer.json()
    return answer.status_code, body.get("error", ""), body.get("error_description", "")


def test_the_whole_flow_gives_tokens_that_work(strict_running: Running) -> None:
    """Sign-in page, consent, code, tokens: all values are texts, and there is no `expires_in`."""
    tokens = signed_in(strict_running, scope="refresh_token api", state="s t&te")

    assert set(tokens) == {
        "access_token", "refresh_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"
    }  # fmt: skip
    assert all(isinstance(value, str) for value in tokens.values())
    assert tokens["scope"] == "refresh_token api"
    assert works(strict_running, tokens["access_token"])


def test_the_state_comes_back(strict_running: Running) -> None:
    """As it was sent, beside the code."""
    told = sent_back(decide(strict_running, authorize_url(strict_running, state='"s t&te"')))

    assert set(told) == {"code", "state"}
    assert told["state"] == '"s t&te"'


def test_a_user_who_declines(strict_running: Running) -> None:
    """The callback is told access_denied."""
    told = sent_back(decide(strict_running, authorize_url(strict_running, state="7"), decision="deny"))

    assert told == {"error": "access_denied", "error_description": "end-user denied authorization", "state": "7"}


def test_one_signs_in_as_any_active_user(strict_running: Running) -> None:
    """The token belongs to who signed in; an unknown name brings the page back."""
    wrong = decide(strict_running, authorize_url(strict_running), username="<nobody>")
    code = sent_back(decide(strict_running, authorize_url(strict_running), username="BOB@acme.example"))["code"]
    secret = strict_running.client_secret
    answer = token(
        strict_running, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, client_secret=secret
    )

    assert "There is no active user of this name." in wrong.text
    assert "<nobody>" not in wrong.text
    assert answer.json()["id"].endswith("005000000000002AAA")


def test_the_page_has_no_scripts(strict_running: Running) -> None:
    """Plain HTML that shows what is asked for, and escapes what the address says."""
    page = httpx.get(authorize_url(strict_running, state='"><script>alert(1)</script>', scope="api"))

    assert page.headers["Content-Type"] == "text/html;charset=UTF-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert "Manage your data (api)" in page.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_id": "nope"}, "error=invalid_client_id&amp;error_description=client identifier invalid"),
        (
            {"redirect_uri": "https://evil.example/"},
            "error=redirect_uri_mismatch&amp;error_description=redirect_uri must match configuration",
        ),
        ({"redirect_uri": ""}, "error=redirect_uri_missing"),
    ],
)
def test_errors_that_nobody_may_be_redirected_for(strict_running: Running, change: dict[str, str], words: str) -> None:
    """An unknown client or address gets a page, never a redirect."""
    page = httpx.get(authorize_url(strict_running, **change))

    assert page.status_code == 400
    assert words in page.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "api everything"}, "invalid_scope"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_errors_that_the_callback_is_told(strict_running: Running, change: dict[str, str], error: str) -> None:
    """With the state, so that the client knows whose they are."""
    told = sent_back(httpx.get(authorize_url(strict_running, state="7", **change)))

    assert (told["error"], told["state"]) == (error, "7")


def test_errors_of_the_exchange(strict_running: Running) -> None:
    """Each mistake has its own error; a code is good for one try."""
    secret = strict_running.client_secret

    def fresh() -> str:
        return new_code(strict_running, code_challenge=CHALLENGE)

    once = fresh()
    assert _exchange(strict_running, code=once, code_verifier=VERIFIER)[0] == 200
    assert _exchange(strict_running, code=once, code_verifier=VERIFIER) == (
        400, "invalid_grant", "invalid authorization code"
    )  # fmt: skip
    assert _exchange(strict_running, code=fresh(), code_verifier="x" * 43) == (
        400, "invalid_request", "invalid code verifier"
    )  # fmt: skip
    assert _exchange(strict_running, code=fresh(), client_secret=secret)[1] == "invalid_grant"
    assert _exchange(strict_running, code=fresh(), code_verifier=VERIFIER, redirect_uri="http://localhost/")[1] == (
        "redirect_uri_mismatch"
    )
    assert _exchange(strict_running, code=fresh(), code_verifier=VERIFIER, client_id="x")[1] == "invalid_client_id"
    assert _exchange(strict_running, code=fresh(), code_verifier=VERIFIER, client_secret="x")[1] == "invalid_client"
    assert _exchange(strict_running)[1] == "invalid_request"
    assert _exchange(strict_running, grant_type="saml")[1] == "unsupported_grant_type"


def test_without_pkce_a_secret_is_needed(strict_running: Running) -> None:
    """A public client proves itself by its verifier, a confidential one by its secret."""
    secret = strict_running.client_secret

    assert _exchange(strict_running, code=new_code(strict_running))[1] == "invalid_client"
    assert _exchange(strict_running, code=new_code(strict_running), client_secret=secret)[0] == 200


def test_a_code_expires(strict_running: Running) -> None:
    """After a quarter of an hour of the org's clock."""
    code = new_code(strict_running, code_challenge=CHALLENGE)
    httpx.post(f"{strict_running.instance_url}/__sandbox__/clock", json={"now": "2026-02-01T12:16:00Z"})

    assert _exchange(strict_running, code=code, code_verifier=VERIFIER)[2] == "expired authorization code"


def test_the_app_can_be_set_in_org_toml() -> None:
    """Client id, secret, redirect addresses, and whether PKCE is a must."""
    app = {
        "client_id": "my-app",
        "client_secret": "my-secret",
        "redirect_uris": ["https://app.example/callback"],
        "require_pkce": True,
    }
    org = Org.from_rows(writing_org.DESCRIBES, writing_org.rows(), {"name": "x", "oauth": app})
    with serve(org) as running:
        elsewhere = httpx.get(authorize_url(running))
        without = httpx.get(authorize_url(running, redirect_uri="https://app.example/callback"))
    org.close()

    assert (running.client_id, running.client_secret) == ("my-app", "my-secret")
    assert "redirect_uri_mismatch" in elsewhere.text
    assert without.headers["Location"] == (
        "https://app.example/callback?error=invalid_request&error_description=missing+required+code+challenge"
    )
