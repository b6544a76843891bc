"""Ctrl-C and SIGTERM: a run that is asked to end does so in order, and the next one goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.status import read_status
from tests.console.accord import ROOT
from tests.engine.killing import jobs, leftovers
from tests.engine.scene import SPEC, Rows, Scene, account, contact, scene, user

# More contacts than REST is asked for.
ROWS: Rows = {
    "Account": (account(1), account(2)),
    "Contact": tuple(contact(number, 1) for number in range(1, 10_101)),
    "User": (user(1),),
}
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("signals"), ROWS) as org:
        yield org


@pytest.fixture
def org(served: Scene, tmp_path: Path) -> Iterator[Scene]:
    yield Scene(served.running, tmp_path)
    switch(served)


def switch(org: Scene, *faults: dict[str, object]) -> None:
    """Have these faults on, and no others."""
    address = f"{org.running.instance_url}/__sandbox__/faults"
    httpx.delete(address).raise_for_status()
    httpx.post(address, json=list(faults)).raise_for_status()


def start(org: Scene) -> subprocess.Popen[str]:
    (org.folder / "a.accord").write_text(SPEC, encoding="utf-8")
    connection = {
        "ACCORD_INSTANCE_URL": org.running.instance_url,
        "ACCORD_ACCESS_TOKEN": org.running.access_token,
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "-c", "from console.cli import main; main()", "run", "a.accord"],
        cwd=org.folder,
        env={**os.environ, **connection},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def stop_waiting(org: Scene, number: signal.Signals, words: str) -> tuple[int, str]:
    """Start a run, send it a signal once it says that it waits for something; return its exit code and all it said."""
    process = start(org)
    assert process.stderr is not None
    said = ""
    while words not in said:
        line = process.stderr.readline()
        assert line, (process.communicate(), said)
        said += line
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    return process.returncode, said + out + err


@pytest.mark.parametrize("number", SIGNALS)
def test_run_that_is_stopped_while_it_waits_for_rows(org: Scene, number: signal.Signals) -> None:
    """It ends as failed with exit code 1 and no traceback; the next run takes over its job and leaves nothing."""
    switch(org, {"fault": "results_early", "times": None})
    code, said = stop_waiting(org, number, "waiting")
    (stopped,) = read_status(org.store).runs
    switch(org)
    process = start(org)
    out, err = process.communicate(timeout=120)

    assert code == 1
    assert "stopped on request" in said
    assert "Traceback" not in said
    assert (stopped.outcome, stopped.published) == ("failed", False)
    assert process.returncode == 0, out + err
    assert "goes on where" in err
    assert jobs(org) == set()
    assert leftovers(org.folder) == []


@pytest.mark.parametrize("number", SIGNALS)
def test_run_that_is_stopped_before_it_has_begun(org: Scene, number: signal.Signals) -> None:
    """While it reads the schema nothing has begun: it ends with exit code 1, and no run is noted."""
    busy = {"fault": "edge_codes", "retry_after": 60, "times": None, "match": {"path": "/describe"}}
    switch(org, busy)
    since = time.monotonic()
    code, said = stop_waiting(org, number, "waiting")

    assert code == 1
    assert "stopped on request" in said
    assert "Traceback" not in said
    assert time.monotonic() - since < 60
    assert not (org.folder / "accord.sqlite3").exists()
