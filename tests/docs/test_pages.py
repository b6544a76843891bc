"""README.md and docs/ show what Accord really says. `pytest --update` rewrites the generated blocks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from compiler import compile_spec
from compiler.print_soql import print_query
from console.checking import check
from console.cli import COMMANDS
from console.drawing import draw
from console.plan_text import soql_lines
from console.words import table
from engine.snapshot import load_schema
from grammar import parse_spec
from grammar.source import Source
from tests.docs.commands import is_replayed, replay, run_accord
from tests.docs.markdown import Block, blocks, replaced
from tests.support.local_org import ROOT, LocalOrg

# One worker runs them all, so that what they stand on is made once.
pytestmark = pytest.mark.xdist_group("pages")

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *(
        f"docs/{name}.md"
        for name in ("architecture", "commands", "faults", "language", "org-folders", "sandbox", "tables")
    ),
]
SMALL = ROOT / "specs/acme/small.accord"
ORG = ROOT / "specs/acme/org"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder in which the repository's specs can be named as the pages name them."""
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    return tmp_path


@pytest.fixture(scope="module")
def stores(acme: LocalOrg, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """What a first run of each example spec leaves."""
    found = {}
    for name in ("small", "acme"):
        folder = tmp_path_factory.mktemp(name)
        shutil.copy(ROOT / f"specs/acme/{name}.accord", folder)
        said = run_accord(["run", f"{name}.accord"], folder, acme.environment)
        found[name] = folder / "statisfy.duckdb"
        assert found[name].exists(), said
    return found


def rows(store: Path, query: str) -> str:
    """The result of a query as a table of text."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{store}' AS store (READ_ONLY)")
        connection.execute("USE store")
        result = connection.execute(query)
        names = [column[0] for column in result.description or ()]
        found = result.fetchall()
    kinds = frozenset(at for at in range(len(names)) if found and not isinstance(found[0][at], str))
    cells = [["" if value is None else str(value) for value in row] for row in found]
    return table(names, cells, kinds) + "\n"


def generated(page: str, stores: dict[str, Path], folder: Path, environment: dict[str, str]) -> list[tuple[Block, str]]:
    """Each generated block of a page with the text that it must have."""
    found = []
    query: str | None = None
    for block in blocks(page):
        words, _, rest = (block.marker or "").partition(": ")
        if words == "file":
            found.append((block, (ROOT / rest).read_text("utf-8")))
        elif words == "soql":
            plan = compile_spec(parse_spec(SMALL.read_text("utf-8")).tree, load_schema(ORG))
            queries = [print_query(plan.extract(name).fetch).text for name in rest.split(", ")]
            found.append((block, "\n\n".join(map(soql_lines, queries)) + "\n"))
        elif words == "rows":
            found.append((block, rows(stores["small"], rest)))
        elif words == "misspelt":
            found.append((block, misspelt(*rest.split(" as "))))
        elif block.language == "console" and is_replayed(block.text):
            found.append((block, replay(block.text, folder, environment)))
        elif query is not None and block.language == "text":
            found.append((block, rows(stores["acme"], query)))
        query = block.text if block.language == "sql" and not words else None
    return found


def misspelt(right: str, wrong: str) -> str:
    """How lint draws the small spec with a slip in it."""
    source = Source(SMALL.read_text("utf-8").replace(right, wrong), "small.accord")
    (diagnostic,) = check(source, load_schema(ORG)).diagnostics
    return draw(diagnostic, source) + "\n"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_shows_what_happens(name: str, stores: dict[str, Path], folder: Path, acme: LocalOrg, update: bool):
    """Every generated block is what Accord says and does today."""
    path = ROOT / name
    page = path.read_text("utf-8")
    changes = generated(page, stores, folder, acme.environment)
    if update:
        path.write_text(replaced(page, changes), "utf-8")
        return

    for block, text in changes:
        assert block.text == text


def test_the_store_opens_as_the_pages_say(stores: dict[str, Path], monkeypatch: pytest.MonkeyPatch):
    """Each way to open the store that the pages show works when it is copied, and the one they warn of does not."""
    monkeypatch.chdir(stores["acme"].parent)
    shown = next(b.text for b in blocks((ROOT / "docs/tables.md").read_text("utf-8")) if b.text.startswith("ATTACH"))
    readme = re.findall(r"`((?:ATTACH|SELECT) [^`]+;)`", (ROOT / "README.md").read_text("utf-8"))
    with duckdb.connect() as attached:
        counted = attached.execute(shown).fetchall()
    with duckdb.connect() as attached:
        rows = attached.execute(" ".join(readme)).fetchall()
    with duckdb.connect("statisfy.duckdb", read_only=True) as direct:
        with pytest.raises(duckdb.BinderException, match="mbiguous"):
            direct.execute("SELECT count(*) FROM statisfy.accounts")
        named = direct.execute("SELECT count(*) FROM statisfy.statisfy.accounts").fetchall()
        used = direct.execute("USE statisfy.statisfy; SELECT count(*) FROM accounts").fetchall()

    assert counted == named == used == [(len(rows),)]


def test_every_command_has_its_section():
    """docs/commands.md has the commands in their order, and shows the help of each."""
    page = (ROOT / "docs/commands.md").read_text("utf-8")
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    shown = {block.text.splitlines()[0] for block in blocks(page) if block.language == "console"}

    assert headings[1:] == list(COMMANDS)
    assert {f"$ accord {name} --help" for name in COMMANDS} - shown <= {"$ accord schema --help"}


def test_links_lead_somewhere():
    """Every relative link of a page names a file or a heading that exists."""
    broken = []
    for name in PAGES:
        page = (ROOT / name).read_text("utf-8")
        headings = {
            re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in page.splitlines()
            if line.startswith("#")
        }
        for target in re.findall(r"\]\(([^)]+)\)", page):
            if target.startswith("#"):
                broken += [f"{name}: {target}"] if target[1:] not in headings else []
            elif not target.startswith("https://") and not (ROOT / name).parent.joinpath(target).exists():
                broken.append(f"{name}: {target}")

    assert not broken


def test_the_first_screen_is_short():
    """The example spec of the README has about ten lines."""
    lines = [line for line in SMALL.read_text("utf-8").splitlines() if line.strip()]

    assert len(lines) <= 15


def test_the_architecture_names_files_that_exist():
    """Every file and folder that the architecture names is there."""
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    named = re.findall(r"`((?:grammar|compiler|sandbox|engine|console|tests|docs|specs)/[\w/.]*)`", page)

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
