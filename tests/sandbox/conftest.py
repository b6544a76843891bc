from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from compiler.record_id import to_18
from sandbox import Org, Running, serve

from . import writing_org

DESCRIBES = [
    {
        "name": "Account",
        "fields": [
            {"name": "Name", "type": "string", "length": 255},
            {"name": "Type", "type": "picklist", "picklistValues": [{"value": "Prospect"}, {"value": "Customer"}]},
            {"name": "ARR__c", "type": "currency", "precision": 18, "scale": 2},
            {"name": "Big__c", "type": "double", "precision": 18, "scale": 0},
            {"name": "Notes__c", "type": "textarea", "length": 32000},
            {"name": "Active__c", "type": "boolean"},
            {"name": "OwnerId", "type": "reference", "referenceTo": ["User", "Group"]},
            {"name": "ParentId", "type": "reference", "referenceTo": ["Account"]},
            {"name": "MasterRecordId", "type": "reference", "referenceTo": ["Account"]},
            {"name": "Renewal__c", "type": "date"},
            {"name": "Opens__c", "type": "time"},
            {"name": "BillingCity", "type": "string", "compoundFieldName": "BillingAddress"},
            {"name": "BillingCountry", "type": "string", "compoundFieldName": "BillingAddress"},
            {"name": "BillingAddress", "type": "address"},
        ],
    },
    {
        "name": "Contact",
        "fields": [
            {"name": "FirstName", "type": "string"},
            {"name": "LastName", "type": "string"},
            {"name": "Name", "type": "string"},
            {"name": "Email", "type": "email"},
            {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]},
        ],
    },
    {
        "name": "User",
        "fields": [
            {"name": "Username", "type": "string"},
            {"name": "Name", "type": "string"},
            {"name": "Email", "type": "email"},
            {"name": "IsActive", "type": "boolean"},
        ],
    },
    {"name": "Group", "fields": [{"name": "Name", "type": "string"}, {"name": "Type", "type": "picklist"}]},
]


def account(number: int) -> str:
    return f"0010000000{number:05d}AAA"


def contact(number: int) -> str:
    return f"0030000000{number:05d}AAA"


USER = "005000000000001AAA"
QUEUE = to_18("00G000000000001")


def rows() -> dict[str, list[dict[str, object]]]:
    return {
        "Account": [
            {"Id": account(1), "Name": "Acme", "Type": "Customer", "ARR__c": "1200.50", "Active__c": "true",
             "Big__c": "123456789012345678", "OwnerId": USER, "Renewal__c": "2026-03-01", "Opens__c": "09:30:00.000Z",
             "BillingCity": "Zürich", "Notes__c": 'say "hi"\r\nand, bye\n', "CreatedDate": "2026-01-02T03:04:05.678Z"},
            {"Id": account(2), "Name": "acme two", "Type": "Prospect", "ARR__c": "0.00", "OwnerId": QUEUE},
            {"Id": account(3), "Name": "Zeta", "ARR__c": None, "ParentId": account(1)},
            {"Id": account(4), "Name": "Gone", "Type": "Customer", "IsDeleted": "true"},
        ],
        "Contact": [
            {"Id": contact(1), "FirstName": "Ann", "LastName": "Bo", "AccountId": account(1)},
            {"Id": contact(2), "LastName": "Cy", "AccountId": account(2)},
            {"Id": contact(3), "LastName": "Di", "AccountId": account(2)},
            {"Id": contact(4), "LastName": "Ed"},
        ],
        "User": [{"Id": USER, "Username": "ada@acme.example", "Name": "Ada", "IsActive": "true"}],
        "Group": [{"Id": QUEUE, "Name": "Inbound", "Type": "Queue"}],
    }  # fmt: skip


@pytest.fixture
def org() -> Iterator[Org]:
    opened = Org.from_rows(DESCRIBES, rows(), {"name": "Acme", "now": "2026-02-01T12:00:00Z"})
    yield opened
    opened.close()


@pytest.fixture
def running(org: Org) -> Iterator[Running]:
    with serve(org) as server:
        yield server


@pytest.fixture
def client(running: Running) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {running.access_token}"}
    with httpx.Client(base_url=running.instance_url, headers=headers) as opened:
        yield opened


@pytest.fixture
def strict_org() -> Iterator[Org]:
    opened = Org.from_rows(writing_org.DESCRIBES, writing_org.rows(), writing_org.SETTINGS)
    yield opened
    opened.close()


@pytest.fixture
def strict_running(strict_org: Org) -> Iterator[Running]:
    with serve(strict_org) as server:
        yield server


@pytest.fixture
def strict(strict_running: Running) -> Iterator[httpx.Client]:
    """A client of an org that is strict about what is written to it."""
    headers = {"Authorization": f"Bearer {strict_running.access_token}"}
    with httpx.Client(base_url=strict_running.instance_url, headers=headers) as opened:
        yield opened
