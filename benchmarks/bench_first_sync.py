"""First sync beside the bare download-and-load floor: the same pages, the same machine, taken in turns.

python -m benchmarks.bench_first_sync [--rows 200000] [--rounds 3] [--folder DIR]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.contact_rows import NAMES, write_org
from benchmarks.measured import Measured, middle, run_measured
from benchmarks.served_org import ServedOrg, served

BAR = 1.5
SPEC = f"""accord 1

accounts {{
  customer where Name != null
}}

contacts {{ fields {", ".join(NAMES)} }}

opportunities none
"""


def one_round(org: ServedOrg, spec: Path, folder: Path) -> tuple[Measured, Measured]:
    """The floor, then Accord, each into a store of its own."""
    for path in folder.glob("*.duckdb*"):
        path.unlink()
    floor = run_measured("floor", org.url, org.token, "Contact", str(folder / "floor.duckdb"), ",".join(NAMES))
    ours = run_measured("accord_run", org.url, org.token, str(spec), str(folder / "ours.duckdb"))
    return floor, ours


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--stages", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_org(folder / "org", chosen.rows)
        spec = folder / "bench.accord"
        spec.write_text(SPEC, "utf-8")
        with served(folder / "org") as org:
            rounds = [one_round(org, spec, folder) for _ in range(chosen.rounds)]
    floor, ours = (middle([pair[n] for pair in rounds]) for n in (0, 1))
    out = sys.stdout.write
    out(f"first sync of {chosen.rows:,} contacts x {len(NAMES)} columns, median of {chosen.rounds}\n")
    for label, one in (("floor", floor), ("accord", ours)):
        out(f"  {label:8} {one.cpu:7.2f} s CPU  {one.seconds:7.2f} s  {one.peak_mb:6.0f} MB at its highest\n")
    ratio = ours.cpu / floor.cpu
    out(f"  CPU {ratio:.2f} x the floor's (bar {BAR}): {'met' if ratio <= BAR else 'NOT MET'}\n")
    if chosen.stages:
        for stage, (seconds, cpu) in ours.said["stages"].items():
            out(f"    {stage:32} {seconds:7.3f} s  {cpu:7.3f} s CPU\n")


if __name__ == "__main__":
    main()
