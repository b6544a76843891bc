from __future__ import annotations

import httpx

from .conftest import account, contact
from .wire_help import DATA


def test_children_of_a_record(client: httpx.Client) -> None:
    """The path of a child relationship answers as a query does; `fields` names the columns."""
    answer = client.get(f"{DATA}/sobjects/Account/{account(2)}/Contacts", params={"fields": "LastName"}).json()

    assert (answer["totalSize"], answer["done"]) == (2, True)
    assert sorted(record["LastName"] for record in answer["records"]) == ["Cy", "Di"]


def test_the_parent_of_a_record(client: httpx.Client) -> None:
    """The path of a parent relationship is the parent's record, also where it may be of several objects."""
    parent = client.get(f"{DATA}/sobjects/Contact/{contact(1)}/Account", params={"fields": "Name"}).json()
    owner = client.get(f"{DATA}/sobjects/Account/{account(2)}/Owner", params={"fields": "Name"}).json()

    assert (parent["attributes"]["type"], parent["Name"]) == ("Account", "Acme")
    assert (owner["attributes"]["type"], owner["Name"]) == ("Group", "Inbound")


def test_where_a_relationship_leads_nowhere(client: httpx.Client) -> None:
    """No parent, no such relationship: not found."""
    paths = [f"Contact/{contact(4)}/Account", f"Account/{account(1)}/Nothings", f"Contact/{contact(99)}/Account"]
    answers = [client.get(f"{DATA}/sobjects/{path}") for path in paths]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert {answer.json()[0]["errorCode"] for answer in answers} == {"NOT_FOUND"}


def test_a_slash_too_many(client: httpx.Client) -> None:
    """The sf command puts two slashes behind the host; both are one."""
    answer = client.get(f"{client.base_url}".rstrip("/") + "//services/data/v66.0/limits")

    assert answer.status_code == 200


def test_how_a_query_would_be_run(client: httpx.Client) -> None:
    """`explain` checks the query and names one plan."""
    plan = client.get(f"{DATA}/query", params={"explain": "SELECT Id FROM Contact"}).json()["plans"][0]
    refused = client.get(f"{DATA}/query", params={"explain": "SELECT Nope FROM Contact"})

    assert (plan["sobjectType"], plan["sobjectCardinality"]) == ("Contact", 4)
    assert refused.json()[0]["errorCode"] == "INVALID_FIELD"


def test_resources_that_hold_nothing_here(client: httpx.Client) -> None:
    """Recent items and list views are empty; the tooling API has no objects, and says so as Salesforce does."""
    tooling = client.get(f"{DATA}/tooling/query", params={"q": "SELECT Id FROM ApexClass"})

    assert client.get(f"{DATA}/recent").json() == []
    assert client.get(f"{DATA}/sobjects/Account/listviews").json()["listviews"] == []
    assert client.get(f"{DATA}/tooling/sobjects").json()["sobjects"] == []
    assert tooling.json()[0]["errorCode"] == "INVALID_TYPE"
