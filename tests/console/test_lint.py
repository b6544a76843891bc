from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.console.accord import ORG, accord

GOOD = "accord 1\n\naccounts {\n  where Type = 'Customer'\n}\n"
FIVE_MISTAKES = """\
accord 1

accounts {
  customer where Typ = 'Customer'
  prospect where Type = 3
}

owners {
  csm from Name
}

arr from sum(Amount__c) of Subscripton__c via Account__c
renewal from Renewal_Dat__c

contacts { where Email != null
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.accord").write_text(GOOD)
    (tmp_path / "bad.accord").write_text(FIVE_MISTAKES)
    return tmp_path


def test_a_good_spec_gives_no_result(folder: Path):
    """Nothing to report: nothing on stdout, exit 0."""
    said = accord("lint", "good.accord", "--schema", ORG, cwd=folder)

    assert (said.code, said.out) == (0, "")
    assert said.err == "1 spec: nothing to report\n"


def test_all_mistakes_are_reported_at_once_at_their_places(folder: Path):
    """Different mistakes in one spec, a missing brace among them, are all reported, and nothing else."""
    said = accord("lint", "bad.accord", "--schema", ORG, "--format", "json", cwd=folder)
    found = json.loads(said.out)["diagnostics"]
    lines = FIVE_MISTAKES.splitlines()
    places = {lines[d["line"] - 1][d["column"] - 1 : d["end_column"] - 1] for d in found}

    assert said.code == 1
    assert places == {"Typ", "3", "Name", "Subscripton__c", "Renewal_Dat__c", "{"}
    assert len(found) == len(places)
    assert all(d["help"] for d in found)


def test_findings_are_drawn_on_stdout_without_colours(folder: Path):
    """The text format has an excerpt for each finding; no escape sequence reaches a file."""
    said = accord("lint", "bad.accord", "--schema", ORG, cwd=folder)

    assert "bad.accord:13:14" in said.out
    assert "^^^^^^^^^^^^^^" in said.out
    assert "\x1b" not in said.out


def test_without_a_schema_it_says_so_and_checks_the_rest(folder: Path):
    """Without a schema syntax is still checked, and stderr says that names and types were not."""
    said = accord("lint", ".", cwd=folder)

    assert said.code == 1
    assert "error[E0102]" in said.out
    assert "names and types were not checked" in said.err


def test_the_nearest_describe_is_found(folder: Path):
    """`describe/` in the spec's folder or above it is the schema."""
    below = folder / "below"
    below.mkdir()
    (below / "a.accord").write_text("accord 1\naccounts { where Nope__c = 1 }\n")
    (folder / "describe").symlink_to(ORG / "describe")
    said = accord("lint", "below/a.accord", cwd=folder)

    assert said.code == 1
    assert "`Nope__c`" in said.out


def test_the_schema_of_accord_toml_is_found(folder: Path):
    """accord.toml names the schema."""
    (folder / "accord.toml").write_text(f'[schema]\npath = "{ORG}"\n')

    assert accord("lint", "good.accord", cwd=folder).err == "1 spec: nothing to report\n"


def test_a_schema_that_is_none_is_refused(folder: Path):
    """`--schema` must name an org folder."""
    said = accord("lint", "good.accord", "--schema", "nope", cwd=folder)

    assert said.code == 2
    assert "is not a snapshot of an org" in said.err


@pytest.mark.parametrize(
    ("describe", "lacks"),
    [
        ('{"name": "Contact", "fields": [{"name": "Id"}]}', ": `type` is missing"),
        ('{"fields": []}', ": `name` is missing"),
        ('{"name": "Contact", "fields": 5}', ""),
        ("[]", ""),
    ],
)
def test_a_describe_of_another_shape_is_named(folder: Path, describe: str, lacks: str):
    """Which file it is, what it lacks, and the way out."""
    (folder / "org/describe").mkdir(parents=True)
    for name in ("Account", "Opportunity"):
        (folder / f"org/describe/{name}.json").write_text(f'{{"name": "{name}", "fields": []}}')
    (folder / "org/describe/Contact.json").write_text(describe)
    said = accord("lint", "good.accord", "--schema", "org", cwd=folder)

    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"error: org/describe/Contact.json has not the shape of a describe of Salesforce's{lacks}\n"
        "  = help: `accord schema pull` writes it anew\n"
    )


def test_warnings_count_only_when_strict(folder: Path):
    """A spec with a warning alone exits with 0, with `--strict` with 1."""
    (folder / "warned.accord").write_text(GOOD.removeprefix("accord 1\n"))
    plain = accord("lint", "warned.accord", "--schema", ORG, cwd=folder)
    strict = accord("lint", "warned.accord", "--schema", ORG, "--strict", cwd=folder)

    assert "warning[" in plain.out
    assert (plain.code, strict.code) == (0, 1)


def test_fix_applies_what_needs_no_decision(folder: Path):
    """`--fix` mends the file, keeps the rest of it, and reports what is left."""
    spec = folder / "fixable.accord"
    spec.write_bytes(b'accord 1\r\n\r\naccounts {\r\n  where Type == "Customer" # all\r\n}\r\n')
    said = accord("lint", "fixable.accord", "--schema", ORG, "--fix", cwd=folder)

    assert said.code == 0
    assert spec.read_bytes() == b"accord 1\r\n\r\naccounts {\r\n  where Type = 'Customer' # all\r\n}\r\n"
    assert "fixes applied" in said.err


def test_what_fix_leaves_is_not_called_mendable(folder: Path):
    """A second `--fix` changes nothing, and nobody is sent to try it."""
    spec = folder / "unfixable.accord"
    spec.write_text("accord 1\naccounts { { where Type = 'Customer'\n")
    before = accord("lint", "unfixable.accord", "--schema", ORG, cwd=folder)
    fixed = accord("lint", "unfixable.accord", "--schema", ORG, "--fix", cwd=folder)

    assert "can mend 1" in before.err
    assert "--fix" not in fixed.err
    assert spec.read_text() == "accord 1\naccounts { { where Type = 'Customer'\n"


@pytest.mark.parametrize("style", ["json", "sarif", "github"])
def test_machine_formats_of_a_clean_spec(folder: Path, style: str):
    """A clean spec gives an empty document, not an empty answer, where the format has one."""
    said = accord("lint", "good.accord", "--schema", ORG, "--format", style, cwd=folder)

    assert said.code == 0
    if style == "github":
        assert said.out == ""
    else:
        assert json.loads(said.out)


def test_colours_are_for_terminals(folder: Path):
    """On a terminal the findings are coloured, unless NO_COLOR is set."""
    assert "\x1b[" in on_terminal("lint", "bad.accord", cwd=folder, environment={})
    assert "\x1b[" not in on_terminal("lint", "bad.accord", cwd=folder, environment={"NO_COLOR": "1"})
    assert "\x1b[" not in on_terminal("lint", "bad.accord", cwd=folder, environment={"CI": "true"})


def on_terminal(*words: str, cwd: Path, environment: dict[str, str]) -> str:
    """What accord writes to a pseudo-terminal."""
    import os
    import pty
    import subprocess
    import sys

    from tests.console.accord import ROOT

    ours, theirs = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("CI", "NO_COLOR") and not k.startswith("ACCORD_")}
    with subprocess.Popen(
        [sys.executable, "-c", "from console.cli import main; main()", *words],
        cwd=cwd,
        env={**clean, "TERM": "xterm", "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ):
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux ends a terminal's output with an error
                break
            if not part:
                break
            parts.append(part)
    os.close(ours)
    return b"".join(parts).decode()
