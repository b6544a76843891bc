"""Checking a spec, as `lint` and all commands that need a plan do: parse, then check against a schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from grammar.diagnostics import Diagnostic
from grammar.source import Source
from grammar.spec_tree import Spec

if TYPE_CHECKING:
    from compiler.schema import Schema


class CheckedSpec(NamedTuple):
    """A spec with all there is to say about it, in the order of its text."""

    source: Source
    tree: Spec
    diagnostics: tuple[Diagnostic, ...]

    def with_findings(self, more: list[Diagnostic]) -> CheckedSpec:
        """The same, with further findings at their places."""
        return self._replace(diagnostics=_in_order([*self.diagnostics, *more]))


def check(source: Source, schema: Schema | None) -> CheckedSpec:
    """Parse a spec and check it; without a schema only what needs none is checked."""
    from compiler import check_spec
    from grammar import parse_spec

    parsed = parse_spec(source.text)
    found = [*parsed.diagnostics, *check_spec(parsed.tree, schema).diagnostics]
    return CheckedSpec(source, parsed.tree, _in_order(found))


def _in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(diagnostics, key=lambda d: (d.span, d.code)))


class Schemas:
    """Org folders that are already read: many specs of a folder share one."""

    def __init__(self) -> None:
        self._read: dict[Path, Schema] = {}

    def of(self, folder: Path) -> Schema:
        """The schema of an org folder.

        Raises:
            SnapshotError: the folder cannot be read as a snapshot.
        """
        if folder not in self._read:
            from engine.snapshot import load_schema

            self._read[folder] = load_schema(folder)
        return self._read[folder]
