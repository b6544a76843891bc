from __future__ import annotations

from typing import Any

import httpx
import pytest

from .wire_help import DATA, query

TREE = f"{DATA}/composite/tree/Account"


def _record(kind: str, reference: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, "referenceId": reference}, **fields}


def _contacts(*names: str) -> dict[str, Any]:
    return {"records": [_record("Contact", name, LastName=name) for name in names]}


def test_children_are_made_with_their_parents(strict: httpx.Client) -> None:
    """Level by level, each child linked to its parent by the relationship that it stands under."""
    records = [_record("Account", "a", Name="One", Contacts=_contacts("x", "y")), _record("Account", "b", Name="Two")]
    answer = strict.post(TREE, json={"records": records})
    soql = "SELECT Account.Name FROM Contact WHERE LastName IN ('x', 'y')"

    assert answer.status_code == 201
    assert [row["referenceId"] for row in answer.json()["results"]] == ["a", "b", "x", "y"]
    assert [row["Account"]["Name"] for row in query(strict, soql)["records"]] == ["One", "One"]


def test_one_bad_record_undoes_the_tree(strict: httpx.Client) -> None:
    """The answer names the record that failed, and nothing of the rest is there."""
    records = [_record("Account", "a", Name="Undone", Contacts={"records": [_record("Contact", "x")]})]
    answer = strict.post(TREE, json={"records": records})
    (result,) = answer.json()["results"]

    assert (answer.status_code, answer.json()["hasErrors"], result["referenceId"]) == (400, True, "x")
    assert result["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert query(strict, "SELECT COUNT() FROM Account WHERE Name = 'Undone'")["totalSize"] == 0


@pytest.mark.parametrize(
    "records",
    [
        [_record("Account", "a", Name="n"), _record("Account", "a", Name="m")],
        [{"attributes": {"type": "Account"}, "Name": "n"}],
        [_record("Contact", "a", LastName="n")],
        [_record("Account", "a", Name="n", Nothing=_contacts("x"))],
        [],
    ],
    ids=["reference twice", "no reference", "another type", "no such relationship", "no records"],
)
def test_what_no_tree_can_be(strict: httpx.Client, records: list[dict[str, Any]]) -> None:
    """A malformed tree is refused as a whole."""
    assert strict.post(TREE, json={"records": records}).status_code == 400
