from __future__ import annotations

from xml.sax.saxutils import escape

import httpx
import pytest

from sandbox import Running

from .wire_help import DATA

ENVELOPE = '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">{header}<env:Body>{body}</env:Body></env:Envelope>'


def _send(running: Running, body: str, session: str = "", version: str = "60.0") -> httpx.Response:
    header = f"<env:Header><SessionHeader><sessionId>{session}</sessionId></SessionHeader></env:Header>"
    return httpx.post(
        f"{running.instance_url}/services/Soap/u/{version}",
        content=ENVELOPE.format(header=header, body=body),
        headers={"Content-Type": "text/xml", "SOAPAction": "login"},
    )


def _login(running: Running, password: str, version: str = "60.0") -> httpx.Response:
    name = escape(running.username)
    body = (
        f'<login xmlns="urn:partner.soap.sforce.com"><username>{name}</username><password>{password}</password></login>'
    )
    return _send(running, body, version=version)


def _element(answer: httpx.Response, name: str) -> str:
    return answer.text.partition(f"<{name}>")[2].partition(f"</{name}>")[0]


def test_login_opens_a_session(running: Running) -> None:
    """With the right password a session Id comes back that REST takes, until the client logs out."""
    answer = _login(running, running.client_secret)
    session = _element(answer, "sessionId")
    headers = {"Authorization": f"Bearer {session}"}
    before = httpx.get(f"{running.instance_url}{DATA}/limits", headers=headers)
    who = _send(running, "<getUserInfo/>", session)
    _send(running, "<logout/>", session)
    after = httpx.get(f"{running.instance_url}{DATA}/limits", headers=headers)

    assert answer.status_code == 200
    assert _element(answer, "serverUrl").startswith(f"{running.instance_url}/services/Soap/u/60.0/00D")
    assert _element(who, "userName") == running.username
    assert (before.status_code, after.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("password", "version", "code"),
    [("wrong", "60.0", "INVALID_LOGIN"), ("", "60.0", "INVALID_LOGIN"), ("right", "65.0", "UNSUPPORTED_API_VERSION")],
)
def test_login_is_refused(running: Running, password: str, version: str, code: str) -> None:
    """A wrong password, and a version that has no login any more, are faults with Salesforce's codes."""
    given = running.client_secret if password == "right" else password
    answer = _login(running, given, version)

    assert (answer.status_code, _element(answer, "sf:exceptionCode")) == (500, code)
    assert _element(answer, "faultcode") == f"sf:{code}"


@pytest.mark.parametrize("body", ["", "<other", "<query/>"])
def test_what_is_not_known_is_a_fault(running: Running, body: str) -> None:
    """No envelope, no XML, an operation that is not there: a fault, with words."""
    answer = _send(running, body, running.access_token)

    assert answer.status_code == 500
    assert _element(answer, "faultcode") == "soapenv:Client"
    assert _element(answer, "faultstring")


def test_the_username_password_flow(running: Running) -> None:
    """The token endpoint takes the same password."""
    form = {
        "grant_type": "password",
        "client_id": running.client_id,
        "client_secret": running.client_secret,
        "username": running.username,
    }
    with httpx.Client(base_url=running.instance_url) as client:
        right = client.post("/services/oauth2/token", data={**form, "password": running.client_secret})
        wrong = client.post("/services/oauth2/token", data={**form, "password": "wrong"})

    assert right.json()["token_type"] == "Bearer"
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
