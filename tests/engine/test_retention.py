"""What is kept is bounded: runs for months do not fill a disk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from engine.ledger import create_schemas, forget_changes
from engine.workspace import NEXT, Workspace, name_of
from tests.engine.scene import Scene, account, contact, record_id, scene, user

AT = datetime(2026, 3, 1)
ACCOUNTS = 300


def rewrite(org: Scene, word: str) -> None:
    """A tenth of the accounts get another long text."""
    org.change(
        *(
            {
                "op": "update",
                "object": "Account",
                "id": record_id("Account", n),
                "fields": {"Notes__c": f"{word} {n} " * 300},
            }
            for n in range(1, ACCOUNTS + 1, 10)
        )
    )


@pytest.mark.slow
def test_published_file_uses_its_room_again(tmp_path: Path) -> None:
    """A file that is brought up to date again and again stays within a few times its rows, and nothing lies beside."""
    rows = {
        "Account": tuple(account(n, Notes__c=f"first {n} " * 300) for n in range(1, ACCOUNTS + 1)),
        "Contact": (contact(1, 1),),
        "User": (user(1),),
    }
    with scene(tmp_path, rows) as org:
        org.run()
        first = org.store.stat().st_size
        for number in range(8):
            rewrite(org, str(number))
            org.run()
        beside = {path.name for path in tmp_path.iterdir()} - {"org"}

        assert org.store.stat().st_size < 4 * first
        assert beside == {"statisfy.duckdb", "statisfy.previous.duckdb", "accord.sqlite3", "accord.lock"}


def test_changes_are_forgotten_by_age_and_by_number(tmp_path: Path) -> None:
    """Those of old runs go, and of what is left the oldest runs' beyond the limit; those of the newest run stay."""
    space = Workspace(tmp_path)
    changes, runs = name_of(NEXT, "accord", "changes"), name_of(NEXT, "accord", "runs")
    with space.attached(tmp_path / "next.duckdb", NEXT, "STORAGE_VERSION 'v1.5.0'"):
        create_schemas(space)
        for run, day, count in ((1, "2025-01-01", 2), (2, "2026-02-01", 3), (3, "2026-02-02", 2), (4, "2026-03-01", 9)):
            space.run(f"INSERT INTO {runs} (run, started_at) VALUES (?, CAST(? AS TIMESTAMP))", [run, day])
            space.run(f"INSERT INTO {changes} (run) SELECT ? FROM range(?)", [run, count])
        found = []
        for most in (100, 11, 1):
            forget_changes(space, AT, most)
            found.append([run for (run,) in space.run(f"SELECT DISTINCT run FROM {changes} ORDER BY 1")])
    space.close()

    assert found == [[2, 3, 4], [3, 4], [4]]
