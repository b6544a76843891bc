from __future__ import annotations

from typing import Any

import httpx
import pytest

from .wire_help import DATA, query
from .writing_org import QUEUE, account

ACCOUNTS = f"{DATA}/sobjects/Account"

RULES: list[tuple[dict[str, Any], str, str, list[str]]] = [
    ({"Type": "Customer"}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
    ({"Name": ""}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
    (
        {"Name": "n" * 21},
        "STRING_TOO_LONG",
        f"Account Name: data value too large: {'n' * 21} (max length=20)",
        ["Name"],
    ),
    (
        {"Type": "Nobody"},
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Type: bad value for restricted picklist field: Nobody",
        ["Type"],
    ),
    (
        {"Type": "Old"},
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Type: bad value for restricted picklist field: Old",
        ["Type"],
    ),
    ({"Nope__c": 1}, "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Account", []),
    (
        {"Number__c": "a-2"},
        "DUPLICATE_VALUE",
        f"duplicate value found: Number__c duplicates value on record with id: {account(2)[:15]}",
        [],
    ),
    ({"ParentId": account(77)}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ["ParentId"]),
    ({"ParentId": account(3)}, "ENTITY_IS_DELETED", "entity is deleted", ["ParentId"]),
    (
        {"ParentId": QUEUE},
        "FIELD_INTEGRITY_EXCEPTION",
        f"ParentId: id value of incorrect type: {QUEUE}",
        ["ParentId"],
    ),
    ({"ParentId": "abc"}, "MALFORMED_ID", "ParentId: id value of incorrect type: abc", ["ParentId"]),
    (
        {"CreatedDate": "2026-01-01T00:00:00Z", "Monthly__c": 1, "Code__c": "x"},
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "Unable to create/update fields: CreatedDate, Monthly__c, Code__c. Please check the security settings of this "
        "field and verify that it is read/write for your profile or permission set.",
        ["CreatedDate", "Monthly__c", "Code__c"],
    ),
    (
        {"ARR__c": "12345678901234567.5"},
        "NUMBER_OUTSIDE_VALID_RANGE",
        "ARR__c: value outside of valid range on numeric field: 12345678901234567.5",
        ["ARR__c"],
    ),
    ({"ARR__c": -1}, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "ARR cannot be negative.", ["ARR__c"]),
    ({"Id": account(1)}, "INVALID_FIELD", "The Id field should not be specified in the sobject data.", []),
]


@pytest.mark.parametrize(
    ("fields", "code", "message", "named"), RULES, ids=[f"{r[1]}-{next(iter(r[0]))}" for r in RULES]
)
def test_a_record_that_breaks_a_rule_is_refused(
    strict: httpx.Client, fields: dict[str, Any], code: str, message: str, named: list[str]
) -> None:
    """Create and update answer 400 with Salesforce's code, words and field names, and nothing is written."""
    before = query(strict, "SELECT FIELDS(ALL) FROM Account ORDER BY Id LIMIT 10")
    whole = fields if code == "REQUIRED_FIELD_MISSING" else {"Name": "New", **fields}
    answers = [strict.post(ACCOUNTS, json=whole)]
    if fields != {"Type": "Customer"}:
        answers.append(strict.patch(f"{ACCOUNTS}/{account(1)}", json=fields))

    for answer in answers:
        (error,) = answer.json()
        assert answer.status_code == 400
        assert (error["errorCode"], error["message"], error.get("fields", [])) == (code, message, named)
    assert query(strict, "SELECT FIELDS(ALL) FROM Account ORDER BY Id LIMIT 10") == before


@pytest.mark.parametrize(
    ("value", "kind", "token"),
    [
        ('"Seats__c":"many"', "int", "VALUE_STRING value many"),
        ('"Seats__c":1.5', "int", "VALUE_NUMBER_FLOAT value 1.5"),
        ('"ARR__c":NaN', "currency", "VALUE_NUMBER_FLOAT value nan"),
        ('"Active__c":"perhaps"', "boolean", "VALUE_STRING value perhaps"),
        ('"Renewal__c":"2026-02-30"', "date", "VALUE_STRING value 2026-02-30"),
        ('"Seen__c":"yesterday"', "datetime", "VALUE_STRING value yesterday"),
        ('"Legacy__c":7', "string", "VALUE_NUMBER_INT value 7"),
    ],
)
def test_a_value_of_the_wrong_type_is_no_json(strict: httpx.Client, value: str, kind: str, token: str) -> None:
    """A single record is refused by the JSON parser, which tells line and column."""
    body = '{"Name": "New",\n ' + value + "}"
    answer = strict.post(ACCOUNTS, content=body, headers={"Content-Type": "application/json"})
    column = value.index(":") + 3

    assert answer.status_code == 400
    assert answer.json() == [
        {
            "message": f"Cannot deserialize instance of {kind} from {token} or request may be missing a required "
            f"field at [line:2, column:{column}]",
            "errorCode": "JSON_PARSER_ERROR",
            "fields": [],
        }
    ]


def test_a_rule_sees_parents_and_the_saved_row(strict: httpx.Client) -> None:
    """A validation rule is a SOQL condition: paths to parents are allowed."""
    customer = strict.post(f"{DATA}/sobjects/Contact", json={"LastName": "Nobody", "AccountId": account(1)})
    other = strict.post(f"{DATA}/sobjects/Contact", json={"LastName": "Nobody", "AccountId": account(2)})

    assert customer.json() == [
        {"message": "Who is it?", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": []}
    ]
    assert other.status_code == 201


def test_objects_that_cannot_be_written_say_so(strict: httpx.Client) -> None:
    """Describe's `createable` holds for the API too."""
    answer = strict.post(f"{DATA}/sobjects/Setting__c", json={})

    assert answer.json()[0]["message"] == "entity type cannot be inserted: Setting__c"


def test_an_address_of_mail_is_checked(strict: httpx.Client) -> None:
    """An e-mail field takes addresses only."""
    answer = strict.post(f"{DATA}/sobjects/Contact", json={"LastName": "X", "Email": "not mail"})

    assert answer.json()[0]["errorCode"] == "INVALID_EMAIL_ADDRESS"


def test_a_value_may_be_used_again_after_its_record_is_deleted(strict: httpx.Client) -> None:
    """Unique fields count living records only."""
    assert strict.post(ACCOUNTS, json={"Name": "New", "Number__c": "A-3"}).status_code == 201
