"""What a stream may show: colours and progress only where somebody looks at a terminal."""

from __future__ import annotations

import os
from typing import IO, Any

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "good": "32",
    "bold": "1",
    "dim": "2",
    "gutter": "1;34",
}


def is_interactive(stream: IO[Any]) -> bool:
    """Whether a person looks at the stream: a terminal, and not a continuous-integration job."""
    return stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


def wants_colour(stream: IO[Any]) -> bool:
    """Whether to colour what goes to the stream; `NO_COLOR` set to anything says no."""
    return is_interactive(stream) and not os.environ.get("NO_COLOR")


class Paint:
    r"""Wraps text in ANSI colours, or leaves it as it is.

    >>> Paint(False)("error", "no"), Paint(True)("error", "no")
    ('no', '\x1b[1;31mno\x1b[0m')
    """

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, role: str, text: str) -> str:
        """Colour `text` for its role: a severity, `good`, `bold`, `dim` or `gutter`."""
        return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if self.on and text else text
