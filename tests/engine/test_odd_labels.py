"""Labels that are words of SQL, or names that the engine's own statements use: they are names like others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from compiler.record_id import to_18
from engine.report import Outcome
from sandbox import serve
from tests.engine.scene import FIELDS, SMALL, SPEC, Scene, account, counts, record_id, scene, user
from tests.engine.test_currencies import dated_org

A1 = record_id("Account", 1)
DEAL = {"Id": to_18("006000000000001"), "Name": "O1", "AccountId": A1, "CloseDate": "2026-05-01"}
# Aliases and columns in the statements of the engine, DuckDB's keywords and functions.
WORDS = (
    *("key", "place", "state", "again", "stamp", "answer", "currency", "cast", "raw", "values", "rows", "computed"),
    *("t", "c", "w", "d", "f", "k", "n", "p", "l", "r", "o", "old", "new", "was", "now", "id18", "hash", "found"),
    *("table name", "column name", "old value", "new value", "run", "reason", "change", "listed", "touched", "same"),
    *("select", "from", "group", "order", "count", "sum", "left", "right", "all", "end", "case", "null", "true"),
    *("position", "timestamp", "date", "user", "file row number", "index", "default", "desc", "limit", "exclude"),
)


def touch(org: Scene, name: str) -> None:
    org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": name}})


@pytest.mark.slow
def test_metrics_and_objects_with_such_labels(tmp_path: Path) -> None:
    """A first run, one with a change, one whose guard counts each number, and one without: each does what it should."""
    metrics = "\n".join(f'metric "{word}" from count() of Subscription__c via Account__c' for word in WORDS)
    objects = "\n".join(
        f'object Subscription__c as "{word}" on account via Account__c {{ fields Name, Status__c }}' for word in WORDS
    )
    guarded = "".join(f'  "{word}" may move at most 40%\n' for word in WORDS)
    guards = f"guards {{\n  arr may move at most 25%\n{guarded}}}\n"
    rows = {**SMALL, "Account": tuple(account(n) for n in (1, 2, 3)), "User": (user(1),)}
    with scene(tmp_path, rows, f"{SPEC}\n{metrics}\n{objects}\n{guards}") as org:
        first = org.run()
        touch(org, "Neu")
        second = org.run()
        org.change({"op": "delete", "object": "Subscription__c", "id": record_id("Subscription__c", 1)})
        third = org.run()
        fourth = org.run(confirmed=True)
        last = org.run()

        assert [one.outcome for one in (first, second, third, fourth, last)] == [
            Outcome.SUCCEEDED,
            Outcome.SUCCEEDED,
            Outcome.STOPPED,
            Outcome.SUCCEEDED,
            Outcome.SUCCEEDED,
        ]
        assert counts(second, "accounts") == {"updated": 1}
        assert not last.changed
        assert org.rows(f'SELECT "order", "key", currency, Name FROM accounts WHERE Id = \'{A1}\'') == [
            (1, 1, 1, "Neu")
        ]
        assert org.rows('SELECT count(*) FROM "active_select"') == [(2,)]


def test_objects_with_the_names_of_numbers(tmp_path: Path) -> None:
    """An object labelled like a number is a table of its own, and the number still comes from its own rows."""
    spec = SPEC.replace(
        "renewal from Renewal_Date__c", "renewal from max(CloseDate) of Opportunity via AccountId where Name = 'O1'"
    ).replace('as "Subscriptions"', 'as "ARR"')
    spec += 'object Contact as "Renewal" on account via AccountId { where Name != null fields Name }\n'
    fields = {**FIELDS, "Opportunity": (*FIELDS["Opportunity"], {"name": "CloseDate", "type": "date"})}
    with scene(tmp_path, {**SMALL, "Opportunity": (DEAL,)}, spec, fields=fields) as org:
        first, second = org.run(), org.run()

        assert first.outcome is Outcome.SUCCEEDED
        assert not second.changed
        assert org.rows("SELECT arr, renewal_date FROM accounts ORDER BY Id LIMIT 1") == [
            (Decimal("100.505"), date(2026, 5, 1))
        ]
        assert org.rows("SELECT (SELECT count(*) FROM arr), (SELECT count(*) FROM renewal)") == [(3, 2)]


def test_objects_with_the_names_of_rates(tmp_path: Path) -> None:
    """Amounts are converted with the org's rates, whatever tables are called."""
    spec = (
        "accord 1\naccounts { where Type = 'Customer' }\n"
        "arr from sum(Amount) of Opportunity via AccountId in corporate currency\n"
        'object Subscription__c as "Currencies" on account via Account__c { fields Name }\n'
        "object Opportunity as \"Dated rates\" on account via AccountId { where Name = 'D1' fields Name }\n"
    )
    with serve(dated_org()) as running:
        org = Scene(running, tmp_path, spec)
        report = org.run()

        assert report.outcome is Outcome.SUCCEEDED
        assert org.rows("SELECT arr FROM accounts ORDER BY Id LIMIT 1") == [(Decimal(162),)]
        assert org.rows("SELECT (SELECT count(*) FROM currencies), (SELECT count(*) FROM dated_rates)") == [(4, 1)]
