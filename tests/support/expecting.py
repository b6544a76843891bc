"""Says what a text must be told: `expect(spec).error("E0202").underlines("Renewal_Dat__c").helps("did you mean")`.

Places are named by the underlined text, not by offsets. `marked` takes a text in which each mistake is marked where
it stands: `where [[E0202 Typ]] = 'Customer'`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from compiler import build_schema, check_spec
from compiler.schema import Schema
from grammar import format_spec, parse_condition, parse_spec
from grammar.diagnostics import Diagnostic, Severity, apply_edits
from grammar.source import Span

ROOT = Path(__file__).parents[2]
_MARK = re.compile(r"\[\[([ENW]\d{4}) (.*?)\]\]", re.DOTALL)


@cache
def acme() -> Schema:
    """The schema of the example org."""
    return build_schema(json.loads(p.read_text("utf-8")) for p in sorted((ROOT / "specs/acme/org/describe").glob("*")))


class Found(NamedTuple):
    """Some of what was said about a text. Each step keeps those that fit and fails if none does."""

    text: str
    diagnostics: tuple[Diagnostic, ...]
    all: tuple[Diagnostic, ...]

    def error(self, code: str) -> Found:
        """Those with that code, which must be errors."""
        return self._kept([d for d in self._coded(code) if d.severity is Severity.ERROR], f"error {code}")

    def warning(self, code: str) -> Found:
        """Those with that code, which must be warnings."""
        return self._kept([d for d in self._coded(code) if d.severity is Severity.WARNING], f"warning {code}")

    def note(self, code: str) -> Found:
        """Those with that code, which must be notes."""
        return self._kept([d for d in self._coded(code) if d.severity is Severity.NOTE], f"note {code}")

    def underlines(self, words: str) -> Found:
        """Those that underline exactly this text."""
        return self._kept([d for d in self.diagnostics if self.under(d.span) == words], f"underlining {words!r}")

    def says(self, words: str) -> Found:
        """Those with these words in their message."""
        return self._kept([d for d in self.diagnostics if words in d.message], f"saying {words!r}")

    def helps(self, words: str) -> Found:
        """Those with these words in their help."""
        return self._kept([d for d in self.diagnostics if words in (d.help or "")], f"helping {words!r}")

    def points_at(self, words: str) -> Found:
        """Those with a second label under this text."""
        kept = [d for d in self.diagnostics if any(self.under(label.span) == words for label in d.secondary)]
        return self._kept(kept, f"pointing at {words!r}")

    def alone(self) -> Found:
        """Nothing else is said about the text."""
        assert self.all == self.diagnostics, self._seen()
        return self

    def fixed(self) -> str:
        """The text with the one fix applied."""
        (diagnostic,) = self.diagnostics
        assert diagnostic.fix is not None
        return apply_edits(self.text, list(diagnostic.fix.edits))

    def nothing(self, *codes: str) -> None:
        """Nothing is said with these codes; without codes, nothing at all."""
        assert not [d for d in self.all if not codes or d.code in codes], self._seen()

    def under(self, span: Span) -> str:
        """The text of a place."""
        return self.text[span.start : span.end]

    def _coded(self, code: str) -> list[Diagnostic]:
        return [d for d in self.diagnostics if d.code == code]

    def _kept(self, kept: Sequence[Diagnostic], wanted: str) -> Found:
        assert kept, f"nothing {wanted} in:\n{self._seen()}"
        return self._replace(diagnostics=tuple(kept))

    def _seen(self) -> str:
        return "\n".join(f"{d.code} {d.message} | {self.under(d.span)!r} | {d.help}" for d in self.all) or "(nothing)"


def expect(spec: str, schema: Schema | None = None) -> Found:
    """All that is said about a spec, against a schema if one is given."""
    parsed = parse_spec(spec)
    said = (*parsed.diagnostics, *check_spec(parsed.tree, schema).diagnostics)
    return Found(spec, said, said)


def expect_condition(condition: str) -> Found:
    """All that is said about a condition of SOQL."""
    said = parse_condition(condition).diagnostics
    return Found(condition, said, said)


def expect_accounts(condition: str, schema: Schema | None = None) -> Found:
    """All that is said about a filter of accounts in an otherwise sound spec."""
    return expect(f"accord 1\naccounts {{ where {condition} }}\n", schema or acme())


def marked(text: str) -> tuple[str, list[tuple[str, Span]]]:
    """The text without its marks, and the codes and places that they name."""
    out, places, at = "", [], 0
    for mark in _MARK.finditer(text):
        out += text[at : mark.start()]
        places.append((mark[1], Span(len(out), len(out) + len(mark[2]))))
        out += mark[2]
        at = mark.end()
    return out + text[at:], places


def formatted(spec: str) -> str:
    """The canonical form of a spec without mistakes."""
    parsed = parse_spec(spec)
    assert not parsed.diagnostics
    return format_spec(parsed.tree)
