"""`accord run`: one sync now, with its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.exits import finish

if TYPE_CHECKING:
    from console.settings import Settings
    from engine.report import RunReport


@click.command("run", short_help="Sync once, now, and report what changed.")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--store", metavar="FILE", type=click.Path(path_type=Path), help="Where the tables are kept.")
@click.option("--details", is_flag=True, help="Report each table, owner kind and sum on a line of its own.")
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)
def command(spec: Path, store: Path | None, details: bool, style: str) -> None:
    """Read what the spec asks for, and bring the tables up to date, all at once or not at all.

    Ends with the run report. Exits with 0 when the run succeeded, with 1 when it failed or is incomplete or the spec
    has errors, with 2 when nothing was started, and with 3 when a guard stopped it.
    """
    from console.planning import load_settings
    from console.run_report import run_report

    report = sync(spec, load_settings(store=store))
    if style == "json":
        import json

        click.echo(json.dumps(report.to_document(), ensure_ascii=False, indent=2))
    else:
        click.echo(run_report(report, details=details))
    finish(report.exit_code)


def sync(spec: Path, settings: Settings) -> RunReport:
    """Check the spec against the org as it is now, and run its plan."""
    from console.connection import connected
    from console.planning import plan_live
    from engine.run import run

    with connected(settings) as client:
        planned, schema = plan_live(spec, client, running=True)
        return run(planned.plan, planned.checked.source.text, client, settings.store, schema=schema)
