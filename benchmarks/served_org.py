"""An org folder served by a process of its own, so that its CPU is not the client's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from benchmarks.measured import ROOT

_SERVE = """
import json, sys
from pathlib import Path
from sandbox import Org, serve_until_stopped
def ready(running):
    print(json.dumps([running.instance_url, running.access_token]), flush=True)
serve_until_stopped(Org.load(Path(sys.argv[1])), ready=ready)
"""


class ServedOrg(NamedTuple):
    """Where the org answers, and the token that opens it."""

    url: str
    token: str

    def set_clock(self, now: str) -> None:
        """Set the org's clock."""
        httpx.post(f"{self.url}/__sandbox__/clock", json={"now": now}, timeout=60).raise_for_status()

    def change(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """Apply changes through the control side."""
        for at in range(0, len(changes), 5_000):
            body = {"changes": changes[at : at + 5_000]}
            httpx.post(f"{self.url}/__sandbox__/changes", json=body, timeout=600).raise_for_status()


@contextmanager
def served(folder: Path) -> Iterator[ServedOrg]:
    """Serve an org folder as long as the block lasts."""
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        try:
            yield ServedOrg(*json.loads(process.stdout.readline()))
        finally:
            process.terminate()
