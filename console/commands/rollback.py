"""`accord rollback`: the data, back to the store before the last run that changed it."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("rollback", short_help="Put the data back as it was before the last run.")
@click.option("--store", metavar="FILE", type=click.Path(path_type=Path), help="Where the tables are kept.")
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)
def command(store: Path | None, style: str) -> None:
    """Put the tables back as they were before the last run that changed them.

    This is about the data; the spec and its settings stay as they are, so the next run would bring the same changes
    again. A schedule of the spec's is paused for that; stop your own, cron's for one. A rollback is a run too: a second
    one undoes the first.
    """
    from console.planning import load_settings
    from engine.clock import SystemClock
    from engine.rollback import rollback

    done = rollback(load_settings(store=store).store, SystemClock())
    for notice in done.notices:
        click.echo(f"note: {notice}", err=True)
    if style == "json":
        import json

        click.echo(json.dumps(done.to_document(), ensure_ascii=False, indent=2))
        return
    aside = "" if done.undone is None else f"; that of run {done.undone} is kept beside it"
    aside = "; the damaged store is kept beside it" if done.damaged else aside
    click.echo(
        f"run {done.run}: the data is as run {done.restored} left it{aside}\n"
        "\n"
        "The spec and the settings are untouched, and the next run would change the data again: put right what was\n"
        "wrong first, and stop a schedule of your own until then, cron's for one. The spec's is paused until a run\n"
        "that you start succeeds. `accord rollback` again undoes this."
    )
