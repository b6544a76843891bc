"""A Salesforce org on this machine, as `accord sandbox` serves it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ACCORD = [sys.executable, "-c", "from console.cli import main; main()"]


class LocalOrg(NamedTuple):
    """Where the org answers and what opens it."""

    instance_url: str
    access_token: str
    client_id: str
    client_secret: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that connect Accord to it."""
        return {"ACCORD_INSTANCE_URL": self.instance_url, "ACCORD_ACCESS_TOKEN": self.access_token}

    def change(self, *changes: dict[str, object]) -> None:
        """Apply changes through the control side."""
        self.control("changes", {"changes": changes})

    def control(self, path: str, body: object) -> None:
        """Send a request to the control side."""
        request = urllib.request.Request(
            f"{self.instance_url}/__sandbox__/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status < 300


@contextmanager
def local_org(folder: Path) -> Iterator[LocalOrg]:
    """Serve an org folder from a process of its own, on a free port."""
    process = subprocess.Popen(
        [*ACCORD, "sandbox", str(folder), "--port", "0", "--format", "json"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            first = json.loads(line)
            yield LocalOrg(*(first[name] for name in LocalOrg._fields))
        finally:
            process.terminate()
