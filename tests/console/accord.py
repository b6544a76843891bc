"""Running `accord` in a process of its own, as a person does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ORG = ROOT / "specs" / "acme" / "org"


class Said(NamedTuple):
    """How it ended, and what it said where."""

    code: int
    out: str
    err: str


def accord(
    *words: object,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    largest_file: int | None = None,
    to: Path | None = None,
) -> Said:
    """Run `accord` with these words in a folder; of the variables only those given connect it to anything.

    `largest_file` are the bytes that a file may have, as if the disk had no more room. `to`: where its output goes.
    """
    program = "from console.cli import main; main()"
    if largest_file:
        program = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file},) * 2); {program}"
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ACCORD_") and name not in ("CI", "NO_COLOR")
    }
    with to.open("wb") if to else nullcontext(subprocess.PIPE) as out:
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, words)],
            cwd=cwd,
            env={**clean, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            check=False,
        )
    return Said(done.returncode, done.stdout or "", done.stderr)
