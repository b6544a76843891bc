"""Reading and rewriting the fenced blocks of a Markdown page."""

from __future__ import annotations

import re
from typing import NamedTuple

_FENCE = re.compile(r"^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARKER = re.compile(r"<!-- (?P<words>[^\n]*) -->\n+\Z")


class Block(NamedTuple):
    """A fenced block: its language, its text, where the text stands, and the comment right before it."""

    language: str
    text: str
    start: int
    end: int
    marker: str | None


def blocks(page: str) -> list[Block]:
    """All fenced blocks of a page, in order."""
    found = []
    for match in _FENCE.finditer(page):
        marker = _MARKER.search(page, 0, match.start())
        words = marker["words"].strip() if marker else None
        found.append(Block(match["language"], match["text"], match.start("text"), match.end("text"), words))
    return found


def replaced(page: str, changes: list[tuple[Block, str]]) -> str:
    """The page with new texts in those blocks."""
    for block, text in sorted(changes, key=lambda change: -change[0].start):
        page = page[: block.start] + text + page[block.end :]
    return page
