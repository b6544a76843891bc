"""How a command ends: the exit codes, and the error that says why nothing was started."""

from __future__ import annotations

from enum import IntEnum
from typing import IO, Any

import click


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


def show_error(message: str, way_out: str | None) -> None:
    """Say on stderr what went wrong and what to do about it."""
    click.echo(f"error: {message}", err=True)
    if way_out:
        click.echo(f"  = help: {way_out}", err=True)


def finish(code: int) -> None:
    """End the command with that exit code."""
    if code != Exit.FINE:
        raise SystemExit(int(code))
