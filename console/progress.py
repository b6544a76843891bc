"""What a run tells while it works: bars on a terminal, only what matters elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from console.terminal import is_interactive

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from engine.events import CameBack, Event, Listener

_STAGES = {
    "connect": "signing in",
    "extract": "reading",
    "load": "loading",
    "compare": "comparing the match list with the copy:",
    "fetch": "fetching what is new:",
    "check": "checking what came against the match lists",
    "reconcile": "comparing",
    "publish": "publishing",
    "prove": "comparing what will be published with the match lists",
}


@contextmanager
def progress() -> Iterator[Listener]:
    """A listener for the engine's events, which draws on stderr for as long as the block runs."""
    if not is_interactive(sys.stderr):
        yield _tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars).hear


def _tell(event: Event) -> None:
    """Say what somebody who reads a log should know."""
    from engine.events import CameBack, Notice, Waiting

    if isinstance(event, Notice):
        click.echo(f"note: {event.message}", err=True)
    elif isinstance(event, CameBack):
        click.echo(f"note: {_went_on(event)}", err=True)
    elif isinstance(event, Waiting):
        click.echo(f"waiting {event.seconds:.0f} s: {event.reason}", err=True)


def _went_on(event: CameBack) -> str:
    return f"reading {event.extract} goes on where a run that died left it: {event.rows} rows are here"


class _Bars:
    """One line for the stage, one bar for each extract that is being read."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._stage = bars.add_task("", total=None)
        self._extracts: dict[str, TaskID] = {}

    def hear(self, event: Event) -> None:
        """Draw an event."""
        from engine.events import CameBack, Notice, RowsRead, StageStarted, Waiting

        match event:
            case StageStarted():
                words = _STAGES[event.stage]
                self._bars.update(self._stage, description=f"{words} {event.subject}" if event.subject else words)
            case RowsRead():
                if event.extract not in self._extracts:
                    self._extracts[event.extract] = self._bars.add_task(event.extract, total=event.expected)
                bar = self._extracts[event.extract]
                self._bars.update(bar, completed=event.rows, total=event.expected)
                if event.expected is not None and event.rows >= event.expected:
                    self._bars.update(bar, visible=False)
            case CameBack():
                self._bars.console.print(f"note: {_went_on(event)}", markup=False, highlight=False)
            case Waiting():
                self._bars.update(self._stage, description=f"waiting {event.seconds:.0f} s: {event.reason}")
            case Notice():
                self._bars.console.print(f"note: {event.message}", markup=False, highlight=False)
            case _:
                pass
