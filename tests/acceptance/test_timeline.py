"""A long life of an org, change by change, with runs in between: every value of every table is as it must be.

Another list of changes for the same org can be replayed: `ACCORD_TIMELINE=changes.json pytest -m slow
tests/acceptance/test_timeline.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.acceptance.timeline import TURNS, nasty_timeline, read_timeline, replay
from tests.support.judged_org import judged_org
from tests.support.nasty_org import OPERATIONS

SEED = 20260301
LENGTH = 600


def test_timeline_has_every_kind_of_change() -> None:
    """The list has 600 changes, every operation that the org knows among them, and is the same each time."""
    timeline = nasty_timeline(SEED, LENGTH)

    assert len(timeline) == LENGTH
    assert {one["op"] for one in timeline} == set(OPERATIONS) - {"move"}
    assert any("stamp" in one and one["stamp"] < one["at"] for one in timeline)
    assert timeline == nasty_timeline(SEED, LENGTH)


@pytest.mark.slow
def test_600_nasty_changes(tmp_path: Path) -> None:
    """Whatever runs were killed or failed on the way, each run that succeeds leaves what the judge says."""
    given = os.environ.get("ACCORD_TIMELINE")
    timeline = read_timeline(Path(given)) if given else nasty_timeline(SEED, LENGTH)
    with judged_org(tmp_path, SEED) as org:
        done = replay(org, timeline, SEED)

        assert given or all(done[turn] for turn in TURNS), done


@pytest.mark.slow
def test_200_nasty_changes_where_leavers_go(tmp_path: Path) -> None:
    """The same where the spec does not keep what leaves."""
    with judged_org(tmp_path, SEED + 1, keep=False) as org:
        done = replay(org, nasty_timeline(SEED + 1, LENGTH // 3), SEED)

        assert sum(done.values()) > len(TURNS) // 2
