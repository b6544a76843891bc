"""Where a value stands in a JSON text, for errors that tell line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

_BLANK = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


class Place(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


def place_of(text: str, path: Sequence[str | int]) -> Place:
    """The place where the value at `path` begins; `text` is valid JSON that has such a value.

    >>> place_of('{"a": [1, true]}', ("a", 1))
    Place(line=1, column=11)
    """
    at = _skip(text, 0)
    for step in path:
        at = _member(text, at, step)
    line = text.count("\n", 0, at) + 1
    return Place(line, at - text.rfind("\n", 0, at))


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    assert found is not None
    return found.end()


def _member(text: str, at: int, step: str | int) -> int:
    """The start of a member of the object or list that starts at `at`."""
    is_object = text[at] == "{"
    at = _skip(text, at + 1)
    number = 0
    while True:
        key: str | int = number
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if key == step:
            return at
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        number += 1
