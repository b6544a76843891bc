"""Where a store and the files beside it lie, however its path is written."""

from __future__ import annotations

from pathlib import Path

from engine.clock import SystemClock
from engine.forget import forget
from engine.rollback import rollback
from engine.status import read_status
from tests.engine.scene import record_id, rename, scene

CLOCK = SystemClock()


def test_store_that_a_link_leads_to(tmp_path: Path) -> None:
    """Every command works on the file behind the link, beside which its companions lie; the link stays a link."""
    real, link = tmp_path / "real" / "r.duckdb", tmp_path / "linked" / "statisfy.duckdb"
    link.parent.mkdir()
    link.symlink_to("../real/r.duckdb")
    with scene(tmp_path) as org:
        org.folder = link.parent
        org.run()
        rename(org, "Neu")
        org.run()
        names = [org.rows("SELECT Name FROM accounts ORDER BY Id LIMIT 1")]
        by_link, by_name = read_status(link), read_status(real)
        rollback(link, CLOCK)
        names.append(org.rows("SELECT Name FROM accounts ORDER BY Id LIMIT 1"))
        forget(link, record_id("Account", 1), CLOCK)
        names.append(org.rows("SELECT Name FROM accounts ORDER BY Id LIMIT 1"))

    assert link.is_symlink()
    assert [path.name for path in link.parent.iterdir()] == ["statisfy.duckdb"]
    assert {path.name for path in real.parent.iterdir()} == {
        "r.duckdb",
        "r.previous.duckdb",
        "r.accord.sqlite3",
        "r.accord.lock",
    }
    assert names == [[("Neu",)], [("Account 1",)], [(None,)]]
    assert by_link == by_name
    assert [one.run for one in by_link.runs] == [2, 1]
