"""The org's schema changes between two runs: what is only shown stays and says so, what decides stops the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import compiler
import grammar
from compiler.schema import Schema
from engine.drift import find_drift
from engine.errors import AlreadyRunningError
from engine.org import identify
from engine.report import Outcome
from engine.run import run
from engine.salesforce.describe import describe
from engine.snapshot import schema_of
from engine.spec_needs import needs_of
from tests.engine.scene import FIELDS, SMALL, SPEC, Scene, account, contact, record_id, scene, subscription, user
from tests.support.slow_cases import others_slow

A1, A2, C1 = record_id("Account", 1), record_id("Account", 2), record_id("Contact", 1)
ROWS = {
    **SMALL,
    "Account": (account(1, Notes__c="first", Website="https://www.acme.com/x"), account(2, Notes__c="second")),
}
Described = Sequence[Mapping[str, Any]]


def fields(sobject: str, *, without: str = "", **kinds: str) -> dict[str, Described]:
    """The describes with a field less, or with other types."""
    kept = (one for one in FIELDS[sobject] if one["name"] != without)
    return {**FIELDS, sobject: tuple({**one, "type": kinds.get(one["name"], one["type"])} for one in kept)}


def hidden(*sobjects: str) -> dict[str, Described]:
    """The describes without some objects."""
    return {name: described for name, described in FIELDS.items() if name not in sobjects}


def rows_of(described: Mapping[str, Described], rows: Mapping[str, Sequence[Mapping[str, str]]] = ROWS) -> Any:
    """The rows as far as they are described."""
    known = {name: {"Id", *(field["name"] for field in ones)} for name, ones in described.items()}
    return {
        name: [{key: value for key, value in row.items() if key in known[name]} for row in some]
        for name, some in rows.items()
        if name in known
    }


@contextmanager
def after(folder: Path, described: Mapping[str, Described], spec: str = SPEC, rows: Any = ROWS) -> Iterator[Scene]:
    """A store of a first run, and the same org with other describes."""
    with scene(folder / "before", ROWS, spec) as first:
        first.run()
    with scene(folder / "after", rows_of(described, rows), spec, fields=described) as second:
        second.folder = first.folder
        yield second


def schema_now(org: Scene) -> Schema:
    needs = needs_of(grammar.parse_spec(org.spec).tree)
    with org.client() as client:
        return schema_of(describe(client, needs.objects, needs.relationships))


def errors_of(org: Scene) -> list[str]:
    """What compiling for the org of now says, each with the text that it underlines."""
    schema = schema_now(org)
    drift = find_drift(grammar.parse_spec(org.spec).tree, schema, org.store)
    found = [d for d in compiler.check_spec(drift.spec, schema).diagnostics if d.severity == "error"]
    return [org.spec[d.span.start : d.span.end] for d in found]


def stale(org: Scene) -> list[tuple[str, str]]:
    return org.rows("SELECT table_name, column_name FROM columns WHERE stale_since IS NOT NULL ORDER BY ALL")


@pytest.mark.slow
def test_field_of_the_default_set_that_is_lost_keeps_its_column(tmp_path: Path) -> None:
    """A field that is gone, or hidden, keeps its column and values, marked stale; the run succeeds and says so."""
    with after(tmp_path, fields("Account", without="Notes__c")) as org:
        report = org.run()
        again = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert org.rows("SELECT Notes__c FROM accounts ORDER BY Id") == [("first",), ("second",)]
        assert stale(org) == [("accounts", "Notes__c")]
        assert any("Account.Notes__c is not in the org any more" in one and "(line 3)" in one for one in report.notices)
        assert not again.changed


def test_rows_change_beside_a_lost_column(tmp_path: Path) -> None:
    """Rows go on being updated; new rows have nothing in the lost column."""
    with after(tmp_path, fields("Account", without="Notes__c")) as org:
        org.run()
        org.change(
            {"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Neu"}},
            {"op": "create", "object": "Account", "id": record_id("Account", 8), "fields": {"Type": "Customer"}},
        )
        org.run()

        assert org.rows("SELECT Name, Notes__c FROM accounts ORDER BY Id") == [
            ("Neu", "first"),
            ("Account 2", "second"),
            (None, None),
        ]


@pytest.mark.slow
def test_field_that_is_seen_again_is_fresh_again(tmp_path: Path) -> None:
    """When the field is back its column has the org's values again and is stale no more."""
    with after(tmp_path, fields("Account", without="Notes__c")) as org:
        org.run()
    with scene(tmp_path / "back", {**ROWS, "Account": (account(1, Notes__c="new"), account(2))}) as back:
        back.folder = org.folder
        back.run()

        assert back.rows("SELECT Notes__c FROM accounts ORDER BY Id") == [("new",), (None,)]
        assert stale(back) == []


def test_field_that_the_spec_names_is_lost(tmp_path: Path) -> None:
    """A named field that is only shown degrades as well, and the line that names it is said."""
    with after(tmp_path, fields("Contact", without="Email")) as org:
        report = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert stale(org) == [("contacts", "Email")]
        assert any("Contact.Email" in one and "(line 15)" in one for one in report.notices)


@pytest.mark.slow
def test_column_that_passes_on_a_lost_field_keeps_its_values(tmp_path: Path) -> None:
    """A column of Accord's own that comes from one field is not emptied when the field is lost."""
    with after(tmp_path, fields("Account", without="Website")) as org:
        org.run()

        assert org.rows("SELECT web_domain, Website FROM accounts ORDER BY Id") == [
            ("acme.com", "https://www.acme.com/x"),
            (None, None),
        ]
        assert stale(org) == [("accounts", "Website"), ("accounts", "web_domain")]


WITH_OWN = {
    **FIELDS,
    "Account": (
        *FIELDS["Account"],
        {"name": "RecordTypeId", "type": "reference", "referenceTo": ["RecordType"], "relationshipName": "RecordType"},
        {"name": "IsPersonAccount", "type": "boolean"},
    ),
    "RecordType": ({"name": "Name", "type": "string"}, {"name": "DeveloperName", "type": "string"}),
}
PARTNER = "012000000000001AAA"
OWN = {"Website": "https://www.acme.com/x", "ParentId": A2, "RecordTypeId": PARTNER, "IsPersonAccount": "true"}


@pytest.mark.parametrize(
    ("field", "column", "kept", "fresh"),
    others_slow(
        [
            ("Website", "web_domain", "acme.com", "neu.com"),
            ("ParentId", "parent_id", A2, None),
            ("RecordTypeId", "record_type", "Partner", None),
            ("IsPersonAccount", "is_person", True, False),
        ]
    ),
    ids=["web_domain", "parent_id", "record_type", "is_person"],
)
def test_column_that_passes_on_a_lost_field_stays_whatever_runs_follow(
    tmp_path: Path, field: str, column: str, kept: object, fresh: object
) -> None:
    """Run after run it has its values, its source and the time since when it is stale, until the field is back."""
    others = {"RecordType": ({"Id": PARTNER, "Name": "Partner", "DeveloperName": "Partner"},)}
    rows = {**ROWS, **others, "Account": (account(1, **OWN), account(2))}
    now = {**OWN, "Website": "https://neu.com", "ParentId": "", "RecordTypeId": "", "IsPersonAccount": "false"}
    described = {**WITH_OWN, "Account": tuple(one for one in WITH_OWN["Account"] if one["name"] != field)}
    shown = f"SELECT {column} FROM accounts WHERE Id = '{A1}'"
    said = f"SELECT source, stale_since FROM columns WHERE column_name = '{column}'"
    with scene(tmp_path / "before", rows, fields=WITH_OWN) as before:
        before.run()
        source = before.rows(said)[0][0]
    with scene(tmp_path / "after", rows_of(described, rows), fields=described) as org:
        org.folder = before.folder
        first, since = org.run(), org.rows(said)
        rest = [org.run() for _ in range(2)]

        assert org.rows(shown) == [(kept,)]
        assert since[0][0] == source
        assert since[0][1] is not None
        assert org.rows(said) == since
        assert [one.changed for one in rest] == [False, False]
        assert all(any(f"accounts.{column} keeps" in text for text in one.notices) for one in (first, *rest))
    with scene(tmp_path / "back", {**rows, "Account": (account(1, **now), account(2))}, fields=WITH_OWN) as back:
        back.folder = before.folder
        back.run()

        assert back.rows(shown) == [(fresh,)]
        assert back.rows(said) == [(source, None)]


def test_fields_of_another_type_than_everywhere(tmp_path: Path) -> None:
    """What Accord would make of a Website that is a number, or of a flag that is text, is empty, and says why."""
    rows = {**SMALL, "Account": (account(1, Website="1.5", IsPersonAccount="true"),)}
    odd = ({"name": "Website", "type": "double", "scale": 1}, {"name": "IsPersonAccount", "type": "string"})
    account_fields = [field for field in FIELDS["Account"] if field["name"] != "Website"]
    with scene(tmp_path, rows, fields={**FIELDS, "Account": (*account_fields, *odd)}) as org:
        report = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert org.rows("SELECT CAST(Website AS VARCHAR), web_domain, is_person FROM accounts") == [
            ("1.5", None, False)
        ]
        assert org.rows("SELECT source FROM columns WHERE column_name IN ('web_domain', 'is_person') ORDER BY 1") == [
            ("Account.IsPersonAccount is of the type string in this org",),
            ("Account.Website is of the type double in this org",),
        ]


def test_field_that_the_spec_no_longer_wants_is_dropped(tmp_path: Path) -> None:
    """`except` of a lost field drops its column, since that is what it asks for."""
    with after(tmp_path, fields("Account", without="Notes__c")) as org:
        org.run()
        org.spec = SPEC.replace("prospect where", "except Notes__c\n  prospect where")
        report = org.run()

        assert "Notes__c" not in [name for name, *_ in org.rows("DESCRIBE accounts")]
        assert any("Notes__c are no longer brought by the spec" in one for one in report.notices)


def test_lost_fields_that_decide_stop_the_run(tmp_path: Path) -> None:
    """A field that a filter, an owner, a number or a link needs is an error at its place in the spec."""
    lost = {
        "Type": ("Account", ["Type", "Type"]),
        "OwnerId": ("Account", ["OwnerId"]),
        "Renewal_Date__c": ("Account", ["Renewal_Date__c"]),
        "Amount__c": ("Subscription__c", ["Amount__c"]),
        "Account__c": ("Subscription__c", ["Account__c", "Account__c"]),
    }
    for field, (sobject, underlined) in lost.items():
        with after(tmp_path / field, fields(sobject, without=field)) as org:
            found = errors_of(org)

        assert found == underlined, field


def test_lost_link_of_contacts_stops_the_run(tmp_path: Path) -> None:
    """Contacts whose link to accounts is hidden are neither dropped nor emptied: the run fails and says why."""
    with after(tmp_path, fields("Contact", without="AccountId")) as org:
        inode = org.store.stat().st_ino
        report = org.run()

        assert report.outcome is Outcome.FAILED
        assert "Contact.AccountId" in report.errors[0]
        assert org.store.stat().st_ino == inode


def test_hidden_object_freezes_its_table(tmp_path: Path) -> None:
    """A table whose object is hidden keeps its rows, is marked stale whole, and the run is incomplete."""
    with after(tmp_path, hidden("Contact")) as org:
        report = org.run()
        again = org.run()

        assert (report.outcome, report.exit_code, report.stale) == (Outcome.INCOMPLETE, 1, ("contacts",))
        assert report.dropped == ()
        assert "Contact is not in the org any more" in report.errors[0]
        assert "(line 15)" in report.errors[0]
        assert org.rows("SELECT Id, Name FROM active_contacts ORDER BY Id") == [
            (C1, "Contact 1"),
            (record_id("Contact", 2), "Contact 2"),
        ]
        assert {table for table, _ in stale(org)} == {"contacts"}
        assert (again.outcome, again.changed) == (Outcome.INCOMPLETE, False)


def test_object_that_was_never_there_is_no_loss(tmp_path: Path) -> None:
    """An org without opportunities has no table of them, and nothing is said about it."""
    described = hidden("Opportunity")
    with scene(tmp_path, rows_of(described), fields=described) as org:
        org.run()
        report = org.run()

    assert (report.outcome, report.stale) == (Outcome.SUCCEEDED, ())


def test_new_field_comes_in_with_its_values(tmp_path: Path) -> None:
    """A field that appears is filled in for rows whose stamps did not move, and the report names it."""
    described = {**FIELDS, "Account": (*FIELDS["Account"], {"name": "Tier__c", "type": "string"})}
    rows = {**ROWS, "Account": tuple({**row, "Tier__c": "gold"} for row in ROWS["Account"])}
    with after(tmp_path, described, rows=rows) as org:
        report = org.run()

        assert org.rows("SELECT DISTINCT Tier__c FROM accounts") == [("gold",)]
        assert "accounts: new columns Tier__c" in report.notices


def test_safe_change_of_type_widens_the_column(tmp_path: Path) -> None:
    """A number that became text, and a date that became a time, keep every value, and are told."""
    described = fields("Account", Score__c="string", Renewal_Date__c="datetime")
    spec = SPEC.replace("renewal from Renewal_Date__c", "renewal none")
    first = (account(1, Score__c="12.50", Renewal_Date__c="2026-05-01"), account(2))
    second = (account(2),)
    with scene(tmp_path / "before", {**SMALL, "Account": first}, spec) as org:
        org.run()
    with scene(tmp_path / "after", {**SMALL, "Account": second}, spec, fields=described) as after_:
        after_.folder = org.folder
        report = after_.run(confirmed=True)

        assert report.outcome is Outcome.SUCCEEDED
        assert after_.rows(f"SELECT Score__c, CAST(Renewal_Date__c AS VARCHAR) FROM accounts WHERE Id = '{A1}'") == [
            ("12.50", "2026-05-01 00:00:00")
        ]
        assert {
            "accounts.Score__c changed its type from decimal to text",
            "accounts.Renewal_Date__c changed its type from date to timestamp",
        } <= {*report.notices}


def test_change_of_type_that_would_lose_values_freezes_the_table(tmp_path: Path) -> None:
    """Text that became a number: kept values that are none would be lost, so the table stays as it is."""
    rows = {**SMALL, "Contact": (contact(1, 1, Email="ada@example.com"), contact(2, 2))}
    with scene(tmp_path / "before", rows) as org:
        org.run()
    described = fields("Contact", Email="double")
    now = {**SMALL, "Contact": (contact(1, 1), contact(2, 2, Email="7"))}
    with scene(tmp_path / "after", now, fields=described) as after_:
        after_.folder = org.folder
        report = after_.run()
        kept = after_.rows("SELECT Email FROM contacts ORDER BY Id")
        after_.spec = SPEC.replace("fields Name, Email", "fields Name")
        given_up = after_.run()
        after_.spec = SPEC
        taken = after_.run()

        assert (report.outcome, report.stale) == (Outcome.INCOMPLETE, ("contacts",))
        assert "changed its type from text to decimal" in report.errors[0]
        assert kept == [("ada@example.com",), (None,)]
        assert given_up.outcome is taken.outcome is Outcome.SUCCEEDED
        assert [int(value) for (value,) in after_.rows("SELECT Email FROM contacts WHERE Email IS NOT NULL")] == [7]


def test_number_that_is_calculated_in_another_way_comes_anew(tmp_path: Path) -> None:
    """A metric of another type stops nothing; a row that is out keeps its value where it is one, and that is told."""
    metric = '\nmetric "M" from {} of Subscription__c via Account__c{}\n'
    latest, count = metric.format("latest(Status__c)", " by CreatedDate"), metric.format("count()", "")
    subscriptions = (subscription(1, 1, "10"), subscription(2, 2, "7"), subscription(3, 3, "7", Status__c="4"))
    with scene(tmp_path, {**SMALL, "Subscription__c": subscriptions}, SPEC + latest) as org:
        org.run()
        leave = {"op": "update", "object": "Account", "fields": {"Type": "Other"}}
        org.change(*({**leave, "id": record_id("Account", n)} for n in (2, 3)))
        org.run(confirmed=True)
        org.spec = SPEC + count
        report = org.run()
        again = org.run()

        assert (report.outcome, report.errors) == (Outcome.SUCCEEDED, ())
        assert org.rows("SELECT CAST(m AS INTEGER), record_status FROM accounts ORDER BY Id") == [
            (1, "active"),
            (None, "left"),
            (4, "left"),
        ]
        assert [text for text in report.notices if "changed its type" in text] == [
            "accounts.m changed its type from text to decimal (line 19): 1 rows that are out lose the value that they"
            f" had, for example {A2}"
        ]
        assert org.rows("SELECT key, old_value, new_value FROM s.accord.changes WHERE column_name = 'm'") == [
            (A1, "Active", "1")
        ]
        assert (again.outcome, again.changed, again.notices) == (Outcome.SUCCEEDED, False, ())


def test_row_that_leaves_as_a_number_becomes_another_loses_it_too(tmp_path: Path) -> None:
    """The time that it was is no number, and the row that leaves in the same run is told like those before it."""
    metric = '\nmetric "M" from %s of Contact via AccountId\n'
    with scene(tmp_path, spec=SPEC + metric % "max(CreatedDate)") as org:
        org.run()
        org.change({"op": "update", "object": "Account", "id": A2, "fields": {"Type": "Other"}})
        org.spec = SPEC + metric % "count()"
        report = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert org.rows(f"SELECT m FROM accounts WHERE Id = '{A2}'") == [(None,)]
        assert any("accounts.m changed its type from timestamp to decimal" in text for text in report.notices)


def test_fields_of_a_table_that_stays_change_in_the_spec(tmp_path: Path) -> None:
    """Nothing is said to have come or gone, `columns` describes the table that is there, and later it all comes."""
    with scene(
        tmp_path / "before", {**SMALL, "Contact": (contact(1, 1, Email="ada@example.com"), contact(2, 2))}
    ) as org:
        org.run()
        described = org.rows("SELECT * EXCLUDE (stale_since) FROM columns WHERE table_name = 'contacts' ORDER BY ALL")
    now = {**SMALL, "Contact": (contact(1, 1), contact(2, 2))}
    spec = SPEC.replace("fields Name, Email", "fields LastName, Email")
    with scene(tmp_path / "after", now, spec, fields=fields("Contact", Email="double")) as after_:
        after_.folder = org.folder
        report = after_.run()
        again = after_.run()
        same = after_.rows("SELECT * EXCLUDE (stale_since) FROM columns WHERE table_name = 'contacts' ORDER BY ALL")
        stays = {name for name, *_ in after_.rows("DESCRIBE contacts")}
        after_.spec = spec.replace(", Email", "")
        taken = after_.run()

        assert (report.outcome, report.stale, report.notices) == (Outcome.INCOMPLETE, ("contacts",), ())
        assert same == described
        assert stays == {column for _, column, *_ in described}
        assert (again.outcome, again.changed) == (Outcome.INCOMPLETE, False)
        assert taken.notices == (
            "contacts: new columns LastName",
            "contacts: columns Name, Email are no longer brought by the spec, and dropped",
        )
        assert stale(after_) == []


@pytest.mark.parametrize(
    ("field", "now", "value", "expected"),
    others_slow(
        [
            ("Score__c", {"type": "currency", "precision": 18, "scale": 4}, "12.55", ["12.5500", "DECIMAL(38,4)"]),
            ("Score__c", {"type": "double", "precision": 18, "scale": 0}, "12.55", ["12.55", "DECIMAL(38,2)"]),
            ("Type", {"type": "multipicklist"}, "Customer", ["Customer", "VARCHAR"]),
            ("Notes__c", {"type": "textarea", "length": 131072}, "x" * 300, ["x" * 300, "VARCHAR"]),
            ("Notes__c", {"type": "double", "precision": 18, "scale": 2}, "12.5", ["12.50", "DECIMAL(38,2)"]),
        ]
    ),
    ids=["number to currency", "scale shrinks", "picklist to multi-select", "length grows", "text that is a number"],
)
def test_change_of_type_that_loses_nothing(
    tmp_path: Path, field: str, now: Mapping[str, object], value: str, expected: list[str]
) -> None:
    """Where every kept value lives on in the field's new type the run goes on, and numbers keep their digits."""
    described = {
        **FIELDS,
        "Account": tuple({"name": field, **now} if one["name"] == field else one for one in FIELDS["Account"]),
    }
    rows = {**SMALL, "Account": (account(1, **{field: value}),)}
    with scene(tmp_path / "before", rows) as org:
        org.run()
    with scene(tmp_path / "after", rows, fields=described) as after_:
        after_.folder = org.folder
        report = after_.run()

        assert (report.outcome, report.stale) == (Outcome.SUCCEEDED, ())
        assert after_.rows(f"SELECT CAST({field} AS VARCHAR), typeof({field}) FROM accounts") == [tuple(expected)]


def test_change_of_type_of_a_field_that_decides_stops_the_run(tmp_path: Path) -> None:
    """A number that became text, a renewal date that got a time: errors at their places in the spec."""
    changed = {
        "Amount__c": fields("Subscription__c", Amount__c="string"),
        "Renewal_Date__c": fields("Account", Renewal_Date__c="datetime"),
    }
    found = {}
    for field, described in changed.items():
        with after(tmp_path / field, described) as org:
            found[field] = errors_of(org)

    assert found == {field: [field] for field in changed}


def test_user_whose_mail_is_hidden_keeps_it(tmp_path: Path) -> None:
    """Users are nobody's statement; a field of theirs that is hidden keeps its values too."""
    with scene(tmp_path / "before", {**SMALL, "User": (user(1),)}) as org:
        org.run()
    described = fields("User", without="Email")
    with scene(tmp_path / "after", rows_of(described, SMALL), fields=described) as after_:
        after_.folder = org.folder
        after_.run()

        assert after_.rows("SELECT email FROM users") == [("user1@example.com",)]
        assert stale(after_) == [("users", "email")]


def test_who_is_active_is_not_visible(tmp_path: Path) -> None:
    """Where `User.IsActive` is hidden from the first run on, owners come in and it is said that nobody knows."""
    described = fields("User", without="IsActive")
    with scene(tmp_path, rows_of(described, SMALL), fields=described) as org:
        report = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert [(one.resolved, one.inactive) for one in report.owners] == [(3, None)]
        assert any("users.active is not there: User.IsActive" in one for one in report.notices)
        assert org.rows("SELECT count(*) FROM account_owners") == [(3,)]


def test_inactive_users_that_can_no_longer_be_told_stop_the_run(tmp_path: Path) -> None:
    """With `skip inactive users` a hidden `User.IsActive` is an error at that line: nobody is skipped by guessing."""
    skipping = SPEC.replace("account_owner from OwnerId", "account_owner from OwnerId\n  skip inactive users")
    with after(tmp_path, fields("User", without="IsActive"), skipping) as org:
        found = errors_of(org)

    assert found == ["skip inactive users"]


def test_what_another_org_held_is_no_loss_of_the_one_that_takes_the_store_over(tmp_path: Path) -> None:
    """What the new org lacks is missing in the spec, with its line, and not taken out of it without a word."""
    spec = SPEC.replace("prospect where Type = 'Prospect'\n", "prospect where Type = 'Prospect'\n  also Notes__c\n")
    lacking = fields("Account", without="Notes__c")
    with (
        scene(tmp_path / "one", ROWS, spec) as org,
        scene(tmp_path / "other", SMALL, spec, name="Other", fields=lacking) as other,
    ):
        org.run()
        other.folder = org.folder
        tree = grammar.parse_spec(spec).tree
        schema = schema_now(other)
        with other.client() as client:
            taken_over = find_drift(tree, schema, org.store, identify(client))
        lost = find_drift(tree, schema, org.store)

    assert (taken_over.spec, taken_over.lost, taken_over.store_run) == (tree, (), 1)
    assert [one.column for one in lost.lost] == ["Notes__c"]


def test_run_that_another_overtakes_while_it_plans(tmp_path: Path) -> None:
    """What was compared with a store that is not there any more is not run: labels may be renamed already."""
    with scene(tmp_path) as org:
        org.run()
        org.spec = org.spec.replace('"Subscriptions"', '"Subs"')
        with org.client() as client:
            plan, schema, drift = org.plan(client)
            assert org.run().changed
            with pytest.raises(AlreadyRunningError, match=r"another run published .*; run again"):
                run(plan, org.spec, client, org.store, schema=schema, drift=drift)
        assert not org.run().changed


def test_labels_of_a_lost_picklist_stay(tmp_path: Path) -> None:
    """The values that a hidden picklist keeps go on having labels."""
    value = {"value": "Energy", "label": "Energie", "active": True}
    industry = {"name": "Industry__c", "type": "picklist", "picklistValues": [value]}
    before = {**FIELDS, "Account": (*FIELDS["Account"], industry)}
    with scene(tmp_path / "before", ROWS, fields=before) as org:
        org.run()
    with scene(tmp_path / "after", ROWS) as org:
        org.folder = tmp_path / "before"
        org.run()

        options = org.rows("SELECT field_name, value, label FROM picklist_options ORDER BY ALL")
        assert options[0] == ("Industry__c", "Energy", "Energie")
        assert not org.run().changed
