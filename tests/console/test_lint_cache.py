from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from console import lint_cache
from console.lint_cache import Answer, LintCache, cache_folder
from console.lint_key import SpecFile, lint_key
from tests.console.accord import ORG, ROOT, Said, accord

WARNED = "accounts {\n  where Type = 'Customer'\n}\n"
ANSWER = Answer("été: 1 error\n", "1 spec\n", 1)
KEY = "a" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a spec that gets a warning, beside its org."""
    (tmp_path / "a.accord").write_text(WARNED)
    shutil.copytree(ORG / "describe", tmp_path / "org" / "describe")
    return tmp_path


def lint(folder: Path, *words: str) -> Said:
    """Lint the spec of the folder with a cache of the folder's own."""
    return accord("lint", "a.accord", *words, cwd=folder, environment={"ACCORD_CACHE_DIR": str(folder / "cache")})


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "cache" / "lint").glob("*"))


def test_an_answer_that_is_kept_is_said_again(folder: Path):
    """The second run says the same on both streams, with the same exit code."""
    first, second = lint(folder, "--strict"), lint(folder, "--strict")

    assert first == second
    assert first.code == 1
    assert "W0501" in first.out
    assert len(kept(folder)) == 1


def test_a_kept_answer_needs_no_other_stage(folder: Path):
    """A second run imports neither grammar nor compiler nor engine."""
    lint(folder)
    code = """
import sys
from console.cli import main
main()
print("loaded:", *sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "lint", "a.accord"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ACCORD_CACHE_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    said, _, loaded = done.stdout.rpartition("loaded:")
    ours = {name.partition(".")[0] for name in loaded.split()}

    assert "W0501" in said
    assert "console" in ours
    assert not ours & {"grammar", "compiler", "engine", "json"}


@pytest.mark.parametrize("style", ["json", "sarif", "github"])
def test_each_format_has_its_own_answer(folder: Path, style: str):
    """A text that is kept is not given for another format."""
    lint(folder)

    assert lint(folder, "--format", style).out == lint(folder, "--format", style, "--no-cache").out
    assert len(kept(folder)) == 2


def test_a_changed_spec_is_checked(folder: Path):
    """The text decides, not when the file was written."""
    lint(folder)
    about = (folder / "a.accord").stat()
    (folder / "a.accord").write_text(WARNED.replace("Type", "Tipe"))
    os.utime(folder / "a.accord", ns=(about.st_atime_ns, about.st_mtime_ns))

    assert "Tipe" in lint(folder).out


def test_a_changed_schema_is_looked_at(folder: Path):
    """A field that the org no longer has is missed at once."""
    lint(folder)
    account = folder / "org" / "describe" / "Account.json"
    describe = json.loads(account.read_text())
    describe["fields"] = [field for field in describe["fields"] if field["name"] != "Type"]
    account.write_text(json.dumps(describe))

    assert "`Account.Type` is in the org, but this schema snapshot does not show it" in lint(folder).out


def test_no_cache_neither_reads_nor_writes(folder: Path):
    """With `--no-cache` nothing is kept."""
    assert lint(folder, "--no-cache").out == lint(folder).out
    assert len(kept(folder)) == 1


def test_fixing_is_never_answered_from_the_cache(folder: Path):
    """`--fix` mends a file although an answer for its text is kept, and keeps none itself."""
    lint(folder)
    said = lint(folder, "--fix")

    assert said.err == "1 spec: nothing to report; 1 fix applied\n"
    assert (folder / "a.accord").read_text() == f"accord 1\n{WARNED}"
    assert len(kept(folder)) == 1


def test_an_unknown_time_zone_is_looked_for_again(folder: Path):
    """Which zones there are hangs on what is installed, so such an answer is not kept."""
    (folder / "a.accord").write_text(f'accord 1\n{WARNED}schedule every day at 02:00 in "Europe/Berlim"\n')

    assert "E0210" in lint(folder).out
    assert kept(folder) == []


@pytest.mark.parametrize("damage", [b"", b"accord-lint-1", b"nonsense\n\n\n"])
def test_a_damaged_answer_is_worked_out_again(folder: Path, damage: bytes):
    """What is not whole is ignored and written anew."""
    first = lint(folder)
    (path,) = kept(folder)
    whole = path.read_bytes()
    for wrong in (damage, whole[:-5], whole.replace(b"warning", b"Warning", 1)):
        path.write_bytes(wrong)

        assert lint(folder) == first
        assert path.read_bytes() == whole


def test_the_folder_is_the_users_alone(folder: Path):
    """Nobody else may read what a spec says, or put an answer there."""
    lint(folder)
    (path,) = kept(folder)

    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path: Path):
    """An answer there may be anybody's."""
    cache = LintCache(tmp_path / "lint")
    cache.put(KEY, ANSWER)
    (tmp_path / "lint").chmod(0o777)

    assert cache.get(KEY) is None


def test_without_a_place_to_keep_answers_lint_works(folder: Path):
    """A file where the folder should be is no reason to fail."""
    (folder / "cache").write_text("")

    assert "W0501" in lint(folder).out


def test_what_is_put_is_got(tmp_path: Path):
    """Both texts and the code come back, and nothing else lies in the folder."""
    cache = LintCache(tmp_path / "deep" / "lint")
    cache.put(KEY, ANSWER)

    assert cache.get(KEY) == ANSWER
    assert cache.get("b" * 64) is None
    assert [path.name for path in cache.folder.iterdir()] == [KEY]


def test_the_oldest_answers_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Beyond the bound the answer goes that was not used for the longest time."""
    monkeypatch.setattr(lint_cache, "MOST_ANSWERS", 2)
    cache = LintCache(tmp_path)
    for age, key in enumerate("cba"):
        cache.put(key, ANSWER)
        os.utime(tmp_path / key, (age, age))
    cache.get("b")
    cache.put("d", ANSWER)

    assert {path.name for path in tmp_path.iterdir()} == {"b", "d"}


def test_the_bytes_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The answers together stay below a size, and one that is very large is not kept."""
    monkeypatch.setattr(lint_cache, "MOST_BYTES", 3_000)
    monkeypatch.setattr(lint_cache, "LARGEST", 2_000)
    cache = LintCache(tmp_path)
    for key in "abc":
        cache.put(key, Answer("x" * 1_500, "", 0))
    cache.put("d", Answer("x" * 2_500, "", 0))

    assert len(list(tmp_path.iterdir())) == 1
    assert cache.get("d") is None


def test_the_variable_names_the_folder(tmp_path: Path):
    """ACCORD_CACHE_DIR goes before the system's folder for caches."""
    assert cache_folder({"ACCORD_CACHE_DIR": str(tmp_path)}) == tmp_path / "lint"
    assert cache_folder({}).parent.name == "accord"


def test_the_key_knows_one_text_from_another(tmp_path: Path):
    """Whatever is shown or read changes the key: path, text, schema, options and how they are divided."""
    files = [SpecFile(Path("a"), b"bc", None), SpecFile(Path("ab"), b"c", None), SpecFile(Path("a"), b"bc", tmp_path)]
    (tmp_path / "describe").mkdir()
    keys = {lint_key([file], options) for file in files for options in (("text", "x"), ("textx", ""))}

    assert len(keys) == 6
    assert lint_key(files, ("text",)) == lint_key(files, ("text",))


def test_the_key_covers_the_code_that_lint_runs():
    """Every module of ours that a lint loads lies in a folder whose content is part of the key."""
    from console import lint_key as module

    code = """
import sys
from pathlib import Path
from console.cli import main
main()
print("loaded:", *(str(Path(m.__file__).parent) for m in list(sys.modules.values()) if getattr(m, "__file__", None)))
"""
    words = ["lint", "specs/acme/acme.accord", "--schema", "specs/acme/org", "--no-cache"]
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    folders = {Path(place) for place in done.stdout.rpartition("loaded:")[2].split()}
    ours = {
        f.relative_to(ROOT).as_posix() for f in folders if f.is_relative_to(ROOT) and "site-packages" not in f.parts
    }

    assert ours <= set(module._CODE)
