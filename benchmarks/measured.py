"""Measuring: a piece of work in a process of its own, its CPU, time and peak memory, and medians over rounds."""

from __future__ import annotations

import compileall
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]


class Measured(NamedTuple):
    """What a process took, from its start to its end. `said` is the JSON of its last line, if it wrote any."""

    cpu: float
    seconds: float
    peak_mb: float
    said: dict[str, Any]


@cache
def compile_modules() -> None:
    """Write the bytecode that an installation writes; where Python may not, a checkout compiles at each start."""
    for name in ("grammar", "compiler", "engine", "sandbox", "console", "benchmarks"):
        compileall.compile_dir(ROOT / name, quiet=1)


def run_measured(script: str, *arguments: str) -> Measured:
    """Run a script of this folder in a process of its own. Raises RuntimeError if it fails."""
    compile_modules()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{script}", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{script} {' '.join(arguments)} failed:\n{done.stderr}")
    said = json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(cpu, seconds, float(said.get("peak_mb", 0.0)), said)


def peak_mb() -> float:
    """This process's highest resident memory so far, in MB."""
    for line in Path("/proc/self/status").read_text("ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def middle(found: Sequence[Measured]) -> Measured:
    """The medians of several measurements; `said` is the last one's."""
    return Measured(
        statistics.median(one.cpu for one in found),
        statistics.median(one.seconds for one in found),
        max(one.peak_mb for one in found),
        found[-1].said,
    )
