"""`accord run`: one sync now, with its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.exits import NotStarted, finish

if TYPE_CHECKING:
    from console.settings import Settings
    from engine.report import RunReport


@click.command("run", short_help="Sync once, now, and report what changed.")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--store", metavar="FILE", type=click.Path(path_type=Path), help="Where the tables are kept.")
@click.option("--confirm", is_flag=True, help="Go on where a guard would stop the run.")
@click.option("--adopt-org", is_flag=True, help="Start anew where the store holds the rows of another org.")
@click.option("--strict", is_flag=True, help="Let warnings count as errors do.")
@click.option("--whole", is_flag=True, help="Read every row anew, whatever the store has.")
@click.option("--account", metavar="ID", help="Refresh one account with what hangs on it, and nothing else.")
@click.option("--details", is_flag=True, help="Report each table, owner kind and sum on a line of its own.")
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)
def command(
    spec: Path,
    store: Path | None,
    confirm: bool,
    adopt_org: bool,
    strict: bool,
    whole: bool,
    account: str | None,
    details: bool,
    style: str,
) -> None:
    """Read what the spec asks for, and bring the tables up to date, all at once or not at all.

    SPEC may be a plan that `accord compile -o` stored: its spec is compiled anew for the org as it is now, and where
    the two plans differ this is said.

    A run reads what changed; with --whole it reads everything anew. With --account only the rows of that account are
    read and changed; the next run then reads everything anew.

    Ends with the run report. Exits with 0 when the run succeeded, with 1 when it failed or is incomplete or the spec
    has errors, with 2 when nothing was started, and with 3 when a guard stopped it: then nothing was published, the
    report says what the run would have done, and --confirm lets it do so.
    """
    from console.planning import load_settings
    from console.run_report import run_report

    if account is not None:
        _demand_account(account)
    if whole and account is not None:
        raise click.UsageError("--whole reads everything, and --account one account: choose one")
    settings = load_settings(store=store)
    report = sync(spec, settings, confirmed=confirm, adopt=adopt_org, strict=strict, whole=whole, account=account)
    if style == "json":
        import json

        click.echo(json.dumps(report.to_document(), ensure_ascii=False, indent=2))
    else:
        click.echo(run_report(report, details=details))
    finish(report.exit_code)


def sync(
    spec: Path,
    settings: Settings,
    *,
    confirmed: bool = False,
    adopt: bool = False,
    strict: bool = False,
    whole: bool = False,
    account: str | None = None,
) -> RunReport:
    """Check the spec against the org as it is now, and run its plan.

    A confirmation lets it pass its guards, adopting lets it start anew in the store of another org. With `strict` a
    spec with warnings is not run. `whole`: nothing is taken from the store. With an account's Id that account alone is
    refreshed.
    """
    from console.connection import connected
    from console.planning import plan_live
    from engine.lifecycle import RunSettings
    from engine.refresh import refresh
    from engine.run import run

    with connected(settings) as client:
        planned, schema = plan_live(spec, client, running=settings.store, adopt=adopt, strict=strict)
        text = planned.checked.source.text
        options = RunSettings(confirmed=confirmed, adopt=adopt, whole=whole)
        what = (planned.plan, text, client, settings.store)
        if account is not None:
            return refresh(*what, account, schema=schema, settings=options, drift=planned.drift)
        return run(*what, schema=schema, settings=options, drift=planned.drift)


def _demand_account(text: str) -> None:
    """Refuse what is no account's Id before anybody signs in."""
    from compiler.record_id import why_no_record_id

    if why := why_no_record_id(text):
        raise NotStarted(f"`{text}` is no account's Id: {why}", help="copy it from the address of the account's page")
    if not text.startswith("001"):
        raise NotStarted(f"`{text}` is no account's Id: it begins with `{text[:3]}`, and those of accounts with `001`")
