"""What a status tells of a store and of what lies beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.status import read_status
from tests.engine.scene import Scene, of_two_runs, rename, scene
from tests.support.slow_cases import others_slow


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    """A store of two runs."""
    with of_two_runs(tmp_path) as one:
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


@pytest.mark.parametrize(
    ("harm", "words"),
    others_slow(
        [
            (lambda store: store.unlink(), "the store of run 2 is not there any more; `accord rollback`"),
            (lambda store: os.truncate(store, store.stat().st_size // 2), "it ends too early"),
            (lambda store: store.write_text("hello"), "cannot be opened as a store"),
            (lambda store: os.truncate(store, 100_000), "cannot be opened as a store"),
            (lambda store: (store.unlink(), store.mkdir()), "is a folder"),
        ],
        2,
    ),
)
def test_store_that_cannot_be_read(org: Scene, harm: Callable[[Path], object], words: str) -> None:
    """The runs are listed, and what is wrong with the tables that they made is said with the way out."""
    well = read_status(org.store)
    org.store.chmod(0o644)
    harm(org.store)
    status = read_status(org.store, 1)

    assert well.store_problem is None
    assert [one.run for one in status.runs] == [2]
    assert words in str(status.to_document()["store_problem"])


def test_store_that_was_never_there(tmp_path: Path) -> None:
    """Where no run has published yet no store is missed."""
    with scene(tmp_path) as org:
        org.listener = lambda event: org.cancel.cancel() if getattr(event, "stage", None) == "reconcile" else None
        org.run()

    status = read_status(org.store)
    assert ([one.outcome for one in status.runs], status.store_problem) == (["failed"], None)


def test_status_while_a_run_publishes(org: Scene) -> None:
    """It waits for no run, and finds nothing wrong with a store that one is about to replace."""
    found = []
    org.listener = lambda _: found.append(read_status(org.store, 1))
    rename(org, "Anders")
    org.run()

    assert {one.store_problem for one in found} == {None}
    assert {one.running.run for one in found if one.running} == {3}
