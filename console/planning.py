"""From a spec on disk to its plan, for the commands that need one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from console.checking import ONLY_RUNS_SAY, CheckedSpec, Schemas, check
from console.drawing import draw_all, draw_lines
from console.exits import NotStarted, SpecRefused
from console.org_folders import find_org_folder
from console.settings import Settings, read_settings
from console.terminal import wants_colour
from console.texts import read_spec
from console.words import counted
from grammar.diagnostics import Diagnostic, Severity, has_errors
from grammar.source import Source

if TYPE_CHECKING:
    from compiler.plan import Plan
    from compiler.schema import Schema
    from engine.drift import Drift
    from engine.salesforce.client import SalesforceClient


class PlannedSpec(NamedTuple):
    """A spec without errors, and its plan; what the org has lost since the last run is in neither."""

    checked: CheckedSpec
    plan: Plan
    drift: Drift | None = None


def load_settings(**flags: str | Path | None) -> Settings:
    """The settings that hold in the working folder; what is odd about them is said on stderr."""
    settings = read_settings(Path.cwd(), os.environ, flags)
    for note in settings.notes:
        click.echo(f"warning: {note}", err=True)
    return settings


def plan_offline(path: Path, settings: Settings, snapshot: Path | None, *, strict: bool = False) -> PlannedSpec:
    """Compile a spec against a snapshot of an org. Findings go to stderr; with `strict` warnings count as errors do.

    Raises:
        NotStarted: there is no snapshot.
        SpecRefused: the spec has errors.
    """
    source = read_spec(path)
    folder = find_org_folder(path, settings, snapshot)
    if folder is None:
        raise NotStarted(
            f"there is no snapshot of an org for {path}",
            help="`accord schema pull` makes one, or name an org folder with --schema",
        )
    schema = Schemas().of(folder)
    return _planned(check(source, schema), schema, strict=strict)


def plan_live(
    path: Path, client: SalesforceClient, *, running: Path | None = None, adopt: bool = False, strict: bool = False
) -> tuple[PlannedSpec, Schema]:
    """Compile a spec against the org as it is now. Findings go to stderr.

    Args:
        path: the spec, or a plan that was stored with its spec.
        client: the connection.
        running: the store that the plan will be run into. What a run does nothing about yet is reported too, and what
            the store holds and the org has lost is left out of the plan.
        adopt: whether the store may be another org's, to begin anew in.
        strict: whether warnings count as errors do.

    Raises:
        NotStarted: the org cannot be described.
        SpecRefused: the spec has errors.
    """
    from console.stored_plan import SUFFIX, differences, read_plan
    from engine.drift import find_drift
    from engine.errors import QuotaError, SalesforceError
    from engine.org import identify
    from engine.salesforce.describe import describe
    from engine.snapshot import schema_of
    from engine.spec_needs import needs_of

    stored = read_plan(path) if path.suffix.lower() == SUFFIX else None
    source = stored.source if stored else read_spec(path)
    offline = check(source, None)
    if has_errors(offline.diagnostics):  # an org need not be asked about a text that is wrong by itself
        show_findings(offline)
        raise _refused(offline)
    needs = needs_of(offline.tree)
    try:
        schema = schema_of(describe(client, needs.objects, needs.relationships))
    except QuotaError as error:
        raise NotStarted(f"nothing was started: {error.message}", error.hint) from error
    except SalesforceError as error:
        raise NotStarted(error.message, error.hint) from error
    if running is None:
        return _planned(check(source, schema), schema, strict=strict), schema
    drift = find_drift(offline.tree, schema, running, identify(client) if adopt else None)
    checked = check(source, schema, drift.spec)
    checked = checked.with_findings(_without_effect(checked))
    planned = _planned(checked, schema, strict=strict)._replace(drift=drift)
    if stored is not None and (changed := differences(stored.plan, planned.plan)):
        click.echo(f"note: the org changed since {path} was made: {', '.join(changed)}", err=True)
    return planned, schema


def _planned(checked: CheckedSpec, schema: Schema, *, strict: bool) -> PlannedSpec:
    from compiler import compile_spec

    show_findings(checked)
    if has_errors(checked.diagnostics) or (strict and _counting(checked)):
        raise _refused(checked)
    return PlannedSpec(checked, compile_spec(checked.tree, schema))


def _without_effect(checked: CheckedSpec) -> list[Diagnostic]:
    from compiler.check_structure import not_acted_on

    found: list[Diagnostic] = []
    not_acted_on(checked.tree, found.append)
    return found


def show_findings(checked: CheckedSpec) -> None:
    """Say on stderr what is wrong: errors drawn, warnings in a line each; notes are for `accord lint`."""
    source = checked.source
    warnings = _of(checked, Severity.WARNING)
    not_yet = [d for d in warnings if d.code in ONLY_RUNS_SAY]
    if others := [d for d in warnings if d not in not_yet]:
        click.echo(draw_lines(others, source), err=True)
    if not_yet:
        click.echo(_not_acted_on(not_yet, source), err=True)
    if errors := _of(checked, Severity.ERROR):
        click.echo(draw_all(errors, source, colour=wants_colour(sys.stderr)), err=True, color=True)


def _not_acted_on(found: list[Diagnostic], source: Source) -> str:
    """One line for all statements without effect: every run says it."""
    places: dict[str, list[str]] = {}
    for one in found:
        statement = source.text[one.span.start : one.span.end].lower()
        places.setdefault(statement, []).append(str(source.position(one.span.start).line))
    named = (f"{name} ({'lines' if lines[1:] else 'line'} {', '.join(lines)})" for name, lines in places.items())
    return f"warning[{found[0].code}]: this version of Accord does not act on these statements yet: {', '.join(named)}"


def _refused(checked: CheckedSpec) -> SpecRefused:
    errors, warnings = _of(checked, Severity.ERROR), _counting(checked)
    what = counted(len(errors), "error")
    if not errors:
        what = f"{counted(len(warnings), 'warning')}, which --strict counts as errors"
    return SpecRefused(f"{checked.source.path} has {what}; nothing else was done", checked)


def _counting(checked: CheckedSpec) -> list[Diagnostic]:
    """The warnings that count with `--strict`: those that `lint` gives too, so that all commands judge alike."""
    return [d for d in _of(checked, Severity.WARNING) if d.code not in ONLY_RUNS_SAY]


def _of(checked: CheckedSpec, severity: Severity) -> list[Diagnostic]:
    return [d for d in checked.diagnostics if d.severity is severity]
