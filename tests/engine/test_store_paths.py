"""Where a store and the files beside it lie, however its path is written."""

from __future__ import annotations

from dataclasses import astuple
from itertools import combinations
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.errors import UnusableStoreError
from engine.forget import forget
from engine.rollback import rollback
from engine.status import read_status
from engine.store import StorePaths
from tests.engine.scene import record_id, rename, scene

C1 = record_id("Contact", 1)
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


def test_stores_side_by_side(tmp_path: Path) -> None:
    """No file beside one store is a file beside another, whatever ending their names have or lack."""
    names = ("statisfy.duckdb", "statisfy", "statisfy.db", "s.duckdb", "s.txt", "s", "s.txt.duckdb", "s-.duckdb")
    found = {name: StorePaths.of(tmp_path / name) for name in names}
    for one, other in combinations(names, 2):
        assert not set(astuple(found[one])).intersection(astuple(found[other])), (one, other)

    assert found["statisfy.duckdb"].lock.name == "accord.lock"
    assert found["s.duckdb"].previous.name == "s.previous.duckdb"
    assert found["s.txt"].state.name == "s.txt-accord.sqlite3"


def test_paths_that_no_store_can_have(tmp_path: Path) -> None:
    """Below a file, below links in a circle, or with a name that is too long: every command says which path it is."""
    below_file, circle, long = tmp_path / "file", tmp_path / "circle", tmp_path / ("long" * 80)
    below_file.touch()
    circle.symlink_to(circle)
    with scene(tmp_path) as org:
        for org.folder in (below_file, circle, long):
            for attempt in (
                org.run,
                lambda: read_status(org.store),
                lambda: rollback(org.store, CLOCK),
                lambda: forget(org.store, C1, CLOCK),
            ):
                with pytest.raises(UnusableStoreError, match=f"{org.folder}.*name another path") as caught:
                    attempt()

                assert caught.value.exit_code == 2
