"""A run that died in the middle of a download: what it has whole is not asked for again, and its jobs do not stay."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from engine.errors import UnusableStoreError
from engine.events import CameBack
from engine.report import Outcome
from engine.salesforce.bulk_query import BulkSettings
from engine.salesforce.manifest import SUFFIX
from engine.salesforce.read import Reading
from tests.engine.scene import SMALL, SPEC, Scene, contact, record_id, scene
from tests.support.slow_cases import others_slow

ROOT = Path(__file__).parents[2]
READING = Reading(rest_rows=0, bulk=BulkSettings(rows_per_page=10))
PAGES, KILLED_AFTER = 5, 3
# When the run that is killed asks; the org's clock stands still.
NOW = "2026-03-01T12:00:00Z"
# So many fields that later runs ask for a match list of contacts.
WIDE = SPEC.replace("fields Name, Email", "fields Name, LastName, Email")
CHILD = """
import os, signal, sys
from pathlib import Path
from engine.events import RowsRead
from sandbox import Running
from tests.engine.scene import Scene
from tests.engine.test_resume import READING, WIDE

url, token, folder, rows = sys.argv[1:]
def listen(event):
    if isinstance(event, RowsRead) and event.extract == "contacts" and event.rows >= int(rows):
        os.kill(os.getpid(), signal.SIGKILL)
org = Scene(Running(url, token, "", "", "", None, None), Path(folder), WIDE)
org.reading, org.listener = READING, listen
org.run()
"""


@pytest.fixture
def died(tmp_path: Path) -> Iterator[Scene]:
    """A first run that was killed after three of five pages of contacts."""
    contacts = (contact(n, 1 + n % 2, SystemModstamp=NOW) for n in range(1, 10 * PAGES + 1))
    many = {**SMALL, "Contact": tuple(contacts)}
    with scene(tmp_path, many, WIDE) as org:
        org.reading = READING
        arguments = [org.running.instance_url, org.running.access_token, str(tmp_path), str(10 * KILLED_AFTER)]
        ended = subprocess.run(
            [sys.executable, "-c", CHILD, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        manifests = (tmp_path / "staging").glob(f"*{SUFFIX}")
        known = {json.loads(path.read_text("utf-8").splitlines()[0])["job"] for path in manifests}
        # Another query's job may have been created and not be written down yet: that one is Salesforce's to remove.
        for job in job_ids(org) - known:
            ask(org, "PATCH", f"/{job}", {"state": "Aborted"})
            ask(org, "DELETE", f"/{job}").raise_for_status()
        yield org


def ask(org: Scene, method: str, path: str = "", body: Mapping[str, str] | None = None) -> httpx.Response:
    """Ask the org about its query jobs."""
    running = org.running
    return httpx.request(
        method,
        f"{running.instance_url}/services/data/v66.0/jobs/query{path}",
        headers={"Authorization": f"Bearer {running.access_token}"},
        json=body,
    )


def job_ids(org: Scene) -> set[str]:
    """The query jobs that the org still has."""
    return {record["id"] for record in ask(org, "GET").json()["records"]}


def jobs(org: Scene) -> int:
    """How many query jobs the org still has."""
    return len(job_ids(org))


def downloads(org: Scene) -> int:
    """How many pages of contacts were downloaded by the last run."""
    created = [json.loads(r.content) for r in org.wire.log if r.method == "POST" and r.content]
    assert all("FROM Contact" not in body.get("query", "") for body in created)
    return sum(r.url.path.endswith("/results") for r in org.wire.log)


def whole(org: Scene) -> bool:
    return org.rows("SELECT count(*), count(DISTINCT Id) FROM active_contacts") == [(10 * PAGES, 10 * PAGES)]


def test_pages_that_are_whole_are_not_downloaded_again(died: Scene) -> None:
    """The next run waits for no new job and asks for the missing pages only; no job stays in the org."""
    others = 5
    report = died.run()

    assert report.outcome is Outcome.SUCCEEDED
    assert [event.rows for event in died.events if isinstance(event, CameBack) and event.extract == "contacts"] == [
        10 * KILLED_AFTER
    ]
    assert downloads(died) <= PAGES - KILLED_AFTER + others
    assert whole(died)
    assert jobs(died) == 0
    assert not (died.folder / "staging").exists()


def test_row_that_changed_in_the_second_in_which_the_job_read_it(died: Scene) -> None:
    """Pages of a run that died are as old as their job: what changed since under the same stamp comes later."""
    changed = record_id("Contact", 1)
    died.change({"op": "update", "object": "Contact", "id": changed, "fields": {"Name": "Twice"}, "stamp": NOW})
    died.run()
    came_back = [event for event in died.events if isinstance(event, CameBack) and event.extract == "contacts"]
    died.run()

    assert came_back
    assert died.rows(f"SELECT Name FROM contacts WHERE Id = '{changed}'") == [("Twice",)]


def test_page_that_was_touched_is_downloaded_again(died: Scene) -> None:
    """A page whose content is not what was written down counts as not there, and so do those behind it."""
    (second,) = (died.folder / "staging").glob("contacts.1.csv*")
    (third,) = (died.folder / "staging").glob("contacts.2.csv*")
    second.write_bytes(third.read_bytes())
    died.run()

    assert [event.rows for event in died.events if isinstance(event, CameBack) and event.extract == "contacts"] == [10]
    assert whole(died)


def test_torn_manifest_is_read_as_far_as_it_goes(died: Scene) -> None:
    """A last line that was not written whole is as if it were not there."""
    manifest = died.folder / "staging" / f"contacts{SUFFIX}"
    manifest.write_text(manifest.read_text("utf-8")[:-20], "utf-8")
    died.run()

    assert whole(died)


def test_old_job_is_not_gone_on_with(died: Scene) -> None:
    """What a job found hours ago is not how things are now: it is asked anew, and the old job deleted."""
    for manifest in (died.folder / "staging").glob(f"*{SUFFIX}"):
        first, *rest = manifest.read_text("utf-8").splitlines()
        line = json.loads(first)
        line["asked_at"] = "2026-02-28T00:00:00+00:00"
        manifest.write_text("\n".join([json.dumps(line), *rest]) + "\n", "utf-8")
    died.run()

    assert not [event for event in died.events if isinstance(event, CameBack)]
    assert whole(died)
    assert jobs(died) == 0


def test_job_that_nobody_asks_for_again_is_deleted(died: Scene) -> None:
    """With another spec the pages are of no use: the dead run's jobs are ended and deleted."""
    died.spec = died.spec.replace("fields Name, LastName, Email", "fields Name")
    died.run()

    assert not [event for event in died.events if isinstance(event, CameBack) and event.extract == "contacts"]
    assert whole(died)
    assert jobs(died) == 0


AT = f'"asked_at": "{NOW}"'


@pytest.mark.parametrize(
    "text",
    others_slow(
        [
            "",
            "5",
            "\x00\xff",
            "[" * 100_000,
            '{"job": 5, "asked_at": 7}',
            '{"job": "750x", "asked_at": "junk"}',
            '{"job": "750x", "asked_at": "2026-03-01T12:00:00"}',
            f'{{"job": "750\u00b2", "question": "QUESTION", {AT}}}',
            f'{{"job": "JOB", "question": "QUESTION", "api_version": "1/../..", {AT}}}',
            f'{{"job": "JOB", "question": "QUESTION", {AT}}}\n{{"file": 5, "locator": null}}',
            f'{{"job": "JOB", "question": "QUESTION", {AT}}}\n'
            '{"file": "../x", "locator": {}, "following": [], "rows": "9", "header": "Id", "checksum": null}',
            f'{{"job": "JOB", "question": "QUESTION", {AT}}}\n'
            '{"file": "\\ud800", "locator": null, "following": "x", "rows": 9, "header": ["Id"], "checksum": null}',
        ],
        2,
    ),
)
def test_manifest_that_is_none(died: Scene, text: str) -> None:
    """Whatever stands in a manifest's place, the run goes on, asks anew, and leaves neither a file nor a job behind."""
    manifest = next((died.folder / "staging").glob(f"contacts*{SUFFIX}"))
    first = json.loads(manifest.read_text().splitlines()[0])
    for path in (manifest, manifest.with_name(f"nobody{SUFFIX}")):
        path.write_text(text.replace("JOB", first["job"]).replace("QUESTION", first["question"]), "utf-8")
    manifest.with_name(f"folder{SUFFIX}").mkdir()
    report = died.run()

    assert report.outcome is Outcome.SUCCEEDED
    assert whole(died)
    assert not (died.folder / "staging").exists()
    assert jobs(died) == (0 if "JOB" in text else 1)


def test_pages_of_a_run_that_could_not_write_its_manifest_do_not_stay(died: Scene) -> None:
    """An empty manifest, as a full disk leaves it, keeps nothing: the next run has the room, whatever becomes of it."""
    staging = died.folder / "staging"
    for manifest in staging.glob(f"*{SUFFIX}"):
        manifest.write_text("")
    died.store.write_text("no store")
    with pytest.raises(UnusableStoreError):
        died.run()

    assert not staging.exists()


def test_job_that_is_gone_is_asked_anew(died: Scene) -> None:
    """Where an admin deleted the dead run's job a new one takes its place."""
    running = died.running
    headers = {"Authorization": f"Bearer {running.access_token}"}
    for manifest in (died.folder / "staging").glob(f"*{SUFFIX}"):
        job = json.loads(manifest.read_text("utf-8").splitlines()[0])["job"]
        httpx.delete(f"{running.instance_url}/services/data/v66.0/jobs/query/{job}", headers=headers)
    died.run()

    assert whole(died)
    assert jobs(died) == 0
