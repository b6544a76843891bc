"""Imports run in one direction, as docs/architecture.md says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "grammar": set(),
    "compiler": {"grammar"},
    "sandbox": {"grammar", "compiler"},
    "engine": {"grammar", "compiler"},
    "console": {"grammar", "compiler", "sandbox", "engine"},
}
NEVER = {"tests", "specs", "docs", "benchmarks"}


def imported(file: Path) -> Iterator[str]:
    """The top-level packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            assert node.module is not None
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_run_downwards(package: str):
    """A folder imports only those that the table of the architecture allows it."""
    ours = (set(ALLOWED) | NEVER) - {package} - ALLOWED[package]

    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (ROOT / package).rglob("*.py")
        for name in imported(file)
        if name in ours
    }

    assert not wrong


def test_the_compiler_touches_no_file_and_no_network():
    """Nothing in grammar and compiler imports what reads files, opens sockets or asks the clock."""
    effects = {"os", "pathlib", "socket", "urllib", "http", "time", "random", "subprocess", "io", "tempfile"}

    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for package in ("grammar", "compiler")
        for file in (ROOT / package).rglob("*.py")
        for name in imported(file)
        if name in effects
    }

    assert not wrong
