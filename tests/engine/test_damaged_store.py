"""A published file that is not what was written: an error that names it and the ways out, and nothing is changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from engine.clock import SystemClock
from engine.errors import AlreadyRunningError, DamagedStoreError, NewerStoreError, UnusableStoreError
from engine.forget import forget
from engine.report import Outcome
from engine.rollback import rollback
from engine.status import read_status
from engine.store import StorePaths, attach_published
from engine.workspace import Workspace
from tests.engine.scene import Scene, of_two_runs, record_id, rename
from tests.support.slow_cases import others_slow

A1, C1 = record_id("Account", 1), record_id("Contact", 1)
CLOCK = SystemClock()
BLOCK = 262_144
# Behind the three headers comes the block of the catalog.
FIRST_BLOCK = 3 * 4096
# Words that repeat would cancel out in DuckDB's checksum.
NOISE = b"".join(number.to_bytes(8, "little") for number in range(1, 513))


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Scene]:
    """A store of two runs, the first of which is kept."""
    with of_two_runs(tmp_path) as one:
        yield one


def damage(file: Path, table: str | None = None) -> bytes:
    """Overwrite 4 KB in the catalog, or in every block in which a table lies alone; return the whole file."""
    file.chmod(0o644)
    found = {0}
    if table is not None:
        with duckdb.connect(str(file), read_only=True) as connection:
            sql = "SELECT block_id FROM pragma_storage_info(?) WHERE block_id >= 0"
            of_table, of_store = (
                {block for (block,) in connection.execute(sql, [name]).fetchall()}
                for name in (f"statisfy.statisfy.{table}", "statisfy.accord.store")
            )
            found = of_table - of_store
    assert found
    with file.open("r+b") as opened:
        for block in found:
            opened.seek(FIRST_BLOCK + block * BLOCK + 4096)
            opened.write(NOISE)
    return file.read_bytes()


def alter(file: Path, *statements: str) -> bytes:
    """Change a store as no run does; return the whole file."""
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        for statement in statements:
            connection.execute(statement)
    return file.read_bytes()


def test_damage_that_a_run_comes_upon(org: Scene) -> None:
    """The run fails with the file and the ways out, and leaves it; a rollback then brings the store before back."""
    damaged = damage(org.store, "accounts")
    rename(org, "Anders")
    report = org.run()

    assert report.outcome is Outcome.FAILED
    assert f"the published store is damaged: {org.store}" in report.errors[0]
    assert "`accord rollback`" in report.errors[0]
    assert org.store.read_bytes() == damaged
    assert rollback(org.store, CLOCK).restored == 1
    assert org.run().outcome is Outcome.SUCCEEDED
    assert org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'") == [("Anders",)]


def test_damage_that_keeps_a_store_from_being_opened(org: Scene) -> None:
    """Nothing is started, by a run or a status, and the rollback that the hint speaks of does not need to read it."""
    damaged = damage(org.store)
    for attempt in (org.run, lambda: forget(org.store, C1, CLOCK), lambda: status_without_state(org)):
        with pytest.raises(UnusableStoreError, match=r"cannot be opened as a store.*`accord rollback`") as caught:
            attempt()

        assert caught.value.exit_code == 2
    assert org.store.read_bytes() == damaged
    done = rollback(org.store, CLOCK)

    assert (done.restored, done.undone, done.damaged) == (1, None, True)
    assert read_status(org.store).runs[0].message == "data rolled back to run 1; the damaged store is put aside"
    assert StorePaths.of(org.store).previous.read_bytes() == damaged
    assert org.run().outcome is Outcome.SUCCEEDED


def status_without_state(org: Scene) -> None:
    """Look at the runs that the store itself lists."""
    (org.folder / "accord.sqlite3").unlink(missing_ok=True)
    read_status(org.store)


def test_person_in_a_damaged_file(org: Scene) -> None:
    """Forgetting names the file that it cannot read, be it the store or the kept one, and is not said to be done."""
    paths = StorePaths.of(org.store)
    for file in (paths.store, paths.previous):
        whole = file.read_bytes()
        damaged = damage(file, "accounts")
        with pytest.raises(DamagedStoreError, match=f"{file} is damaged") as caught:
            forget(org.store, C1, CLOCK)

        assert caught.value.exit_code == 1
        assert file.read_bytes() == damaged
        file.write_bytes(whole)


def test_person_beside_a_kept_file_that_is_no_store(org: Scene) -> None:
    """The kept file is named with the way out before anything is begun; without it the person is forgotten."""
    paths = StorePaths.of(org.store)
    paths.previous.chmod(0o644)
    paths.previous.write_text("hello\n")
    with pytest.raises(UnusableStoreError, match=rf"{paths.previous} cannot be opened .*move the file away") as caught:
        forget(org.store, C1, CLOCK)

    assert caught.value.exit_code == 2
    assert not paths.next.exists()
    assert [one.run for one in read_status(org.store).runs] == [2, 1]
    paths.previous.unlink()
    assert forget(org.store, C1, CLOCK).kept_stores == 0


def test_kept_store_that_is_damaged(org: Scene) -> None:
    """There is no going back to it; the store stays as it is."""
    before = org.store.read_bytes()
    damage(StorePaths.of(org.store).previous)
    with pytest.raises(UnusableStoreError, match=r"previous.*put back a copy of it"):
        rollback(org.store, CLOCK)

    assert org.store.read_bytes() == before


def test_file_that_was_cut(org: Scene) -> None:
    """A store that ends too early is damaged; no disk is full."""
    org.store.chmod(0o644)
    with org.store.open("r+b") as opened:
        opened.truncate(org.store.stat().st_size // 2)
    rename(org, "Anders")
    try:
        said = org.run().errors[0]
    except UnusableStoreError as error:
        said = str(error)

    assert "is damaged" in said
    assert str(org.store) in said


@pytest.mark.parametrize(
    ("change", "words"),
    others_slow(
        [
            ("DROP TABLE statisfy.statisfy.accounts", "it lacks statisfy.accounts"),
            ("DROP TABLE accord.runs", "it lacks accord.runs"),
            ("ALTER TABLE statisfy.statisfy.accounts DROP record_status", "it lacks statisfy.accounts.record_status"),
            ("ALTER TABLE statisfy.statisfy.contacts DROP changed_at", "it lacks statisfy.contacts.changed_at"),
            ("ALTER TABLE accord.changes DROP old_value", "it lacks accord.changes.old_value"),
            ("DROP TABLE accord.rejects", "it lacks accord.rejects"),
            ("UPDATE accord.store SET format = NULL", "does not say what it is"),
            ("UPDATE accord.store SET run = NULL", "does not say what it is"),
            ("ALTER TABLE accord.store ALTER format TYPE VARCHAR", "does not say what it is"),
        ],
        2,
    ),
)
def test_store_that_lacks_what_every_store_has(org: Scene, change: str, words: str) -> None:
    """A table or a value that somebody took out is damage too, and found before anything is begun."""
    damaged = alter(org.store, "DROP VIEW statisfy.statisfy.active_accounts", change)
    with pytest.raises(UnusableStoreError, match=words):
        org.run()

    assert org.store.read_bytes() == damaged


def test_column_of_a_type_that_no_run_writes(org: Scene) -> None:
    """It is no error of Accord's own."""
    drop = "DROP VIEW statisfy.statisfy.active_accounts"
    alter(org.store, drop, "ALTER TABLE statisfy.statisfy.accounts ALTER arr TYPE INTEGER[] USING [1]")
    report = org.run()

    assert report.outcome is Outcome.FAILED
    assert "the published store is damaged" in report.errors[0]


def test_folder_whose_name_speaks_of_versions(tmp_path: Path) -> None:
    """A file that is no store is not taken for one of a newer DuckDB because its path says so."""
    store = tmp_path / "created with a newer version of DuckDB" / "statisfy.duckdb"
    store.parent.mkdir()
    store.write_bytes(b"\xa5" * 90_000)
    space = Workspace(tmp_path)
    with pytest.raises(UnusableStoreError, match="cannot be opened"):
        attach_published(space, StorePaths.of(store))
    space.close()


def test_store_that_another_program_writes_to(org: Scene) -> None:
    """It is not called damaged, nor put aside as such by a rollback."""
    org.store.chmod(0o644)
    program = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", program, str(org.store)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        for attempt in (org.run, lambda: rollback(org.store, CLOCK), lambda: forget(org.store, C1, CLOCK)):
            with pytest.raises(AlreadyRunningError, match=r"another program has .* open for writing"):
                attempt()
        problem = read_status(org.store).store_problem
        other.communicate()

    assert "another program" in (problem or "")
    assert read_status(org.store).store_problem is None


def test_store_of_a_newer_duckdb(org: Scene) -> None:
    """A file whose storage version this DuckDB does not know is a newer one's."""
    org.store.chmod(0o644)
    content = bytearray(org.store.read_bytes())
    content[12:20] = (99).to_bytes(8, "little")
    content[:8] = checksum(bytes(content[8:4096])).to_bytes(8, "little")
    org.store.write_bytes(content)
    with pytest.raises(NewerStoreError, match="newer DuckDB"):
        org.run()


def checksum(block: bytes) -> int:
    """What DuckDB writes before a block."""
    found = 5381
    for at in range(0, len(block), 8):
        found ^= int.from_bytes(block[at : at + 8], "little") * 0xBF58476D1CE4E5B9 % 2**64
    return found
