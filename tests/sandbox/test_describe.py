from __future__ import annotations

import json
from pathlib import Path

import httpx

from compiler import build_schema
from sandbox import Running

from .conftest import account
from .wire_help import DATA


def test_a_reduced_describe_is_answered_in_full(client: httpx.Client) -> None:
    """Clients find every attribute that Salesforce gives, system fields included."""
    answer = client.get(f"{DATA}/sobjects/account/describe").json()
    fields = {f["name"]: f for f in answer["fields"]}

    assert answer["urls"]["sobject"] == f"{DATA}/sobjects/Account"
    assert fields["ARR__c"]["soapType"] == "xsd:double"
    assert fields["ARR__c"]["custom"] is True
    assert fields["SystemModstamp"]["filterable"] is True
    assert fields["OwnerId"]["relationshipName"] == "Owner"
    assert fields["OwnerId"]["polymorphicForeignKey"] is True


def test_child_relationships_follow_from_reference_fields(client: httpx.Client) -> None:
    """What describes do not say about children is derived."""
    children = client.get(f"{DATA}/sobjects/Account/describe").json()["childRelationships"]
    names = {(c["childSObject"], c["field"]): c["relationshipName"] for c in children}

    assert names["Contact", "AccountId"] == "Contacts"
    assert names["Account", "ParentId"] == "ChildAccounts"


def test_the_answered_describes_mean_the_same_schema(running: Running, client: httpx.Client) -> None:
    """A schema built from the answers equals the sandbox's own."""
    names = [o["name"] for o in client.get(f"{DATA}/sobjects").json()["sobjects"]]
    answers = [client.get(f"{DATA}/sobjects/{name}/describe").json() for name in names]

    assert build_schema(answers).objects == running.org.schema.objects


def test_a_full_describe_is_answered_as_it_is(tmp_path: Path) -> None:
    """Nothing of a describe that has all its attributes is changed but the version in addresses."""
    from sandbox.describes import complete, versioned

    field = {"name": "Id", "type": "id", "label": "Record", "filterable": False, "custom": False}
    urls = {"sobject": "/services/data/v48.0/sobjects/Thing"}
    (described,) = complete([{"name": "Thing", "keyPrefix": "a00", "fields": [field], "urls": urls}]).values()
    answer = json.loads(json.dumps(versioned(described, "66.0")))

    assert [f["name"] for f in answer["fields"]] == ["Id"]
    assert (answer["fields"][0]["label"], answer["fields"][0]["filterable"]) == ("Record", False)
    assert answer["urls"] == {"sobject": "/services/data/v66.0/sobjects/Thing"}


def test_a_single_record_is_read_by_its_id(client: httpx.Client) -> None:
    """One record comes with all its fields, or with those that are asked for."""
    whole = client.get(f"{DATA}/sobjects/Account/{account(1)[:15]}").json()
    part = client.get(f"{DATA}/sobjects/Account/{account(1)}", params={"fields": "Name,Type"}).json()

    assert (whole["Name"], whole["BillingAddress"]["city"]) == ("Acme", "Zürich")
    assert list(part) == ["attributes", "Name", "Type"]


def test_unknown_and_deleted_records_are_not_found(client: httpx.Client) -> None:
    """404 for both, with codes of their own."""
    gone = client.get(f"{DATA}/sobjects/Account/{account(4)}")
    unknown = client.get(f"{DATA}/sobjects/Account/{account(99)}")

    assert (gone.status_code, gone.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")
    assert (unknown.status_code, unknown.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_limits_count_what_was_used(client: httpx.Client) -> None:
    """Every call counts against the daily allocation, in the header and in /limits."""
    client.get(f"{DATA}/sobjects")
    answer = client.get(f"{DATA}/limits")

    assert answer.json()["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_998}
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=2/100000"
    assert "DailyBulkApiBatches" in answer.json()
