"""What goes wrong with the world: each a clear message, the right exit code, nothing lost."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import duckdb
import pytest

from engine.errors import (
    AlreadyRunningError,
    NewerStoreError,
    NoConnectionError,
    OtherOrgError,
    SignInError,
    UnusableStoreError,
)
from engine.events import Event, StageStarted
from engine.report import Outcome
from engine.salesforce.session import GivenToken
from engine.state import hold
from engine.status import read_status
from engine.store import StorePaths
from tests.engine.faulty import Fault, refuse
from tests.engine.scene import Scene, record_id, scene
from tests.support.slow_cases import others_slow


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        yield one


@contextmanager
def web_page(status: int) -> Iterator[str]:
    """A server that answers everything with a web page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html><body>Down for maintenance</body></html>"
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_wrong_token(org: Scene) -> None:
    """A token that Salesforce does not take: nothing is started, and the message says what to do, not the token."""
    with pytest.raises(SignInError, match="ACCORD_ACCESS_TOKEN") as caught:
        org.run(GivenToken(org.running.instance_url, "00Dwrong!token"))

    assert caught.value.exit_code == 2
    assert "wrong!token" not in str(caught.value)
    assert not org.store.exists()


def test_no_server(org: Scene) -> None:
    """Nobody answers: nothing is started, and the address is named."""
    with pytest.raises(NoConnectionError, match=r"127\.0\.0\.1:9") as caught:
        org.run(GivenToken("http://127.0.0.1:9", "token"))

    assert caught.value.exit_code == 2


@pytest.mark.parametrize("status", others_slow([200, 403, 503]))
def test_server_that_answers_html(org: Scene, status: int) -> None:
    """A web page instead of an answer, whatever its status, is no crash and no success."""
    with web_page(status) as address, pytest.raises(NoConnectionError) as caught:
        org.run(GivenToken(address, "token"))

    assert caught.value.exit_code == 2


def test_org_that_is_too_busy_to_say_which_it_is(org: Scene) -> None:
    """Nothing is started before the org has said whether it is a sandbox: a store would be bound to the wrong one."""
    busy = Fault("FROM Organization", refuse(400, "QUERY_TIMEOUT", "Your query request was running for too long."))
    with pytest.raises(NoConnectionError, match="too long"):
        org.run(None, busy)

    assert not org.store.exists()
    assert org.run().outcome is Outcome.SUCCEEDED


def test_store_of_another_org(org: Scene, tmp_path: Path) -> None:
    """A store that holds another org's rows is not touched."""
    org.run()
    before = org.store.read_bytes()
    with scene(tmp_path / "other", name="Other") as other:
        other.folder = org.folder
        with pytest.raises(OtherOrgError, match="another store") as caught:
            other.run()

    assert caught.value.exit_code == 2
    assert org.store.read_bytes() == before


def test_store_from_a_newer_version(org: Scene) -> None:
    """A store of a format that this version does not know is left alone."""
    org.run()
    org.store.chmod(0o644)
    with duckdb.connect(str(org.store)) as connection:
        connection.execute("UPDATE accord.store SET format = 99")
    with pytest.raises(NewerStoreError, match="update Accord") as caught:
        org.run()

    assert caught.value.exit_code == 2


def test_state_from_a_newer_version(org: Scene) -> None:
    """A state file of a newer version is left alone."""
    org.run()
    connection = sqlite3.connect(org.folder / "accord.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerStoreError, match="update Accord"):
        org.run()


def test_file_that_is_no_store(org: Scene) -> None:
    """A file of another kind in the store's place is neither read as empty nor written over."""
    org.store.write_bytes(b"not a database")
    with pytest.raises(UnusableStoreError, match="cannot be opened"):
        org.run()

    assert org.store.read_bytes() == b"not a database"


def test_database_that_is_no_store(org: Scene) -> None:
    """A DuckDB file without Accord's records is not taken for a store."""
    duckdb.connect(str(org.store)).close()
    with pytest.raises(UnusableStoreError, match="no store of Accord's"):
        org.run()


def test_foreign_log_beside_the_store(org: Scene) -> None:
    """A write-ahead log that another program left is moved aside, kept and reported."""
    org.run()
    wal = org.store.with_name("statisfy.duckdb.wal")
    wal.write_bytes(b"left by somebody")
    report = org.run()

    assert report.outcome is Outcome.SUCCEEDED
    assert any("moved to" in notice for notice in report.notices)
    assert (org.folder / "statisfy.duckdb.wal.foreign-1").read_bytes() == b"left by somebody"


def test_two_runs_at_once(org: Scene) -> None:
    """A second run does not start while one is on; the status shows that one is."""
    org.run()
    with hold(StorePaths.of(org.store)), pytest.raises(AlreadyRunningError, match="another run") as caught:
        org.run()

    assert caught.value.exit_code == 2


def test_object_that_cannot_be_read_freezes_its_table(org: Scene) -> None:
    """A table whose object fails keeps its rows, is marked stale, and the run is incomplete, never green."""
    org.run()
    org.change({"op": "update", "object": "Account", "id": record_id("Account", 1), "fields": {"Name": "Neu"}})
    hidden = Fault("FROM Contact", refuse(400, "INVALID_TYPE", "sObject type 'Contact' is not supported."), None)
    report = org.run(None, hidden)

    assert report.outcome is Outcome.INCOMPLETE
    assert report.exit_code == 1
    assert report.stale == ("contacts",)
    assert org.rows("SELECT count(*) FROM active_contacts") == [(2,)]
    assert org.rows(f"SELECT Name FROM accounts WHERE Id = '{record_id('Account', 1)}'") == [("Neu",)]
    assert org.rows("SELECT DISTINCT table_name FROM columns WHERE stale_since IS NOT NULL") == [("contacts",)]


def test_deciding_object_that_cannot_be_read_fails_the_run(org: Scene) -> None:
    """If accounts or a number cannot be computed nothing is published."""
    org.run()
    inode = org.store.stat().st_ino
    hidden = Fault("FROM Subscription__c", refuse(400, "INVALID_TYPE", "sObject type is not supported."), None)
    report = org.run(None, hidden)

    assert report.outcome is Outcome.FAILED
    assert any("arr" in error for error in report.errors)
    assert org.store.stat().st_ino == inode


def test_used_up_quota_ends_the_run_as_incomplete(org: Scene) -> None:
    """When the day's requests are used up nothing new is asked, and the report says when to go on."""
    quota = Fault("IsActive", refuse(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), None)
    report = org.run(None, quota)
    asked = [one for one in report.extracts if one.error is None]

    assert report.outcome is Outcome.INCOMPLETE
    assert "run again later" in report.errors[0]
    assert quota.seen == 1
    assert {one.extract for one in asked} >= {"accounts.customer", "accounts.prospect", "arr"}
    assert not org.store.exists()


def test_cancelled_run_publishes_nothing(org: Scene) -> None:
    """A run that is asked to end ends as failed and leaves the store as it was."""

    def listen(event: Event) -> None:
        if isinstance(event, StageStarted) and event.stage == "reconcile":
            org.cancel.cancel()

    org.listener = listen
    report = org.run()

    assert report.outcome is Outcome.FAILED
    assert "on request" in report.errors[0]
    assert not org.store.exists()


def test_status_of_a_store(org: Scene) -> None:
    """The status lists the runs, newest first, with their outcome, and creates nothing where there is none."""
    nothing = read_status(org.folder / "elsewhere" / "statisfy.duckdb")
    org.run()
    org.run()
    status = read_status(org.store)

    assert nothing.runs == ()
    assert not (org.folder / "elsewhere").exists()
    assert [(one.run, one.outcome, one.published) for one in status.runs] == [
        (2, "succeeded", False),
        (1, "succeeded", True),
    ]
    assert status.running is None


def test_status_for_whoever_may_only_read(org: Scene) -> None:
    """A colleague who may read the store's folder and not write it sees the runs."""
    with tempfile.TemporaryDirectory() as name:  # its path may be walked by everybody; that of `tmp_path` may not
        folder = Path(name)
        readers = Scene(org.running, folder)
        readers.run()
        for path in (*folder.iterdir(), folder):
            path.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            with pytest.raises(PermissionError):
                (folder / "x").touch()
            status = read_status(readers.store)
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)

    assert [(one.run, one.outcome) for one in status.runs] == [(1, "succeeded")]


def alter_state(org: Scene, *statements: str) -> None:
    """Change the state file as no run does."""
    with sqlite3.connect(org.folder / "accord.sqlite3") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("value", others_slow(["'junk'", "'2026-01-01'", "7", "x'ff'", "CAST(x'ff' AS TEXT)"]))
def test_moments_that_are_none_tell_nothing(org: Scene, value: str) -> None:
    """What the state file says of a store and cannot be read is read from Salesforce again."""
    org.run()
    alter_state(
        org,
        f"UPDATE settled SET before = {value}",
        f"UPDATE read_whole SET volatile_at = {value}",
        f"INSERT OR REPLACE INTO match_lists VALUES ('contacts', 1, {value}, {value})",
    )
    org.change({"op": "update", "object": "Account", "id": record_id("Account", 1), "fields": {"Name": "Neu"}})
    report = org.run()

    assert report.outcome is Outcome.SUCCEEDED
    assert org.rows(f"SELECT Name FROM accounts WHERE Id = '{record_id('Account', 1)}'") == [("Neu",)]


@pytest.mark.parametrize(
    "value", others_slow(["'{'", "'[]'", "'{\"tables\": 5}'", "CAST(x'ff7365637265' AS TEXT)", "x'ff'"])
)
def test_report_that_cannot_be_read(org: Scene, value: str) -> None:
    """One run's report that is damaged hides no other run."""
    org.run()
    org.run()
    alter_state(org, f"UPDATE runs SET report = {value} WHERE run = 1")
    second, first = read_status(org.store).runs

    assert second.report is not None
    assert (first.run, first.outcome, first.report) == (1, "succeeded", None)


def test_state_file_that_is_damaged_inside(org: Scene) -> None:
    """A page that is none is said to be damage of that file, with the way out that its hint names."""
    org.run()
    path = org.folder / "accord.sqlite3"
    with sqlite3.connect(path) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'runs'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with path.open("r+b") as opened:
        opened.seek((root - 1) * size)
        opened.write(b"\xa5" * size)
    damaged = path.read_bytes()
    for attempt in (org.run, lambda: read_status(org.store)):
        with pytest.raises(UnusableStoreError, match=r"accord\.sqlite3 is damaged.*move it away") as caught:
            attempt()

        assert caught.value.exit_code == 2
    assert path.read_bytes() == damaged
    path.rename(org.folder / "aside")
    report = org.run()

    assert (report.outcome, report.run) == (Outcome.SUCCEEDED, 2)
