from __future__ import annotations

import httpx

from sandbox import Running

from .wire_help import DATA


def test_client_credentials_give_a_token_that_works(running: Running) -> None:
    """The token endpoint answers all-text values, and its token opens the API."""
    form = {"grant_type": "client_credentials", "client_id": running.client_id, "client_secret": running.client_secret}
    answer = httpx.post(f"{running.instance_url}/services/oauth2/token", data=form).json()
    headers = {"Authorization": f"Bearer {answer['access_token']}"}

    assert answer["instance_url"] == running.instance_url
    assert answer["issued_at"] == "1769947200000"
    assert "refresh_token" not in answer
    assert httpx.get(f"{running.instance_url}{DATA}/limits", headers=headers).status_code == 200


def test_a_wrong_secret_is_refused_as_an_object(running: Running) -> None:
    """OAuth errors are an object, not a list."""
    form = {"grant_type": "client_credentials", "client_id": running.client_id, "client_secret": "no"}
    answer = httpx.post(f"{running.instance_url}/services/oauth2/token", data=form)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_a_wrong_token_is_an_expired_session(running: Running) -> None:
    """Without a valid token every resource answers 401 INVALID_SESSION_ID."""
    answer = httpx.get(f"{running.instance_url}{DATA}/query?q=x", headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_userinfo_tells_zone_and_organization(running: Running, client: httpx.Client) -> None:
    """The connected user is the first active one of the data, unless org.toml names another."""
    info = client.get("/services/oauth2/userinfo").json()

    assert (info["user_id"], info["preferred_username"]) == ("005000000000001AAA", "ada@acme.example")
    assert info["organization_id"] == running.org.settings.organization_id
    assert (info["zoneinfo"], info["locale"]) == ("UTC", "en_US")


def test_the_date_header_is_the_orgs_clock(client: httpx.Client) -> None:
    """Clients take their window ends from this header."""
    assert client.get(f"{DATA}/limits").headers["Date"] == "Sun, 01 Feb 2026 12:00:00 GMT"


def test_versions_need_no_token(running: Running) -> None:
    """The list of API versions is open to all."""
    versions = httpx.get(f"{running.instance_url}/services/data").json()

    assert versions[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}


def test_a_retired_version_is_gone(client: httpx.Client) -> None:
    """Versions below 31.0 answer 410."""
    assert client.get("/services/data/v30.0/limits").status_code == 410
