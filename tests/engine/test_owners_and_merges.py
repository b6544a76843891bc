"""What stays of accounts that are out, who owns them, and where merged records ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.life import REASONS
from engine.report import Outcome
from engine.salesforce.read import Reading
from tests.engine.scene import FIELDS, SMALL, SPEC, Scene, account, contact, counts, record_id, scene, user
from tests.support.slow_cases import others_slow

A1, A2, A3, A4, A9 = (record_id("Account", n) for n in (1, 2, 3, 4, 9))
U1, U2 = record_id("User", 1), record_id("User", 2)


# The other: as if there were so many rows that are out that a run goes by what changed.
@pytest.fixture(params=others_slow([Reading(), Reading(by_id=0)]), ids=["few", "many"])
def org(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, {**SMALL, "User": (user(1), user(2))}) as one:
        one.reading = request.param
        one.run()
        yield one


def owners(org: Scene) -> dict[str, str]:
    return dict(org.rows("SELECT account_id, user_id FROM account_owners"))


def leaves(org: Scene, account_id: str, **fields: str) -> None:
    org.change({"op": "update", "object": "Account", "id": account_id, "fields": {"Type": "Other", **fields}})


def test_owners_of_a_leaver_stay(org: Scene) -> None:
    """An account that left keeps its owners as they were, and they count as no longer in."""
    leaves(org, A1, OwnerId=U2)
    report = org.run()
    again = org.run()

    assert owners(org)[A1] == U1
    assert counts(report, "account_owners") == {"left": 1, "parent_left": 1}
    assert next(one for one in report.tables if one.table == "account_owners").active_after == 2
    assert not again.changed


def test_owners_of_a_deleted_account_stay(org: Scene) -> None:
    """A deleted account keeps its owners too, as long as its row is kept."""
    org.change({"op": "delete", "object": "Account", "id": A1})
    org.run()

    assert owners(org)[A1] == U1


def test_owners_come_back_with_their_account(org: Scene) -> None:
    """When the account comes back its owners are brought up to date, under the same keys."""
    leaves(org, A1)
    org.run()
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Customer", "OwnerId": U2}})
    report = org.run()

    assert counts(report, "account_owners") == {"resumed": 1}
    assert org.rows(f"SELECT user_id FROM account_owners WHERE account_id = '{A1}'") == [(U2,)]


def test_owner_that_is_no_more_goes_when_the_account_comes_back(org: Scene) -> None:
    """An account that comes back without an owner loses the one that was kept for it."""
    leaves(org, A1)
    org.run()
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Customer", "OwnerId": ""}})
    report = org.run()

    assert counts(report, "account_owners") == {"restated": 1, "removed": 1}
    assert A1 not in owners(org)


def test_owner_of_an_account_that_is_in_goes_when_it_is_empty(org: Scene) -> None:
    """While an account is in, its owners follow it: an owner that is taken away is gone."""
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"OwnerId": ""}})
    report = org.run()

    assert counts(report, "account_owners") == {"left": 1, "removed": 1}


def test_owners_go_with_their_account_where_the_spec_says_remove(org: Scene) -> None:
    """With `on leaving remove` the owners of an account that left go with it, those that were kept before too."""
    leaves(org, A1)
    org.run()
    org.spec = SPEC.replace("prospect where", "on leaving remove\n  prospect where")
    leaves(org, A2)
    report = org.run()

    assert report.outcome is Outcome.SUCCEEDED
    assert set(owners(org)) == {A3}


def test_chain_of_merges_ends_at_the_last_winner(org: Scene) -> None:
    """A record that was merged into one that was merged later names the record in which both ended."""
    org.change({"op": "merge", "object": "Account", "id": A2, "loser": A1})
    org.run()
    org.change({"op": "merge", "object": "Account", "id": A3, "loser": A2})
    org.run()
    again = org.run()

    assert org.rows("SELECT Id, merged_into FROM accounts WHERE record_status = 'merged' ORDER BY 1") == [
        (A1, A3),
        (A2, A3),
    ]
    assert not again.changed


def test_chain_of_merges_ends_at_a_record_that_came_back(org: Scene) -> None:
    """A record that was merged once and is live again is where those end that were merged into it since."""
    org.change({"op": "merge", "object": "Account", "id": A1, "loser": A2})
    org.run()
    org.change(
        {"op": "undelete", "object": "Account", "id": A2},
        {"op": "merge", "object": "Account", "id": A2, "loser": A3},
    )
    org.run()

    assert org.rows(
        f"SELECT Id, record_status, merged_into FROM accounts WHERE Id IN ('{A2}', '{A3}') ORDER BY Id"
    ) == [
        (A2, "active", None),
        (A3, "merged", A2),
    ]


def test_chain_over_a_record_that_never_was_in(org: Scene) -> None:
    """The chain is followed over a winner that matches no filter."""
    org.change(
        {"op": "merge", "object": "Account", "id": A4, "loser": A1},
        {"op": "merge", "object": "Account", "id": A3, "loser": A4},
    )
    org.run(confirmed=True)

    assert org.rows(f"SELECT record_status, merged_into FROM accounts WHERE Id = '{A1}'") == [("merged", A3)]


def test_person_accounts(tmp_path: Path) -> None:
    """A person account says so, and the person behind it hangs on it as a contact."""
    person = {"name": "IsPersonAccount", "type": "boolean", "createable": False}
    rows = {
        **SMALL,
        "Account": (account(1, IsPersonAccount="true", Name="Ada Lovelace"), account(2, IsPersonAccount="false")),
        "Contact": (contact(1, 1, Name="Ada Lovelace"),),
    }
    fields = {**FIELDS, "Account": (*FIELDS["Account"], person)}
    with scene(tmp_path, rows, fields=fields) as org:
        org.run()

        assert org.rows("SELECT Id, is_person FROM accounts ORDER BY 1") == [(A1, True), (A2, False)]
        assert org.rows("SELECT account_id FROM contacts") == [(A1,)]


def test_fields_of_the_person_are_fields_of_the_account(tmp_path: Path) -> None:
    """`PersonEmail` and its like are columns of accounts and follow the person, who goes with the account."""
    person = (
        {"name": "IsPersonAccount", "type": "boolean"},
        {"name": "PersonEmail", "type": "email"},
        {"name": "PersonContactId", "type": "reference", "referenceTo": ["Contact"]},
    )
    c1 = record_id("Contact", 1)
    ada = account(1, IsPersonAccount="true", PersonEmail="ada@example.com", PersonContactId=c1)
    rows = {**SMALL, "Account": (ada, account(2, IsPersonAccount="false")), "Contact": (contact(1, 1),)}
    with scene(tmp_path, rows, fields={**FIELDS, "Account": (*FIELDS["Account"], *person)}) as org:
        org.run()
        first = org.rows("SELECT PersonEmail, PersonContactId, is_person FROM accounts ORDER BY Id")
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"PersonEmail": "new@example.com"}})
        org.run()
        changed = org.rows(f"SELECT PersonEmail FROM accounts WHERE Id = '{A1}'")
        org.change({"op": "delete", "object": "Account", "id": A1})
        org.run()

        assert first == [("ada@example.com", c1, True), (None, None, False)]
        assert changed == [("new@example.com",)]
        assert org.rows("SELECT record_status FROM accounts ORDER BY Id") == [("deleted",), ("active",)]
        assert org.rows("SELECT record_status FROM contacts") == [("parent_left",)]


def test_every_status_is_documented() -> None:
    """docs/tables.md lists exactly the values that can stand in `record_status`."""
    page = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
    listed = page.split("| `record_status` | meaning |")[1].split("\n\n")[0]

    assert tuple(re.findall(r"^\| `(\w+)`", listed, re.MULTILINE)) == ("active", *REASONS)
