"""Labels that are words of SQL, or names that the engine's own statements use: they are names like others."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.report import Outcome
from tests.engine.scene import SMALL, SPEC, Scene, account, counts, record_id, scene, user

A1 = record_id("Account", 1)
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
