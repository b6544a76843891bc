"""`accord lint` beside `python -c pass`, whole processes, taken in turns: at its first run and with its answer kept.

python -m benchmarks.bench_lint [--rounds 15]

A spec of 300 lines, against the example org and against the same org with 800 fields on Account.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.measured import compile_modules

ROOT = Path(__file__).parents[1]
ACME = ROOT / "specs" / "acme"
LINES = 300
FIELDS = 800
BARS = {"first": 25.0, "warm": 10.0}
PASS = (sys.executable, "-c", "pass")
LINT = (sys.executable, "-c", "from console.cli import main; main()", "lint")


class Taken(NamedTuple):
    """What a process took, in seconds."""

    wall: float
    cpu: float


def taken(words: tuple[str, ...], folder: Path) -> Taken:
    """Run a process to its end, with a cache in the folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ACCORD_CACHE_DIR": str(folder / "cache")}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"the spec of the benchmark does not pass:\n{done.stdout}{done.stderr}")
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def write_spec(path: Path) -> None:
    """The example spec, and metrics of four lines each until it has its length."""
    lines = (ACME / "acme.accord").read_text("utf-8").splitlines()
    number = 0
    while len(lines) < LINES:
        number += 1
        lines += [
            f'metric "Won in {number} months" from sum(Amount) of Opportunity via AccountId in corporate currency',
            f"  where IsWon = true AND CloseDate = LAST_N_MONTHS:{number}",
            "    AND (StageName != 'Prospecting' OR Amount >= 1000)",
            "  else 0",
        ]
    path.write_text("\n".join(lines[:LINES]) + "\n", "utf-8")


def widen(account: Path) -> None:
    """Give the describe of Account its 800 fields, each as Salesforce describes one."""
    describe = json.loads(account.read_text("utf-8"))
    models = [field for field in describe["fields"] if field["type"] in ("string", "currency", "date", "picklist")]
    number = 0
    while len(describe["fields"]) < FIELDS:
        model = models[number % len(models)]
        number += 1
        describe["fields"].append({**model, "name": f"Extra_{number}__c", "label": f"Extra {number}", "custom": True})
    account.write_text(json.dumps(describe), "utf-8")


def measure(folder: Path, rounds: int) -> dict[str, list[Taken]]:
    """`pass`, a first lint and one that is answered from the cache, in turns."""
    found: dict[str, list[Taken]] = {"pass": [], "first": [], "warm": []}
    lint = (*LINT, "bench.accord")
    compile_modules()
    taken(lint, folder)
    for _ in range(rounds):
        found["pass"].append(taken(PASS, folder))
        shutil.rmtree(folder / "cache")
        found["first"].append(taken(lint, folder))
        found["warm"].append(taken(lint, folder))
    return found


def report(what: str, found: dict[str, list[Taken]]) -> bool:
    """Print medians and ratios; return whether the bars are met."""
    out = sys.stdout.write
    out(f"{what}, median of {len(found['pass'])}\n")
    base = median(one.wall for one in found["pass"])
    base_cpu = median(one.cpu for one in found["pass"])
    met = True
    for name, runs in found.items():
        wall, cpu = (median(one[n] for one in runs) for n in (0, 1))
        line = (
            f"  {name:6} {wall * 1000:7.1f} ms {wall / base:5.1f} x   CPU {cpu * 1000:7.1f} ms {cpu / base_cpu:5.1f} x"
        )
        if name in BARS:
            met &= wall / base <= BARS[name]
            line += f"   (bar {BARS[name]:.0f} x: {'met' if wall / base <= BARS[name] else 'NOT MET'})"
        out(line + "\n")
    return met


def main() -> None:
    """Measure and print; exit with 1 when a bar is not met."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=15)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_spec(folder / "bench.accord")
        shutil.copytree(ACME / "org" / "describe", folder / "org" / "describe")
        shutil.copy(ACME / "org" / "org.toml", folder / "org")
        met = report(f"{LINES} lines, the example org", measure(folder, rounds))
        widen(folder / "org" / "describe" / "Account.json")
        met &= report(f"{LINES} lines, Account with {FIELDS} fields", measure(folder, rounds))
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
