"""`accord preview`: what a run would find, by Salesforce's own counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from console.settings import Settings
    from engine.preview import Preview


@click.command("preview", short_help="Count what matches in the org now, and show five of each type.")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)
@click.option("--strict", is_flag=True, help="Let warnings count as errors do.")
def command(spec: Path, style: str, strict: bool) -> None:
    """Ask Salesforce how many accounts each type gets now, with five of each and the size of the other tables.

    Nothing is stored, and nothing is changed.
    """
    from console.planning import load_settings
    from console.preview_text import preview_text

    found = look(spec, load_settings(), strict=strict)
    if style == "json":
        import json

        click.echo(json.dumps(found.to_document(), ensure_ascii=False, indent=2))
    else:
        click.echo(preview_text(found))


def look(spec: Path, settings: Settings, *, strict: bool = False) -> Preview:
    """Check the spec against the org as it is now, and preview its plan."""
    from console.connection import connected
    from console.planning import plan_live
    from engine.org import identify
    from engine.preview import preview

    with connected(settings) as client:
        identity = identify(client)
        planned, _ = plan_live(spec, client, strict=strict)
        return preview(planned.plan, client, identity)
