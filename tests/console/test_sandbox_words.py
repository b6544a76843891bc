"""What `accord sandbox` says on how to point clients at it, tried."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.console.accord import ORG, ROOT

CLIENTS = ("accord preview", "curl", "sf org login", "jsforce.Connection", "Salesforce(")


@contextmanager
def said(*options: str) -> Iterator[str]:
    """The words of a sandbox that runs as long as the block lasts."""
    command = [sys.executable, "-c", "from console.cli import main; main()", "sandbox", str(ORG), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Ctrl-C"):
                    break
            yield "".join(lines)
        finally:
            process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("options", [(), ("--tls",)], ids=["http", "https"])
def test_the_lines_for_a_shell_work_as_they_are_copied(options: tuple[str, ...]) -> None:
    """The exports, then curl: the org answers."""
    if options:
        pytest.importorskip("cryptography")
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    with said(*options) as words:
        shell = "\n".join(re.findall(r"^  (export .*|curl .*)$", words, re.MULTILINE))
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ACCORD_")}
        done = subprocess.run(
            ["sh", "-ec", shell], env={**clean, "no_proxy": "*"}, capture_output=True, text=True, check=False
        )

    assert '"DailyApiRequests"' in done.stdout, done.stderr
    assert not [client for client in CLIENTS if client not in words]
