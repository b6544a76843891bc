"""How a command ends: the exit codes, and the errors that end it before it has a result."""

from __future__ import annotations

from enum import IntEnum
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from console.checking import CheckedSpec


DEBUG_VARIABLE = "ACCORD_DEBUG"
"""Set to anything, it has errors of Accord's own end with Python's traceback."""


class Exit(IntEnum):
    """The exit codes. They are an interface: scripts and schedulers decide by them."""

    FINE = 0
    NOT_FINE = 1
    """Errors in a spec, or a run that started and did not finish well."""
    NOT_STARTED = 2
    """Usage, configuration, sign-in, another org, a store from a newer version."""
    GUARD = 3
    """Stopped by a guard; waits for a confirmation."""


class NotStarted(click.ClickException):
    """Nothing was started. `message` says why, `help` the way out."""

    exit_code = Exit.NOT_STARTED

    def __init__(self, message: str, help: str | None = None) -> None:  # noqa: A002 - the word of diagnostics
        super().__init__(message)
        self.help = help

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message and the way out on stderr."""
        show_error(self.message, self.help)


class SpecRefused(click.ClickException):
    """A spec has errors, or warnings that count, and nothing was done with it. What was found has been shown."""

    exit_code = Exit.NOT_FINE

    def __init__(self, message: str, checked: CheckedSpec) -> None:
        super().__init__(message)
        self.checked = checked

    def show(self, file: IO[Any] | None = None) -> None:
        """Say on stderr that it ends here."""
        click.echo(f"\n{self.message}", err=True)


def failure_document(message: str, way_out: str | None, code: int, checked: CheckedSpec | None = None) -> str:
    """What `--format json` prints where a command has no result: the error, and what is wrong with the spec."""
    import json

    from console.diagnostic_json import SCHEMA_VERSION, diagnostic_object

    found = [diagnostic_object(one, checked.source) for one in checked.diagnostics] if checked else []
    error = {"message": message, "help": way_out, "exit_code": int(code)}
    document = {"schema_version": SCHEMA_VERSION, "error": error, "diagnostics": found}
    return json.dumps(document, ensure_ascii=False, indent=2)


def show_error(message: str, way_out: str | None) -> None:
    """Say on stderr what went wrong and what to do about it."""
    click.echo(error_text(message, way_out), err=True)


def error_text(message: str, way_out: str | None) -> str:
    """The same as text, without its last line break."""
    return f"error: {message}" + (f"\n  = help: {way_out}" if way_out else "")


def finish(code: int) -> None:
    """End the command with that exit code."""
    if code != Exit.FINE:
        raise SystemExit(int(code))
