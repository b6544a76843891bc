from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox import Org, OrgError, Running

from . import writing_org
from .wire_help import DATA, finished_job, query, refused
from .writing_org import SECOND_USER, account


@pytest.fixture
def bob(strict_running: Running) -> Iterator[httpx.Client]:
    """A client of a user who may not see Account.ARR__c and Group."""
    session = strict_running.sandbox.sessions.open(SECOND_USER, strict_running.org.now())
    headers = {"Authorization": f"Bearer {session.token}"}
    with httpx.Client(base_url=strict_running.instance_url, headers=headers) as opened:
        yield opened


def test_hidden_fields_and_objects_are_not_described(bob: httpx.Client) -> None:
    """They are absent, as if the org did not have them."""
    fields = [f["name"] for f in bob.get(f"{DATA}/sobjects/Account/describe").json()["fields"]]
    objects = [o["name"] for o in bob.get(f"{DATA}/sobjects").json()["sobjects"]]

    assert "ARR__c" not in fields
    assert "Name" in fields
    assert "Group" not in objects
    assert bob.get(f"{DATA}/sobjects/Group/describe").status_code == 404


def test_a_hidden_field_cannot_be_selected(strict: httpx.Client, bob: httpx.Client) -> None:
    """The words are those of a field that does not exist; the other user sees it."""
    soql = f"SELECT ARR__c FROM Account WHERE Id = '{account(1)}'"

    assert refused(bob, soql)[1].splitlines()[-1].startswith("No such column 'ARR__c' on entity 'Account'.")
    assert refused(bob, "SELECT Id FROM Group")[0] == "INVALID_TYPE"
    assert query(strict, soql)["records"][0]["ARR__c"] == 1200
    assert "ARR__c" not in bob.get(f"{DATA}/sobjects/Account/{account(1)}").json()


def test_bulk_jobs_see_as_little(bob: httpx.Client) -> None:
    """A Bulk job runs with its creator's eyes."""
    answer = bob.post(f"{DATA}/jobs/query", json={"operation": "query", "query": "SELECT ARR__c FROM Account"})

    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"
    assert finished_job(bob, "SELECT Name FROM Account")["createdById"] == SECOND_USER


def test_a_hidden_field_cannot_be_written(bob: httpx.Client) -> None:
    """Writing it fails as an unknown field; what is visible can be written, and bears the user's name."""
    hidden = bob.patch(f"{DATA}/sobjects/Account/{account(1)}", json={"ARR__c": 1})
    bob.patch(f"{DATA}/sobjects/Account/{account(1)}", json={"Name": "Bob's"})

    assert hidden.json()[0]["errorCode"] == "INVALID_FIELD"
    assert bob.get(f"{DATA}/sobjects/Account/{account(1)}").json()["LastModifiedById"] == SECOND_USER


def test_userinfo_is_of_the_session(bob: httpx.Client) -> None:
    """Each session knows whose it is."""
    assert bob.get("/services/oauth2/userinfo").json()["preferred_username"] == "bob@acme.example"


def test_a_deactivated_user_is_signed_out(strict: httpx.Client, bob: httpx.Client) -> None:
    """Sessions of users who are no longer active are worth nothing."""
    change = {"op": "update", "object": "User", "id": SECOND_USER, "fields": {"IsActive": False}}
    strict.post("/__sandbox__/changes", json={"changes": [change]})

    assert bob.get(f"{DATA}/limits/recordCount").status_code == 401


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"user": [{"username": "nobody@acme.example"}]}, "column user username: there is no user"),
        ({"user": [{"username": "ada@acme.example", "hidden_objects": ["Nope"]}]}, "no object `Nope` to hide"),
        ({"user": [{"username": "ada@acme.example", "hidden_fields": ["Account.Nope"]}]}, "no field `Account.Nope`"),
        ({"user": [{"username": "ada@acme.example", "hidden_fields": ["Nope"]}]}, "is not of the form Object.Field"),
        ({"user": [{"username": "ada@acme.example", "hide": []}]}, "column user 1 hide: unknown key"),
        ({"validation": [{"object": "Nope", "condition": "Id != null", "message": "x"}]}, "no object `Nope`"),
        ({"validation": [{"object": "Account", "condition": "Nope = 1", "message": "x"}]}, "No such column 'Nope'"),
        ({"validation": [{"object": "Account", "condition": "Name =", "message": "x"}]}, "validation 1 condition"),
        ({"validation": [{"object": "Account", "condition": "Name = 'x'"}]}, "column validation 1 message"),
        ({"oauth": {"rotate_refresh_tokens": "yes"}}, "column oauth rotate_refresh_tokens: true or false is wanted"),
    ],
)
def test_settings_that_fit_no_org_are_told_with_their_place(settings: dict[str, object], words: str) -> None:
    """org.toml and the key."""
    with pytest.raises(OrgError) as caught:
        Org.from_rows(writing_org.DESCRIBES, writing_org.rows(), {"name": "x", **settings})
    assert "org.toml" in str(caught.value)
    assert words in str(caught.value)
