"""Running `accord` in a process of its own, as a person does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ORG = ROOT / "specs" / "acme" / "org"


class Said(NamedTuple):
    """How it ended, and what it said where."""

    code: int
    out: str
    err: str


def accord(*words: object, cwd: Path, environment: Mapping[str, str] | None = None) -> Said:
    """Run `accord` with these words in a folder; of the variables only those given connect it to anything."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ACCORD_") and name not in ("CI", "NO_COLOR")
    }
    done = subprocess.run(
        [sys.executable, "-c", "from console.cli import main; main()", *map(str, words)],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)
