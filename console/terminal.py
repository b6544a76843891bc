"""What a stream can take and may show: any text; colours and progress only where somebody looks at a terminal."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
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


_ESCAPING = "accord.escaping"


def prepare_outputs() -> None:
    """Have stdout and stderr take any text, also where their encoding lacks a character, or where they are closed.

    Stands before all else: a file that is opened later must not get the number of an output that is closed.
    """
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(number)
    if sys.stdout is None:
        sys.stdout = _ClosedOutput()
    if sys.stderr is None:
        sys.stderr = io.StringIO()
    codecs.register_error(_ESCAPING, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not _takes_all(stream):
            stream.reconfigure(errors=_ESCAPING)


def _takes_all(stream: io.TextIOWrapper) -> bool:
    """Whether the stream was told what to do with what it cannot write as it is."""
    unicode = codecs.lookup(stream.encoding).name.startswith("utf")
    return stream.errors not in (("strict",) if unicode else ("strict", "surrogateescape"))


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What is written for characters that an encoding lacks: escapes that JSON has too, so a document stays one."""
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)), error.end


class _ClosedOutput(io.TextIOBase):
    """Stands for a stdout that is closed: writing fails as in a pipe whose reader is gone."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


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
