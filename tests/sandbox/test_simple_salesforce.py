from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from sandbox import Running

from .conftest import account

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    simple_salesforce = pytest.importorskip("simple_salesforce")


class _PlainHttp(HTTPAdapter):
    """The client always builds https addresses; the sandbox speaks http."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, *args, **kwargs)


@pytest.fixture
def salesforce(running: Running) -> Iterator[Any]:
    with requests.Session() as session:
        session.mount("https://", _PlainHttp())
        yield simple_salesforce.Salesforce(
            instance_url=running.instance_url, session_id=running.access_token, session=session, version="66.0"
        )


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
    with pytest.raises(simple_salesforce.exceptions.SalesforceMalformedRequest) as caught:
        salesforce.query("SELECT Nope FROM Account")

    assert caught.value.content[0]["errorCode"] == "INVALID_FIELD"


@pytest.mark.slow
def test_bulk2_reads_csv(salesforce: Any) -> None:
    """The client's Bulk 2.0 query, which fails without `Sforce-NumberOfRecords`."""
    pages = list(salesforce.bulk2.Account.query("SELECT Id, Name FROM Account ORDER BY Id"))

    assert pages[0].replace("\r\n", "\n").startswith(f'"Id","Name"\n"{account(1)}","Acme"\n')
