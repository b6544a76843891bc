"""Commands that change the store or hold a run back, as a person types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import httpx
import pytest

from engine.status import read_status
from tests.console.accord import Said, accord
from tests.engine.scene import FIELDS, SPEC, Rows, Scene, account, contact, record_id, rename, scene, user

A1, C1 = record_id("Account", 1), record_id("Contact", 1)
ROWS: Rows = {
    "Account": tuple(account(n) for n in range(1, 21)),
    "Contact": (contact(1, 1),),
    "User": (user(1),),
}


class Project(NamedTuple):
    """A spec and a store in a folder, and the org."""

    org: Scene
    folder: Path

    def accord(self, *words: str, to: Path | None = None) -> Said:
        """Run `accord` in the folder, connected to the org."""
        running = self.org.running
        connection = {"ACCORD_INSTANCE_URL": running.instance_url, "ACCORD_ACCESS_TOKEN": running.access_token}
        return accord(*words, cwd=self.folder, environment=connection, to=to)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with scene(tmp_path, ROWS) as org:
        (tmp_path / "a.accord").write_text(SPEC, encoding="utf-8")
        one = Project(org, tmp_path)
        assert one.accord("run", "a.accord").code == 0
        yield one


def leave(project: Project, count: int) -> None:
    project.org.change(
        *(
            {"op": "update", "object": "Account", "id": record_id("Account", n), "fields": {"Type": "Other"}}
            for n in range(1, count + 1)
        )
    )


def test_stopped_run_shows_its_forecast_and_goes_on_when_confirmed(project: Project) -> None:
    """A guard ends the command with 3 and says which, how far, whom and what would happen; `--confirm` goes on."""
    leave(project, 11)
    held = project.accord("run", "a.accord")
    document = json.loads(project.accord("run", "a.accord", "--format", "json").out)
    status = json.loads(project.accord("status", "--format", "json").out)
    told = project.accord("status", "--last", "1").out
    confirmed = project.accord("run", "a.accord", "--confirm")

    assert held.code == 3
    assert "stopped by a guard: nothing was published" in held.out
    assert "accounts may leave at most 25% (built in): 11 of 20 rows leave (55%)" in held.out
    assert A1 in held.out
    assert "accord run --confirm" in held.out
    assert document["outcome"] == "stopped"
    assert {one["subject"] for one in document["guards"] if one["exceeded"]} == {"accounts", "account_owners"}
    assert next(one["left"] for one in document["tables"] if one["table"] == "accounts") == 11
    assert status["runs"][0]["published"] is False
    assert told.rstrip().endswith("nothing")
    assert confirmed.code == 0
    assert "Guards that the confirmation passed over" in confirmed.out


def test_row_that_is_out_for_another_reason(project: Project) -> None:
    """That an account that had left is deleted is no "nothing": the report and the status count it."""
    leave(project, 1)
    project.accord("run", "a.accord")
    project.org.change({"op": "delete", "object": "Account", "id": A1})
    said = project.accord("run", "a.accord")
    told = project.accord("status", "--last", "1")

    assert said.out.startswith("run 3 succeeded: 1 row out for another reason\n")
    assert "1 row in 1 table" in told.out


def test_rows_that_cannot_be_taken_show_in_the_status(project: Project) -> None:
    """They do not fail a run, and are told wherever the run is, those that only feed a number too."""
    spec = SPEC.partition("\nobject ")[0]
    (project.folder / "a.accord").write_text(f"{spec}\n", encoding="utf-8")
    fields = {"Account__c": A1, "Amount__c": "1234567890123456789", "Status__c": "Active"}
    bad = {"op": "create", "object": "Subscription__c", "id": record_id("Subscription__c", 9), "fields": fields}
    project.org.change(bad)
    said = project.accord("run", "a.accord", "--confirm")
    told = project.accord("status", "--last", "1")

    assert ", 1 row rejected\n" in said.out
    assert "succeeded, 1 row rejected" in told.out


def test_status_of_a_store_that_was_damaged(project: Project) -> None:
    """The runs went well, and what they left is not there any more: both is said."""
    project.org.store.chmod(0o644)
    project.org.store.write_bytes(b"hello")
    said = project.accord("status")

    assert said.out.startswith("the store is not as the runs left it: ")
    assert str(project.org.store) in said.out
    assert "succeeded" in said.out


def test_rollback_and_its_pause(project: Project) -> None:
    """A rollback says that it is about data and not settings, and the status says that the schedule is paused."""
    project.org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Neu"}})
    project.accord("run", "a.accord")
    done = project.accord("rollback")
    status = project.accord("status")

    assert done.code == 0
    assert done.out.startswith("run 3: the data is as run 1 left it; that of run 2 is kept beside it")
    assert "The spec and the settings are untouched" in done.out
    assert "the schedule is paused since" in status.out
    assert project.org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'") == [("Account 1",)]


def test_the_pause_ends_with_a_run_that_succeeds(project: Project) -> None:
    """Whoever starts a run after a rollback wants the org's data again, and the schedule with them."""
    project.org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Neu"}})
    project.accord("run", "a.accord")
    project.accord("rollback")
    said = project.accord("run", "a.accord")

    assert said.code == 0
    assert "the schedule, which was paused by a rollback, goes on" in said.out
    assert "paused" not in project.accord("status").out


@pytest.mark.slow
def test_a_store_that_is_gone_is_missed(project: Project) -> None:
    """A run that starts anew although there was a store says so; what is kept beside it can be brought back."""
    project.org.change({"op": "update", "object": "Account", "id": A1, "fields": {"Name": "Neu"}})
    project.accord("run", "a.accord")
    project.org.store.unlink()
    back = project.accord("rollback")
    name = project.org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'")
    project.org.store.unlink()
    anew = project.accord("run", "a.accord")

    assert (back.code, name) == (0, [("Account 1",)])
    assert back.out.startswith("run 3: the data is as run 1 left it\n")
    assert anew.code == 0
    assert "the store of run 3 is not there any more: this run starts anew, and has nothing to compare with" in anew.out


@pytest.mark.slow
def test_what_is_no_store_is_named(project: Project) -> None:
    """A folder, and a file of something else, whether runs are known beside it or not."""
    (project.folder / "other.duckdb").write_bytes(b"no database")
    run = project.accord("run", "a.accord", "--store", "other.duckdb")
    status = project.accord("status", "--store", "other.duckdb")
    folder = project.accord("run", "a.accord", "--store", "org")

    assert (run.code, status.code, folder.code) == (2, 2, 2)
    assert "put back a copy of it, or move it away to start anew" in run.err
    assert "cannot be opened as a store" in status.err
    assert "org is a folder" in folder.err


@pytest.mark.slow
def test_rows_that_are_removed_later_are_told(project: Project) -> None:
    """Rows that had left are taken out once the spec says `remove`: the report, the status and the changes say so."""
    leave(project, 1)
    project.accord("run", "a.accord")
    (project.folder / "a.accord").write_text(SPEC.replace("prospect where", "on leaving remove\n  prospect where"))
    said = project.accord("run", "a.accord")
    changes = project.org.rows("SELECT table_name, key FROM s.accord.changes WHERE run = 2 AND change = 'removed'")
    later = project.org.rows("SELECT table_name, key FROM s.accord.changes WHERE run = 3 AND change = 'removed'")

    assert "3 rows removed" in said.out
    assert "3 rows in 3 tables" in project.accord("status", "--last", "1").out
    assert changes == []
    assert sorted(later) == [("account_owners", f"{A1}/account_owner"), ("accounts", A1), ("contacts", C1)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.slow
def test_a_report_that_cannot_be_written(project: Project) -> None:
    """A full disk behind the output is no error of Accord's, and the run is done."""
    said = project.accord("run", "a.accord", to=Path("/dev/full"))
    status = json.loads(project.accord("status", "--format", "json").out)

    assert said.code == 1
    assert "the output cannot be written: No space left on device" in said.err
    assert [one["outcome"] for one in status["runs"]] == ["succeeded", "succeeded"]


def test_rollback_with_nothing_to_go_back_to(project: Project) -> None:
    """It exits with 2 and changes nothing."""
    said = project.accord("rollback")

    assert said.code == 2
    assert "no store to go back to" in said.err


@pytest.mark.parametrize("words", [["run", "a.accord", "--account"], ["forget"]])
@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("0015g0000000001AAB", "its last three characters, which are made from the first fifteen, do not fit them"),
        ("0015g000", "an Id has 15 or 18 letters and digits"),
    ],
)
def test_what_is_no_id_is_refused_with_the_reason(tmp_path: Path, words: list[str], record: str, why: str) -> None:
    """Before anybody signs in or opens a store, and with a way out."""
    said = accord(*words, record, cwd=tmp_path)

    assert (said.code, said.out) == (2, "")
    assert f"Id: {why}\n  = help: copy it" in said.err


def test_an_account_is_refused_by_its_prefix(tmp_path: Path) -> None:
    """The Id of a contact is one, and no account's."""
    said = accord("run", "a.accord", "--account", C1, cwd=tmp_path)

    assert said.err == f"error: `{C1}` is no account's Id: it begins with `003`, and those of accounts with `001`\n"


def test_forget(project: Project) -> None:
    """Forgetting tells what was emptied, and warns of a person who is still in Salesforce."""
    said = project.accord("forget", C1[:15])
    document = json.loads(project.accord("forget", C1, "--format", "json").out)
    wrong = project.accord("forget", "Ada")

    assert (said.code, wrong.code) == (0, 2)
    assert f"forgot {C1}: contacts (1 row)" in said.out
    assert "the next run brings its values back" in said.err
    assert (document["ids"], document["still_in_salesforce"]) == ([C1], 1)


@pytest.mark.slow
def test_store_of_another_org_is_adopted_on_request(project: Project, tmp_path: Path) -> None:
    """Another org's store is refused with the way out, and made anew with `--adopt-org`."""
    with scene(tmp_path / "other", ROWS, name="Other") as other:
        elsewhere = Project(other, project.folder)
        refused = elsewhere.accord("run", "a.accord")
        adopted = elsewhere.accord("run", "a.accord", "--adopt-org")

    assert (refused.code, adopted.code) == (2, 0)
    assert "--adopt-org" in refused.err


def test_stored_plan_is_run(project: Project, tmp_path: Path) -> None:
    """A plan file runs as its spec does; where the org changed since it was made this is said."""
    compiled = project.accord("compile", "a.accord", "--schema", "org", "-o", "plan.json")
    same = project.accord("run", "plan.json")
    described = {**FIELDS, "Contact": (*FIELDS["Contact"], {"name": "Nick__c", "type": "string"})}
    (tmp_path / "a.accord").write_text(SPEC.replace("contacts { fields Name, Email }", "contacts {}"), "utf-8")
    with scene(
        tmp_path / "later", ROWS, fields={**described, "Account": (*FIELDS["Account"], described["Contact"][-1])}
    ) as org:
        later = Project(org, project.folder).accord("run", "plan.json")

    assert compiled.code == same.code == later.code == 0
    assert "nothing to change" in same.out
    assert "the org changed since plan.json was made" in later.err
    assert "table accounts changed" in later.err


@pytest.mark.slow
def test_plan_file_that_cannot_be_run(project: Project) -> None:
    """A plan of a newer version, or without its spec, is refused before anything is started."""
    (project.folder / "newer.json").write_text('{"plan_version": 99}', "utf-8")
    project.accord("compile", "a.accord", "--schema", "org", "-o", "plan.json")
    document = json.loads((project.folder / "plan.json").read_text("utf-8"))
    del document["spec"]
    (project.folder / "bare.json").write_text(json.dumps(document), "utf-8")
    newer, bare = project.accord("run", "newer.json"), project.accord("run", "bare.json")

    assert (newer.code, bare.code) == (2, 2)
    assert "update Accord" in newer.err
    assert "does not hold the spec" in bare.err


@pytest.mark.slow
def test_field_that_is_lost_is_a_note_and_one_that_decides_an_error(project: Project, tmp_path: Path) -> None:
    """A run goes on without a field that is only shown, and stops at the line of one that decides."""
    for lost, code, words in (("Email", 0, "Contact.Email is not in the org any more"), ("LastName", 0, "")):
        kept = {**FIELDS, "Contact": tuple(one for one in FIELDS["Contact"] if one["name"] != lost)}
        rows = {**ROWS, "Contact": ({k: v for k, v in contact(1, 1).items() if k != lost},)}
        with scene(tmp_path / lost, rows, fields=kept) as org:
            said = Project(org, project.folder).accord("run", "a.accord")

        assert said.code == code
        assert words in said.out
    fields = {**FIELDS, "Account": tuple(one for one in FIELDS["Account"] if one["name"] != "Renewal_Date__c")}
    with scene(tmp_path / "renewal", ROWS, fields=fields) as org:
        stopped = Project(org, project.folder).accord("run", "a.accord")

    assert stopped.code == 1
    assert "a.accord:13:" in stopped.err


def test_one_account_is_refreshed(project: Project) -> None:
    """`--account` brings that account up to date and leaves the others for the next whole run."""
    for number in (1, 2):
        key = record_id("Account", number)
        project.org.change({"op": "update", "object": "Account", "id": key, "fields": {"Name": f"Neu {number}"}})
    said = project.accord("run", "a.accord", "--account", A1[:15])
    names = project.org.rows("SELECT Name FROM accounts ORDER BY Id LIMIT 2")
    wrong = project.accord("run", "a.accord", "--account", C1)

    assert said.code == 0
    assert "1 row updated" in said.out
    assert names == [("Neu 1",), ("Account 2",)]
    assert wrong.code == 2
    assert "no account's Id" in wrong.err


def test_requests_that_are_left_to_others(project: Project) -> None:
    """An org whose requests are all but used up: exit 2, with the numbers and the setting, and no run in the status."""
    few = {"fault": "budget_low", "used": 960, "most": 1000}
    httpx.post(f"{project.org.running.instance_url}/__sandbox__/faults", json=[few]).raise_for_status()
    held = project.accord("run", "a.accord")

    assert held.code == 2
    assert "nothing was started: the org has used 960 of its 1,000 requests" in held.err
    assert "`api_reserve`" in held.err
    assert [one.run for one in read_status(project.org.store).runs] == [1]


def test_everything_is_read_anew_on_request(project: Project) -> None:
    """`--whole` brings back what somebody changed in the copy under an unchanged stamp; a usual run cannot see that."""
    # Narrow rows, and rows of the very second in which they were read, are read again at any rate.
    wide = SPEC.replace("fields Name, Email", "fields Name, LastName, Email")
    (project.folder / "a.accord").write_text(wide, encoding="utf-8")
    before = project.org.rows("SELECT Name FROM contacts ORDER BY Id")
    rename(project.org, "Neu")
    project.accord("run", "a.accord")
    project.org.store.chmod(0o600)
    with duckdb.connect(str(project.org.store)) as connection:
        connection.execute("UPDATE statisfy.statisfy.contacts SET Name = 'Meddled'")
    usual = project.accord("run", "a.accord")
    meddled = project.org.rows("SELECT DISTINCT Name FROM contacts")
    whole = project.accord("run", "a.accord", "--whole")
    both = project.accord("run", "a.accord", "--whole", "--account", A1)

    assert (usual.code, whole.code, both.code) == (0, 0, 2)
    assert meddled == [("Meddled",)]
    assert project.org.rows("SELECT Name FROM contacts ORDER BY Id") == before
    assert "choose one" in both.err
