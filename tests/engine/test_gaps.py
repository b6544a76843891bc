"""The room of rows that were taken out of a table: used again now and then, and never a reason to lose one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.publish import RUNS_BETWEEN_VACUUMS
from tests.engine.scene import SMALL, Scene, account, contact, record_id, scene


def gaps(org: Scene) -> int:
    """How many more places the table of contacts has than rows."""
    return int(org.rows("SELECT max(rowid) + 1 - count(*) FROM contacts")[0][0])


def update(org: Scene, number: int, email: str) -> None:
    """Give a contact another address."""
    fields = {"Email": email}
    org.change({"op": "update", "object": "Contact", "id": record_id("Contact", number), "fields": fields})


@pytest.mark.slow
def test_rows_close_up_now_and_then(tmp_path: Path) -> None:
    """Runs that change one row after another leave gaps until one closes them; all rows are as they were."""
    rows = {**SMALL, "Account": (account(1), account(2)), "Contact": [contact(n, 1 + n % 2) for n in range(1, 61)]}
    with scene(tmp_path, rows) as org:
        org.run()
        left = []
        for number in range(1, RUNS_BETWEEN_VACUUMS + 3):
            update(org, number, f"{number}@example.com")
            org.run()
            left.append(gaps(org))
        everything = "SELECT * EXCLUDE (first_synced_at, changed_at) FROM contacts ORDER BY ALL"
        changed = org.rows(everything)
        org.store.unlink()
        org.run()

        assert left[0] == 1
        assert min(left[RUNS_BETWEEN_VACUUMS - 2 :]) == 0
        assert left[-1] < RUNS_BETWEEN_VACUUMS
        assert changed == org.rows(everything)
