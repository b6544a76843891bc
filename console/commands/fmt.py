"""`accord fmt`: specs in their canonical form."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from console.exits import Exit, finish
from console.words import counted


@click.command("fmt", short_help="Write specs in their one canonical form.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--check", "check_only", is_flag=True, help="Change nothing; exit with 1 if a spec would change.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to report.",
)
def command(paths: tuple[Path, ...], check_only: bool, diff: bool, style: str) -> None:
    """Rewrite specs (files, or folders with *.accord files) in canonical form.

    Comments stay and the meaning does not change. A spec with syntax errors is left as it is; the exit
    code then is 1.
    """
    from console.texts import read_spec, spec_files, write_whole
    from grammar import format_spec, parse_spec
    from grammar.diagnostics import has_errors

    changed: list[str] = []
    refused: list[str] = []
    # All are read before one is written: where one cannot be read, nothing is changed.
    files = [(path, read_spec(path)) for path in spec_files(paths)]
    for path, source in files:
        parsed = parse_spec(source.text)
        if has_errors(parsed.diagnostics):
            from console.drawing import draw_all
            from console.terminal import wants_colour

            errors = [d for d in parsed.diagnostics if d.severity == "error"]
            click.echo(draw_all(errors, source, colour=wants_colour(sys.stderr)), err=True, color=True)
            refused.append(str(path))
            continue
        formatted = format_spec(parsed.tree)
        if formatted == source.text:
            continue
        changed.append(str(path))
        if diff and style == "text":
            _print_diff(str(path), source.text, formatted)
        if not (check_only or diff):
            write_whole(path, formatted)

    would = check_only or diff
    if style == "json":
        import json

        document = {"schema_version": 1, "files": len(files), "changed": changed, "refused": refused}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        for name in changed:
            click.echo(f"{'would change' if would else 'changed'}: {name}", err=True)
        for name in refused:
            click.echo(f"left as it is, because of its errors: {name}", err=True)
        if not (changed or refused):
            click.echo(f"{counted(len(files), 'spec')} in canonical form", err=True)
    finish(Exit.NOT_FINE if refused or (check_only and changed) else Exit.FINE)


def _print_diff(path: str, old: str, new: str) -> None:
    from difflib import unified_diff

    for line in unified_diff(old.splitlines(True), new.splitlines(True), path, f"{path} (canonical)"):
        click.echo(line, nl=not line.endswith("\n"))
