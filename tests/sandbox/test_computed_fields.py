from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox import Org, OrgError, serve

from . import writing_org
from .wire_help import DATA, query
from .writing_org import account


def _computed(client: httpx.Client) -> dict[str, Any]:
    soql = f"SELECT Monthly__c, Contacts__c, Days__c, SystemModstamp FROM Account WHERE Id = '{account(1)}'"
    (record,) = query(client, soql)["records"]
    del record["attributes"]
    return record


def test_formulas_and_roll_ups_are_computed_at_the_start(strict: httpx.Client) -> None:
    """A field with `_sql` holds what its expression gives."""
    assert _computed(strict) == {
        "Monthly__c": 100,
        "Contacts__c": 1,
        "Days__c": 10,
        "SystemModstamp": "2026-01-20T10:00:00.400+0000",
    }


def test_they_follow_writes_of_other_records_without_a_stamp(strict: httpx.Client) -> None:
    """A roll-up changes with its children; the parent's stamp stays."""
    before = _computed(strict)
    strict.post(f"{DATA}/sobjects/Contact", json={"LastName": "Two", "AccountId": account(1)})

    assert _computed(strict) == {**before, "Contacts__c": 2}


def test_they_follow_changes_of_the_control_side(strict: httpx.Client) -> None:
    """A change list moves them too."""
    change = {"op": "update", "object": "Account", "id": account(1), "fields": {"ARR__c": 24}}
    strict.post("/__sandbox__/changes", json={"changes": [change]})

    assert _computed(strict)["Monthly__c"] == 2


def test_they_follow_the_clock(strict: httpx.Client) -> None:
    """`org_today()` is the day of the org's clock."""
    strict.post("/__sandbox__/clock", json={"now": "2026-02-10T00:00:00Z"})

    assert _computed(strict)["Days__c"] == 1


def test_they_cannot_be_set(strict: httpx.Client) -> None:
    """A formula change of a field that has its SQL would not last: it is refused."""
    change = {"op": "formula_change", "object": "Account", "id": account(1), "fields": {"Monthly__c": 7}}
    answer = strict.post("/__sandbox__/changes", json={"changes": [change]})

    assert "Account.Monthly__c is computed by its SQL and cannot be set" in answer.json()[0]["message"]


def test_their_sql_is_not_told(strict: httpx.Client) -> None:
    """A describe answer has no keys that Salesforce does not know."""
    fields = strict.get(f"{DATA}/sobjects/Account/describe").json()["fields"]

    assert not [key for field in fields for key in field if key.startswith("_")]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"calculated": True, "_sql": '"Nope" + 1'}, "describe/Account.json, column F__c: `_sql` does not run"),
        ({"_sql": "1"}, 'describe/Account.json, column F__c: a field with `_sql` needs `"calculated": true` too'),
        ({"calculated": True, "_sql": 1}, "`_sql` is an SQL expression"),
    ],
)
def test_bad_sql_is_told_with_its_place(field: dict[str, Any], words: str) -> None:
    """File and field."""
    describe = {"name": "Account", "fields": [{"name": "F__c", "type": "double", **field}]}

    with pytest.raises(OrgError) as caught:
        Org.from_rows([describe], {"Account": [{"Id": account(1)}]})
    assert words in str(caught.value)


def test_a_validation_rule_sees_the_computed_value() -> None:
    """The record's own formulas are computed before a rule looks at it."""
    rule = {"object": "Account", "condition": "Monthly__c > 1000", "message": "Too much."}
    org = Org.from_rows(writing_org.DESCRIBES, writing_org.rows(), {**writing_org.SETTINGS, "validation": [rule]})
    with serve(org) as running, httpx.Client(base_url=running.instance_url) as client:
        client.headers["Authorization"] = f"Bearer {running.access_token}"
        much = client.patch(f"{DATA}/sobjects/Account/{account(1)}", json={"ARR__c": 12001})
        enough = client.patch(f"{DATA}/sobjects/Account/{account(1)}", json={"ARR__c": 12000})
    org.close()

    assert much.json()[0]["message"] == "Too much."
    assert enough.status_code == 204
