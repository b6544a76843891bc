"""Runs in processes of their own that are killed at some instant, and what is left of them."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import httpx

from engine.extract import AT_ONCE
from engine.salesforce.bulk_query import BulkSettings
from engine.salesforce.manifest import SUFFIX
from engine.salesforce.read import Reading
from engine.status import read_status
from tests.engine.scene import SPEC, Scene

ROOT = Path(__file__).parents[2]
# Small pages by Bulk, so that many instants lie between two of them.
PAGED = Reading(rest_rows=0, bulk=BulkSettings(rows_per_page=500, first_poll=0.02))
# A process says that it is ready once it is loaded: what comes then is the run.
PROGRAMS = {
    "console": """
import sys
import console.commands.run, console.connection, console.planning, console.run_report, engine.run
from console.cli import main
sys.argv[1:] = ["run", "a.accord"]
print("ready", flush=True)
main()
""",
    "paged": """
import os, sys
from pathlib import Path
from sandbox import Running
from tests.engine.killing import PAGED
from tests.engine.scene import Scene
address, token = os.environ["ACCORD_INSTANCE_URL"], os.environ["ACCORD_ACCESS_TOKEN"]
org = Scene(Running(address, token, "", "", "", None, None), Path.cwd(), reading=PAGED)
print("ready", flush=True)
sys.exit(org.run().exit_code)
""",
}
# What differs between two runs that do the same.
_OF_THE_RUN = ("run", "first_synced_at", "changed_at", "as_of", "at")
Contents = Mapping[str, tuple[int, int]]


class Ended(NamedTuple):
    """How a process ended, how long after it was ready, and what it said."""

    code: int
    seconds: float
    out: str
    err: str


def start(org: Scene, folder: Path, program: str) -> subprocess.Popen[str]:
    """Start a run in a folder; return when it is ready."""
    (folder / "a.accord").write_text(SPEC, encoding="utf-8")
    running = org.running
    connection = {"ACCORD_INSTANCE_URL": running.instance_url, "ACCORD_ACCESS_TOKEN": running.access_token}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAMS[program]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **connection},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()
    return process


def finish(process: subprocess.Popen[str], since: float) -> Ended:
    """Wait for the end of a process that was ready at that moment of the monotonic clock."""
    out, err = process.communicate(timeout=300)
    return Ended(process.returncode, time.monotonic() - since, out, err)


def undisturbed(org: Scene, folder: Path, program: str) -> Ended:
    """A run that nobody disturbs."""
    process = start(org, folder, program)
    ended = finish(process, time.monotonic())
    assert ended.code == 0, ended
    return ended


def contents(store: Path) -> Contents:
    """Rows and a checksum of each table, changes and copies included; opened read-only. Empty: there is no store."""
    if not store.exists():
        return {}
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{store}' AS s (READ_ONLY)")
        tables = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 's'"
            " AND (schema_name = 'statisfy' OR table_name IN ('changes', 'rejects') OR table_name LIKE 'copy%')"
            " ORDER BY ALL"
        ).fetchall()
        for schema, table in tables:
            described = connection.execute(f'DESCRIBE s."{schema}"."{table}"').fetchall()
            columns = ", ".join(f'"{name}"' for name, *_ in described if name not in _OF_THE_RUN)
            row = connection.execute(
                f'SELECT count(*), coalesce(sum(CAST(hash({columns}) AS HUGEINT)), 0) FROM s."{schema}"."{table}"'
            ).fetchall()[0]
            found[f"{schema}.{table}"] = (int(row[0]), int(row[1]))
    return found


class Noted(NamedTuple):
    """What a run that died has written down: its jobs, and their pages that are whole, as job and locator."""

    jobs: set[str]
    pages: set[tuple[str, str | None]]

    @classmethod
    def of(cls, folder: Path) -> Noted:
        """Read the manifests, as far as they go."""
        noted = cls(set(), set())
        for manifest in (folder / "staging").glob(f"*{SUFFIX}"):
            lines = []
            for text in manifest.read_text("utf-8").splitlines():
                try:
                    lines.append(json.loads(text))
                except ValueError:
                    break
            noted.jobs.update(line["job"] for line in lines[:1])
            noted.pages.update((lines[0]["job"], line["locator"]) for line in lines[1:])
        return noted


class Requests:
    """The requests of the org's log that were made since."""

    def __init__(self, org: Scene) -> None:
        self._control = f"{org.running.instance_url}/__sandbox__"
        self._before = len(self._entries())

    def _entries(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = httpx.get(f"{self._control}/log", timeout=60).json()
        return [one for one in entries if not one["path"].startswith("/__sandbox__/")]

    def made(self) -> list[dict[str, Any]]:
        """The requests."""
        return self._entries()[self._before :]

    def work(self) -> Counter[str]:
        """How many requests of each kind there were; how often a job was asked whether it is ready is not counted.

        That depends on how busy the machine is, and not on what the run does.
        """
        return Counter(_kind(one) for one in self.made() if not _is_poll(one))

    def pages(self) -> list[tuple[str, str | None]]:
        """The downloaded pages of Bulk results, as job and locator."""
        asked = [one for one in self.made() if one["path"].endswith("/results")]
        return [(one["path"].split("/")[-2], one["query"].get("locator")) for one in asked]


_JOBS = "/jobs/query/"


def _is_poll(request: Mapping[str, Any]) -> bool:
    """Whether a request asks how far a job is."""
    return request["method"] == "GET" and _JOBS in request["path"] and not request["path"].endswith("/results")


def _kind(request: Mapping[str, Any]) -> str:
    """What a request does, whatever the job or the record."""
    path = str(request["path"])
    if _JOBS in path:
        return f"{request['method']} job{' results' if path.endswith('/results') else ''}"
    return f"{request['method']} {path}"


def jobs(org: Scene) -> set[str]:
    """The Bulk jobs that the org still has."""
    answer = httpx.get(
        f"{org.running.instance_url}/services/data/v66.0/jobs/query",
        headers={"Authorization": f"Bearer {org.running.access_token}"},
        timeout=60,
    )
    return {one["id"] for one in answer.json()["records"]}


def forget_jobs(org: Scene, ids: set[str]) -> None:
    """Delete jobs."""
    for job in ids:
        httpx.delete(
            f"{org.running.instance_url}/services/data/v66.0/jobs/query/{job}",
            headers={"Authorization": f"Bearer {org.running.access_token}"},
            timeout=60,
        ).raise_for_status()


@dataclass
class Figures:
    """What a series of kills came to."""

    stages: Counter[str] = field(default_factory=Counter)
    proven: int = 0
    unknown: int = 0
    requests: list[float] = field(default_factory=list)

    def shown(self) -> str:
        """The figures in words."""
        died = ", ".join(f"{stage} {count}" for stage, count in self.stages.most_common())
        return (
            f"{self.stages.total()} kills: {died}; {self.proven} pages were whole, none was downloaded again;"
            f" {self.unknown} jobs were made whose Ids never arrived;"
            f" the run behind a kill made at most {max(self.requests):.2f} x the requests of an undisturbed one"
        )


@dataclass
class Series:
    """Kills of one kind: what the folder holds before, what it must hold after, and what an undisturbed run takes.

    `seconds` follows the last run that was left alone, since a machine is not equally busy all the time.
    """

    org: Scene
    program: str
    template: Path
    before: Contents
    after: Contents
    seconds: float
    work: Counter[str]

    @classmethod
    def measured(cls, org: Scene, program: str, template: Path, folder: Path) -> Series:
        """Measure an undisturbed run in a copy of the template."""
        shutil.copytree(template, folder)
        log = Requests(org)
        ended = undisturbed(org, folder, program)
        store = "statisfy.duckdb"
        before, after = contents(template / store), contents(folder / store)
        assert before != after
        return cls(org, program, template, before, after, ended.seconds, log.work())

    def kill_once(self, folder: Path, chance: random.Random, figures: Figures) -> None:
        """Kill a run at a random instant, and hold what it left and what the next run does against the promises."""
        shutil.copytree(self.template, folder)
        store, instant = folder / "statisfy.duckdb", chance.random() * self.seconds
        process = start(self.org, folder, self.program)
        time.sleep(instant)
        process.kill()
        stage = "a run that had ended" if finish(process, 0.0).code == 0 else _stage(store)
        told = f"{self.program}, killed after {instant:.3f} s of {self.seconds:.3f} s, in {stage}"
        left = contents(store)
        assert left in (self.before, self.after), told
        noted = Noted.of(folder)
        log = Requests(self.org)
        ended = undisturbed(self.org, folder, self.program)
        self.seconds = ended.seconds

        assert contents(store) == self.after, (told, ended)
        assert not noted.pages.intersection(log.pages()), told
        work = log.work()
        assert work.total() <= self.work.total() + ALLOWANCE, (told, work - self.work)
        unknown = jobs(self.org)
        assert not unknown.intersection(noted.jobs), told
        # Of a job that the org made and whose Id never arrived nobody can know. Salesforce removes it after a week.
        assert len(unknown) <= AT_ONCE, told
        assert leftovers(folder) == [], told
        assert read_status(store).died == (), told
        figures.stages[stage] += 1
        figures.proven += len(noted.pages)
        figures.unknown += len(unknown)
        figures.requests.append(work.total() / self.work.total())
        forget_jobs(self.org, unknown)
        shutil.rmtree(folder)


# Each of the jobs that a run was waiting for when it died may have to be ended and deleted.
ALLOWANCE = 2 * AT_ONCE


def leftovers(folder: Path) -> Sequence[str]:
    """What lies in a store's folder and should not."""
    known = {"statisfy.duckdb", "statisfy.previous.duckdb", "accord.sqlite3", "accord.lock", "a.accord"}
    return sorted(path.name for path in folder.iterdir() if path.name not in known)


def _stage(store: Path) -> str:
    """Where the last run died."""
    if not (store.parent / "accord.sqlite3").exists():
        return "connect"
    status = read_status(store)
    if not status.died:
        return "describing, or the end"
    return next(one.stage for one in status.runs if one.run == status.died[0])
