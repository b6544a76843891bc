"""The client that most people use, unmodified and over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import Org, serve

from .clients import simple_salesforce
from .conftest import account


@pytest.fixture
def salesforce(org: Org) -> Iterator[Any]:
    pytest.importorskip("cryptography")
    with serve(org, tls=True) as running, simple_salesforce(running) as client:
        yield client


def test_query_all_reads_every_record(salesforce: Any) -> None:
    """A query through the client's own paging."""
    answer = salesforce.query_all("SELECT Id, Name FROM Account ORDER BY Id")

    assert [record["Name"] for record in answer["records"]] == ["Acme", "acme two", "Zeta"]


def test_include_deleted_reads_the_bin(salesforce: Any) -> None:
    """The client's way of queryAll."""
    assert salesforce.query("SELECT Id FROM Account", include_deleted=True)["totalSize"] == 4


def test_describe_and_get(salesforce: Any) -> None:
    """Describe, and a single record."""
    assert "ARR__c" in [field["name"] for field in salesforce.Account.describe()["fields"]]
    assert salesforce.Account.get(account(1))["Name"] == "Acme"


def test_a_bad_query_raises_the_clients_error(salesforce: Any) -> None:
    """The client understands the error body."""
    from simple_salesforce.exceptions import SalesforceMalformedRequest

    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.query("SELECT Nope FROM Account")

    assert caught.value.content[0]["errorCode"] == "INVALID_FIELD"


@pytest.mark.slow
def test_bulk2_reads_csv(salesforce: Any) -> None:
    """The client's Bulk 2.0 query, which fails without `Sforce-NumberOfRecords`."""
    pages = list(salesforce.bulk2.Account.query("SELECT Id, Name FROM Account ORDER BY Id"))

    assert pages[0].replace("\r\n", "\n").startswith(f'"Id","Name"\n"{account(1)}","Acme"\n')
