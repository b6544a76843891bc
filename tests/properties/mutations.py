"""Texts with mistakes in them: real specs and queries with pieces deleted, doubled, swapped or cut off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from grammar.node import Node
from grammar.source import Span
from grammar.tokens import tokenize

ROOT = Path(__file__).parents[2]
SPECS = tuple(path.read_text("utf-8") for path in sorted(ROOT.glob("specs/*/*.accord")))
_CORPUS = ROOT / "tests" / "corpora" / "soql"


def _corpus(*files: str, key: str) -> tuple[str, ...]:
    lines = [line for name in files for line in (_CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()]
    return tuple(json.loads(line)[key] for line in lines)


QUERIES = _corpus("queries_valid", "queries_invalid", "queries_apex", "queries_unsure", key="soql")
CONDITIONS = _corpus("conditions", key="condition")


@cache
def pieces(text: str, *, comments: bool) -> tuple[str, ...]:
    """The text cut at the ends of its tokens: put together again they are the text."""
    ends = [token.end for token in tokenize(text, comments=comments).tokens]
    starts = [0, *ends[:-1]]
    return tuple(text[start:end] for start, end in zip(starts, ends, strict=True))


@st.composite
def mutated(draw: st.DrawFn, texts: tuple[str, ...], *, comments: bool) -> str:
    """One of the texts with up to four changes."""
    parts = pieces(draw(st.sampled_from(texts)), comments=comments)
    # Long texts are cut to a stretch, so that the changes come to lie beside one another.
    first = draw(st.integers(0, max(0, len(parts) - 60)))
    parts = list(parts[first : first + 60])
    for _ in range(draw(st.integers(0, 4))):
        if not parts:
            break
        at = draw(st.integers(0, len(parts) - 1))
        other = draw(st.integers(0, len(parts) - 1))
        match draw(st.sampled_from(["delete", "double", "swap", "cut", "insert", "divide"])):
            case "delete":
                del parts[at]
            case "double":
                parts.insert(at, parts[at])
            case "swap":
                parts[at], parts[other] = parts[other], parts[at]
            case "cut":
                del parts[at + 1 :]
            case "insert":
                parts.insert(at, draw(st.text(max_size=5)))
            case "divide":
                parts[at] = parts[at][: len(parts[at]) // 2]
    return "".join(parts)


def spans_of(node: Any) -> Iterator[Span]:
    """All places that a tree names."""
    match node:
        case Span():
            yield node
        case Node():
            for name in node.__match_args__:
                yield from spans_of(getattr(node, name))
        case tuple():
            for part in node:
                yield from spans_of(part)
        case _:
            pass
