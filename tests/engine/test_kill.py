"""A run that is killed: what was published stands, and the next run goes on as if nothing had been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.report import Outcome
from engine.status import read_status
from tests.engine.scene import Scene, record_id, scene
from tests.support.slow_cases import others_slow

ROOT = Path(__file__).parents[2]
POINTS = ("swapped", "extract", "reconcile", "publish", "sealed", "publishing")
CHILD = """
import os, signal, sys
from pathlib import Path
import engine.lifecycle, engine.publish
from engine.events import StageStarted
from tests.engine.scene import Scene
from sandbox import Running

url, token, folder, point = sys.argv[1:]
def die():
    os.kill(os.getpid(), signal.SIGKILL)
def before(module, name):
    real = getattr(module, name)
    setattr(module, name, lambda *a, **k: die())
def after(module, name):
    real = getattr(module, name)
    setattr(module, name, lambda *a, **k: (real(*a, **k), die()))
def listen(event):
    if isinstance(event, StageStarted) and event.stage == point:
        die()
if point == "sealed":
    after(engine.publish, "seal")
elif point == "publishing":
    before(engine.lifecycle, "swap")
elif point == "swapped":
    after(engine.lifecycle, "swap")
org = Scene(Running(url, token, "", "", "", None, None), Path(folder))
org.listener = listen
org.run()
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("kill")) as one:
        yield one


def kill_at(org: Scene, point: str) -> None:
    """Start a run in a process of its own and kill it there."""
    running = org.running
    arguments = [sys.executable, "-c", CHILD, running.instance_url, running.access_token, str(org.folder), point]
    ended = subprocess.run(
        arguments, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.parametrize("point", others_slow(POINTS))
def test_first_run_that_is_killed_is_done_by_the_next(shared: Scene, tmp_path: Path, point: str) -> None:
    """Whenever the first run dies there is either no store or a whole one, and the next run completes it."""
    org = Scene(shared.running, tmp_path)
    kill_at(org, point)
    there = org.store.exists()
    report = org.run()

    assert there == (point == "swapped")
    assert report.outcome is Outcome.SUCCEEDED
    assert report.changed == (not there)
    assert report.run == 2
    assert org.rows("SELECT count(*), count(DISTINCT Id) FROM active_accounts") == [(3, 3)]
    assert not list(tmp_path.glob("*.next.duckdb*"))
    assert not (tmp_path / "staging").exists()


@pytest.mark.parametrize("point", others_slow(POINTS))
def test_later_run_that_is_killed_loses_nothing(tmp_path: Path, point: str) -> None:
    """Whenever a later run dies the store is the one before or the one after; the state says which."""
    with scene(tmp_path) as org:
        org.run()
        org.change({"op": "update", "object": "Account", "id": record_id("Account", 1), "fields": {"Name": "Neu"}})
        kill_at(org, point)
        name = org.rows(f"SELECT Name FROM accounts WHERE Id = '{record_id('Account', 1)}'")
        died = read_status(org.store).died
        report = org.run()
        status = {one.run: (one.outcome, one.published) for one in read_status(org.store).runs}

    assert name == [("Neu",) if point == "swapped" else ("Account 1",)]
    assert died == (2,)
    assert status[2] == (("succeeded", True) if point == "swapped" else ("failed", False))
    assert report.changed == (point != "swapped")
    assert org.rows(f"SELECT Name FROM accounts WHERE Id = '{record_id('Account', 1)}'") == [("Neu",)]
    assert any("run 2" in notice for notice in report.notices)


def test_state_file_of_a_run_that_was_killed_while_it_made_it(tmp_path: Path) -> None:
    """A state file that has nothing in it yet knows of no runs, and the next run makes it whole."""
    with scene(tmp_path) as org:
        (tmp_path / "accord.sqlite3").touch()
        before = read_status(org.store)
        report = org.run()

    assert (before.runs, before.died) == ((), ())
    assert report.outcome is Outcome.SUCCEEDED
    assert [one.run for one in read_status(org.store).runs] == [1]
