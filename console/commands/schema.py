"""`accord schema`: snapshots of an org's schema."""

from __future__ import annotations

from pathlib import Path

import click

from console.exits import NotStarted


@click.group("schema", short_help="Take a snapshot of the org's schema, which lint and compile read.")
def command() -> None:
    """Snapshots of an org's schema."""


@command.command("pull", short_help="Write describes of the org's objects into a folder.")
@click.argument("specs", metavar="[SPEC]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where to write. Default: the schema of accord.toml, else org.",
)
@click.option("--object", "objects", metavar="NAME", multiple=True, help="Describe this object too; repeatable.")
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)
def pull(specs: tuple[Path, ...], output: Path | None, objects: tuple[str, ...], style: str) -> None:
    """Write an org folder without data: org.toml and a describe for each object. It is safe to commit.

    It has accounts, contacts, opportunities and users, the objects that the specs speak of (those in the current folder
    unless named), and what all of these refer to.
    """
    from console.connection import connected
    from console.planning import load_settings
    from console.texts import SUFFIX, read_spec, spec_files
    from engine.errors import DiskError
    from engine.org import identify
    from engine.salesforce.describe import ALWAYS
    from engine.snapshot import pull_schema
    from engine.spec_needs import needs_of
    from grammar import parse_spec

    settings = load_settings()
    folder = output or settings.schema or Path("org")
    if folder.exists() and not folder.is_dir():
        raise NotStarted(f"{folder} is a file, and a folder is wanted")
    wanted = dict.fromkeys((*ALWAYS, *objects))
    for path in spec_files(specs) if specs else sorted(Path.cwd().glob(f"*{SUFFIX}")):
        wanted |= dict.fromkeys(needs_of(parse_spec(read_spec(path).text).tree).objects)

    with connected(settings) as client:
        try:
            files = pull_schema(client, identify(client), folder, wanted)
        except DiskError as error:
            raise NotStarted(error.message, "name another folder with -o, or check this one's permissions") from error
    described = sorted(path.stem for path in files if path.suffix == ".json" and not path.name.startswith("_"))
    missing = sorted(name for name in objects if name.lower() not in {one.lower() for one in described})
    if style == "json":
        import json

        document = {"schema_version": 1, "folder": str(folder), "objects": described, "missing": missing}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        from console.words import counted

        click.echo(f"wrote {counted(len(described), 'object')} to {folder}: {', '.join(described)}")
    for name in missing:
        click.echo(f"warning: the org has no object {name}, or the connected user may not see it", err=True)
