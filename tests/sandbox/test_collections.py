from __future__ import annotations

from typing import Any

import httpx
import pytest

from .wire_help import DATA, query
from .writing_org import account, contact

COLLECTION = f"{DATA}/composite/sobjects"


def _record(kind: str = "Account", **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind}, **fields}


def _names(client: httpx.Client) -> list[str]:
    return [row["Name"] for row in query(client, "SELECT Name FROM Account ORDER BY Name")["records"]]


def test_rows_fail_alone(strict: httpx.Client) -> None:
    """The answer is 200 and has an outcome for each record, in their order."""
    rows = [_record(Name="C1"), _record(Name="C2", Seats__c="many"), _record(Name="C3", ARR__c=-1), _record(Name="C4")]
    answer = strict.post(COLLECTION, json={"allOrNone": False, "records": rows})
    outcomes = answer.json()

    assert answer.status_code == 200
    assert [o["success"] for o in outcomes] == [True, False, False, True]
    assert outcomes[1]["errors"] == [
        {
            "statusCode": "INVALID_TYPE_ON_FIELD_IN_RECORD",
            "message": "Seats__c: value not of required type: many",
            "fields": ["Seats__c"],
        }
    ]
    assert outcomes[2]["errors"][0]["statusCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert _names(strict) == ["Acme", "Bravo", "C1", "C4"]


def test_all_or_none_rolls_back(strict: httpx.Client) -> None:
    """One bad record takes the others with it, which say that they are innocent."""
    rows = [_record(id=account(1), Name="Z"), _record(id=account(2), Name="Y", ARR__c=-1)]
    outcomes = strict.patch(COLLECTION, json={"allOrNone": True, "records": rows}).json()

    assert [(o["id"], o["errors"][0]["statusCode"]) for o in outcomes] == [
        (account(1), "ALL_OR_NONE_OPERATION_ROLLED_BACK"),
        (account(2), "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
    ]
    assert _names(strict) == ["Acme", "Bravo"]


def test_updates_of_several_objects(strict: httpx.Client) -> None:
    """Records of different types may stand in one call; each failure names its record."""
    rows = [
        _record(id=account(1), Name="Z"),
        _record("Contact", id=contact(1), LastName="Q"),
        _record("Contact", id=contact(9), LastName="Q"),
        _record("Contact", LastName="Q"),
    ]
    outcomes = strict.patch(COLLECTION, json={"records": rows}).json()

    assert outcomes[:2] == [{"id": i, "success": True, "errors": []} for i in (account(1), contact(1))]
    assert [o["errors"][0]["statusCode"] for o in outcomes[2:]] == ["INVALID_CROSS_REFERENCE_KEY", "MISSING_ARGUMENT"]


def test_upserts_by_external_id(strict: httpx.Client) -> None:
    """Each outcome tells whether the record is new; an ambiguous or missing key fails its row."""
    rows = [_record(Number__c="A-1", Name="Up"), _record(Number__c="N-1", Name="New"), _record(Name="No key")]
    outcomes = strict.patch(f"{COLLECTION}/Account/Number__c", json={"records": rows}).json()
    twice = strict.patch(f"{COLLECTION}/Account/Legacy__c", json={"records": [_record(Legacy__c="twice")]}).json()

    assert [(o["success"], o.get("created")) for o in outcomes] == [(True, False), (True, True), (False, None)]
    assert outcomes[2]["errors"][0]["message"] == "Number__c not specified"
    assert twice[0]["errors"][0]["statusCode"] == "DUPLICATE_EXTERNAL_ID"


def test_deletes_by_ids(strict: httpx.Client) -> None:
    """The Ids stand in the address."""
    ids = f"{account(1)},{account(3)},{contact(9)}"
    outcomes = strict.delete(COLLECTION, params={"ids": ids}).json()

    assert [o["success"] for o in outcomes] == [True, False, False]
    assert outcomes[1]["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"
    assert _names(strict) == ["Bravo"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_reads_by_ids_answer_null_for_what_is_not_there(strict: httpx.Client, method: str) -> None:
    """Records come in the order of the Ids; deleted and unknown ones are null."""
    ids = [account(2), account(9), account(3), account(1)]
    if method == "GET":
        answer = strict.get(f"{COLLECTION}/Account", params={"ids": ",".join(ids), "fields": "Name"})
    else:
        answer = strict.post(f"{COLLECTION}/Account", json={"ids": ids, "fields": ["Name"]})

    assert [row and row["Name"] for row in answer.json()] == ["Bravo", None, None, "Acme"]


def test_at_most_200_records(strict: httpx.Client) -> None:
    """201 records are refused as a whole."""
    answer = strict.post(COLLECTION, json={"records": [_record(Name="x")] * 201})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")


def test_at_most_10_chunks(strict: httpx.Client) -> None:
    """Types may change ten times only: sort by type."""
    mixed = [_record(Name="x"), _record("Contact", LastName="x")] * 6
    answer = strict.post(COLLECTION, json={"records": mixed})
    sorted_by_type = strict.post(COLLECTION, json={"records": mixed[::2] + mixed[1::2]})

    assert answer.json()[0]["message"].startswith("Cannot have more than 10 chunks in a single operation.")
    assert sorted_by_type.status_code == 200


def test_a_malformed_body_fails_as_a_whole(strict: httpx.Client) -> None:
    """What is no list of records of known types is 400."""
    bodies: list[Any] = [{}, {"records": [{"Name": "no type"}]}, {"records": [_record("Nope")]}]

    assert [strict.post(COLLECTION, json=body).status_code for body in bodies] == [400, 400, 400]
