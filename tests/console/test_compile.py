from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlglot

from compiler.plan_document import from_document
from console.plan_text import soql_lines
from tests.console.accord import ORG, ROOT, accord

ACME = ROOT / "specs/acme/acme.accord"


def test_all_sections_are_shown(tmp_path: Path):
    """Filters, SOQL, SQL and digests, in this order."""
    said = accord("compile", ACME, "--schema", ORG, cwd=tmp_path)
    titles = [line.split()[1] for line in said.out.splitlines() if line.endswith("-----")]

    assert said.code == 0
    assert titles == ["Filters", "SOQL", "SQL", "Digests"]
    assert "accounts.customer/1.1  Type = 'Customer'" in said.out


def test_the_sql_is_duckdbs(tmp_path: Path):
    """Every statement can be parsed, and has a header that names its table."""
    said = accord("compile", ACME, "--schema", ORG, "--format", "sql", cwd=tmp_path)
    statements = said.out.strip().split("\n\n-- ")

    assert all(sqlglot.parse_one(f"-- {one.removeprefix('-- ')}", dialect="duckdb") for one in statements)


def test_parts_are_shown_alone(tmp_path: Path):
    """Named parts are shown without the others; an unknown one exits with 2 and lists what there is."""
    said = accord("compile", ACME, "arr", "--schema", ORG, "--format", "soql", cwd=tmp_path)
    wrong = accord("compile", ACME, "nope", "--schema", ORG, cwd=tmp_path)

    assert said.out.startswith("-- arr:")
    assert said.out.count("FROM ") == said.out.count("FROM Subscription__c") == 2
    assert wrong.code == 2
    assert "account_owners" in wrong.err


@pytest.mark.parametrize(
    ("words", "message", "help_"),
    [
        (["arr", "--format", "sql"], "`arr` has no statement of its own", "those with a statement are accounts, "),
        (["arr", "owners", "--format", "sql"], "`arr`, `owners` have no statement of their own", "those with a st"),
        (["account_owners", "--format", "soql"], "`account_owners` has no query of its own", "those with a query are "),
    ],
)
def test_a_part_with_nothing_of_its_own_is_told(tmp_path: Path, words: list[str], message: str, help_: str):
    """In place of an empty line: which parts there are that have what was asked for. No plan is written then."""
    said = accord("compile", ACME, *words, "--schema", ORG, "-o", "plan.json", cwd=tmp_path)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {message}\n  = help: {help_}")
    assert list(tmp_path.iterdir()) == []


def test_the_plan_file_can_be_read_back(tmp_path: Path):
    """`-o` writes the document with the spec that it was made from; the digests shown are those of the plan in it."""
    written = accord("compile", ACME, "--schema", ORG, "-o", "plan.json", cwd=tmp_path)
    shown = json.loads(accord("compile", ACME, "--schema", ORG, "--format", "json", cwd=tmp_path).out)
    document = json.loads((tmp_path / "plan.json").read_text("utf-8"))

    assert (written.code, written.out) == (0, "")
    assert document.pop("spec") == {"path": str(ACME), "text": ACME.read_text("utf-8")}
    assert document == shown["plan"]
    assert from_document(document).table("accounts").key == ("Id",)


@pytest.mark.parametrize("words", ["a.accord", "../{folder}/a.accord", "link.json"])
def test_the_plan_does_not_replace_the_spec(tmp_path: Path, words: str):
    """`-o` with the spec's own name, in whatever way it is written, writes nothing."""
    spec = tmp_path / "a.accord"
    spec.write_bytes(ACME.read_bytes())
    (tmp_path / "link.json").symlink_to(spec)
    output = words.format(folder=tmp_path.name)
    said = accord("compile", "a.accord", "--schema", ORG, "-o", output, cwd=tmp_path)

    assert (said.code, said.out) == (2, "")
    assert (
        said.err == f"error: {output} is the spec itself, which the plan would replace\n  = help: name another file\n"
    )
    assert spec.read_bytes() == ACME.read_bytes()


def test_a_comment_changes_the_document_and_not_the_meaning(tmp_path: Path):
    """The two digests tell a change of layout from a change of meaning."""
    spec = tmp_path / "a.accord"
    spec.write_text("accord 1\naccounts { where Type = 'Customer' }\n")
    first = json.loads(accord("compile", spec, "--schema", ORG, "--format", "json", cwd=tmp_path).out)["digests"]
    spec.write_text("accord 1\n# all customers\naccounts {\n  where Type = 'Customer'\n}\n")
    second = json.loads(accord("compile", spec, "--schema", ORG, "--format", "json", cwd=tmp_path).out)["digests"]

    assert first["meaning"] == second["meaning"]
    assert first["document"] != second["document"]


def test_errors_are_drawn_on_stderr(tmp_path: Path):
    """A spec with errors compiles to nothing and exits with 1."""
    (tmp_path / "a.accord").write_text("accord 1\naccounts { where Nope__c = 1 }\n")
    said = accord("compile", "a.accord", "--schema", ORG, cwd=tmp_path)

    assert (said.code, said.out) == (1, "")
    assert "^^^^^^^" in said.err


def test_without_a_snapshot_nothing_is_compiled(tmp_path: Path):
    """Compiling needs a schema, and says where to get one."""
    (tmp_path / "a.accord").write_text("accord 1\naccounts { where Type = 'x' }\n")
    said = accord("compile", "a.accord", cwd=tmp_path)

    assert said.code == 2
    assert "`accord schema pull` makes one" in said.err


def test_blanks_inside_quotes_are_data():
    """A long query is broken between words, never inside quotes, and its keywords inside quotes stay where they are."""
    value = "a  FROM b " * 30
    soql = f"SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Name = '{value}' ORDER BY Id"

    lines = soql_lines(soql).splitlines()

    assert lines[0] == "SELECT Id"
    assert f"'{value}'" in "\n".join(lines)
    assert lines[-1] == "ORDER BY Id"
    assert "FROM Contact)" in "".join(lines)
