"""A changed label renames what was made from it, in place."""

from __future__ import annotations

from pathlib import Path

import pytest

import grammar
from engine.renames import Described, Renames, find_renames
from engine.report import Outcome
from tests.engine.scene import FIELDS, SMALL, SPEC, Scene, account, counts, record_id, scene, subscription
from tests.support.slow_cases import others_slow

A1, S1, S3 = record_id("Account", 1), record_id("Subscription__c", 1), record_id("Subscription__c", 3)
METRIC = '\nmetric "Open amount" from sum(Amount__c) of Subscription__c via Account__c\n'
MANY = {**SMALL, "Subscription__c": tuple(subscription(n, 1 + n % 2, "10") for n in range(1, 31))}


def tables(org: Scene) -> set[str]:
    return {name for (name,) in org.rows("SELECT table_name FROM information_schema.tables")}


def test_table_is_renamed_with_its_rows(tmp_path: Path) -> None:
    """Rows keep the day of their first sync, and those that are no more their status; no guard sees a row leave."""
    with scene(tmp_path, MANY) as org:
        org.run()
        org.change({"op": "delete", "object": "Subscription__c", "id": S1})
        org.run()
        before = org.rows("SELECT Id, record_status, first_synced_at FROM subscriptions ORDER BY Id")
        history = org.rows("SELECT count(*) FROM s.accord.changes WHERE table_name = 'subscriptions'")
        org.spec = SPEC.replace('"Subscriptions"', '"Running contracts"')
        org.change({"op": "update", "object": "Subscription__c", "id": S3, "fields": {"Name": "Neu"}})
        report = org.run()
        again = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert report.dropped == ()
        assert any("subscriptions is called running_contracts now" in one for one in report.notices)
        assert counts(report, "running_contracts") == {"updated": 1}
        assert org.rows("SELECT Id, record_status, first_synced_at FROM running_contracts ORDER BY Id") == before
        assert org.rows("SELECT count(*) FROM active_running_contracts") == [(29,)]
        assert org.rows("SELECT count(*) FROM s.accord.changes WHERE change = 'deleted'") == history == [(1,)]
        assert tables(org).isdisjoint({"subscriptions", "active_subscriptions"})
        assert (again.outcome, again.changed) == (Outcome.SUCCEEDED, False)


def test_metric_is_renamed_with_its_history(tmp_path: Path) -> None:
    """The column has its values, what changed in it before stands under the new name, and its guard goes on."""
    with scene(tmp_path, MANY, SPEC + METRIC) as org:
        org.run()
        org.change({"op": "update", "object": "Subscription__c", "id": S1, "fields": {"Amount__c": "11"}})
        org.run()
        guard = '\nguards {\n  "Total" may move at most 1%\n}\n'
        org.spec = SPEC + METRIC.replace("Open amount", "Total") + guard
        report = org.run()
        names = {name for name, *_ in org.rows("DESCRIBE accounts")}

        assert report.outcome is Outcome.SUCCEEDED
        assert counts(report, "accounts") == {}
        assert [one.value for one in report.guards if one.subject == "total"] == ["0"]
        assert "total" in names
        assert "open_amount" not in names
        assert org.rows("SELECT old_value, new_value FROM s.accord.changes WHERE column_name = 'total'") == [
            ("150.00", "151.00")
        ]
        assert org.rows("SELECT sum(total) FROM active_accounts") == org.rows("SELECT 301::DECIMAL(38,2)")


def test_label_of_another_statement_is_no_rename(tmp_path: Path) -> None:
    """A table of another link is another table: the old one goes, and that is for the guards to see."""
    with scene(tmp_path, MANY) as org:
        org.run()
        org.spec = SPEC.replace('"Subscriptions" on account via Account__c', '"Others" on account via Name = Name')
        report = org.run()

        assert (report.outcome, report.dropped) == (Outcome.STOPPED, ("subscriptions",))
        assert "subscriptions" in tables(org)


def test_stopped_run_renames_nothing(tmp_path: Path) -> None:
    """The new name is published with everything else or not at all."""
    with scene(tmp_path, MANY) as org:
        org.run()
        guard = "\nguards {\n  accounts may leave at most 1%\n}\n"
        org.spec = SPEC.replace('"Subscriptions"', '"Running contracts"') + guard
        org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Type": "Other"}})
        report = org.run()

        assert report.outcome is Outcome.STOPPED
        assert "subscriptions" in tables(org)


PEOPLE = '\nmetric "%s" from count() of Contact via AccountId\n'
NO_WEBSITE = SPEC.replace("prospect where", "except Website\n  prospect where")
WITH_SITES = {**SMALL, "Account": (account(1, Website="https://www.acme.com"), account(2))}


def test_metric_takes_the_name_of_a_field_that_goes(tmp_path: Path) -> None:
    """To DuckDB it is the same name; the field's column is dropped, and that is said."""
    with scene(tmp_path, WITH_SITES, SPEC + PEOPLE % "People") as org:
        org.run()
        org.spec = NO_WEBSITE + PEOPLE % "Website"
        report = org.run()
        again = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert counts(report, "accounts") == {}
        assert "accounts: columns Website are no longer brought by the spec, and dropped" in report.notices
        assert org.rows("SELECT website, web_domain FROM accounts ORDER BY Id") == [(1, "acme.com"), (1, None)]
        assert (again.outcome, again.changed) == (Outcome.SUCCEEDED, False)


def test_new_metric_takes_the_name_of_a_field_that_is_lost(tmp_path: Path) -> None:
    """The column of a hidden field that the spec has another use for is not kept."""
    hidden = {**FIELDS, "Account": tuple(one for one in FIELDS["Account"] if one["name"] != "Website")}
    with scene(tmp_path / "before", WITH_SITES) as before:
        before.run()
    with scene(tmp_path / "after", SMALL, SPEC + PEOPLE % "Website", fields=hidden) as org:
        org.folder = before.folder
        report = org.run(confirmed=True)

        assert report.outcome is Outcome.SUCCEEDED
        assert org.rows("SELECT website, web_domain FROM accounts ORDER BY Id LIMIT 1") == [(1, "acme.com")]


def test_labels_of_metrics_are_exchanged(tmp_path: Path) -> None:
    """Values, currencies and what changed in them go with the statement."""
    with scene(tmp_path, MANY, SPEC + METRIC + PEOPLE % "People") as org:
        org.run()
        org.change({"op": "update", "object": "Subscription__c", "id": S1, "fields": {"Amount__c": "11"}})
        org.run()
        org.spec = SPEC + METRIC.replace("Open amount", "People") + PEOPLE % "Open amount"
        report = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert counts(report, "accounts") == {}
        assert org.rows("SELECT old_value FROM s.accord.changes WHERE column_name = 'people'") == [("150.00",)]


def test_field_that_the_org_spells_in_another_letter_case(tmp_path: Path) -> None:
    """It is the same field: rows that are out keep its values, and the change says what a value was before."""
    spelled = ({**one, "name": "NOTES__c"} if one["name"] == "Notes__c" else one for one in FIELDS["Account"])
    other = {**FIELDS, "Account": tuple(spelled)}
    rows = {**SMALL, "Account": (account(1, Notes__c="first"), account(2, Notes__c="second"))}
    now = {**SMALL, "Account": (account(1, NOTES__c="new"), account(2, Type="Other", NOTES__c="second"))}
    with scene(tmp_path / "before", rows) as before:
        before.run()
        before.change({"op": "update", "object": "Account", "id": record_id("Account", 2), "fields": {"Type": "Other"}})
        before.run(confirmed=True)
    with scene(tmp_path / "after", now, fields=other) as org:
        org.folder = before.folder
        report = org.run()
        again = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert report.notices == ("accounts.Notes__c is called NOTES__c now: the org spells it so",)
        assert "NOTES__c" in {name for name, *_ in org.rows("DESCRIBE accounts")}
        assert org.rows("SELECT NOTES__c, record_status FROM accounts ORDER BY Id") == [
            ("new", "active"),
            ("second", "left"),
        ]
        assert org.rows(
            "SELECT column_name, old_value, new_value FROM s.accord.changes"
            " WHERE table_name = 'accounts' AND change = 'updated'"
        ) == [("NOTES__c", "first", "new")]
        assert (again.outcome, again.changed, again.notices) == (Outcome.SUCCEEDED, False, ())


BASE = SPEC.split("object Sub")[0] + "opportunities none\n"
PAID = 'object Subscription__c as "%s" on account via Account__c { fields Name }\n'
SOLD = 'object Opportunity as "%s" on account via AccountId { fields Name }\n'
OPPORTUNITIES = tuple(
    {"Id": record_id("Opportunity", n), "Name": f"O{n}", "AccountId": record_id("Account", 1)} for n in range(1, 6)
)
BOTH = {**MANY, "Opportunity": OPPORTUNITIES}


def lives(org: Scene, table: str) -> list[tuple[str, str, int]]:
    """How many rows of which object a table has, by their status."""
    return org.rows(f"SELECT left(Id, 3), record_status, count(*) FROM {table} GROUP BY ALL ORDER BY ALL")


def test_labels_are_exchanged(tmp_path: Path) -> None:
    """Each table keeps its rows and what is known of them, under the other's name."""
    first_synced = "SELECT Id, first_synced_at"
    with scene(tmp_path, BOTH, BASE + PAID % "One" + SOLD % "Two") as org:
        org.run()
        org.change({"op": "delete", "object": "Subscription__c", "id": S1})
        org.run()
        since = org.rows(f"{first_synced} FROM one UNION ALL {first_synced} FROM two ORDER BY 1")
        org.spec = BASE + PAID % "Two" + SOLD % "One"
        report = org.run()
        again = org.run()

        assert (report.outcome, report.dropped) == (Outcome.SUCCEEDED, ())
        assert counts(report, "one") == counts(report, "two") == {}
        assert lives(org, "two") == [("a01", "active", 29), ("a01", "deleted", 1)]
        assert lives(org, "one") == lives(org, "active_one") == [("006", "active", 5)]
        assert org.rows(f"{first_synced} FROM one UNION ALL {first_synced} FROM two ORDER BY 1") == since
        assert org.rows("SELECT table_name, key FROM s.accord.changes WHERE change = 'deleted'") == [("two", S1)]
        assert (again.outcome, again.changed) == (Outcome.SUCCEEDED, False)


def test_label_moves_along(tmp_path: Path) -> None:
    """The name that one statement leaves is another's in the same edit."""
    with scene(tmp_path, BOTH, BASE + PAID % "One" + SOLD % "Two") as org:
        org.run()
        org.spec = BASE + PAID % "Two" + SOLD % "Three"
        report = org.run()

        assert (report.outcome, report.dropped) == (Outcome.SUCCEEDED, ())
        assert (lives(org, "two"), lives(org, "three")) == ([("a01", "active", 30)], [("006", "active", 5)])
        assert tables(org).isdisjoint({"one", "active_one"})


def test_label_of_a_statement_that_goes_is_given_to_another_object(tmp_path: Path) -> None:
    """The rows of the object that goes are dropped as those of a table, past the guards, and are not called gone."""
    with scene(tmp_path, BOTH, BASE + PAID % "One") as org:
        org.run()
        org.spec = BASE + SOLD % "One"
        stopped = org.run()
        before = lives(org, "one")
        report = org.run(confirmed=True)
        again = org.run()

        assert (stopped.outcome, stopped.dropped) == (Outcome.STOPPED, ("one (Subscription__c)",))
        assert [(one.subject, one.words) for one in stopped.guards if one.exceeded] == [
            ("one (Subscription__c)", "30 of 30 rows leave")
        ]
        assert before == [("a01", "active", 30)]
        assert (report.outcome, report.dropped) == (Outcome.SUCCEEDED, ("one (Subscription__c)",))
        assert lives(org, "one") == [("006", "active", 5)]
        assert not any("(" in name for name in tables(org))
        assert (again.outcome, again.changed) == (Outcome.SUCCEEDED, False)


def test_table_takes_the_name_of_one_that_goes(tmp_path: Path) -> None:
    """The renamed table keeps its rows, and those of the other go as a whole."""
    with scene(tmp_path, BOTH, BASE + PAID % "One" + SOLD % "Two") as org:
        org.run()
        org.spec = BASE + PAID % "Two"
        report = org.run(confirmed=True)

        assert (report.outcome, report.dropped) == (Outcome.SUCCEEDED, ("two (Opportunity)",))
        assert (counts(report, "two"), lives(org, "two")) == ({}, [("a01", "active", 30)])


AMOUNT = 'metric "LABEL" from sum(Amount__c) of Subscription__c via Account__c'
MANY_NAMES = " OR ".join(f"Name = 'a name that is {n}'" for n in range(120))


@pytest.mark.parametrize(
    ("before", "now"),
    others_slow(
        [
            (
                'object Subscription__c as "LABEL"  # what they { pay for\n  on account via Account__c { fields Name }',
                'object subscription__c as "LABEL" on account via account__c { fields Name } # what they pay for',
            ),
            (AMOUNT.replace(" of", "# money\n  of"), AMOUNT.replace("Amount__c", "AMOUNT__C")),
            (f"{AMOUNT} where Name != '{{x}}' AND Status__c != 'a  b # c'",) * 2,
            (f"{AMOUNT} where {MANY_NAMES}",) * 2,
        ]
    ),
    ids=["object", "metric", "signs in a text", "long statement"],
)
def test_statement_is_known_again_however_it_is_written(tmp_path: Path, before: str, now: str) -> None:
    """Comments, line breaks, the letter case of names and its length make no other statement of it."""
    with scene(tmp_path, MANY, BASE + before.replace("LABEL", "Old {x}") + "\n") as org:
        org.run()
        org.spec = BASE + now.replace("LABEL", "New  {x}") + "\n"
        report = org.run()

        assert (report.outcome, report.dropped) == (Outcome.SUCCEEDED, ())
        assert [text for text in report.notices if "its label changed" in text]
        assert not [text for text in report.notices if "columns" in text]


def test_literals_are_told_apart_by_letter_case() -> None:
    """What is in a text is a value, not a name."""
    text = AMOUNT.replace("LABEL", "New") + " where Name = 'a'"
    spec = grammar.parse_spec(f"accord 1\n{text}\n").tree

    found = [
        find_renames(spec, [Described("accounts", "old", None, statement)])
        for statement in (text.replace("New", "Old"), text.replace("New", "Old").replace("'a'", "'A'"))
    ]

    assert found == [Renames(columns={"old": "new"}), Renames()]


def test_table_of_which_nothing_is_known_keeps_its_name() -> None:
    """A statement that older stores have cut short is that of the table's name, whoever else looks like it."""
    spec = grammar.parse_spec("accord 1\n" + PAID % "One").tree
    cut = Described("one", "Id", "Subscription__c.Id", 'object Subscription__c as "One" # all of them on account')
    other = Described("two", "Id", "Subscription__c.Id", (PAID % "Two").partition("{")[0])

    assert find_renames(spec, [cut, other]) == Renames()
