"""docs/org-folders.md: its org is loaded, its requests are made, and its tables name the keys that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from compiler.meaning import Switches
from sandbox import Running, serve
from sandbox.org_rules import OAuthSettings, UserAccess, ValidationRule
from sandbox.org_settings import OrgSettings
from tests.docs.markdown import Block, blocks
from tests.support.local_org import ROOT

TEXT = (ROOT / "docs/org-folders.md").read_text("utf-8")
BLOCKS = blocks(TEXT)
DATA = "/services/data/v66.0"


def _asked() -> list[tuple[Block, Block]]:
    """Each request of the page with the block that follows it, its answer."""
    words = ("query", "refused")
    return [(b, BLOCKS[at + 1]) for at, b in enumerate(BLOCKS) if b.marker and b.marker.startswith(words)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The page's org, from its files."""
    folder = tmp_path_factory.mktemp("nordlicht")
    for block in BLOCKS:
        if block.marker and block.marker.startswith("file "):
            path: Path = folder / block.marker.removeprefix("file ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, "utf-8")
    with serve(folder) as server:
        yield server


def _client(running: Running, username: str) -> httpx.Client:
    user = running.sandbox.sign_in.user(username)
    assert user is not None
    session = running.sandbox.sessions.open(user.id, running.org.now())
    return httpx.Client(base_url=running.instance_url, headers={"Authorization": f"Bearer {session.token}"})


def _plain(value: Any) -> Any:
    """Records without their attributes, child queries as lists."""
    if isinstance(value, dict):
        if "records" in value:
            return _plain(value["records"])
        return {key: _plain(member) for key, member in value.items() if key != "attributes"}
    return [_plain(member) for member in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("request_", "answer"), _asked(), ids=lambda b: b.marker or "answer")
def test_requests_get_the_answers_that_the_page_shows(running: Running, request_: Block, answer: Block) -> None:
    """Queries give these records, refusals have these members."""
    assert request_.marker is not None
    what, _, who = request_.marker.rpartition(" ")
    expected = json.loads(answer.text)
    if what == "refused create":
        with _client(running, "ada@nordlicht.example") as client:
            told = client.post(f"{DATA}/sobjects/{who}", json=json.loads(request_.text))
    else:
        with _client(running, who) as client:
            told = client.get(f"{DATA}/query", params={"q": request_.text.strip()})
    if what == "query":
        assert _plain(told.json()) == expected
    else:
        assert told.status_code == 400
        assert {key: told.json()[0][key] for key in expected} == expected


def _keys(table: str) -> set[str]:
    """The keys in the first column of a table of the page."""
    part = TEXT.partition(f"<!-- keys {table} -->\n")[2].partition("\n\n")[0]
    return {key for line in part.splitlines()[2:] for key in re.findall(r"`(\w+)`", line.split("|")[1])}


@pytest.mark.parametrize(
    ("table", "known"),
    [
        ("org.toml", {*OrgSettings._fields, "validation"} - {"validations", "accesses"}),
        ("user", set(UserAccess._fields)),
        ("validation", set(ValidationRule._fields)),
        ("oauth", set(OAuthSettings._fields)),
        ("switches", set(Switches._fields)),
    ],
)
def test_every_key_of_org_toml_is_on_the_page(table: str, known: set[str]) -> None:
    """The tables and the reader of org.toml know the same keys."""
    assert _keys(table) == known


def test_every_switch_has_its_default_on_the_page() -> None:
    """What the table says is what holds where nothing is said."""
    part = TEXT.partition("<!-- keys switches -->\n")[2]
    told = dict(re.findall(r"^\| `(\w+)` \| `?(\w+)`? \|", part, re.MULTILINE))

    assert told == {key: str(value).lower() if isinstance(value, bool) else value
                    for key, value in Switches()._asdict().items()}  # fmt: skip


def test_the_app_of_the_page_is_the_one_that_is_served(running: Running) -> None:
    """What `[oauth]` says holds."""
    assert running.client_id == "nordlicht-app"
    assert running.sandbox.sign_in.grants.rotates
    assert running.username == "ada@nordlicht.example"
