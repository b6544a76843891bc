"""docs/json.md lists the keys that the commands print, all of them and no others."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from engine.report import AsBefore
from tests.console.accord import ORG, ROOT, accord
from tests.support.local_org import LocalOrg

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pages")]

PAGE = (ROOT / "docs" / "json.md").read_text("utf-8")
# What stands for more than its own key: it is described elsewhere.
WHOLE = {"plan", "org", "accounts.*.samples[]", "diagnostics[]", "running", "runs[].report"}
Keys = tuple[str, ...]

BAD = "accord 1\n\naccounts { customer where Tpye = 'Customer' AND Nothing__c = 1 }\n"


def listed() -> Mapping[str, list[str]]:
    """The keys of each section of the page."""
    found = {}
    for section in PAGE.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        cells = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
        found[title] = [key for cell in cells for key in re.findall(r"`(.*?)`", cell)]
    return found


def paths(value: Any, at: Keys = ()) -> Iterator[Keys]:
    """The keys in a document, each with those that lead to it."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from paths(inner, (*at, key))
    elif isinstance(value, list) and value:
        for inner in value:
            yield from paths(inner, (*at[:-1], f"{at[-1]}[]"))
    else:
        yield at


def covers(key: str, path: Keys) -> bool:
    """Whether a key of the page speaks of a path."""
    segments = tuple(key.split("."))
    if len(path) > len(segments) and key not in WHOLE:
        return False
    # An empty list, a null or a name's empty place has nothing further in it.
    ours, theirs = segments[: len(path)], path[: len(segments)]
    last = len(theirs) - 1
    return all(
        one in ("*", other) or (at == last and one == f"{other}[]")
        for at, (one, other) in enumerate(zip(ours, theirs, strict=True))
    )


@pytest.fixture(scope="module")
def printed(acme: LocalOrg, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Any]]:
    """What each command prints, from the check of a spec to the end of a store."""
    folder = tmp_path_factory.mktemp("json")
    shutil.copy(ROOT / "specs/acme/small.accord", folder / "a.accord")
    shutil.copytree(ORG, folder / "org")
    (folder / "bad.accord").write_text(BAD)

    def said(*words: object) -> Any:
        return json.loads(accord(*words, "--format", "json", cwd=folder, environment=acme.environment).out)

    spec = folder / "a.accord"
    first = said("run", "a.accord")
    spec.write_text(spec.read_text("utf-8").replace("Name, Industry", "Name", 1), encoding="utf-8")
    second = said("run", "a.accord")
    return {
        "A command that has no result": [said("run", "nosuch.accord")],
        "lint": [said("lint", "bad.accord", "--schema", "org"), said("lint", "a.accord", "--schema", "org")],
        "fmt": [said("fmt", "--check", "a.accord")],
        "init": [said("init", "new")],
        "schema": [said("schema", "pull", "-o", "pulled")],
        "explain": [said("explain", "E0201"), said("explain")],
        "compile": [said("compile", "a.accord", "--schema", "org")],
        "preview": [said("preview", "a.accord")],
        "run": [first, second],
        "forget": [said("forget", first_contact(folder / "statisfy.duckdb"))],
        "rollback": [said("rollback")],
        "status": [said("status")],
    }


def first_contact(store: Path) -> str:
    """The Id of a contact that is in."""
    import duckdb

    with duckdb.connect(str(store), read_only=True) as connection:
        return str(connection.execute("SELECT min(Id) FROM statisfy.statisfy.contacts").fetchall()[0][0])


def test_every_key_is_listed(printed: Mapping[str, list[Any]]) -> None:
    """What a command prints stands on the page."""
    keys = listed()
    for title, documents in printed.items():
        for document in documents:
            unknown = [one for one in paths(document) if not any(covers(key, one) for key in keys[title])]
            assert not unknown, (title, unknown)


def test_every_listed_key_is_printed(printed: Mapping[str, list[Any]]) -> None:
    """What stands on the page is printed, or lies in an empty list, or under a null or a name that is not there."""
    for title, keys in listed().items():
        seen = [one for document in printed.get(title, []) for one in paths(document)]
        assert seen or title == "sandbox", title
        above = {one[:length] for one in seen for length in range(1, len(one))}
        unseen = [
            key
            for key in keys
            if not any(covers(key, one) for one in seen)
            and not any(covers(key, one) for one in above if len(one) == len(key.split(".")))
        ]
        assert not unseen, (title, unseen)


def test_rows_as_before() -> None:
    """What no run here has."""
    assert {f"as_before[].{one.name}" for one in fields(AsBefore)} < set(listed()["run"])
