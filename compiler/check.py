"""All checks of a spec, in order: structure first, then names and types against the schema."""

from __future__ import annotations

from typing import NamedTuple

from compiler.check_clashes import check_clashes
from compiler.check_currencies import check_currencies
from compiler.check_guards import check_guard_types
from compiler.check_sizes import check_sizes
from compiler.check_structure import check_structure
from compiler.check_types import check_types
from compiler.check_writeback import check_writeback
from compiler.filters import check_filters
from compiler.resolve import resolve
from compiler.resolved import ResolvedSpec
from compiler.schema import Schema
from grammar.diagnostics import Diagnostic, Severity, has_errors
from grammar.spec_tree import Spec


class Checked(NamedTuple):
    """What is left to compile, and all that there is to say. `resolved` is None without a schema."""

    resolved: ResolvedSpec | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing stands against compiling."""
        return self.resolved is not None and not any(d.severity is Severity.ERROR for d in self.diagnostics)


def check_spec(spec: Spec, schema: Schema | None) -> Checked:
    """Check a parsed spec. Without a schema only what needs none is checked."""
    found: list[Diagnostic] = []
    check_structure(spec, found.append)
    resolved = None
    if schema is None:
        check_filters(spec, found.append)
    else:
        resolved = resolve(spec, schema, found.append)
        check_writeback(spec, schema, found.append)
        check_clashes(resolved, found.append)
        check_types(resolved, found.append)
        check_currencies(resolved, schema, found.append)
        if not has_errors(found):
            check_sizes(spec, resolved, schema, found.append)
        check_guard_types(spec, resolved, found.append)
    unique = dict.fromkeys(found)
    return Checked(resolved, tuple(sorted(unique, key=lambda d: (d.primary.span, d.rule.code))))
