from __future__ import annotations

import json
from pathlib import Path

from console.cli import COMMANDS
from console.commands.init import SPEC
from grammar import format_spec, parse_spec
from tests.console.accord import ORG, accord


def test_alone_it_lists_the_commands_in_order(tmp_path: Path):
    """`accord` lists what it can do and exits with 0."""
    said = accord(cwd=tmp_path)
    listed = [line.split()[0] for line in said.out.partition("Commands:\n")[2].splitlines()]

    assert said.code == 0
    assert listed == list(COMMANDS)


def test_every_command_has_help(tmp_path: Path):
    """Each command says in a line what it does."""
    listing = accord(cwd=tmp_path).out.partition("Commands:\n")[2].splitlines()

    assert all(len(line.split(maxsplit=1)) == 2 for line in listing)
    assert not any(line.endswith("...") for line in listing)


def test_an_unknown_command_is_a_usage_error(tmp_path: Path):
    """A misspelt command exits with 2 and names those that may have been meant."""
    said = accord("lnit", cwd=tmp_path)

    assert said.code == 2
    assert "did you mean `accord init` or `accord lint`?" in said.err


def test_an_unknown_option_is_a_usage_error(tmp_path: Path):
    """A misspelt option exits with 2."""
    assert accord("lint", "--nope", "x", cwd=tmp_path).code == 2


def test_the_version_is_the_distributions(tmp_path: Path):
    """`--version` names the installed version."""
    assert accord("--version", cwd=tmp_path).out.startswith("accord 0.")


def test_init_writes_a_spec_that_lints_clean(tmp_path: Path):
    """A new project starts without findings."""
    started = accord("init", "new", cwd=tmp_path)
    linted = accord("lint", "spec.accord", cwd=tmp_path / "new", environment={"ACCORD_SCHEMA": str(ORG)})

    assert started.code == 0
    assert (linted.code, linted.out) == (0, "")


def test_the_first_step_after_init_works(tmp_path: Path):
    """`accord lint`, as `init` names it, works before a snapshot is pulled, and says what is not checked."""
    started = accord("init", cwd=tmp_path)
    linted = accord("lint", cwd=tmp_path)

    assert "Next: `accord lint`" in started.err
    assert (linted.code, linted.out) == (0, "")
    assert linted.err.startswith("1 spec: nothing to report\nnote: no schema")
    assert f"{tmp_path / 'org'} is not there yet" in linted.err
    assert "`accord schema pull` makes a snapshot" in linted.err


def test_what_is_called_a_snapshot_and_is_none_is_refused(tmp_path: Path):
    """A folder that accord.toml names, that is there and holds no describes, exits with 2."""
    accord("init", cwd=tmp_path)
    (tmp_path / "org").mkdir()
    said = accord("lint", cwd=tmp_path)

    assert said.code == 2
    assert "is not a snapshot of an org" in said.err


def test_lint_of_a_folder_without_specs_says_so(tmp_path: Path):
    """Without a path and without a spec `lint` exits with 2."""
    said = accord("lint", cwd=tmp_path)

    assert said.code == 2
    assert "there is no spec (*.accord) in ." in said.err


def test_init_writes_a_spec_in_canonical_form():
    """What `init` writes is what `fmt` would write."""
    assert format_spec(parse_spec(SPEC).tree) == SPEC


def test_init_touches_nothing_that_exists(tmp_path: Path):
    """A second `init` changes no file and exits with 2."""
    (tmp_path / "accord.toml").write_text("")
    said = accord("init", cwd=tmp_path)

    assert said.code == 2
    assert "accord.toml exists already" in said.err
    assert not (tmp_path / "spec.accord").exists()


def test_settings_that_are_wrong_start_nothing(tmp_path: Path):
    """An unknown key in accord.toml exits with 2 and names file and key."""
    (tmp_path / "accord.toml").write_text("[org]\nclientid = 'x'\n")
    (tmp_path / "a.accord").write_text("accord 1\n")
    said = accord("lint", "a.accord", cwd=tmp_path)

    assert said.code == 2
    assert "accord.toml: [org] clientid is not a setting" in said.err
    assert "did you mean `client_id`?" in said.err


def test_without_a_connection_nothing_is_started(tmp_path: Path):
    """A command that needs an org says how to connect one and exits with 2."""
    (tmp_path / "a.accord").write_text(SPEC)
    said = accord("run", "a.accord", cwd=tmp_path)

    assert said.code == 2
    assert "ACCORD_INSTANCE_URL" in said.err


def test_fmt_writes_the_canonical_form_once(tmp_path: Path):
    """`fmt` rewrites a spec, and a second time changes nothing."""
    spec = tmp_path / "a.accord"
    spec.write_text("accord 1\naccounts{where   Type='Customer'} # all\n")
    first = accord("fmt", "a.accord", cwd=tmp_path)
    text = spec.read_text()
    second = accord("fmt", "a.accord", "--format", "json", cwd=tmp_path)

    assert first.code == 0
    assert "where Type = 'Customer'" in text
    assert "# all" in text
    assert json.loads(second.out) == {"schema_version": 1, "files": 1, "changed": [], "refused": []}


def test_fmt_check_changes_nothing(tmp_path: Path):
    """`fmt --check` exits with 1 when a spec would change, `--diff` shows how, and both leave the file."""
    spec = tmp_path / "a.accord"
    spec.write_text("accord 1\naccounts { where Type='Customer' }\n")
    check = accord("fmt", "--check", "a.accord", cwd=tmp_path)
    diff = accord("fmt", "--diff", "a.accord", cwd=tmp_path)

    assert check.code == 1
    assert "-accounts { where Type='Customer' }" in diff.out
    assert spec.read_text() == "accord 1\naccounts { where Type='Customer' }\n"


def test_fmt_refuses_a_spec_with_syntax_errors(tmp_path: Path):
    """A spec that does not parse stays as it is, and its errors are shown."""
    spec = tmp_path / "a.accord"
    spec.write_text("accord 1\naccounts { where Type =   \n")
    said = accord("fmt", "a.accord", cwd=tmp_path)

    assert said.code == 1
    assert "error[E01" in said.err
    assert spec.read_text() == "accord 1\naccounts { where Type =   \n"


def test_explain_shows_the_page_by_code_and_by_name(tmp_path: Path):
    """`explain` finds a page from any folder, whatever the case of its code."""
    listed = accord("explain", "--format", "json", cwd=tmp_path)
    first = json.loads(listed.out)["diagnostics"][0]
    by_code = accord("explain", first["code"].lower(), cwd=tmp_path)
    by_name = accord("explain", first["name"], cwd=tmp_path)

    assert by_code.code == 0
    assert by_code.out.startswith(f"# {first['code']} {first['name']}\n")
    assert by_name.out == by_code.out


def test_explain_of_an_unknown_code_says_what_there_is(tmp_path: Path):
    """An unknown code exits with 2."""
    said = accord("explain", "E9999", cwd=tmp_path)

    assert said.code == 2
    assert "there is no diagnostic `E9999`" in said.err
