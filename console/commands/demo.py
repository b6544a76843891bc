"""`accord demo`: the whole story on an org of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import click

from console.exits import NotStarted

FOLDER = Path("accord-demo")
SPEC = "acme.accord"
_OURS = frozenset({SPEC, "org", "staging"})
_OURS_BEGIN = ("statisfy.", "accord.")


@click.command("demo", short_help="Show the whole story in one go, on an org of this machine.")
def command() -> None:
    """Run through Accord on the org of a made-up company, served on this machine, in ./accord-demo.

    Check the spec, see its SOQL, preview, sync, change a few records in the org, sync again, and once more. Needs no
    Salesforce and no network; the folder stays, to look around in.
    """
    from console.demo_story import choose_changes, what_changed
    from console.shipped import shipped
    from sandbox import serve

    example = shipped("acme")
    try:
        _prepare(FOLDER, example)
    except OSError as error:
        raise NotStarted(
            f"cannot make the folder {FOLDER} here: {error.strerror or error}",
            help="run the demo in a folder that you may write to, on a disk with room",
        ) from error
    click.echo(f"A spec and a snapshot of its org are in {FOLDER}/. The org itself answers on this machine.")
    with serve(example / "org") as org, chdir(FOLDER), _connected_to(org.instance_url, org.access_token):
        _step("Check the spec against the org's schema. It says nothing on stdout when there is nothing wrong.")
        _accord("lint", SPEC)
        _step("What Salesforce will be asked for the accounts and their ARR.")
        _accord("compile", SPEC, "accounts", "arr", "--format", "soql")
        _step("What a run would find, by Salesforce's own counts. Nothing is stored.")
        _accord("preview", SPEC)
        _step("The first run fills statisfy.duckdb. Statements that do nothing yet are named.")
        _accord("run", SPEC, "--details")

        changes = choose_changes(Path("statisfy.duckdb"))
        _step("Meanwhile, in the org:")
        for change in changes:
            click.echo(f"  {change.words}")
        _apply(org.instance_url, [change.request for change in changes])
        _step("The second run finds those changes and what follows from them, and nothing else.")
        _accord("run", SPEC)
        click.echo("\nAs the store keeps it (accord.changes, without the stamps that move with every change):\n")
        click.echo(what_changed(Path("statisfy.duckdb"), 2))
        _step("A third run has nothing to do, and leaves the file alone.")
        _accord("run", SPEC)
        _accord("status")
    click.echo(
        f"\nLook around in {FOLDER}/: {SPEC} is the spec, statisfy.duckdb has the tables.\n"
        "`accord sandbox` serves the same org again; `accord init` starts a project of your own."
    )


def _prepare(folder: Path, example: Path) -> None:
    """Make the folder anew. One that holds anything but an untouched earlier demo is left alone."""
    if folder.exists():
        if not _is_untouched(folder, example):
            raise NotStarted(
                f"{folder} is there already, with files that are not the demo's or a spec that was edited",
                help="move it away, or run the demo in another folder",
            )
        shutil.rmtree(folder)
    (folder / "org").mkdir(parents=True)
    shutil.copyfile(example / SPEC, folder / SPEC)
    shutil.copyfile(example / "org" / "org.toml", folder / "org" / "org.toml")
    shutil.copytree(example / "org" / "describe", folder / "org" / "describe")
    (folder / "accord.toml").write_text('[schema]\npath = "org"\n\n[store]\npath = "statisfy.duckdb"\n', "utf-8")


def _is_untouched(folder: Path, example: Path) -> bool:
    if not folder.is_dir():
        return False
    spec = folder / SPEC
    if spec.exists() and spec.read_bytes() != (example / SPEC).read_bytes():
        return False
    names = [path.name for path in folder.iterdir()]
    return all(name in _OURS or name.startswith(_OURS_BEGIN) for name in names)


@contextmanager
def _connected_to(instance_url: str, access_token: str) -> Iterator[None]:
    """The environment in which the commands of the demo run: connected to its org, whatever was set before."""
    before = {name: value for name, value in os.environ.items() if name.startswith("ACCORD_")}
    for name in before:
        del os.environ[name]
    os.environ |= {"ACCORD_INSTANCE_URL": instance_url, "ACCORD_ACCESS_TOKEN": access_token}
    try:
        yield
    finally:
        del os.environ["ACCORD_INSTANCE_URL"], os.environ["ACCORD_ACCESS_TOKEN"]
        os.environ |= before


def _step(text: str) -> None:
    click.echo(f"\n== {text}")


def _accord(*words: str) -> None:
    """Run a command as if it had been typed; its failure ends the demo with its exit code."""
    from console.cli import accord

    click.echo(f"\n$ accord {' '.join(words)}\n")
    accord.main(list(words), prog_name="accord", standalone_mode=False)


def _apply(instance_url: str, changes: list[dict[str, object]]) -> None:
    import httpx

    answer = httpx.post(f"{instance_url}/__sandbox__/changes", json={"changes": changes}, timeout=30)
    answer.raise_for_status()
