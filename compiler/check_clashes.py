"""Columns of one table that would have the same name."""

from __future__ import annotations

from compiler.checks import column_clash
from compiler.paths import Report
from compiler.resolved import ResolvedSpec, SyncedField
from compiler.tables import ACCOUNT_COLUMNS, PLACE, RECORD_COLUMNS
from grammar.source import Span


def check_clashes(resolved: ResolvedSpec, report: Report) -> None:
    """Report synced fields and metrics whose column names are taken; DuckDB compares them without case."""
    taken = _taken(ACCOUNT_COLUMNS + RECORD_COLUMNS)
    _fields("accounts", resolved.account_fields, taken, report)
    for metric in resolved.metrics:
        for name in (metric.column, f"{metric.column}_currency"):
            if name in taken:
                why, first = taken[name]
                report(column_clash.column_clash(name, "accounts", metric.label_span, why, first))
            taken.setdefault(name, (f'the metric "{metric.label}"', metric.label_span))
    for table in resolved.tables:
        _fields(table.table, table.fields, _taken((f"{table.parent}_id", *RECORD_COLUMNS)), report)


def _taken(names: tuple[str, ...]) -> dict[str, tuple[str, Span | None]]:
    taken: dict[str, tuple[str, Span | None]] = dict.fromkeys(names, ("one that Accord makes itself", None))
    return {**taken, PLACE: ("DuckDB's own, the place of a row", None)}


def _fields(
    table: str, fields: tuple[SyncedField, ...], taken: dict[str, tuple[str, Span | None]], report: Report
) -> None:
    for synced in fields:
        key = synced.ref.field.name.lower()
        if key in taken:
            why, first = taken[key]
            report(column_clash.column_clash(synced.ref.field.name, table, synced.span, why, first))
        taken.setdefault(key, (f"the field `{synced.ref.name}`", synced.span))
