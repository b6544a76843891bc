"""The one place where names and values become text of DuckDB's SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SURROGATE = re.compile("[\ud800-\udfff]")


def identifier(name: str) -> str:
    """A quoted identifier.

    >>> identifier('Order"s')
    '"Order""s"'
    """
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text literal; NUL characters, which SQL text cannot hold, are put together by `chr(0)`.

    The halves of a surrogate pair, as escapes may leave them, become their character; a lone half becomes U+FFFD.

    >>> text("O'Brien")
    "'O''Brien'"
    """
    if _SURROGATE.search(value):
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    parts = ["'" + part.replace("'", "''") + "'" for part in value.split("\0")]
    return parts[0] if len(parts) == 1 else "(" + " || chr(0) || ".join(parts) + ")"


def text_list(values: Iterable[str]) -> str:
    """A list literal of texts."""
    return "[" + ", ".join(text(value) for value in values) + "]"
