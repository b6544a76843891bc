"""`@{account.id}` in a composite request: values of earlier answers put into later requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


class MissingReferenceError(Exception):
    """A reference to what no earlier answer holds."""


def fill_url(url: str, answers: Mapping[str, Any]) -> str:
    """The address with its references replaced. Raises MissingReferenceError."""
    return _REFERENCE.sub(lambda found: quote(str(_value(found, answers)), safe="/"), url)


def fill_body(body: Any, answers: Mapping[str, Any]) -> Any:  # any JSON may come
    """The body with its references replaced; a text that is one reference takes the value's type.

    >>> fill_body({"a": "@{x.id}", "b": ["n @{x.n}"]}, {"x": {"id": "001", "n": 2}})
    {'a': '001', 'b': ['n 2']}
    """
    match body:
        case dict():
            return {key: fill_body(value, answers) for key, value in body.items()}
        case list():
            return [fill_body(value, answers) for value in body]
        case str() if type(body) is str:
            if whole := _REFERENCE.fullmatch(body):
                return _value(whole, answers)
            return _REFERENCE.sub(lambda found: str(_value(found, answers)), body)
        case _:
            return body


def _value(found: re.Match[str], answers: Mapping[str, Any]) -> Any:
    name, path = found[1], found[2]
    if name not in answers:
        raise MissingReferenceError(f"Invalid reference specified. No value for {found[0][2:-1]} found in {name}")
    value = answers[name]
    for step in _STEP.finditer(path):
        try:
            value = value[step[1]] if step[1] else value[int(step[2])]
        except (KeyError, IndexError, TypeError):
            words = f"Invalid reference specified. No value for {found[0][2:-1]} found in {name}"
            raise MissingReferenceError(words) from None
    return value
