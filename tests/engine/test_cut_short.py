"""Commands that end while one store takes another's place: no store is lost, and none stays that nobody knows of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.errors import DiskError, UnusableStoreError
from engine.forget import forget
from engine.rollback import rollback
from engine.status import read_status
from engine.store import StorePaths, remove_leftovers, swap
from tests.engine.cut_short import cut_short
from tests.engine.scene import SMALL, Scene, contact, record_id, rename, scene
from tests.support.slow_cases import others_slow

A1, C1 = record_id("Account", 1), record_id("Contact", 1)
CLOCK = SystemClock()
PERSON = "Zacharias Quaddlewick"
ROWS = {**SMALL, "Contact": (contact(1, 1, Name=PERSON, LastName=PERSON), contact(2, 2))}
ASIDE = "os.rename statisfy.duckdb"
"""The published file has its second name, and the next one is about to take its place."""
BETWEEN = "os.rename statisfy.previous.duckdb"
"""The next file has taken its place, and the one before is about to become the previous one."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Stores of two runs, and an org that has changed since."""
    folder = tmp_path_factory.mktemp("made")
    with scene(folder, ROWS) as org:
        org.run()
        rename(org, "Two")
        org.run()
        rename(org, "Three")
        org.change({"op": "hard_delete", "object": "Contact", "id": C1})
        yield org


@pytest.fixture
def org(made: Scene, tmp_path: Path) -> Scene:
    return copied(made, tmp_path)


def copied(made: Scene, folder: Path) -> Scene:
    """The same stores in a folder of their own."""
    for path in made.folder.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    return Scene(made.running, folder)


def first_name(org: Scene) -> str:
    return str(org.rows(f"SELECT Name FROM accounts WHERE Id = '{A1}'")[0][0])


def brought_back(org: Scene) -> str:
    """The first account's name in the store that a rollback brings back."""
    rollback(org.store, CLOCK)
    return first_name(org)


def holding(org: Scene, text: str) -> list[str]:
    """The files in which a text stands."""
    return sorted(p.name for p in org.folder.iterdir() if p.is_file() and text.encode() in p.read_bytes())


def beside(org: Scene) -> set[str]:
    """The names of the store's files."""
    return {path.name for path in org.folder.iterdir() if path.name.startswith("statisfy")}


@pytest.mark.parametrize("links", others_slow([True, False]))
@pytest.mark.parametrize(("point", "stands", "before"), [(ASIDE, "Two", "Account 1"), (BETWEEN, "Three", "Two")])
def test_run_that_is_killed_while_it_publishes(org: Scene, point: str, stands: str, before: str, links: bool) -> None:
    """The store is the old or the new one, and a rollback brings back the one before that."""
    assert cut_short(org, "run", point, links=links) == "killed"

    assert first_name(org) == stands
    assert brought_back(org) == before
    assert beside(org) == {"statisfy.duckdb", "statisfy.previous.duckdb"}


@pytest.mark.parametrize("links", others_slow([True, False]))
@pytest.mark.parametrize(("point", "stands", "other"), [(ASIDE, "Two", "Account 1"), (BETWEEN, "Account 1", "Two")])
def test_rollback_that_is_killed(org: Scene, point: str, stands: str, other: str, links: bool) -> None:
    """Neither the good store nor the one that was put aside is lost; a pause stays only if the data was rolled back."""
    assert cut_short(org, "rollback", point, links=links) == "killed"
    name = first_name(org)
    forget(org.store, record_id("Contact", 2), CLOCK)  # any start will do
    status = read_status(org.store)
    killed = status.runs[1]

    assert name == stands
    assert (killed.run, killed.outcome, killed.published) == (
        (3, "succeeded", True) if point == BETWEEN else (3, "failed", False)
    )
    assert (status.paused is not None) == (point == BETWEEN)
    assert brought_back(org) == other


@pytest.mark.parametrize("point", others_slow([BETWEEN, ASIDE]))
def test_forgetting_that_is_killed(org: Scene, point: str) -> None:
    """Running it again completes it: no file holds the person, and there is still a store to go back to."""
    assert cut_short(org, "forget", point) == "killed"
    forget(org.store, C1, CLOCK)

    assert holding(org, PERSON) == []
    assert (first_name(org), brought_back(org)) == ("Two", "Account 1")


@pytest.mark.parametrize("links", others_slow([True, False]))
@pytest.mark.parametrize("point", others_slow([BETWEEN, ASIDE]))
def test_person_in_a_file_that_a_killed_run_left(org: Scene, point: str, links: bool) -> None:
    """Forgetting knows of it."""
    cut_short(org, "run", point, links=links)
    held = holding(org, PERSON)
    forget(org.store, C1, CLOCK)

    assert "statisfy.previous.duckdb.new" in held
    assert holding(org, PERSON) == []


def test_first_kept_store_of_a_killed_run(made: Scene, tmp_path: Path) -> None:
    """A rollback finds it even where there was none before."""
    org = Scene(made.running, tmp_path)
    shutil.copy(made.folder / "statisfy.previous.duckdb", org.store)
    with pytest.raises(UnusableStoreError, match="no store to go back to"):
        rollback(org.store, CLOCK)
    cut_short(org, "run", BETWEEN)

    assert (first_name(org), brought_back(org)) == ("Three", "Account 1")


@pytest.mark.parametrize(
    ("command", "point"), others_slow([("rollback", BETWEEN), ("rollback", ASIDE), ("run", BETWEEN), ("run", ASIDE)])
)
def test_rename_that_the_system_refuses(org: Scene, command: str, point: str) -> None:
    """The command fails and says so, the stores are as they were, and the schedule is not paused."""
    said = cut_short(org, command, point, "refused")
    failed = read_status(org.store).runs[0]

    assert said is None if command == "run" else "DiskError" in str(said)
    assert (failed.run, failed.outcome, failed.published) == (3, "failed", False)
    assert point.split()[1] in str(failed.message) or command == "rollback"
    assert read_status(org.store).paused is None
    assert (first_name(org), brought_back(org)) == ("Two", "Account 1")


@pytest.mark.slow
@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("command", ["run", "rollback", "forget"])
def test_kill_before_each_thing_that_is_done_to_a_file(made: Scene, tmp_path: Path, command: str, links: bool) -> None:
    """Whenever a command dies, the data is as before or as after, and the store before it can be brought back."""
    after = {"run": ("Three", "Two"), "rollback": ("Account 1", "Two"), "forget": ("Two", "Account 1")}[command]
    for number in count(1):
        (tmp_path / str(number)).mkdir()
        org = copied(made, tmp_path / str(number))
        ended = cut_short(org, command, str(number), links=links)
        name = first_name(org)
        if command == "forget":
            forget(org.store, C1, CLOCK)
            assert holding(org, PERSON) == [], number
        assert (name, brought_back(org)) in (("Two", "Account 1"), after), number
        assert beside(org) == {"statisfy.duckdb", "statisfy.previous.duckdb"}, number
        assert read_status(org.store).died == (), number
        if ended is None:
            break

    assert number > 4


def test_run_that_is_killed_and_incomplete(org: Scene) -> None:
    """The status says of it what the store says."""
    assert cut_short(org, "incomplete", BETWEEN) == "killed"
    forget(org.store, C1, CLOCK)
    told = {one.run: one.outcome for one in read_status(org.store).runs}

    assert org.rows("SELECT outcome FROM s.accord.runs WHERE run = 3") == [("incomplete",)]
    assert told[3] == "incomplete"


def files(folder: Path, **contents: str) -> StorePaths:
    """Files of a store that hold no more than a word."""
    paths = StorePaths.of(folder / "statisfy.duckdb")
    for name, content in contents.items():
        getattr(paths, name).write_text(content)
    return paths


def held(paths: StorePaths) -> dict[str, str]:
    """What the files of a store hold."""
    names = ("store", "previous", "spare", "next")
    return {name: file.read_text() for name in names if (file := getattr(paths, name)).exists()}


def test_swap_without_a_next_file(tmp_path: Path) -> None:
    """A swap that cannot be made leaves both stores as they were."""
    paths = files(tmp_path, store="2", previous="1")
    with pytest.raises(DiskError):
        swap(paths)

    assert held(paths) == {"store": "2", "previous": "1"}


def test_swap_whose_kept_store_cannot_be_replaced(tmp_path: Path) -> None:
    """It is taken back."""
    paths = files(tmp_path, store="2", next="3")
    paths.previous.mkdir()
    with pytest.raises(DiskError, match=rf"{paths.previous} cannot be written"):
        swap(paths)
    paths.previous.rmdir()

    assert held(paths) == {"store": "2"}


def test_swap_where_the_kept_store_is_the_published_one(tmp_path: Path) -> None:
    """Two names of one file make no third one that stays."""
    paths = files(tmp_path, store="2", next="3")
    paths.previous.hardlink_to(paths.store)
    swap(paths)

    assert held(paths) == {"store": "3", "previous": "2"}


@pytest.mark.parametrize(
    ("there", "left"),
    [
        ({"store": "2", "previous": "1", "spare": "2", "next": "3"}, {"store": "2", "previous": "1"}),
        ({"store": "2", "previous": "1", "spare": "2"}, {"store": "2", "previous": "1"}),
        ({"store": "22", "previous": "1", "spare": "2", "next": "3"}, {"store": "22", "previous": "1"}),
        ({"store": "3", "previous": "1", "spare": "2"}, {"store": "3", "previous": "2"}),
        ({"store": "3", "spare": "2"}, {"store": "3", "previous": "2"}),
        ({"previous": "1", "spare": "2"}, {"previous": "2"}),
    ],
    ids=["not swapped", "no next file", "half a copy", "swapped", "first kept", "store moved away"],
)
def test_spare_that_is_left(tmp_path: Path, there: dict[str, str], left: dict[str, str]) -> None:
    """It becomes the kept store if another file has taken the published one's place, and is removed if none has."""
    paths = files(tmp_path, **there)
    remove_leftovers(paths)

    assert held(paths) == left


def test_folder_in_the_spares_place(tmp_path: Path) -> None:
    """It is nobody's store: it stays, and is named."""
    paths = files(tmp_path, store="3", previous="1")
    paths.spare.mkdir()
    with pytest.raises(DiskError, match=rf"{paths.spare} cannot be written"):
        remove_leftovers(paths)

    assert held(replace(paths, spare=tmp_path / "none")) == {"store": "3", "previous": "1"}
