"""`accord forget`: a person's values out of everything that Accord keeps."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("forget", short_help="Empty a person's values wherever they are kept.")
@click.argument("record_id", metavar="ID")
@click.option("--store", metavar="FILE", type=click.Path(path_type=Path), help="Where the tables are kept.")
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)
def command(record_id: str, store: Path | None, style: str) -> None:
    """Empty the values of the person with that Id (15 or 18 characters) in every table, change, reject and kept store.

    The Id and its status stay. Delete the person in Salesforce first: as long as it is there, the next run brings its
    values back. A person account and the contact behind it are forgotten together.
    """
    from console.planning import load_settings
    from console.words import counted
    from engine.clock import SystemClock
    from engine.forget import forget

    done = forget(load_settings(store=store).store, record_id, SystemClock())
    for notice in done.notices:
        click.echo(f"note: {notice}", err=True)
    if style == "json":
        import json

        click.echo(json.dumps(done.to_document(), ensure_ascii=False, indent=2))
    else:
        tables = (
            ", ".join(f"{name} ({counted(rows, 'row')})" for name, rows in done.tables) or "no table has a row of it"
        )
        click.echo(f"run {done.run}: forgot {', '.join(done.ids)}: {tables}")
    if done.active:
        click.echo(
            "warning: Salesforce still had it at the last run; the next run brings its values back"
            " unless it is deleted there",
            err=True,
        )
