"""The command `accord`: a thin group that imports a command only when it is called."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from itertools import pairwise
from typing import NoReturn

import click

from console.exits import DEBUG_VARIABLE, Exit, NotStarted, SpecRefused, failure_document, show_error
from console.terminal import prepare_outputs

_OWN = frozenset({"grammar", "compiler", "engine", "sandbox", "console"})
_REPORT_IT = f"please report this line; {DEBUG_VARIABLE}=1 shows where it came from, and may show values of records"
_STILL_DONE = "what the command did is done all the same: `accord status` tells of runs"

# In the order in which people meet them. Each names the module that has it under the attribute `command`.
COMMANDS = {
    "demo": "console.commands.demo",
    "init": "console.commands.init",
    "lint": "console.commands.lint",
    "fmt": "console.commands.fmt",
    "explain": "console.commands.explain",
    "schema": "console.commands.schema",
    "compile": "console.commands.compile",
    "preview": "console.commands.preview",
    "run": "console.commands.run",
    "status": "console.commands.status",
    "rollback": "console.commands.rollback",
    "forget": "console.commands.forget",
    "sandbox": "console.commands.sandbox",
}


class _Commands(click.Group):
    """The commands of the table above, in its order."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = import_module(module).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from grammar.nearest import near_names

            near = " or ".join(f"`accord {name}`" for name in near_names(args[0], COMMANDS))
            hint = f"did you mean {near}?" if near else "`accord` lists the commands"
            raise click.UsageError(f"there is no command `{args[0]}`; {hint}", ctx)
        return super().resolve_command(ctx, args)


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from console.version import VERSION

        click.echo(f"accord {VERSION}")
        ctx.exit()


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and stop.",
)
@click.pass_context
def accord(ctx: click.Context) -> None:
    """Keep a customer-success platform in step with Salesforce.

    One spec says which accounts come in, who owns them and where their numbers come from.
    `accord demo` shows the whole story on a local org.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run `accord` with the arguments of the process.

    A failure is told on stderr and, with `--format json`, as a document on stdout too.
    """
    prepare_outputs()
    try:
        accord.main(prog_name="accord", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        _end(error.format_message(), _way_out(error), error.exit_code, error)
    except click.Abort as error:
        click.echo("Aborted!", err=True)
        raise SystemExit(Exit.NOT_FINE) from error
    except Exception as error:
        from engine.errors import AccordError

        if isinstance(error, AccordError):
            show_error(error.message, error.hint)
            _end(error.message, error.hint, error.exit_code, error)
        if os.environ.get(DEBUG_VARIABLE):
            raise
        if isinstance(error, OSError) and _of_output(error):
            show_error(f"the output cannot be written: {error.strerror or error}", _STILL_DONE)
            raise SystemExit(Exit.NOT_FINE) from error
        message = _own_error(error)
        show_error(message, _REPORT_IT)
        _end(message, _REPORT_IT, Exit.NOT_FINE, error)


def _of_output(error: OSError) -> bool:
    """Whether an error came of writing to stdout: to a full disk, or to a program that is gone."""
    from traceback import walk_tb

    return any(frame.f_globals.get("__name__") == "click.utils" for frame, _ in walk_tb(error.__traceback__))


def _own_error(error: Exception) -> str:
    """What is said of an error that nobody foresaw: its type and place. Its words may quote a record's values."""
    from traceback import walk_tb

    places = [(str(frame.f_globals.get("__name__")), line) for frame, line in walk_tb(error.__traceback__)]
    module, line = [one for one in places if one[0].partition(".")[0] in _OWN][-1]
    return f"an error of Accord's own: {type(error).__name__}, in {module}:{line}"


def _end(message: str, way_out: str | None, code: int, error: Exception) -> NoReturn:
    """End with the error's exit code, and with its document where one was asked for."""
    if _wants_json(sys.argv[1:]):
        checked = error.checked if isinstance(error, SpecRefused) else None
        with suppress(OSError):  # the error is told already, and where its document cannot be written it still counts
            click.echo(failure_document(message, way_out, code, checked))
    raise SystemExit(int(code)) from error


def _way_out(error: click.ClickException) -> str | None:
    if isinstance(error, NotStarted):
        return error.help
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"`{error.ctx.command_path} --help` shows how it is used"
    return None


def _wants_json(words: list[str]) -> bool:
    """Whether a command line asks for JSON. It may be the very one that cannot be understood."""
    return "--format=json" in words or ("--format", "json") in pairwise(words)
