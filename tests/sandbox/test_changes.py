from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import account, contact
from .wire_help import query

LATER = "2026-02-02T08:00:00Z"
LATER_REST = "2026-02-02T08:00:00.000+0000"


def _change(client: httpx.Client, **change: Any) -> httpx.Response:
    return client.post("/__sandbox__/changes", json={"changes": [{"at": LATER, **change}]})


def _row(client: httpx.Client, name: str, record_id: str) -> dict[str, Any]:
    rows = client.get(f"/__sandbox__/truth/{name}").json()
    return next(row for row in rows if row["Id"] == record_id)


def test_an_update_moves_both_stamps(client: httpx.Client) -> None:
    """A user's change sets the fields, LastModifiedDate and SystemModstamp."""
    _change(client, op="update", object="Account", id=account(1), fields={"ARR__c": 99.125, "Type": None})
    row = _row(client, "Account", account(1))

    assert (row["ARR__c"], row["Type"]) == (99.125, None)
    assert (row["LastModifiedDate"], row["SystemModstamp"]) == (LATER_REST, LATER_REST)


def test_a_system_touch_moves_one_stamp(client: httpx.Client) -> None:
    """Automated changes leave LastModifiedDate alone."""
    before = _row(client, "Account", account(1))
    _change(client, op="system_touch", object="Account", id=account(1), stamp="2026-02-03T00:00:00Z")
    after = _row(client, "Account", account(1))

    assert after["SystemModstamp"] == "2026-02-03T00:00:00.000+0000"
    assert after["LastModifiedDate"] == before["LastModifiedDate"]


def test_a_formula_moves_without_a_stamp(client: httpx.Client) -> None:
    """A formula's value changes and nothing tells."""
    before = _row(client, "Account", account(1))
    _change(client, op="formula_change", object="Account", id=account(1), fields={"Big__c": 7})
    after = _row(client, "Account", account(1))

    assert after == {**before, "Big__c": 7}


def test_create_sets_stamps_and_names(client: httpx.Client) -> None:
    """A new row has its stamps, false for booleans, and a person's Name put together."""
    _change(client, op="create", object="Contact", id=contact(9), fields={"FirstName": "Eve", "LastName": "Fox"})
    row = _row(client, "Contact", contact(9))

    assert (row["Name"], row["CreatedDate"], row["IsDeleted"]) == ("Eve Fox", LATER_REST, False)


def test_delete_and_undelete(client: httpx.Client) -> None:
    """The bin hides a row from /query until it is taken out again."""
    _change(client, op="delete", object="Account", id=account(1))
    hidden = query(client, f"SELECT Id FROM Account WHERE Id = '{account(1)}'")["totalSize"]
    _change(client, op="undelete", object="Account", id=account(1))

    assert hidden == 0
    assert query(client, f"SELECT Id FROM Account WHERE Id = '{account(1)}'")["totalSize"] == 1


def test_a_hard_delete_leaves_nothing(client: httpx.Client) -> None:
    """Not even queryAll sees the row."""
    _change(client, op="hard_delete", object="Account", id=account(4))

    assert query(client, "SELECT Id FROM Account", "queryAll")["totalSize"] == 3


def test_a_merge_moves_children_and_points_at_the_winner(client: httpx.Client) -> None:
    """The loser is deleted with MasterRecordId; its contacts are the winner's, restamped."""
    _change(client, op="merge", object="Account", id=account(1), loser=account(2))
    loser = _row(client, "Account", account(2))
    child = _row(client, "Contact", contact(2))

    assert (loser["IsDeleted"], loser["MasterRecordId"]) == (True, account(1))
    assert (child["AccountId"], child["SystemModstamp"]) == (account(1), LATER_REST)


def test_an_undeleted_loser_is_no_loser_any_more(client: httpx.Client) -> None:
    """MasterRecordId is empty in a record that is not deleted."""
    _change(client, op="merge", object="Account", id=account(1), loser=account(2))
    _change(client, op="undelete", object="Account", id=account(2))
    loser = _row(client, "Account", account(2))

    assert (loser["IsDeleted"], loser["MasterRecordId"]) == (False, None)


def test_values_with_more_digits_than_the_column_fit(client: httpx.Client) -> None:
    """A number keeps all decimals that are written to it."""
    _change(client, op="update", object="Account", id=account(1), fields={"ARR__c": "1234567890123.123456"})
    answer = client.get("/__sandbox__/truth/Account")

    assert '"ARR__c":1234567890123.123456' in answer.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"op": "update", "object": "Nothing", "id": account(1)}, "there is no object `Nothing`"),
        ({"op": "update", "object": "Account", "id": account(77)}, f"there is no Account {account(77)}"),
        ({"op": "update", "object": "Account", "id": "x"}, "is no record Id"),
        ({"op": "update", "object": "Account", "id": account(1), "fields": {"Nam": 1}}, "has no field `Nam`"),
        ({"op": "update", "object": "Account", "id": account(1), "fields": {"ARR__c": "x"}}, "is not a number"),
        ({"op": "vanish", "object": "Account", "id": account(1)}, "`vanish` is no operation"),
    ],
)
def test_a_bad_change_is_named_and_nothing_happens(client: httpx.Client, change: dict[str, Any], words: str) -> None:
    """The index of the bad change is told, and those before it are not applied either."""
    good = {"op": "delete", "object": "Account", "id": account(1)}
    answer = client.post("/__sandbox__/changes", json={"changes": [good, change]})

    assert answer.status_code == 400
    assert answer.json()[0]["message"].startswith("change 1: ")
    assert words in answer.json()[0]["message"]
    assert _row(client, "Account", account(1))["IsDeleted"] is False


def test_the_clock_can_be_set(client: httpx.Client) -> None:
    """Date literals and the Date header follow the org's clock."""
    answer = client.post("/__sandbox__/clock", json={"now": "2026-03-01T00:00:00+01:00"})

    assert answer.json() == {"now": "2026-02-28T23:00:00.000+0000"}
    assert query(client, "SELECT Id FROM Account WHERE Renewal__c = TOMORROW")["totalSize"] == 1


def test_the_log_tells_requests_and_no_tokens(client: httpx.Client) -> None:
    """Requests to Salesforce's own paths are kept, with their status."""
    query(client, "SELECT Id FROM Account")
    log = client.get("/__sandbox__/log").json()

    assert [(e["method"], e["path"], e["status"]) for e in log] == [("GET", "/services/data/v66.0/query", 200)]
    assert log[0]["query"] == {"q": "SELECT Id FROM Account"}
    assert "Bearer" not in client.get("/__sandbox__/log").text
