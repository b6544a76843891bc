from __future__ import annotations

import httpx
import pytest

from sandbox import Running

TOKEN = "/services/oauth2/token"


@pytest.fixture
def device(running: Running) -> httpx.Client:
    """A program without a browser: it knows the client id only."""
    return httpx.Client(base_url=running.instance_url)


def _start(device: httpx.Client, running: Running, scope: str = "api refresh_token") -> dict[str, str]:
    form = {"response_type": "device_code", "client_id": running.client_id, "scope": scope}
    answer: dict[str, str] = device.post(TOKEN, data=form).raise_for_status().json()
    return answer


def _poll(device: httpx.Client, running: Running, code: str) -> httpx.Response:
    return device.post(TOKEN, data={"grant_type": "device", "client_id": running.client_id, "code": code})


def _decide(started: dict[str, str], decision: str) -> httpx.Response:
    form = {"user_code": started["user_code"], "username": "ada@acme.example", "decision": decision}
    return httpx.post(started["verification_uri"], data=form)


def test_a_person_allows_the_device(device: httpx.Client, running: Running) -> None:
    """Pending until the code was typed in elsewhere, then tokens that work; the code is spent."""
    with device:
        started = _start(device, running)
        before = _poll(device, running, started["device_code"])
        page = httpx.get(started["verification_uri"])
        allowed = _decide(started, "allow")
        tokens = _poll(device, running, started["device_code"]).json()
        again = _poll(device, running, started["device_code"])
        me = device.get("/services/oauth2/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})

    assert (before.status_code, before.json()["error"]) == (400, "authorization_pending")
    assert (page.status_code, allowed.status_code, me.status_code) == (200, 200, 200)
    assert "Type in the code" in page.text
    assert tokens["refresh_token"]
    assert again.json()["error"] == "invalid_grant"


def test_polling_too_fast(device: httpx.Client, running: Running) -> None:
    """A second poll before the interval is over is told to slow down."""
    with device:
        started = _start(device, running)
        errors = [_poll(device, running, started["device_code"]).json()["error"] for _ in range(2)]

    assert errors == ["authorization_pending", "slow_down"]


def test_a_person_denies_the_device(device: httpx.Client, running: Running) -> None:
    """The device is told so."""
    with device:
        started = _start(device, running)
        _decide(started, "deny")
        refused = _poll(device, running, started["device_code"])

    assert (refused.status_code, refused.json()["error"]) == (400, "access_denied")


def test_a_code_that_nobody_shows(device: httpx.Client, running: Running) -> None:
    """The page says so, and the device goes on waiting."""
    with device:
        started = _start(device, running)
        page = _decide({**started, "user_code": "WRONG"}, "allow")
        waiting = _poll(device, running, started["device_code"])

    assert "No device waits for this code." in page.text
    assert waiting.json()["error"] == "authorization_pending"
