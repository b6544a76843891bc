"""`accord lint`: everything there is to say about specs, without an org."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import click

from console.diagnostic_json import Linted
from console.exits import Exit, finish
from console.words import counted
from grammar.diagnostics import Severity


@click.command("lint", short_help="Check specs: what is wrong, where, and the way out.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
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
def command(paths: tuple[Path, ...], style: str, fix: bool, schema: Path | None, strict: bool) -> None:
    """Check specs (files, or folders with *.accord files) and report every finding.

    Exits with 1 when there are errors, with 0 otherwise.
    """
    from console.checking import Schemas, check
    from console.org_folders import find_org_folder
    from console.settings import read_settings
    from console.texts import read_spec, spec_files, write_whole

    settings = read_settings(Path.cwd(), os.environ)
    for note in settings.notes:
        click.echo(f"warning: {note}", err=True)
    schemas = Schemas()
    results: list[Linted] = []
    unchecked: list[Path] = []
    fixed = 0
    for path in spec_files(paths):
        source = read_spec(path)
        folder = find_org_folder(path, settings, schema)
        known = schemas.of(folder) if folder else None
        if known is None:
            unchecked.append(path)
        checked = check(source, known)
        if fix and any(d.fix for d in checked.diagnostics):
            from console.fixing import fix_spec

            mended, count = fix_spec(checked, known)
            if count:
                write_whole(path, mended.source.text)
                checked, fixed = mended, fixed + count
        results.append(Linted(checked.source, checked.diagnostics))
    _print(results, style)
    _summary(results, unchecked, fixed)
    finish(_exit_code(results, strict))


def _print(results: list[Linted], style: str) -> None:
    from console import diagnostic_json

    if style == "json":
        click.echo(diagnostic_json.as_json(results))
    elif style == "sarif":
        from console.version import VERSION

        click.echo(diagnostic_json.as_sarif(results, VERSION))
    elif any(result.diagnostics for result in results):
        if style == "github":
            click.echo(diagnostic_json.as_github(results))
        else:
            from console.drawing import draw_all
            from console.terminal import wants_colour

            colour = wants_colour(sys.stdout)
            drawn = [draw_all(r.diagnostics, r.source, colour=colour) for r in results if r.diagnostics]
            click.echo("\n\n".join(drawn), color=True)


def _summary(results: list[Linted], unchecked: list[Path], fixed: int) -> None:
    """Say on stderr how much was found and what could not be checked."""
    found = Counter(d.severity.value for result in results for d in result.diagnostics)
    fixable = sum(d.fix is not None for result in results for d in result.diagnostics)
    parts = [counted(found[severity], severity) for severity in ("error", "warning", "note") if found[severity]]
    line = f"{counted(len(results), 'spec')}: {', '.join(parts) or 'nothing to report'}"
    if fixed:
        line += f"; {counted(fixed, 'fix', 'fixes')} applied"
    if fixable:
        line += f"; `--fix` can mend {fixable}"
    click.echo(line, err=True)
    if unchecked:
        which = "" if len(unchecked) == len(results) else f" for {', '.join(map(str, unchecked))}"
        click.echo(
            f"note: no schema{which}, so names and types were not checked; "
            "`accord schema pull` makes a snapshot of your org, or name one with --schema",
            err=True,
        )


def _exit_code(results: list[Linted], strict: bool) -> Exit:
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    if any(d.severity in bad for result in results for d in result.diagnostics):
        return Exit.NOT_FINE
    return Exit.FINE
