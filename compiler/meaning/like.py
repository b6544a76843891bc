"""Patterns of LIKE, taken apart: the same parts serve any engine that has to match them."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

_PIECES = re.compile(r"\\u([0-9A-Fa-f]{4})|\\(.)|([%_])|([^\\%_]+|\\)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class AnyRun(NamedTuple):
    """`%`: any run of characters, also none."""


class AnyOne(NamedTuple):
    """`_`: exactly one character."""


LikePart: TypeAlias = str | AnyRun | AnyOne


def like_parts(raw: str) -> tuple[LikePart, ...]:
    r"""The parts of a pattern, given as it was written between the quotes.

    >>> like_parts(r"100\%_x%")
    ('100%', AnyOne(), 'x', AnyRun())
    """
    parts: list[LikePart] = []
    for piece in _PIECES.finditer(raw):
        code, escaped, wild, text = piece.groups()
        if wild:
            parts.append(AnyRun() if wild == "%" else AnyOne())
            continue
        literal = chr(int(code, 16)) if code else _ESCAPES.get(escaped.lower(), escaped) if escaped else text
        if parts and isinstance(parts[-1], str):
            parts[-1] += literal
        else:
            parts.append(literal)
    return tuple(parts)


def matches_anything(parts: tuple[LikePart, ...]) -> bool:
    """Whether every text matches, the empty one included."""
    return bool(parts) and all(isinstance(part, AnyRun) for part in parts)
