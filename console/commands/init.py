"""`accord init`: a commented spec and settings for a new project."""

from __future__ import annotations

from pathlib import Path

import click

from console.exits import NotStarted

SPEC = """\
# Which Salesforce records come into Statisfy, who owns the accounts and where their numbers come from.
accord 1

# An account comes in with the type of the first filter that it matches. One that matches none stays out.
# Filters are SOQL conditions, written as they stand in Salesforce.
accounts {
  customer where Type LIKE 'Customer%'
  prospect where Type = 'Prospect'
}

# Who looks after an account. A source that is empty falls through to its `else`.
owners {
  account_owner from OwnerId
  skip inactive users
}

# A field of the account, or a number over other records, for example:
#   arr from sum(Amount) of Opportunity via AccountId where IsWon = true else 0
arr none
renewal none
"""

SETTINGS = """\
# Settings of this project. Secrets do not belong here: they are variables, ACCORD_CLIENT_SECRET for one.

[org]
# login_host = "acme.my.salesforce.com" # your org's My Domain, where the app signs in
# client_id = "..."                     # consumer key of the connected app
# api_version = "66.0"                  # the one that Accord was made for, unless you pin another

[schema]
path = "org" # the snapshot that `accord schema pull` writes and `accord lint` reads

[store]
path = "statisfy.duckdb"
"""


@click.command("init", short_help="Start a project: a commented spec and accord.toml.")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to report.",
)
def command(folder: Path, style: str) -> None:
    """Write spec.accord and accord.toml into FOLDER (the current one unless named).

    Existing files are never touched.
    """
    from console.texts import reading, write_whole

    files = {folder / "spec.accord": SPEC, folder / "accord.toml": SETTINGS}
    with reading(folder):
        there = [str(path) for path in files if path.exists()]
    if there:
        raise NotStarted(f"{' and '.join(there)} exist already" if there[1:] else f"{there[0]} exists already")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotStarted(f"cannot make the folder {folder}: {error.strerror or error}") from error
    for path, text in files.items():
        write_whole(path, text)

    if style == "json":
        import json

        click.echo(json.dumps({"schema_version": 1, "files": [str(path) for path in files]}, indent=2))
        return
    for path in files:
        click.echo(f"wrote {path}")
    where = "" if folder == Path() else f", in {folder}"
    click.echo(
        f"\nNext{where}: `accord lint`, and with a connection `accord schema pull` and `accord preview spec.accord`.",
        err=True,
    )
