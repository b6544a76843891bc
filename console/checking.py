"""Checking a spec, as `lint` and all commands that need a plan do: parse, then check against a schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from compiler.ignores import Ignore, check_ignores, ignores_of, without_ignored
from grammar.diagnostics import Diagnostic
from grammar.source import Source
from grammar.spec_tree import Spec

if TYPE_CHECKING:
    from compiler.schema import Schema


ONLY_RUNS_SAY = frozenset({"W0504"})
"""Codes that `lint` never reports, so it cannot tell whether a comment that ignores one is needed.

They speak of this version of Accord and not of the spec, so they do not count with `--strict` either.
"""


class CheckedSpec(NamedTuple):
    """A spec with all there is to say about it, in the order of its text, but for what its comments ignore."""

    source: Source
    tree: Spec
    diagnostics: tuple[Diagnostic, ...]
    ignores: tuple[Ignore, ...] = ()

    def with_findings(self, more: list[Diagnostic]) -> CheckedSpec:
        """The same, with further findings at their places, unless a comment ignores them."""
        kept = without_ignored(more, self.ignores, self.source)
        return self._replace(diagnostics=_in_order([*self.diagnostics, *kept]))


def check(source: Source, schema: Schema | None, tree: Spec | None = None) -> CheckedSpec:
    """Parse a spec and check it; without a schema only what needs none is checked.

    `tree` is checked in the place of the one that was written, under the same text.
    """
    from compiler import check_spec
    from grammar import parse_spec

    parsed = parse_spec(source.text)
    tree = parsed.tree if tree is None else tree
    found = [*parsed.diagnostics, *check_spec(tree, schema).diagnostics]
    ignores = ignores_of(parsed.tree, source)
    if ignores:
        from console.shipped import code_names

        # Part of a spec, or a spec without a schema, lacks findings that the whole has.
        complete = schema is not None and tree is parsed.tree
        wrong = check_ignores(found, ignores, source, code_names(), complete=complete, elsewhere=ONLY_RUNS_SAY)
        found = [*without_ignored(found, ignores, source), *wrong]
    return CheckedSpec(source, tree, _in_order(found), ignores)


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
