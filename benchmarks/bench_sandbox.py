"""How fast the sandbox hands out a large Bulk result, beside DuckDB's COPY and uvicorn streaming the same files.

    python -m benchmarks.bench_sandbox [--rows 1000000] [--rounds 3] [--folder FOLDER]

Everything runs on this machine in one go: an org of contacts with thirty columns is generated (kept in FOLDER where one
is named), a sandbox serves it from a process of its own, and the rivals take turns with it. Printed are medians, the
ratios that the project holds itself to, and the memory of the server.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import httpx

from benchmarks.contact_rows import NAMES, write_org

JOB_BAR, PAGES_BAR = 0.5, 0.7
ROOT = Path(__file__).parents[1]
DATA = "/services/data/v66.0"
_POLL_SECONDS = 0.05
_SANDBOX = "from console.cli import main; main()"
_STREAM = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route
app = Starlette(routes=[Route("/{name}", lambda r: FileResponse(sys.argv[1] + "/" + r.path_params["name"]))])
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, http="h11", access_log=False, log_config=None)).run(sockets=[listener])
"""


class Server(NamedTuple):
    """A server in a process of its own: the first line it printed, and its process id."""

    line: str
    pid: int

    def memory(self, key: str) -> float:
        """`VmRSS` (now) or `VmHWM` (at most so far), in MB; 0 where the system does not tell."""
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(key + ":")), 0.0)


@contextmanager
def server(code: str, *arguments: str) -> Iterator[Server]:
    """Run a program that prints a line once it answers."""
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(process.stdout.readline(), process.pid)
        finally:
            process.terminate()


def drained(client: httpx.Client, address: str, keep: Path | None = None) -> tuple[int, httpx.Headers]:
    """Read a body to its end: how many bytes, and the headers. `keep` is a file to write it to."""
    with client.stream("GET", address, headers={"Accept-Encoding": "identity"}) as answer:
        answer.raise_for_status()
        if keep is None:
            return sum(len(block) for block in answer.iter_raw()), answer.headers
        with keep.open("wb") as file:
            return sum(file.write(block) for block in answer.iter_raw()), answer.headers


def run_job(client: httpx.Client, soql: str) -> str:
    """Create a job and wait for it; returns its address."""
    created = client.post(f"{DATA}/jobs/query", json={"operation": "query", "query": soql}).raise_for_status().json()
    address = f"{DATA}/jobs/query/{created['id']}"
    while (info := client.get(address).json())["state"] != "JobComplete":
        assert info["state"] in ("UploadComplete", "InProgress"), info
        time.sleep(_POLL_SECONDS)
    return address


def read_pages(client: httpx.Client, job: str, keep: Path | None = None) -> int:
    """Read all pages of a job, one after the other; returns the bytes."""
    total, number, locator = 0, 0, ""
    while locator != "null":
        path = f"{job}/results" + (f"?locator={locator}" if locator else "")
        size, headers = drained(client, path, keep / f"{number}.csv" if keep else None)
        total, number, locator = total + size, number + 1, headers["Sforce-Locator"]
    return total


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the generated org is, or is put")
    return parser.parse_args()


def main() -> int:
    """Run the benchmark; 1 where a bar is missed."""
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch_name:
        scratch = Path(scratch_name)
        folder = options.folder or scratch / "org"
        if not (folder / "org.toml").exists():
            print(f"generating {options.rows:,} contacts: {timed(lambda: write_org(folder, options.rows)):.1f} s")
        return measure(folder, scratch, options.rounds)


def measure(folder: Path, scratch: Path, rounds: int) -> int:
    """All rounds, and the table of medians."""
    soql = f"SELECT {', '.join(NAMES)} FROM Contact"
    pages = scratch / "pages"
    pages.mkdir()
    started = time.perf_counter()
    with server(_SANDBOX, "sandbox", str(folder), "--format", "json") as sandbox, duckdb.connect() as con:
        org: dict[str, Any] = json.loads(sandbox.line)
        print(f"the sandbox answers after {time.perf_counter() - started:.1f} s")
        columns = ", ".join(f'"{name}"' for name in NAMES)
        con.execute(f"CREATE TABLE Contact AS SELECT {columns} FROM '{folder}/data/Contact.parquet'")
        headers = {"Authorization": f"Bearer {org['access_token']}"}
        with (
            httpx.Client(base_url=org["instance_url"], headers=headers, timeout=300) as client,
            server(_STREAM, str(pages)) as rival,
            httpx.Client(base_url=f"http://127.0.0.1:{rival.line.strip()}", timeout=300) as stream,
        ):
            size = read_pages(client, run_job(client, soql), pages)
            names = sorted(path.name for path in pages.iterdir())
            print(f"{size / 1e6:.0f} MB in {len(names)} pages")
            copy = f"COPY Contact TO '{scratch}/copy.csv' (HEADER, FORCE_QUOTE *)"
            jobs: list[str] = []

            def whole() -> None:
                jobs.append(run_job(client, soql))
                read_pages(client, jobs[-1])

            cases: dict[str, Callable[[], object]] = {
                "DuckDB COPY TO, all values quoted": lambda: con.execute(copy),
                "Bulk job, creation to last byte": whole,
                "uvicorn, the same files": lambda: [drained(stream, f"/{name}") for name in names],
                "result pages alone": lambda: read_pages(client, jobs[-1]),
            }
            seconds: dict[str, list[float]] = {name: [] for name in cases}
            grown = []
            for _ in range(rounds):
                for name, work in cases.items():
                    before = sandbox.memory("VmRSS")
                    seconds[name].append(timed(work))
                grown.append(sandbox.memory("VmRSS") - before)  # by the last case, which only sends pages
                client.delete(jobs[-1])
            medians = {name: statistics.median(values) for name, values in seconds.items()}
            for name, value in medians.items():
                runs = " ".join(f"{second:.2f}" for second in seconds[name])
                print(f"{name:36s} {value:6.2f} s {size / value / 1e6:7.0f} MB/s  ({runs})")
            copy_s, job_s, stream_s, pages_s = medians.values()
            print(f"memory of the server: {sandbox.memory('VmRSS'):.0f} MB, at most {sandbox.memory('VmHWM'):.0f} MB;")
            print(f"while it sent pages it grew by {max(grown):.1f} MB")
            return verdict(copy_s / job_s, stream_s / pages_s)


def verdict(job: float, pages: float) -> int:
    """Print the ratios; 1 where one is below its bar."""
    print(f"job against COPY: {job:.2f} (bar {JOB_BAR})")
    print(f"pages against uvicorn: {pages:.2f} (bar {PAGES_BAR})")
    return int(job < JOB_BAR or pages < PAGES_BAR)


if __name__ == "__main__":
    sys.exit(main())
