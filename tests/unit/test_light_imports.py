"""What is quick to start stays quick: heavy packages are imported where they are needed, not before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"pydantic", "duckdb", "sqlglot", "httpx", "rich", "starlette", "uvicorn", "anyio", "stamina"}
ROOT = Path(__file__).parents[2]


def heavy_after(code: str, *args: str) -> set[str]:
    """The heavy packages that are loaded once the code has run in a process of its own."""
    reporting = f"""
import sys
try:
    {code}
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", *(m for m in sys.modules if "." not in m))
"""
    done = subprocess.run(
        [sys.executable, "-c", reporting, *args], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return HEAVY & set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("package", ["grammar", "compiler"])
def test_import_stays_light(package: str):
    """Importing the package brings nothing heavy."""
    assert heavy_after(f"import {package}") == set()


def test_lint_stays_light():
    """Linting a spec against a snapshot of an org brings nothing heavy."""
    lint = "sys.argv[0] = 'accord'; from console.cli import main; main()"

    assert heavy_after(lint, "lint", "specs/acme/acme.accord", "--schema", "specs/acme/org") == set()


def test_help_stays_light():
    """Listing the commands brings nothing heavy, although it imports the file of each."""
    assert heavy_after("from console.cli import main; main()") == set()


@pytest.mark.parametrize("module", ["engine.status", "engine.rollback", "engine.forget"])
def test_what_asks_nobody_brings_no_client(module: str):
    """Commands that look at the store alone load what reads it, and nothing that talks to Salesforce."""
    assert heavy_after(f"import {module}") == {"duckdb"}


def test_checking_does_not_bring_the_other_half_of_the_compiler():
    """Who only checks, as lint does, does not load what makes plans."""
    code = "import compiler, sys; print(*(m for m in sys.modules if m.startswith('compiler.')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())

    assert "compiler.check" in loaded
    assert not {m for m in loaded if m.startswith("compiler.lower")} | ({"compiler.plan", "compiler.digest"} & loaded)
