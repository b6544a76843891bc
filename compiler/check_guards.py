"""Guards that would never stop a run: of a name that the spec has not, of a value that is no number, written twice."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.checks import guard_not_number, names, structure
from compiler.labels import lower_snake
from compiler.paths import Report
from compiler.resolve import all_of
from compiler.resolved import ResolvedSpec
from compiler.schema import NUMBER_TYPES
from grammar.spec_tree import (
    Cases,
    Chatter,
    CustomObject,
    FillGuard,
    Guards,
    Invalid,
    LeaveGuard,
    Metric,
    MoveGuard,
    Name,
    OwnerRule,
    Owners,
    Related,
    Spec,
    Text,
)


def check_guard_names(spec: Spec, report: Report) -> None:
    """Report guards on what this spec does not make, and the second of two on the same."""
    # What did not parse may be what a guard names.
    unread = {piece.text.split(maxsplit=1)[0].lower() for piece in all_of(spec, Invalid) if piece.text.strip()}
    unread |= {"owners" for o in all_of(spec, Owners) for i in o.items if isinstance(i, Invalid)}
    tables, kinds = _tables(spec), _kinds(spec)
    numbers = {"arr": "arr"} | {metric.label.value: lower_snake(metric.label.value) for metric in all_of(spec, Metric)}
    first: dict[tuple[str, str], LeaveGuard | MoveGuard | FillGuard] = {}
    for guard in _guards(spec):
        match guard:
            case LeaveGuard(subject):
                what, known, unsure = "table", tables, "object" in unread
            case MoveGuard(subject):
                what, known, unsure = "number", numbers, "metric" in unread
            case FillGuard(subject):
                what, known, unsure = "owner kind", kinds, "owners" in unread
        by_name = {name.lower(): made for name, made in known.items()}
        made = by_name.get(_word(subject).lower())
        if made is None:
            if not unsure:
                report(names.unknown_table(_word(subject), what, subject.span, tuple(known)))
            continue
        earlier = first.setdefault((what, made), guard)
        if earlier is not guard:
            report(structure.duplicate(f"the guard on `{_word(subject)}`", guard.span, earlier.span))


def check_guard_types(spec: Spec, resolved: ResolvedSpec, report: Report) -> None:
    """Report guards against the moving of a metric that is a date or a text."""
    metrics = {metric.label.lower(): metric for metric in resolved.metrics}
    for guard in _guards(spec):
        metric = metrics.get(_word(guard.column).lower()) if isinstance(guard, MoveGuard) else None
        if metric is None or metric.source.value is None or not isinstance(guard, MoveGuard):
            continue
        kind = metric.source.value.field.type
        if kind not in NUMBER_TYPES:
            report(guard_not_number.guard_not_number(metric.label, kind, guard.column.span, metric.label_span))


def _guards(spec: Spec) -> Iterator[LeaveGuard | MoveGuard | FillGuard]:
    for statement in all_of(spec, Guards):
        for item in statement.items:
            if not isinstance(item, Invalid):
                yield item


def _tables(spec: Spec) -> dict[str, str]:
    """The names by which a guard may call the tables that the spec makes, and the tables' own."""
    off = {related.table for related in all_of(spec, Related) if related.off}
    built_in = ["accounts", *({"contacts", "opportunities"} - off), "users", "account_owners"]
    built_in += ["support_cases", "case_messages"] if all_of(spec, Cases) else []
    built_in += ["chatter_posts", "chatter_comments"] if all_of(spec, Chatter) else []
    labels = [statement.label.value for statement in all_of(spec, CustomObject)]
    objects = {label: lower_snake(label) for label in labels}
    return {name: name for name in sorted(built_in)} | {name: name for name in objects.values()} | objects


def _kinds(spec: Spec) -> dict[str, str]:
    rules = [item.kind for owners in all_of(spec, Owners) for item in owners.items if isinstance(item, OwnerRule)]
    return {kind: kind.lower() for kind in rules}


def _word(name: Name | Text) -> str:
    return name.text if isinstance(name, Name) else name.value
