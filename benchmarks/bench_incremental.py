"""An incremental run beside the floor of its parts: one contact in a hundred changed, and a run that finds no change.

    python -m benchmarks.bench_incremental [--rows 1000000] [--rounds 3]

Every round changes other rows, spread over the whole table. Each part is reported: the match list (asking,
downloading, loading it and comparing it with the copy), fetching what is new, working (checking, computing, comparing,
applying), the proof (the match list once more, held against what will be published), and the copy of the file. The bar
holds the work against the floor's apply.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks.bench_first_sync import SPEC
from benchmarks.contact_rows import write_org
from benchmarks.measured import Measured, run_measured
from benchmarks.served_org import ServedOrg, served

BAR = 2.5
SHARE = 100
PARTS = {
    "match list": ("start", "connect", "extract", "load", "compare"),
    "fetch": ("fetch",),
    "work": ("check", "reconcile", "publish", "end"),
    "proof": ("prove",),
}


def parts_of(one: Measured) -> Mapping[str, tuple[float, float]]:
    """Seconds and CPU of each part of a run."""
    found = {}
    for part, stages in PARTS.items():
        spent = [both for stage, both in one.said["stages"].items() if stage.partition(" ")[0] in stages]
        found[part] = (sum(seconds for seconds, _ in spent), sum(cpu for _, cpu in spent))
    return found


def copy_of(store: Path) -> tuple[float, float]:
    """Seconds and CPU of one copy of the file."""
    since, cpu = time.monotonic(), time.process_time()
    shutil.copyfile(store, store.with_suffix(".copy"))
    spent = (time.monotonic() - since, time.process_time() - cpu)
    store.with_suffix(".copy").unlink()
    return spent


def change(org: ServedOrg, ids: list[str], number: int) -> None:
    """Give some contacts another title, an hour later than before, and let time go on."""
    at = f"2031-01-01T{number:02d}:00:00Z"
    org.set_clock(f"2031-01-01T{number:02d}:30:00Z")
    org.change(
        [
            {"op": "update", "object": "Contact", "id": key, "at": at, "fields": {"Title": f"Title {number}"}}
            for key in ids
        ]
    )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--stages", action="store_true")
    chosen = options.parse_args()
    floors, changed, quiet, copies = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_org(folder / "org", chosen.rows)
        spec, store = folder / "bench.accord", folder / "ours.duckdb"
        spec.write_text(SPEC, "utf-8")
        with duckdb.connect() as con:
            found = con.execute(f'SELECT hash("Id") % {SHARE}, "Id" FROM \'{folder}/org/data/Contact.parquet\'')
            parts: dict[int, list[str]] = defaultdict(list)
            for part, key in found.fetchall():
                parts[part].append(key)
        with served(folder / "org") as org:
            run_measured("accord_run", org.url, org.token, str(spec), str(store))
            for number in range(chosen.rounds):
                share = (str(SHARE), str(number))
                floors.append(run_measured("floor_apply", str(store), str(folder / "floor.duckdb"), *share).said)
                (folder / "floor.duckdb").unlink()
                copies.append(copy_of(store))
                change(org, parts[number], number)
                changed.append(run_measured("accord_run", org.url, org.token, str(spec), str(store)))
                quiet.append(run_measured("accord_run", org.url, org.token, str(spec), str(store)))
    report(chosen.rows, floors, copies, changed, quiet, stages=chosen.stages)


def report(
    rows: int,
    floors: list[dict[str, float]],
    copies: list[tuple[float, float]],
    changed: list[Measured],
    quiet: list[Measured],
    *,
    stages: bool,
) -> None:
    """Print the medians and whether the bars are met."""
    out, middle = sys.stdout.write, statistics.median
    apply_cpu = middle(one["cpu"] for one in floors)
    copy_cpu = middle(cpu for _, cpu in copies)
    out(f"{rows:,} contacts, one in {SHARE} changed, median of {len(changed)}\n")
    out(f"  floor's apply  {apply_cpu:6.2f} s CPU  {middle(one['seconds'] for one in floors):6.2f} s\n")
    out(f"  file copy      {copy_cpu:6.2f} s CPU  {middle(seconds for seconds, _ in copies):6.2f} s\n")
    for label, runs in (("changed", changed), ("unchanged", quiet)):
        parts = [parts_of(one) for one in runs]
        whole = middle(one.cpu for one in runs)
        out(f"  {label} run: {whole:.2f} s CPU, {runs[-1].said['requests']} requests,")
        wrote = "published" if runs[-1].said["changed"] else "wrote nothing"
        out(f" {max(one.peak_mb for one in runs):.0f} MB, {wrote}\n")
        for part in PARTS:
            cpu, seconds = middle(one[part][1] for one in parts), middle(one[part][0] for one in parts)
            out(f"    {part:12} {cpu:6.2f} s CPU  {seconds:6.2f} s\n")
    work = middle(parts_of(one)["work"][1] for one in changed) - copy_cpu
    ratio = work / apply_cpu
    out(f"  work without the copy: {work:.2f} s CPU, {ratio:.2f} x the floor's apply (bar {BAR}):")
    out(f" {'met' if ratio <= BAR else 'NOT MET'}\n")
    proof = work + middle(parts_of(one)["proof"][1] for one in changed)
    out(f"  with the proof:        {proof:.2f} s CPU, {proof / apply_cpu:.2f} x the floor's apply\n")
    if stages:
        for stage, (seconds, cpu) in changed[-1].said["stages"].items():
            out(f"      {stage:32} {seconds:7.3f} s  {cpu:7.3f} s CPU\n")


if __name__ == "__main__":
    main()
