"""Running what a page shows: `$ accord ...` with its output, in a folder of the page's own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ACCORD = [sys.executable, "-c", "from console.cli import main; main()"]
ROOT = Path(__file__).parents[2]
_PROMPT = "$ "


def run_accord(words: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """What `accord` with these words says, results and messages together, as on a terminal of 100 columns."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ACCORD_")}
    done = subprocess.run(
        [*ACCORD, *words],
        cwd=folder,
        env={
            **clean,
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "PYTHONIOENCODING": "utf-8",
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return re.sub(r"[ \t]+$", "", done.stdout, flags=re.MULTILINE)


def replay(transcript: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """The transcript with the real output under each command. All its commands must be `accord`."""
    out = []
    for line in transcript.splitlines():
        if line.startswith(_PROMPT):
            words = shlex.split(line.removeprefix(_PROMPT))
            assert words[0] == "accord", f"only accord can be replayed, not `{line}`"
            out += [line, run_accord(words[1:], folder, environment).rstrip("\n")]
    return "\n".join(part for part in out if part) + "\n"


def is_replayed(transcript: str) -> bool:
    """Whether a block shows accord at work."""
    return transcript.startswith(f"{_PROMPT}accord")
