"""What parsing gives: a tree, as far as there is one, beside everything there is to say about the text."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from grammar.diagnostics import Diagnostic

T = TypeVar("T")


class Parsed(NamedTuple, Generic[T]):
    """A tree and the diagnostics; the tree of a text with mistakes holds the parts that stand."""

    tree: T
    diagnostics: tuple[Diagnostic, ...]
