"""`accord lint`: everything there is to say about specs, without an org.

What was said of the same texts before is kept and said again, so this file imports no other stage.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from console.exits import NotStarted, finish


@click.command("lint", short_help="Check specs: what is wrong, where, and the way out.")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
@click.option("--fix", is_flag=True, help="Apply the fixes that need no decision, then report what is left.")
@click.option(
    "--schema",
    "schema",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Org folder to check against. Default: that of accord.toml, else the nearest describe/.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings too.")
@click.option("--no-cache", is_flag=True, help="Neither use answers that are kept nor keep this one.")
def command(paths: tuple[Path, ...], style: str, fix: bool, schema: Path | None, strict: bool, no_cache: bool) -> None:
    """Check specs (files, or folders with *.accord files; the current folder unless named) and report every finding.

    Exits with 1 when there are errors, with 2 when one of the specs cannot be read, with 0 otherwise.
    """
    from console.lint_cache import Answer, LintCache, cache_folder
    from console.lint_key import SpecFile, lint_key
    from console.org_folders import find_org_folder
    from console.settings import read_settings
    from console.terminal import wants_colour
    from console.texts import read_bytes, spec_files

    settings = read_settings(Path.cwd(), os.environ)
    for note in settings.notes:
        click.echo(f"warning: {note}", err=True)
    specs = spec_files(paths or [Path()])
    files: list[SpecFile] = []
    unread: list[NotStarted] = []
    for path in specs:
        try:
            data = read_bytes(path)
        except NotStarted as error:
            unread.append(error)
        else:
            files.append(SpecFile(path, data, find_org_folder(path, settings, schema)))
    # Settings name where a snapshot is to be; before it is pulled there is nothing wrong with that.
    awaited = settings.schema if schema is None and settings.schema and not settings.schema.exists() else None
    colour = style == "text" and wants_colour(sys.stdout)

    def key() -> str | None:
        return None if fix or no_cache or unread else lint_key(files, (style, str(strict), str(colour), str(awaited)))

    cache = LintCache(cache_folder(os.environ))
    before = key()
    answer: Answer | None = cache.get(before) if before else None
    if answer is None:
        from console.linting import Lint, lint

        answer, repeatable = lint(files, Lint(style, strict, colour, fix, awaited), unread)
        # A schema that was written anew in the meantime may have been read before it or after.
        if before and repeatable and before == key():
            cache.put(before, answer)
    click.echo(answer.out, nl=False, color=True)
    click.echo(answer.err, nl=False, err=True)
    finish(answer.code)
