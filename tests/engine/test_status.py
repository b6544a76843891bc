"""What a status tells of a store and of what lies beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.status import read_status
from tests.engine.scene import Scene, rename, scene


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    """A store of two runs."""
    with scene(tmp_path) as one:
        one.run()
        rename(one, "Neu")
        one.run()
        yield one


def test_runs_that_only_the_store_knows(org: Scene) -> None:
    """Where the list of runs was lost, those that made the store stay in it behind those that came since."""
    (org.folder / "accord.sqlite3").unlink()
    alone = [one.run for one in read_status(org.store).runs]
    org.run()
    status = read_status(org.store)

    assert alone == [2, 1]
    assert [(one.run, one.outcome, one.published) for one in status.runs] == [
        (3, "succeeded", False),
        (2, "succeeded", True),
        (1, "succeeded", True),
    ]
    assert [one.run for one in read_status(org.store, 2).runs] == [3, 2]
