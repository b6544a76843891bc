"""The conditions of a spec, each with the object whose records it filters, before any schema is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from compiler.checks import label_as_name
from compiler.condition_rules import check_condition_rules, comparisons
from compiler.paths import Report
from grammar.soql_tree import Condition, FieldPath
from grammar.spec_tree import (
    AccountFilter,
    Accounts,
    AccountValue,
    Aggregate,
    Cases,
    Chatter,
    CustomObject,
    Define,
    Metric,
    OwnerChild,
    OwnerRule,
    Owners,
    Related,
    Spec,
    Statement,
    Where,
)

_RELATED = {"contacts": "Contact", "opportunities": "Opportunity"}


class WrittenFilter(NamedTuple):
    """A condition as it was written, and the name of the object as far as the spec alone tells."""

    object: str
    condition: Condition


def check_filters(spec: Spec, report: Report) -> None:
    """Report what is wrong with the conditions of a spec in every org. With a schema, binding them does it."""
    for written in filters_of(spec):
        check_condition_rules(written.condition, written.object, report)
        for comparison in comparisons(written.condition):
            if isinstance(comparison.left, FieldPath) and " " in comparison.left.text:
                report(label_as_name.label_as_name(comparison.left.text, comparison.left.span))


def filters_of(spec: Spec) -> Iterator[WrittenFilter]:
    """Every condition of a spec, definitions included, in the order of the text."""
    for statement in spec.statements:
        yield from _of(statement)


def _of(statement: Statement) -> Iterator[WrittenFilter]:
    match statement:
        case Define(_, on, condition):
            yield WrittenFilter(on.text, condition)
        case Metric(_, source):
            yield from _of_child(source)
        case AccountValue(_, Aggregate() as source):
            yield from _of_child(source)
        case Accounts(items):
            yield from (WrittenFilter("Account", i.condition) for i in items if isinstance(i, AccountFilter))
        case Related(table, _, items):
            yield from (WrittenFilter(_RELATED[table], i.condition) for i in items if isinstance(i, Where))
        case CustomObject(on, _, _, _, items):
            yield from (WrittenFilter(on.text, i.condition) for i in items if isinstance(i, Where))
        case Cases(items):
            yield from (WrittenFilter("Case", i.condition) for i in items if isinstance(i, Where))
        case Chatter(_, items):
            yield from (WrittenFilter("FeedItem", i.condition) for i in items if isinstance(i, Where))
        case Owners(items):
            for rule in (i for i in items if isinstance(i, OwnerRule)):
                for child in rule.sources:
                    if isinstance(child, OwnerChild):
                        yield from _of_child(child)
        case _:
            pass


def _of_child(source: Aggregate | OwnerChild) -> Iterator[WrittenFilter]:
    if source.condition is not None:
        yield WrittenFilter(source.object.text, source.condition)
