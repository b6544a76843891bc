"""Amounts whose currency nobody can tell, or that nothing converts: what they need is hidden, or does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.checks import aggregate_currency, unknown_currency
from compiler.currencies import Need, is_amount, needs_of_aggregate, needs_of_field, shown
from compiler.paths import Report
from compiler.resolved import FieldRef, ResolvedAggregate, ResolvedSpec
from compiler.schema import Schema


def check_currencies(resolved: ResolvedSpec, schema: Schema, report: Report) -> None:
    """Report numbers in an org with several currencies that would have no currency, or a wrong amount.

    INVARIANT: where nothing is reported, all that `compiler.currencies` says a number needs is in the schema.
    """
    # With one currency there is no question, whatever the spec names.
    if not schema.multi_currency:
        return
    for source in _sources(resolved):
        if isinstance(source, FieldRef):
            needs = needs_of_field(source, schema)
        else:
            _check_named(source, schema, report)
            needs = needs_of_aggregate(source, schema)
        for need in needs:
            _check_need(need, schema, report)


def _sources(resolved: ResolvedSpec) -> Iterator[FieldRef | ResolvedAggregate]:
    if resolved.arr is not None:
        yield resolved.arr.source
    yield from (metric.source for metric in resolved.metrics)


def _check_named(source: ResolvedAggregate, schema: Schema, report: Report) -> None:
    """Whether a currency is named where amounts are put together, and nowhere else."""
    value, currency = source.value, source.currency
    if value is None:
        return
    chosen = source.function in ("latest", "earliest")
    if currency is None:
        if is_amount(value, schema) and not chosen:
            report(aggregate_currency.aggregate_without_currency(source.function, value.name, value.span))
    elif not is_amount(value, schema):
        report(unknown_currency.plain_number(value.name, currency.span))
    elif chosen:
        report(unknown_currency.not_converted(source.function, value.name, currency.span))


def _check_need(need: Need, schema: Schema, report: Report) -> None:
    if shown(need.object, need.path, schema) is not None:
        return
    hidden = need.object if schema.object(need.object) is None else f"{need.object}.{'.'.join(need.path)}"
    report(unknown_currency.hidden(need.amount, need.converts, hidden, need.says, need.span))
