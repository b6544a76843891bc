"""Queries of a plan that come near Salesforce's limit for the length of a statement."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.checks.query_size import LONGEST, NEARLY, extract_too_large, query_nearly_too_large
from compiler.filter_length import Lengths
from compiler.paths import Report
from compiler.resolved import (
    ResolvedAggregate,
    ResolvedFilter,
    ResolvedOwnerChild,
    ResolvedSpec,
    ResolvedTable,
)
from compiler.schema import Schema
from grammar.source import NOWHERE
from grammar.spec_tree import Spec

A_RUN_ADDS = 200
"""Characters that a run puts behind a filter: a moment, or the Id of a single row."""


def check_sizes(spec: Spec, resolved: ResolvedSpec, schema: Schema, report: Report) -> None:
    """Report each read whose query, as it will be printed, is near the limit or beyond it."""
    if _at_most(resolved) < LONGEST * NEARLY / 2:
        return
    # Only a spec that may come near the limit needs its plan for this.
    from compiler.lower_plan import lower_plan
    from compiler.print_soql import print_query
    from compiler.probe import columns_of, names_of

    plan = lower_plan(spec, resolved, schema)
    spans = {f.id: f.span for f in plan.filters}
    for extract in plan.extracts:
        longest = max((extract.census, extract.fetch), key=lambda query: len(print_query(query).text))
        length = len(print_query(longest).text)
        if length <= LONGEST * NEARLY:
            continue
        # A run asks for the columns of a query that is too long in parts, where a stamp tells that these agree.
        names = names_of(longest)
        least = length
        if "SystemModstamp" in names:
            keys = columns_of(longest, ("Id", "SystemModstamp"))
            least = len(print_query(keys).text) + max(len(f", {name}") for name in names)
        span = spans[extract.filter]
        if span == NOWHERE:
            span = resolved.accounts_span
        diagnostic = extract_too_large if least > LONGEST - A_RUN_ADDS else query_nearly_too_large
        report(diagnostic(f"`{extract.object}`", length, len(extract.columns), span))


def _at_most(resolved: ResolvedSpec) -> int:
    """About the length of the longest query: the longest filter, and the longest list of fields."""
    lengths = Lengths({})
    filters = max((lengths.of(f.condition) for f in _filters(resolved)), default=0)
    lists = [resolved.account_fields, *(t.fields for t in resolved.tables)]
    return filters + max(sum(len(field.ref.name) + len(", ") for field in fields) for fields in lists)


def _filters(resolved: ResolvedSpec) -> Iterable[ResolvedFilter]:
    narrowed: list[ResolvedAggregate | ResolvedOwnerChild | ResolvedTable] = [m.source for m in resolved.metrics]
    numbers = [value.source for value in (resolved.arr, resolved.renewal) if value is not None]
    narrowed += [source for source in numbers if isinstance(source, ResolvedAggregate)]
    for owner in resolved.owners:
        narrowed += [source for source in owner.sources if isinstance(source, ResolvedOwnerChild)]
    narrowed += resolved.tables
    yield from (t.filter for t in resolved.types)
    yield from (part.filter for part in narrowed if part.filter is not None)
