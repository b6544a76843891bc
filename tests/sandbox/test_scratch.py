from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from sandbox.scratch import remove_abandoned

ROOT = Path(__file__).parents[2]
HOLDS = "import sys; from sandbox.scratch import Scratch; print(Scratch().path, flush=True); sys.stdin.read()"


def test_the_folder_of_a_killed_server_goes_at_the_next_start(tmp_path: Path) -> None:
    """A folder stays as long as its process lives, and is removed once that was killed."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        kept = remove_abandoned(tmp_path, young_seconds=0)
        process.kill()
    removed = remove_abandoned(tmp_path, young_seconds=0)

    assert (kept, removed) == ([], [folder])
    assert not list(tmp_path.iterdir())


def test_a_folder_that_was_just_made_stays(tmp_path: Path) -> None:
    """It may belong to a server that is about to lock it."""
    folder = tmp_path / "accord-sandbox-new"
    folder.mkdir()

    assert remove_abandoned(tmp_path) == remove_abandoned(tmp_path, young_seconds=0) == []


def test_a_folder_that_nobody_ever_locked_goes_after_a_day(tmp_path: Path) -> None:
    """Its server was killed at once."""
    folder = tmp_path / "accord-sandbox-old"
    folder.mkdir()
    long_ago = time.time() - 2 * 24 * 60 * 60
    os.utime(folder, (long_ago, long_ago))

    assert remove_abandoned(tmp_path) == [folder]
