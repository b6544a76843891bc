"""Answers that are whole by their own word and lack rows: none of them is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.errors import BrokenAnswerError
from engine.report import Outcome
from engine.salesforce.pages import read_header
from engine.salesforce.read import Reading
from tests.engine.faulty import Answer, Fault, real_but, refuse
from tests.engine.scene import FIELDS, SMALL, SPEC, Rows, account, contact, counts, record_id, scene, subscription, user

# Nothing shows the subscriptions; only numbers come of them.
NUMBERS = SPEC.partition("object Subscription__c")[0] + "opportunities none\n"
ROWS: Rows = {
    "Account": (account(1), account(2)),
    "Contact": tuple(contact(n, 1, SystemModstamp="2026-01-01T00:00:00Z") for n in range(1, 6)),
    "Subscription__c": tuple(subscription(n, 1, "10.00") for n in range(1, 6)),
    "User": (user(1), user(2)),
}
S3 = record_id("Subscription__c", 3)


def without(*keys: str) -> Answer:
    """The real answer less some records, with a count that fits."""

    def shorter(response: httpx.Response) -> httpx.Response:
        page: Any = response.json()
        if not isinstance(page, dict):
            return response
        kept = [one for one in page["records"] if one.get("Id") not in keys]
        total = page["totalSize"] - len(page["records"]) + len(kept)
        return httpx.Response(200, json={**page, "records": kept, "totalSize": total})

    return real_but(shorter)


def counting(change: Callable[[int], int]) -> Answer:
    """The real count, changed."""

    def changed(response: httpx.Response) -> httpx.Response:
        page = response.json()
        return httpx.Response(200, json={**page, "totalSize": change(page["totalSize"])})

    return real_but(changed)


def test_a_list_that_lacks_a_new_row_is_read_again(tmp_path: Path) -> None:
    """A row that is missing from an answer whose own count is as short is missed all the same, on the first run too."""
    with scene(tmp_path, ROWS) as org:
        first = org.run(None, Fault("AccountId FROM Contact", without(record_id("Contact", 3))))
        new = {name: value for name, value in contact(9, 2).items() if name != "Id"}
        org.change({"op": "create", "object": "Contact", "id": record_id("Contact", 9), "fields": new})
        org.change()
        later = org.run(None, Fault("AccountId FROM Contact", without(record_id("Contact", 9))))

        assert (first.outcome, counts(first, "contacts")) == (Outcome.SUCCEEDED, {"inserted": 5})
        assert (later.outcome, counts(later, "contacts")) == (Outcome.SUCCEEDED, {"inserted": 1})


def test_a_list_that_stays_short_is_no_success(tmp_path: Path) -> None:
    """If the row never comes, the table keeps its state and the run says how many are missing."""
    with scene(tmp_path, ROWS) as org:
        report = org.run(None, Fault("AccountId FROM Contact", without(record_id("Contact", 3)), None))

        assert (report.outcome, report.stale) == (Outcome.INCOMPLETE, ("contacts",))
        assert "5 rows match, and the answer has 4 of them" in " ".join(report.errors)


def test_rows_that_only_feed_a_number_are_looked_for_too(tmp_path: Path) -> None:
    """A subscription that is in no table, and does not come, is asked for by Id before the ARR loses it."""
    with scene(tmp_path, ROWS, NUMBERS) as org:
        org.run()
        lacks = Fault("FROM Subscription__c WHERE Status__c = 'Active'", without(S3))
        report = org.run(None, lacks, Fault("COUNT() FROM Subscription__c", counting(lambda rows: rows - 1)))

        assert report.outcome is Outcome.SUCCEEDED
        assert org.rows("SELECT arr FROM accounts ORDER BY Id LIMIT 1") == [(Decimal(50),)]
        assert not report.changed


def test_no_answer_by_id_is_held_against_a_count(tmp_path: Path) -> None:
    """An empty answer to the question by Id is no proof that a row is out."""
    with scene(tmp_path, ROWS, NUMBERS) as org:
        org.run()
        nothing = Fault("Subscription__c WHERE Status__c = 'Active' AND Id IN", without(S3), None)
        lacks = Fault("FROM Subscription__c WHERE Status__c = 'Active'", without(S3), None)
        short = Fault("COUNT() FROM Subscription__c WHERE Status__c = 'Active' AND System", counting(lambda n: n - 1))
        report = org.run(None, nothing, lacks, short)

        assert report.outcome is Outcome.FAILED
        assert "1 rows match by Id, and the answer has 0" in report.errors[0]
        assert org.rows("SELECT arr FROM accounts ORDER BY Id LIMIT 1") == [(Decimal(50),)]


def test_a_user_who_is_newer_than_the_list_of_users_is_asked_for(tmp_path: Path) -> None:
    """An account whose owner did not come with the users has that owner all the same, and not the next source's."""
    with scene(tmp_path, ROWS) as org:
        org.run()
        owner = {"OwnerId": record_id("User", 2)}
        org.change({"op": "update", "object": "Account", "id": record_id("Account", 1), "fields": owner})
        late = Fault("FROM User", without(record_id("User", 2)))
        report = org.run(None, late, Fault("COUNT() FROM User", counting(lambda rows: rows - 1)))

        assert report.outcome is Outcome.SUCCEEDED
        assert org.rows("SELECT user_id FROM account_owners ORDER BY account_id LIMIT 1") == [(record_id("User", 2),)]
        assert org.rows("SELECT count(*) FROM active_users") == [(2,)]


def test_what_comes_late_keeps_its_decimals(tmp_path: Path) -> None:
    """A number with more decimals than those that came before it is not rounded to theirs."""
    fields = {"ARR__c": "1000.678"}
    described = {**FIELDS, "Account": (*FIELDS["Account"], {"name": "ARR__c", "type": "currency", "scale": 2})}
    spec = SPEC.replace(
        "arr from sum(Amount__c) of Subscription__c via Account__c where Status__c = 'Active' else 0", ""
    )
    rows = {**SMALL, "Account": tuple({**account(n), "ARR__c": "5.25"} for n in (1, 2, 3))}
    with scene(tmp_path, rows, f"{spec}\narr from ARR__c\n", fields=described) as org:
        org.run()
        org.change(
            {"op": "update", "object": "Account", "id": record_id("Account", 1), "fields": fields},
            {"op": "update", "object": "Account", "id": record_id("Account", 2), "fields": {"ARR__c": "6.25"}},
        )
        report = org.run(None, Fault("ARR__c", without(record_id("Account", 1))), confirmed=True)

        assert report.outcome is Outcome.SUCCEEDED
        assert org.rows("SELECT ARR__c, arr FROM accounts ORDER BY Id LIMIT 1") == [(Decimal("1000.678"),) * 2]


@pytest.mark.parametrize("leavers", [(4,), (4, 5, 6)])
def test_rows_that_are_there_are_never_gone(tmp_path: Path, leavers: Sequence[int]) -> None:
    """However many rows are gone already, an answer that lacks new ones is held against Salesforce's own count."""
    status, ids = "SELECT Id, IsDeleted, MasterRecordId FROM Account", [record_id("Account", n) for n in leavers]
    with scene(tmp_path, {**ROWS, "Account": tuple(account(n) for n in range(1, 9))}) as org:
        # As if two rows were all that anybody wants to ask for by Id.
        org.reading = Reading(by_id=2)
        org.run()
        org.change(*({"op": "hard_delete", "object": "Account", "id": record_id("Account", n)} for n in (1, 2, 3)))
        gone = org.run(confirmed=True)
        org.change(*({"op": "update", "object": "Account", "id": key, "fields": {"Type": "Other"}} for key in ids))
        report = org.run(None, Fault(status, without(*ids), None), confirmed=True)
        healed = org.run(confirmed=True)

    assert counts(gone, "accounts") == {"gone": 3}
    assert report.outcome is Outcome.FAILED
    assert "rows would be gone by an answer that lacks rows which Salesforce counts: 001" in report.errors[0]
    assert ids[0] in report.errors[0]
    assert counts(healed, "accounts") == {"left": len(ids)}


def test_one_row_among_many_that_are_gone(tmp_path: Path) -> None:
    """When more rows are gone at once than are counted one by one, all rows are counted against what was read.

    Where Salesforce does not count in time, those that are counted one by one are asked for once more.
    """
    status, uncounted = "SELECT Id, IsDeleted, MasterRecordId FROM Account", "queryAll?q=SELECT COUNT() FROM Account"
    ids = [record_id("Account", n) for n in (1, 2, 3, 4)]
    slow = refuse(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
    with scene(tmp_path, {**ROWS, "Account": tuple(account(n) for n in range(1, 9))}) as org:
        org.reading = Reading(by_id=2)
        org.run()
        org.change({"op": "update", "object": "Account", "id": ids[0], "fields": {"Type": "Other"}})
        org.change(*({"op": "hard_delete", "object": "Account", "id": key} for key in ids[2:]))
        one_by_one = org.run(None, Fault(status, without(*ids)), Fault(uncounted, slow, None), confirmed=True)
        org.change({"op": "hard_delete", "object": "Account", "id": ids[0]})
        org.change({"op": "update", "object": "Account", "id": ids[1], "fields": {"Type": "Other"}})
        org.change()
        of_all = org.run(None, Fault(status, without(*ids), None), confirmed=True)
        healed = org.run(confirmed=True)

    for report in (one_by_one, of_all):
        assert report.outcome is Outcome.FAILED
        assert "rows would be gone by an answer that lacks rows which Salesforce counts: 001" in report.errors[0]
    assert counts(healed, "accounts") == {"left": 1, "gone": 3}


def test_a_row_without_an_id_is_an_answers_fault(tmp_path: Path) -> None:
    """The answer is asked for again; a record that has no Id even then is a reject, and each is counted."""
    ids = [record_id("Contact", n) for n in (2, 3)]

    def nameless(response: httpx.Response) -> httpx.Response:
        page = response.json()
        records = [{**one, "Id": None} if one["Id"] in ids else one for one in page["records"]]
        return httpx.Response(200, json={**page, "records": records})

    with scene(tmp_path, ROWS) as org:
        once = org.run(None, Fault("AccountId FROM Contact", real_but(nameless)))
        org.store.unlink()
        always = org.run(None, Fault("AccountId FROM Contact", real_but(nameless), None))
        still = org.run(None, Fault("AccountId FROM Contact", real_but(nameless), None))

        assert counts(once, "contacts") == {"inserted": 5}
        assert counts(always, "contacts") == {"inserted": 3, "rejected": 2}
        assert counts(still, "contacts") == {"rejected": 2}


def test_a_page_with_a_column_twice_is_broken(tmp_path: Path) -> None:
    """Which of the two holds the field's values nobody can tell."""
    page = tmp_path / "p.csv"
    page.write_text('"Id","Name","NAME"\n"1","a","b"\n', "utf-8")

    with pytest.raises(BrokenAnswerError, match="a column twice"):
        read_header(page)
