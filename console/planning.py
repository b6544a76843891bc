"""From a spec on disk to its plan, for the commands that need one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from console.checking import CheckedSpec, Schemas, check
from console.drawing import draw_all, draw_lines
from console.exits import Exit, NotStarted, finish
from console.org_folders import find_org_folder
from console.settings import Settings, read_settings
from console.terminal import wants_colour
from console.texts import read_spec
from console.words import counted
from grammar.diagnostics import Diagnostic, Severity, has_errors

if TYPE_CHECKING:
    from compiler.plan import Plan
    from compiler.schema import Schema
    from engine.salesforce.client import SalesforceClient


class PlannedSpec(NamedTuple):
    """A spec without errors, and its plan."""

    checked: CheckedSpec
    plan: Plan


def load_settings(**flags: str | Path | None) -> Settings:
    """The settings that hold in the working folder; what is odd about them is said on stderr."""
    settings = read_settings(Path.cwd(), os.environ, flags)
    for note in settings.notes:
        click.echo(f"warning: {note}", err=True)
    return settings


def plan_offline(path: Path, settings: Settings, snapshot: Path | None) -> PlannedSpec:
    """Compile a spec against a snapshot of an org. Ends the command when the spec has errors.

    Raises:
        NotStarted: there is no snapshot.
    """
    folder = find_org_folder(path, settings, snapshot)
    if folder is None:
        raise NotStarted(
            f"there is no snapshot of an org for {path}",
            help="`accord schema pull` makes one, or name an org folder with --schema",
        )
    return plan_with(path, Schemas().of(folder))


def plan_with(path: Path, schema: Schema) -> PlannedSpec:
    """Compile a spec against a schema. Findings go to stderr; errors among them end the command."""
    return _planned(check(read_spec(path), schema), schema)


def plan_live(path: Path, client: SalesforceClient, *, running: bool = False) -> tuple[PlannedSpec, Schema]:
    """Compile a spec against the org as it is now. Findings go to stderr; errors among them end the command.

    Args:
        path: the spec.
        client: the connection.
        running: the plan will be run, so what a run does nothing about yet is reported too.

    Raises:
        NotStarted: the org cannot be described.
    """
    from engine.errors import SalesforceError
    from engine.salesforce.describe import describe
    from engine.snapshot import schema_of
    from engine.spec_needs import needs_of

    source = read_spec(path)
    offline = check(source, None)
    if has_errors(offline.diagnostics):  # an org need not be asked about a text that is wrong by itself
        show_findings(offline)
        finish(Exit.NOT_FINE)
    needs = needs_of(offline.tree)
    try:
        schema = schema_of(describe(client, needs.objects, needs.relationships))
    except SalesforceError as error:
        raise NotStarted(error.message, error.hint) from error
    checked = check(source, schema)
    if running:
        checked = checked.with_findings(_without_effect(checked))
    return _planned(checked, schema), schema


def _planned(checked: CheckedSpec, schema: Schema) -> PlannedSpec:
    from compiler import compile_spec

    show_findings(checked)
    if has_errors(checked.diagnostics):
        finish(Exit.NOT_FINE)
    return PlannedSpec(checked, compile_spec(checked.tree, schema))


def _without_effect(checked: CheckedSpec) -> list[Diagnostic]:
    from compiler.check_structure import not_acted_on

    found: list[Diagnostic] = []
    not_acted_on(checked.tree, found.append)
    return found


def show_findings(checked: CheckedSpec) -> None:
    """Say on stderr what is wrong: errors drawn, warnings in a line each; notes are for `accord lint`."""
    warnings = [d for d in checked.diagnostics if d.severity is Severity.WARNING]
    if warnings:
        click.echo(draw_lines(warnings, checked.source), err=True)
    errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
    if errors:
        click.echo(draw_all(errors, checked.source, colour=wants_colour(sys.stderr)), err=True, color=True)
        click.echo(f"\n{checked.source.path} has {counted(len(errors), 'error')}; nothing else was done", err=True)
