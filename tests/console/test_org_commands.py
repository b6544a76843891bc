from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import duckdb
import pytest

from tests.console.accord import ORG, ROOT, accord
from tests.support.local_org import LocalOrg

SPEC = "small.accord"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "specs/acme" / SPEC, tmp_path)
    return tmp_path


def published(folder: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder / 'statisfy.duckdb'}' AS store (READ_ONLY)")
        return connection.execute(query).fetchall()


def test_preview_counts_are_what_a_run_brings(acme: LocalOrg, folder: Path):
    """The preview's count of each type is the number of rows of that type after the run."""
    previewed = accord("preview", SPEC, "--format", "json", cwd=folder, environment=acme.environment)
    ran = accord("run", SPEC, cwd=folder, environment=acme.environment)
    types = json.loads(previewed.out)["accounts"]
    counts = published(folder, "SELECT account_type, count(*) FROM store.statisfy.accounts GROUP BY ALL")

    assert (previewed.code, ran.code) == (0, 0)
    assert dict(counts) == {name: one["count"] for name, one in types.items()}
    assert all(len(one["samples"]) == 5 for one in types.values())


def test_preview_stores_nothing(acme: LocalOrg, folder: Path):
    """A preview leaves the folder as it was."""
    said = accord("preview", SPEC, cwd=folder, environment=acme.environment)

    assert "customer: " in said.out
    assert [path.name for path in folder.iterdir()] == [SPEC]


def test_run_reports_each_table(acme: LocalOrg, folder: Path):
    """The report as JSON has the promised keys, and a second run changes nothing."""
    first = accord("run", SPEC, "--format", "json", cwd=folder, environment=acme.environment)
    second = accord("run", SPEC, "--format", "json", cwd=folder, environment=acme.environment)
    report, again = json.loads(first.out), json.loads(second.out)
    keys = {"table", "matches", "inserted", "updated", "unchanged", "resumed", "left", "deleted", "merged", "gone"}

    assert {"schema_version", "run", "outcome", "tables", "requests"} <= set(report)
    assert all(keys | {"rejected"} <= set(counts) for counts in report["tables"])
    assert (report["outcome"], again["outcome"]) == ("succeeded", "succeeded")
    assert (report["changed"], again["changed"]) == (True, False)


def test_the_second_report_shows_what_changed(own_acme: LocalOrg, folder: Path):
    """After a change in the org the report of the next run names the changed table alone."""
    accord("run", SPEC, cwd=folder, environment=own_acme.environment)
    ((account,),) = published(folder, "SELECT min(Id) FROM store.statisfy.accounts")
    own_acme.change({"op": "update", "object": "Account", "id": account, "fields": {"Name": "Renamed"}})
    said = accord("run", SPEC, cwd=folder, environment=own_acme.environment)

    assert said.out.startswith("run 2 succeeded: 1 row updated\n")
    assert "unchanged: account_owners, contacts, opportunities, users, columns, picklist_options" in said.out


def test_status_lists_the_runs(acme: LocalOrg, folder: Path):
    """Status has no run before the first, and lists each after it, newest first."""
    before = accord("status", cwd=folder)
    accord("run", SPEC, cwd=folder, environment=acme.environment)
    accord("run", SPEC, cwd=folder, environment=acme.environment)
    after = accord("status", cwd=folder)
    document = json.loads(accord("status", "--format", "json", cwd=folder).out)

    assert (before.code, before.out) == (0, f"no runs yet in {folder}/statisfy.duckdb\n")
    assert [line.split()[0] for line in after.out.splitlines()] == ["run", "2", "1"]
    assert after.out.splitlines()[1].endswith("nothing")
    assert [one["run"] for one in document["runs"]] == [2, 1]


def test_status_has_a_bound(acme: LocalOrg, folder: Path):
    """As many runs as one may ask for can be looked up; more are refused before anything is."""
    accord("run", SPEC, cwd=folder, environment=acme.environment)
    most = accord("status", "--last", 1_000_000, cwd=folder)
    more = accord("status", "--last", 99999999999999999999999, cwd=folder)

    assert (most.code, more.code) == (0, 2)
    assert "is not in the range" in more.err


def test_status_of_a_store_that_was_copied_alone(acme: LocalOrg, folder: Path):
    """The store itself knows the runs that made it, with what they changed."""
    accord("run", SPEC, cwd=folder, environment=acme.environment)
    alone = folder / "alone"
    alone.mkdir()
    shutil.copy(folder / "statisfy.duckdb", alone / "copy.duckdb")
    said = accord("status", "--store", "copy.duckdb", cwd=alone)
    there = accord("status", cwd=folder)

    assert said.code == 0
    assert said.out.splitlines()[1] == there.out.splitlines()[1]
    assert [path.name for path in alone.iterdir()] == ["copy.duckdb"]


def test_status_refuses_a_store_from_a_newer_version(acme: LocalOrg, folder: Path):
    """A store of a later format, without its companions, exits with 2."""
    accord("run", SPEC, cwd=folder, environment=acme.environment)
    (folder / "accord.sqlite3").unlink()
    (folder / "statisfy.duckdb").chmod(0o600)
    with duckdb.connect(folder / "statisfy.duckdb") as connection:
        connection.execute("USE statisfy.accord")
        connection.execute("UPDATE store SET format = 99")
    said = accord("status", cwd=folder)

    assert said.code == 2
    assert "format 99" in said.err


def test_status_before_the_first_run_creates_nothing(folder: Path):
    """Looking makes no file."""
    accord("status", cwd=folder)

    assert [path.name for path in folder.iterdir()] == [SPEC]


def test_run_names_the_statements_without_effect(acme: LocalOrg, folder: Path):
    """A run names the statements that it does nothing about in one line, with their lines."""
    last = len((folder / SPEC).read_text().splitlines())
    (folder / SPEC).write_text(
        (folder / SPEC).read_text()
        + "schedule every hour\nwriteback account { fields Industry }\nwriteback Contact { fields Title }\n"
    )
    said = accord("run", SPEC, cwd=folder, environment=acme.environment)
    warnings = [line for line in said.err.splitlines() if "warning[" in line]

    assert said.code == 0
    assert warnings == [
        "warning[W0504]: this version of Accord does not act on these statements yet: "
        f"schedule (line {last + 1}), writeback (lines {last + 2}, {last + 3})"
    ]


def test_a_strict_run_starts_nothing_when_there_are_warnings(acme: LocalOrg, folder: Path):
    """With `--strict` a warning counts as an error does: exit code 1, no store, and the warning in the document."""
    (folder / SPEC).write_text((folder / SPEC).read_text().replace("accord 1", "", 1) + "schedule every hour\n")
    words = ("run", SPEC, "--strict", "--format", "json")
    said = accord(*words, cwd=folder, environment=acme.environment)

    assert said.code == 1
    assert "1 warning, which --strict counts as errors; nothing else was done" in said.err
    assert [one["code"] for one in json.loads(said.out)["diagnostics"]] == ["W0501", "W0504"]
    assert [path.name for path in folder.iterdir()] == [SPEC]


def test_strict_commands_judge_a_spec_alike(acme: LocalOrg, folder: Path):
    """What only a run says counts nowhere: what `lint --strict` lets pass is previewed, compiled and run."""
    (folder / SPEC).write_text((folder / SPEC).read_text() + "schedule every hour\ncases { lookback 90 days }\n")
    said = {
        command: accord(command, SPEC, "--strict", *words, cwd=folder, environment=acme.environment)
        for command, *words in (("lint", "--schema", ORG), ("compile", "--schema", ORG), ("preview",), ("run",))
    }

    assert {command: one.code for command, one in said.items()} == dict.fromkeys(said, 0)
    assert "warning[W0504]" in said["run"].err


def test_a_strict_preview_and_compile_end_with_1_on_warnings(acme: LocalOrg, folder: Path):
    """`--strict` makes warnings count in `preview` and `compile`, and only there where there are any."""
    fine = accord("compile", SPEC, "--strict", "--schema", ORG, cwd=folder)
    (folder / SPEC).write_text((folder / SPEC).read_text().replace("accord 1", "", 1))
    compiled = accord("compile", SPEC, "--strict", "--schema", ORG, cwd=folder)
    previewed = accord("preview", SPEC, "--strict", cwd=folder, environment=acme.environment)

    assert fine.code == 0
    assert [(said.code, said.out) for said in (compiled, previewed)] == [(1, ""), (1, "")]


def test_a_spec_with_a_syntax_error_asks_nothing_of_the_org(folder: Path):
    """Syntax errors are found before anybody signs in."""
    (folder / SPEC).write_text("accord 1\naccounts { where Type = }\n")
    nobody = {"ACCORD_INSTANCE_URL": "http://127.0.0.1:9", "ACCORD_ACCESS_TOKEN": "x"}
    said = accord("run", SPEC, cwd=folder, environment=nobody)

    assert said.code == 1
    assert "error[E01" in said.err
    assert [path.name for path in folder.iterdir()] == [SPEC]


def test_a_spec_with_a_wrong_name_is_not_run(acme: LocalOrg, folder: Path):
    """A name that the org does not know is drawn, and nothing is stored."""
    (folder / SPEC).write_text("accord 1\naccounts { where Nope__c = 1 }\n")
    said = accord("run", SPEC, cwd=folder, environment=acme.environment)

    assert said.code == 1
    assert "`Nope__c`" in said.err
    assert not (folder / "statisfy.duckdb").exists()


def test_a_wrong_token_starts_nothing(acme: LocalOrg, folder: Path):
    """A token that Salesforce does not take exits with 2 and says what to do."""
    said = accord("run", SPEC, cwd=folder, environment={**acme.environment, "ACCORD_ACCESS_TOKEN": "wrong"})

    assert said.code == 2
    assert "ACCORD_ACCESS_TOKEN" in said.err
    assert "Traceback" not in said.err
    assert not (folder / "statisfy.duckdb").exists()


def test_no_server_starts_nothing(folder: Path):
    """An address where nobody answers exits with 2."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        said = accord(
            "preview", SPEC, cwd=folder, environment={"ACCORD_INSTANCE_URL": address, "ACCORD_ACCESS_TOKEN": "x"}
        )

    assert said.code == 2
    assert address in said.err
    assert "Traceback" not in said.err


def test_a_server_that_is_no_salesforce_starts_nothing(folder: Path):
    """A web page instead of an answer exits with 2."""
    with web_page() as address:
        said = accord("run", SPEC, cwd=folder, environment={"ACCORD_INSTANCE_URL": address, "ACCORD_ACCESS_TOKEN": "x"})

    assert said.code == 2
    assert "error: " in said.err
    assert "Traceback" not in said.err


def test_client_credentials_sign_in(acme: LocalOrg, folder: Path):
    """A client id in accord.toml with the secret in its variable connects without a token."""
    (folder / "accord.toml").write_text(
        f'[org]\nlogin_host = "{acme.instance_url}"\nclient_id = "{acme.client_id}"\n[store]\npath = "data/s.duckdb"\n'
    )
    said = accord("run", SPEC, cwd=folder, environment={"ACCORD_CLIENT_SECRET": acme.client_secret})

    assert said.code == 0, said.err
    assert (folder / "data/s.duckdb").exists()


@pytest.mark.parametrize("host", [None, "login.salesforce.com", "https://test.salesforce.com/"])
def test_client_credentials_need_the_orgs_own_address(folder: Path, host: str | None):
    """On the hosts where people sign in no app can: that is said before anybody is asked."""
    line = "" if host is None else f'login_host = "{host}"\n'
    (folder / "accord.toml").write_text(f'[org]\n{line}client_id = "x"\n')
    said = accord("run", SPEC, cwd=folder, environment={"ACCORD_CLIENT_SECRET": "x"})

    assert said.code == 2
    assert "login_host" in said.err
    assert "My Domain" in said.err


def test_schema_pull_makes_a_snapshot_that_lint_finds(acme: LocalOrg, folder: Path):
    """What is pulled is found by lint and compile, without a word about where it is."""
    pulled = accord("schema", "pull", "--format", "json", cwd=folder, environment=acme.environment)
    linted = accord("lint", SPEC, cwd=folder)
    compiled = accord("compile", SPEC, "--format", "json", cwd=folder)

    assert pulled.code == 0
    assert "Subscription__c" in json.loads(pulled.out)["objects"]
    assert (linted.code, linted.err) == (0, "1 spec: nothing to report\n")
    assert compiled.code == 0


def test_schema_pull_into_a_place_that_cannot_be_written(acme: LocalOrg, folder: Path):
    """Nothing was begun that is not finished: exit 2, as for every setting that does not do."""
    (folder / "file").write_text("x")
    said = accord("schema", "pull", "-o", "file/org", cwd=folder, environment=acme.environment)

    assert said.code == 2
    assert "file/org cannot be written: Not a directory" in said.err
    assert "-o" in said.err


def test_schema_pull_says_which_object_is_not_there(acme: LocalOrg, folder: Path):
    """An object that was asked for and does not exist is named."""
    said = accord("schema", "pull", "--object", "Nope__c", cwd=folder, environment=acme.environment)

    assert said.code == 0
    assert "the org has no object Nope__c" in said.err


def test_the_sandbox_refuses_a_folder_that_is_no_org(tmp_path: Path):
    """A folder that is missing exits with 2."""
    said = accord("sandbox", "nope", cwd=tmp_path)

    assert said.code == 2
    assert "nope" in said.err
    assert "Traceback" not in said.err


def test_the_sandbox_refuses_a_port_that_is_taken(tmp_path: Path):
    """A port in use exits with 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = accord("sandbox", ORG, "--port", taken.getsockname()[1], cwd=tmp_path)

    assert said.code == 2
    assert "cannot listen on port" in said.err


@contextmanager
def web_page() -> Iterator[str]:
    """A server that answers everything with a web page."""

    class Page(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = b"<html><body>Maintenance</body></html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    Page.do_GET = Page.do_POST = Page.answer

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
