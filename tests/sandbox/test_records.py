from __future__ import annotations

import httpx

from .wire_help import DATA, query
from .writing_org import NOW_REST, USER, account, contact

ACCOUNTS = f"{DATA}/sobjects/Account"


def _fields(client: httpx.Client, record_id: str, names: str) -> dict[str, object]:
    answer = client.get(f"{ACCOUNTS}/{record_id}", params={"fields": names}).json()
    return {name: answer[name] for name in names.split(",")}


def test_create_answers_201_with_the_new_id(strict: httpx.Client) -> None:
    """A new record has an Id of its object's prefix, and the answer tells where it is."""
    answer = strict.post(ACCOUNTS, json={"attributes": {"type": "Account"}, "Name": "New", "ARR__c": 1.2345})
    record_id = answer.json()["id"]

    assert answer.status_code == 201
    assert answer.json() == {"id": record_id, "success": True, "errors": []}
    assert (record_id[:3], len(record_id)) == ("001", 18)
    assert answer.headers["Location"] == f"{ACCOUNTS}/{record_id}"


def test_the_server_fills_what_the_client_leaves_out(strict: httpx.Client) -> None:
    """Owner, authors, stamps, picklist defaults, false booleans and auto-numbers."""
    record_id = strict.post(ACCOUNTS, json={"Name": "New"}).json()["id"]

    assert _fields(
        strict, record_id, "OwnerId,CreatedById,CreatedDate,SystemModstamp,Rating,Active__c,Code__c,IsDeleted"
    ) == {
        "OwnerId": USER,
        "CreatedById": USER,
        "CreatedDate": NOW_REST,
        "SystemModstamp": NOW_REST,
        "Rating": "Warm",
        "Active__c": False,
        "Code__c": "AC-0042",
        "IsDeleted": False,
    }


def test_values_are_kept_exactly(strict: httpx.Client) -> None:
    """Numbers keep all their digits, times are UTC to the millisecond, and the empty text is null."""
    given = '{"Name":"New","ARR__c":1234567890123.12345,"Seen__c":"2026-01-02T03:04:05.678+02:00","Legacy__c":""}'
    record_id = strict.post(ACCOUNTS, content=given, headers={"Content-Type": "application/json"}).json()["id"]
    text = strict.get(f"{ACCOUNTS}/{record_id}", params={"fields": "ARR__c,Seen__c,Legacy__c"}).text

    assert '"ARR__c":1234567890123.12345,"Seen__c":"2026-01-02T01:04:05.678+0000","Legacy__c":null' in text


def test_update_answers_204_and_restamps(strict: httpx.Client) -> None:
    """Named fields change, null clears, the others stay."""
    strict.post("/__sandbox__/clock", json={"now": "2026-02-01T13:00:00Z"})
    answer = strict.patch(f"{ACCOUNTS}/{account(1)}", json={"name": "Acme 2", "Renewal__c": None})

    assert (answer.status_code, answer.content) == (204, b"")
    assert _fields(strict, account(1), "Name,Renewal__c,Type,SystemModstamp") == {
        "Name": "Acme 2",
        "Renewal__c": None,
        "Type": "Customer",
        "SystemModstamp": "2026-02-01T13:00:00.000+0000",
    }


def test_a_persons_name_is_put_together(strict: httpx.Client) -> None:
    """Name follows its parts and cannot be written."""
    strict.patch(f"{DATA}/sobjects/Contact/{contact(1)}", json={"LastName": "Fox"})
    refused = strict.patch(f"{DATA}/sobjects/Contact/{contact(1)}", json={"Name": "Eve"})

    assert strict.get(f"{DATA}/sobjects/Contact/{contact(1)}").json()["Name"] == "Ann Fox"
    assert refused.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_delete_answers_204_and_takes_children_along(strict: httpx.Client) -> None:
    """A deleted record is in the bin, with those that cascade."""
    answer = strict.delete(f"{ACCOUNTS}/{account(1)}")
    again = strict.delete(f"{ACCOUNTS}/{account(1)}")

    assert answer.status_code == 204
    assert (again.status_code, again.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")
    assert query(strict, "SELECT Id FROM Contact")["totalSize"] == 0
    assert query(strict, "SELECT Id FROM Contact WHERE IsDeleted = true", "queryAll")["totalSize"] == 1


def test_update_of_a_deleted_record_is_refused(strict: httpx.Client) -> None:
    """404 ENTITY_IS_DELETED; an unknown Id is NOT_FOUND."""
    deleted = strict.patch(f"{ACCOUNTS}/{account(3)}", json={"Name": "x"})
    unknown = strict.patch(f"{ACCOUNTS}/{account(77)}", json={"Name": "x"})

    assert (deleted.status_code, deleted.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")
    assert (unknown.status_code, unknown.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_upsert_creates_updates_and_says_which(strict: httpx.Client) -> None:
    """201 for a new record, 200 for one that was there, 204 for it in old versions of the API."""
    created = strict.patch(f"{ACCOUNTS}/Number__c/N%2F7 b", json={"Name": "New"})
    updated = strict.patch(f"{ACCOUNTS}/number__c/n%2F7 B", json={"Name": "Newer"})
    old = strict.patch("/services/data/v45.0/sobjects/Account/Number__c/A-1", json={"Name": "Old"})

    assert (created.status_code, created.json()["created"]) == (201, True)
    assert updated.status_code == 200
    assert updated.json() == {"id": created.json()["id"], "success": True, "errors": [], "created": False}
    assert (old.status_code, old.content) == (204, b"")


def test_an_ambiguous_external_id_answers_300(strict: httpx.Client) -> None:
    """The body lists the records that have the value, for reading and for upsert."""
    both = [f"{ACCOUNTS}/{account(1)}", f"{ACCOUNTS}/{account(2)}"]
    written = strict.patch(f"{ACCOUNTS}/Legacy__c/twice", json={"Name": "x"})
    read = strict.get(f"{ACCOUNTS}/Legacy__c/twice")

    assert (written.status_code, written.json()) == (300, both)
    assert (read.status_code, read.json()) == (300, both)


def test_records_are_read_and_deleted_by_external_id(strict: httpx.Client) -> None:
    """The same path reads and deletes; a field that is no key is not found."""
    assert strict.get(f"{ACCOUNTS}/Number__c/A-2", params={"fields": "Id"}).json()["Id"] == account(2)
    assert strict.delete(f"{ACCOUNTS}/Number__c/A-2").status_code == 204
    assert strict.get(f"{ACCOUNTS}/Number__c/A-2").status_code == 404
    assert strict.get(f"{ACCOUNTS}/Type/Customer").json()[0]["message"] == (
        "Provided external ID field does not exist or is not accessible: Type"
    )


def test_update_only_makes_no_new_record(strict: httpx.Client) -> None:
    """`updateOnly=true` turns an upsert into an update by external id."""
    answer = strict.patch(f"{ACCOUNTS}/Number__c/none", params={"updateOnly": "true"}, json={"Name": "x"})

    assert answer.status_code == 404
    assert query(strict, "SELECT Id FROM Account")["totalSize"] == 2


def test_a_parent_can_be_named_by_its_external_id(strict: httpx.Client) -> None:
    """`{"Account": {"Number__c": "A-2"}}` sets the reference."""
    answer = strict.patch(f"{DATA}/sobjects/Contact/{contact(1)}", json={"Account": {"Number__c": "A-2"}})
    missing = strict.patch(f"{DATA}/sobjects/Contact/{contact(1)}", json={"Account": {"Number__c": "A-9"}})

    assert answer.status_code == 204
    assert strict.get(f"{DATA}/sobjects/Contact/{contact(1)}").json()["AccountId"] == account(2)
    assert (
        missing.json()[0]["message"] == "Foreign key external ID: A-9 not found for field Number__c in entity Account"
    )


def test_a_method_can_be_named_in_the_address(strict: httpx.Client) -> None:
    """Clients that cannot PATCH say `_HttpMethod=PATCH`."""
    answer = strict.post(f"{ACCOUNTS}/{account(1)}", params={"_HttpMethod": "PATCH"}, json={"Name": "x"})

    assert answer.status_code == 204


def test_counts_by_object(strict: httpx.Client) -> None:
    """`/limits/recordCount` counts what is not deleted."""
    answer = strict.get(f"{DATA}/limits/recordCount", params={"sObjects": "Account,Contact,Nope"})

    assert answer.json() == {"sObjects": [{"count": 2, "name": "Account"}, {"count": 1, "name": "Contact"}]}


def test_columns_tell_a_query_without_its_rows(strict: httpx.Client) -> None:
    """`&columns=true` answers what the columns are."""
    soql = "SELECT Id, ARR__c, Parent.Name FROM Account"
    answer = strict.get(f"{DATA}/query", params={"q": soql, "columns": "true"}).json()
    columns = {c["columnName"]: c for c in answer["columnMetadata"]}

    assert {k: v for k, v in answer.items() if k != "columnMetadata"} == {
        "entityName": "Account",
        "groupBy": False,
        "idSelected": True,
        "keyPrefix": "001",
    }
    assert (columns["ARR__c"]["numberType"], columns["ARR__c"]["apexType"]) == (True, "Decimal")
    assert [c["columnName"] for c in columns["Parent"]["joinColumns"]] == ["Name"]
