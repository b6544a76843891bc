"""The memory of a first sync of several million rows over six objects, and of the run behind it.

python -m benchmarks.bench_memory [--rows 4000000]
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.bench_first_sync import SPEC
from benchmarks.contact_rows import NAMES, write_org
from benchmarks.measured import run_measured
from benchmarks.served_org import served

BAR_MB = 2048
OTHERS = tuple(f"Extra{number}__c" for number in range(1, 6))


def add_objects(org: Path) -> str:
    """Give the org five more objects with the contacts' rows; return their statements."""
    described = json.loads((org / "describe" / "Contact.json").read_text("utf-8"))
    for name in OTHERS:
        (org / "describe" / f"{name}.json").write_text(json.dumps({**described, "name": name}), "utf-8")
        shutil.copyfile(org / "data" / "Contact.parquet", org / "data" / f"{name}.parquet")
    fields = ", ".join(NAMES)
    return "\n".join(
        f'object {name} as "Extra {number}" on account via AccountId {{ fields {fields} }}'
        for number, name in enumerate(OTHERS, 1)
    )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=4_000_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_org(folder / "org", chosen.rows // (len(OTHERS) + 1))
        spec, store = folder / "bench.accord", folder / "ours.duckdb"
        spec.write_text(SPEC + "\n" + add_objects(folder / "org") + "\n", "utf-8")
        with served(folder / "org") as org:
            runs = [run_measured("accord_run", org.url, org.token, str(spec), str(store)) for _ in range(2)]
    out = sys.stdout.write
    out(f"{chosen.rows:,} rows over {len(OTHERS) + 1} objects, {len(NAMES)} columns each\n")
    for label, one in zip(("first run", "run without changes"), runs, strict=True):
        met = "met" if one.peak_mb <= BAR_MB else "NOT MET"
        out(f"  {label:20} {one.cpu:7.2f} s CPU  {one.seconds:7.2f} s  {one.peak_mb:6.0f} MB (bar {BAR_MB}): {met}\n")


if __name__ == "__main__":
    main()
