"""Binds a spec to an org's schema: tree in, resolved spec and diagnostics out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, TypeVar

from compiler.checks import (
    column_clash,
    definition_as_field,
    object_refused,
    parent_table_off,
    unknown_activity,
    unknown_child,
)
from compiler.conditions import Definitions, bind_filter, circles
from compiler.default_fields import CASE_CORE, CONTACT_CORE, core_fields, readable_fields
from compiler.labels import lower_snake
from compiler.paths import Report, find_object
from compiler.resolve_values import ValueBinder
from compiler.resolved import (
    FieldRef,
    ResolvedFilter,
    ResolvedLink,
    ResolvedMetric,
    ResolvedSpec,
    ResolvedTable,
    ResolvedType,
)
from compiler.schema import Schema, SObject
from compiler.selections import select_fields
from grammar.soql_tree import And, Condition, FieldPath
from grammar.source import NOWHERE
from grammar.spec_tree import (
    AccountFilter,
    Accounts,
    AccountValue,
    Cases,
    Chatter,
    CustomObject,
    Define,
    Invalid,
    Metric,
    OnLeaving,
    OwnerRule,
    Owners,
    Related,
    SkipInactive,
    Spec,
    Where,
)

S = TypeVar("S")


def all_of(spec: Spec, kind: type[S]) -> list[S]:
    """The statements of one kind, in the order of writing."""
    return [statement for statement in spec.statements if isinstance(statement, kind)]


def unreadable_definitions(spec: Spec) -> frozenset[str]:
    """The lower-case names of definitions that did not parse."""
    found = (re.match(r"define\s+(\w+)", piece.text, re.IGNORECASE) for piece in all_of(spec, Invalid))
    return frozenset(match[1].lower() for match in found if match)


def resolve(spec: Spec, schema: Schema, report: Report) -> ResolvedSpec:
    """Bind all names of `spec`. What cannot be bound is reported and left out."""
    defines = {d.name.text.lower(): d for d in reversed(all_of(spec, Define))}
    definitions = Definitions(defines, unreadable_definitions(spec))
    circles(defines, report)
    for define in all_of(spec, Define):
        if (sobject := find_object(define.object.text, define.object.span, schema, report)) is not None:
            bind_filter(define.condition, sobject, schema, definitions, report)
            if (field := sobject.field(define.name.text)) is not None:
                report(
                    definition_as_field.definition_as_field(
                        define.name.text, field.name, sobject.name, define.name.span
                    )
                )
    account = find_object("Account", NOWHERE, schema, report)
    if account is None:
        return _nothing()
    binder = ValueBinder(schema, definitions, report)
    statements = all_of(spec, Accounts)
    items = [item for statement in statements[:1] for item in statement.items]
    span = statements[0].span if statements else NOWHERE
    types = []
    for item in items:
        if isinstance(item, AccountFilter):
            bound = bind_filter(item.condition, account, schema, definitions, report)
            types.append(ResolvedType("customer" if item.kind == "all" else item.kind, bound, item.span))
    leaving: Literal["keep", "remove"] = "keep"
    for item in items:
        if isinstance(item, OnLeaving):
            leaving = item.policy
    owner_items = [item for statement in all_of(spec, Owners)[:1] for item in statement.items]
    owners = [binder.owner(item, account) for item in owner_items if isinstance(item, OwnerRule)]
    skips = [item for item in owner_items if isinstance(item, SkipInactive)]
    user = schema.object("User")
    if skips and (user is None or user.field("IsActive") is None):
        report(unknown_activity.unknown_activity(skips[0].span))
    values = {s.column: binder.value(s.column, s.source, account) for s in reversed(all_of(spec, AccountValue))}
    metrics = []
    for metric in all_of(spec, Metric):
        aggregate = binder.aggregate(metric.source, account)
        column = lower_snake(metric.label.value)
        if not column:
            report(column_clash.nameless(metric.label.value, metric.label.span))
        elif aggregate is not None:
            metrics.append(ResolvedMetric(metric.label.value, column, aggregate, metric.span, metric.label.span))
    _check_parents(spec, report)
    tables = [
        *_related(spec, schema, binder, report),
        *(t for c in all_of(spec, CustomObject) if (t := _custom(c, schema, binder, report)) is not None),
    ]
    for cases in all_of(spec, Cases):
        _check_cases(cases, schema, binder, report)
    for chatter in all_of(spec, Chatter):
        _check_chatter(chatter, schema, binder, report)
    return ResolvedSpec(
        types=tuple(types),
        account_fields=select_fields(items, readable_fields(account), account, schema, span, report),
        on_leaving=leaving,
        owners=tuple(o for o in owners if o is not None),
        skip_inactive=bool(skips),
        arr=values.get("arr"),
        renewal=values.get("renewal"),
        metrics=tuple(metrics),
        tables=tuple(tables),
        accounts_span=span,
    )


def _nothing() -> ResolvedSpec:
    return ResolvedSpec((), (), "keep", (), False, None, None, (), (), NOWHERE)


def _related(spec: Spec, schema: Schema, binder: ValueBinder, report: Report) -> Iterable[ResolvedTable]:
    written = {s.table: s for s in reversed(all_of(spec, Related))}
    for table, name in (("contacts", "Contact"), ("opportunities", "Opportunity")):
        statement = written.get(table)  # type: ignore[call-overload]  # the two names are those of Related.table
        if statement is not None and statement.off:
            continue
        sobject = schema.object(name)
        if sobject is None:
            if statement is not None:
                find_object(name, statement.span, schema, report)
            continue
        span = statement.span if statement else NOWHERE
        items = statement.items if statement else ()
        default = core_fields(sobject, CONTACT_CORE) if table == "contacts" else readable_fields(sobject)
        link = _account_link(sobject)
        if link is None:
            continue
        yield ResolvedTable(
            table,
            sobject.label_plural,
            sobject.name,
            "account",
            link,
            _where(items, sobject, binder),
            select_fields(items, default, sobject, schema, span, report),
            span,
        )


def _check_parents(spec: Spec, report: Report) -> None:
    """Report records that hang on contacts where contacts are switched off."""
    off = next((s for s in all_of(spec, Related) if s.table == "contacts"), None)
    if off is not None and off.off:
        for statement in all_of(spec, CustomObject):
            if statement.parent == "contact":
                label, span = statement.label.value, statement.parent_span
                report(parent_table_off.parent_table_off(label, span, off.span))


def _account_link(sobject: SObject) -> ResolvedLink | None:
    field = sobject.field("AccountId")
    if field is None:
        return None
    path = FieldPath((field.name,), NOWHERE)
    return ResolvedLink(FieldRef(sobject.name, path, (), field, sobject.name, NOWHERE), None, NOWHERE)


def _where(items: Iterable[object], sobject: SObject, binder: ValueBinder) -> ResolvedFilter | None:
    """All `where` of a block together."""
    wheres = [item for item in items if isinstance(item, Where)]
    if not wheres:
        return None
    written: Condition = wheres[0].condition
    if len(wheres) > 1:
        written = And(tuple(w.condition for w in wheres), wheres[0].span.to(wheres[-1].span))
    return binder.filter(written, sobject)


def _custom(statement: CustomObject, schema: Schema, binder: ValueBinder, report: Report) -> ResolvedTable | None:
    if refused := object_refused.name_refused(statement.object.text, statement.object.span):
        report(refused)
        return None
    sobject = find_object(statement.object.text, statement.object.span, schema, report)
    table = lower_snake(statement.label.value)
    if not table:
        report(column_clash.nameless(statement.label.value, statement.label.span))
    if sobject is None:
        return None
    if refused := object_refused.object_refused(sobject, statement.object.span):
        report(refused)
        return None
    link = binder.link(statement.via, sobject, statement.parent)
    narrowed = _where(statement.items, sobject, binder)
    fields = select_fields(statement.items, readable_fields(sobject), sobject, schema, statement.span, report)
    if link is None or not table:
        return None
    return ResolvedTable(
        table, statement.label.value, sobject.name, statement.parent, link, narrowed, fields, statement.span
    )


def _check_cases(cases: Cases, schema: Schema, binder: ValueBinder, report: Report) -> None:
    sobject = find_object("Case", cases.span, schema, report)
    if sobject is not None:
        _where(cases.items, sobject, binder)
        select_fields(cases.items, core_fields(sobject, CASE_CORE), sobject, schema, cases.span, report)


def _check_chatter(chatter: Chatter, schema: Schema, binder: ValueBinder, report: Report) -> None:
    wheres = [item for item in chatter.items if isinstance(item, Where)]
    sobject = schema.object("FeedItem")
    if sobject is not None:
        _where(wheres, sobject, binder)
    else:
        for where in wheres:
            report(unknown_child.not_described(where.condition.span))
