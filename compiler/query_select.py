"""The rules of the SELECT list that need no schema: aliases, repetitions, FIELDS, TYPEOF and child queries."""

from __future__ import annotations

from compiler.checks.child_query import DEEPEST, MOST, child_query_refused
from compiler.checks.fields_limit import MOST_ROWS, fields_without_limit
from compiler.checks.plain_alias import alias_of_plain_field
from compiler.checks.selected_twice import alias_twice, field_selected_twice, unaliased_twice
from compiler.checks.typeof_place import typeof_refused
from compiler.condition_rules import comparisons
from compiler.paths import Report
from compiler.query_groups import is_aggregate_query
from compiler.query_scope import Scope, written
from grammar.soql_tree import ChildQuery, FieldPath, FunctionCall, Query, SelectItem, Typeof
from grammar.source import Span

_NAMED_LIKE_THEIR_FIELD = ("TOLABEL", "FORMAT", "CONVERTCURRENCY")


def check_select(query: Query, scope: Scope, depth: int, report: Report) -> None:
    """Report each breach in the SELECT list; `depth` is 1 for the query itself, 2 in its child queries."""
    grouped = is_aggregate_query(query)
    if not grouped:
        _check_aliases(query, report)
    _check_repetitions(query, scope, report)
    _check_fields(query, scope, depth, report)
    _check_typeof(query, scope, grouped, report)
    if depth == 1:
        children = child_queries(query)
        if len(children) > MOST:
            why = f"there are {len(children)}, and at most {MOST} are taken"
            report(child_query_refused(why, children[MOST].span, "make several queries"))
    for item in query.select:
        if isinstance(item, ChildQuery):
            _check_child(item, query, depth + 1, grouped, report)


def child_queries(query: Query) -> list[ChildQuery]:
    """The child queries of a query, at any depth."""
    found = [item for item in query.select if isinstance(item, ChildQuery)]
    return found + [deeper for item in found for deeper in child_queries(item.query)]


def _check_aliases(query: Query, report: Report) -> None:
    for item in query.select:
        if isinstance(item, SelectItem) and isinstance(item.value, FieldPath) and item.alias:
            report(alias_of_plain_field(item.value.text, item.alias, item.span))


def _check_repetitions(query: Query, scope: Scope, report: Report) -> None:
    fields: dict[str, Span] = {}
    aliases: dict[str, Span] = {}
    renamed: list[tuple[SelectItem, FieldPath]] = []
    for item in query.select:
        if not isinstance(item, SelectItem):
            continue
        if item.alias:
            if (before := aliases.setdefault(item.alias.lower(), item.span)) is not item.span:
                report(alias_twice(item.alias, item.span, before))
            continue
        value = item.value
        if isinstance(value, FieldPath):
            name = scope.path(value).text.lower()
            if (before := fields.setdefault(name, item.span)) is not item.span:
                report(field_selected_twice(value.text, item.span, before))
        elif value.name.upper() in _NAMED_LIKE_THEIR_FIELD and isinstance(value.args[0], FieldPath):
            renamed.append((item, value.args[0]))
    for item, field in renamed:
        name = scope.path(field).text.lower()
        if (before := fields.setdefault(name, item.span)) is not item.span:
            report(unaliased_twice(written(item.value), field.text, item.span, before))


def _check_fields(query: Query, scope: Scope, depth: int, report: Report) -> None:
    calls = [
        item.value
        for item in query.select
        if isinstance(item, SelectItem) and isinstance(item.value, FunctionCall) and item.value.name.upper() == "FIELDS"
    ]
    sets: dict[str, Span] = {}
    for call in calls:
        which = written(call.args[0]).upper()
        for before, span in list(sets.items()):
            if before == which or "ALL" in (before, which):
                report(field_selected_twice(f"FIELDS({which})", call.span, span))
                break
        sets.setdefault(which, call.span)
        # SOQL takes FIELDS(ALL) of child rows without a limit of their own, as far as is known.
        bounded = depth > 1 or _names_ids(query, scope) or (query.limit is not None and query.limit <= MOST_ROWS)
        if which != "STANDARD" and not bounded:
            report(fields_without_limit(which, call.span))
    for item in query.select:
        if sets and isinstance(item, SelectItem) and isinstance(item.value, FieldPath):
            path = scope.path(item.value)
            custom = path.text.lower().endswith(("__c", "__s", "__pc"))
            for which in ("ALL", "CUSTOM" if custom else "STANDARD"):
                if len(path.names) == 1 and which in sets:
                    report(field_selected_twice(item.value.text, item.span, sets[which]))
                    break


def _names_ids(query: Query, scope: Scope) -> bool:
    """Whether a filter names the records by their Ids."""
    found = comparisons(query.where) if query.where is not None else []
    return any(
        isinstance(c.left, FieldPath) and scope.path(c.left).text.lower() == "id" and c.operator in ("=", "IN")
        for c in found
    )


def _check_typeof(query: Query, scope: Scope, grouped: bool, report: Report) -> None:
    followed = {
        tuple(name.lower() for name in names[:size])
        for item in query.select
        if isinstance(item, SelectItem) and isinstance(item.value, FieldPath)
        for names in (scope.path(item.value).names,)
        for size in range(1, len(names))
    }
    for item in query.select:
        if not isinstance(item, Typeof):
            continue
        if grouped:
            report(typeof_refused("it does not go with groups", item.span, "select fields through the relationship"))
        if tuple(name.lower() for name in scope.path(item.path).names) in followed:
            why = f"`{item.path.text}` is also followed by a field of the same list"
            report(typeof_refused(why, item.span, "name all fields of the relationship inside TYPEOF"))
        objects = [branch.object.lower() for branch in item.branches]
        for number, branch in enumerate(item.branches):
            if branch.object.lower() in objects[:number]:
                report(typeof_refused(f"`{branch.object}` has two WHEN", branch.span, "name its fields in one WHEN"))


def _check_child(item: ChildQuery, parent: Query, depth: int, grouped: bool, report: Report) -> None:
    child = item.query
    if depth > DEEPEST:
        why = f"it is {depth} levels deep, and at most {DEEPEST} are taken"
        report(child_query_refused(why, item.span, "make a query of its own for the deeper rows"))
    if grouped:
        report(child_query_refused("it does not go with groups", item.span, "make two queries"))
    if is_aggregate_query(child):
        report(child_query_refused("it counts or groups", item.span, "query the child object itself and group there"))
    if child.offset is not None and parent.limit != 1:
        report(child_query_refused("OFFSET needs LIMIT 1 on the query around it", item.span, "leave OFFSET out"))
