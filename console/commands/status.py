"""`accord status`: the last runs, and what runs now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from engine.state import RunRecord
    from engine.status import Status


@click.command("status", short_help="Show the last runs, and how far the one is that runs now.")
@click.option("--store", metavar="FILE", type=click.Path(path_type=Path), help="Where the tables are kept.")
@click.option("--last", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="How many runs to show.")
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)
def command(store: Path | None, last: int, style: str) -> None:
    """Show the last runs of the store and what runs now. It never waits for a run."""
    from console.planning import load_settings
    from engine.status import read_status

    status = read_status(load_settings(store=store).store, last)
    if style == "json":
        import json

        click.echo(json.dumps(status.to_document(), ensure_ascii=False, indent=2))
    else:
        click.echo(_text(status))


def _text(status: Status) -> str:
    from console.drawing import visible
    from console.words import table

    if not status.runs:
        return f"no runs yet in {status.store}"
    sections = []
    if status.store_problem:
        sections.append(f"the store is not as the runs left it: {visible(status.store_problem)}")
    if status.running:
        step = status.running.stage + (f" {status.running.subject}" if status.running.subject else "")
        sections.append(f"run {status.running.run} is on: {step}")
    if status.paused:
        sections.append(f"the schedule is paused since {_minute(status.paused.paused_at)}: {status.paused.reason}")
    rows = [(str(one.run), _minute(one.started_at), _outcome(one, status), _changed(one)) for one in status.runs]
    sections.append(table(("run", "started (UTC)", "outcome", "changed"), rows, frozenset({0})))
    return "\n\n".join(sections)


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


def _outcome(one: RunRecord, status: Status) -> str:
    from console.drawing import visible
    from console.words import counted

    if one.outcome is None:
        return "did not end by itself" if one.run in status.died else "running"
    words = f"{one.outcome}: {visible(one.message)}" if one.message else one.outcome
    return f"{words}, {counted(rejected, 'row')} rejected" if (rejected := _rejected(one)) else words


def _rejected(one: RunRecord) -> int:
    """The rows that a run could not take, by its own report."""
    if one.report is None:
        return 0
    fed = (int(extract["rejected"]) for extract in one.report.get("extracts", ()) if extract.get("table", "") is None)
    return sum(fed) + sum(int(counts["rejected"]) for counts in one.report["tables"])


def _changed(one: RunRecord) -> str:
    """How many rows of how many tables a run changed, by its own report; what a guard held back changed nothing."""
    from console.words import counted

    if one.report is None or one.outcome is None:
        return ""
    names = ("inserted", "updated", "resumed", "left", "deleted", "merged", "gone", "newly_rejected", "restated")
    if not one.published:
        return "nothing"
    # A row that is removed as it leaves has been counted; others had left before.
    changes = [
        max(sum(int(counts.get(name, 0)) for name in names), int(counts.get("removed", 0)))
        for counts in one.report["tables"]
    ]
    if not any(changes):
        return "nothing"
    return f"{counted(sum(changes), 'row')} in {counted(sum(n > 0 for n in changes), 'table')}"
