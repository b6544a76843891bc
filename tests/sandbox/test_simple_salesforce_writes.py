from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox import Running

from .simple_salesforce_help import connected
from .writing_org import account

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    simple_salesforce = pytest.importorskip("simple_salesforce")


@pytest.fixture
def salesforce(strict_running: Running) -> Iterator[Any]:
    with connected(strict_running) as client:
        yield client


def _names(salesforce: Any) -> list[str]:
    return [r["Name"] for r in salesforce.query("SELECT Name FROM Account ORDER BY Name")["records"]]


def test_create_update_and_delete(salesforce: Any) -> None:
    """The client's calls for one record."""
    created = salesforce.Account.create({"Name": "New", "ARR__c": 12.5})
    updated = salesforce.Account.update(created["id"], {"Name": "Newer"})
    name = salesforce.Account.get(created["id"])["Name"]
    deleted = salesforce.Account.delete(created["id"])

    assert (created["success"], updated, name, deleted) == (True, 204, "Newer", 204)
    assert _names(salesforce) == ["Acme", "Bravo"]


def test_upsert(salesforce: Any) -> None:
    """201 for a new record, 200 for one that was there."""
    assert salesforce.Account.upsert("Number__c/N-1", {"Name": "New"}) == 201
    assert salesforce.Account.upsert("Number__c/N-1", {"Name": "Newer"}) == 200
    assert salesforce.Account.get_by_custom_id("Number__c", "N-1")["Name"] == "Newer"


def test_an_ambiguous_upsert_raises_the_clients_error(salesforce: Any) -> None:
    """300 is an error of its own there."""
    with pytest.raises(simple_salesforce.exceptions.SalesforceMoreThanOneRecord):
        salesforce.Account.upsert("Legacy__c/twice", {"Name": "x"})


def test_refusals_raise_the_clients_errors(salesforce: Any) -> None:
    """400 and 404, with Salesforce's body."""
    with pytest.raises(simple_salesforce.exceptions.SalesforceMalformedRequest) as caught:
        salesforce.Account.create({"Name": "n" * 21})
    with pytest.raises(simple_salesforce.exceptions.SalesforceResourceNotFound):
        salesforce.Account.delete(account(77))

    assert caught.value.content[0]["errorCode"] == "STRING_TOO_LONG"


def test_collections(salesforce: Any) -> None:
    """Through the client's way of calling resources that it has no method for."""
    rows = [{"attributes": {"type": "Account"}, "Name": name} for name in ("C1", "n" * 21)]
    outcomes = salesforce.restful("composite/sobjects", method="POST", json={"records": rows})
    read = salesforce.restful("composite/sobjects/Account", params={"ids": account(1), "fields": "Name"})

    assert [o["success"] for o in outcomes] == [True, False]
    assert read[0]["Name"] == "Acme"
    assert _names(salesforce) == ["Acme", "Bravo", "C1"]


def test_updated_and_deleted(salesforce: Any) -> None:
    """The client's calls of the replication resources."""
    span = (datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 2, 1, 12, tzinfo=UTC))

    assert salesforce.Account.updated(*span)["ids"] == [account(1), account(2)]
    assert [r["id"] for r in salesforce.Account.deleted(*span)["deletedRecords"]] == [account(3)]
