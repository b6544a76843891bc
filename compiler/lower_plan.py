"""From a resolved spec to the plan: extracts, tables in the order of computing, guards, schedule."""

from __future__ import annotations

from compiler.digest import schema_digest
from compiler.labels import lower_snake
from compiler.lower_accounts import (
    account_rows,
    accounts_table,
    calculated_columns,
)
from compiler.lower_owners import owner_drafts, owners_table
from compiler.lower_soql import Drafts
from compiler.lower_tables import draft_table, draft_users, record_table, users_table
from compiler.plan import PLAN_VERSION, Cadence, Guard, OwnerKind, PicklistOption, Plan, Table
from compiler.resolve import all_of
from compiler.resolved import FieldRef, ResolvedOwnerChild, ResolvedSpec
from compiler.schema import Schema
from grammar.spec_tree import (
    CustomObject,
    FillGuard,
    Guards,
    LeaveGuard,
    MoveGuard,
    Name,
    Owners,
    Schedule,
    Spec,
    Text,
)

NIGHTLY = Cadence("day", None, "02:00", None)


def lower_plan(spec: Spec, resolved: ResolvedSpec, schema: Schema) -> Plan:
    """Make the plan of a spec that has no errors."""
    drafts = Drafts(schema)
    rows = account_rows(resolved, drafts)
    calculated = calculated_columns(resolved, drafts)
    owners = owner_drafts(resolved, drafts)
    users = draft_users(drafts)
    ordered = sorted(resolved.tables, key=lambda t: t.parent == "contact")
    reads = {t.table: draft_table(t, ordered, drafts) for t in ordered}
    span = all_of(spec, Owners)[0].span if all_of(spec, Owners) else resolved.accounts_span
    records = tuple(record_table(t, reads[t.table], rows, reads.get("contacts"), resolved.on_leaving) for t in ordered)
    accounts = accounts_table(resolved, rows, calculated, drafts)
    account_owners = owners_table(resolved, rows, owners, users, span)
    tables = (accounts, account_owners, *records)
    tables = (*tables, users_table(users, tables, resolved.on_leaving, span))
    return Plan(
        PLAN_VERSION,
        schema_digest(schema),
        tuple(d.filter() for d in drafts.drafts),
        tuple(d.extract() for d in drafts.drafts),
        tables,
        tuple(OwnerKind(o.kind, tuple(_source_words(s) for s in o.sources), o.span) for o in resolved.owners),
        _picklists(tables, schema),
        _guards(spec),
        _cadence(spec),
        resolved.skip_inactive,
    )


def _source_words(source: FieldRef | ResolvedOwnerChild) -> str:
    return source.name if isinstance(source, FieldRef) else source.text


def _picklists(tables: tuple[Table, ...], schema: Schema) -> tuple[PicklistOption, ...]:
    """The options of all synced picklist fields; an object that two tables bring is listed once."""
    options: dict[tuple[str, str, str], PicklistOption] = {}
    for table in tables:
        sobject = schema.object(table.object) if table.object else None
        if sobject is None:
            continue
        for column in table.columns:
            field = None if column.derived else sobject.field(column.name)
            for value in field.picklist if field else ():
                key = (sobject.name, column.name, value.value)
                options[key] = PicklistOption(*key, value.label, value.active)
    return tuple(options.values())


def _guards(spec: Spec) -> tuple[Guard, ...]:
    labels = {s.label.value.lower(): lower_snake(s.label.value) for s in all_of(spec, CustomObject)}
    out: list[Guard] = []
    for statement in all_of(spec, Guards):
        for item in statement.items:
            match item:
                case LeaveGuard(table, limit, span):
                    name = _word(table)
                    out.append(Guard("leave", labels.get(name.lower(), name.lower()), limit.text, span))
                case MoveGuard(column, limit, span):
                    out.append(Guard("move", lower_snake(_word(column)), limit.text, span))
                case FillGuard(kind, limit, span):
                    out.append(Guard("fill", _word(kind), limit.text, span))
                case _:
                    pass
    return tuple(out)


def _word(name: Name | Text) -> str:
    return name.text if isinstance(name, Name) else name.value


def _cadence(spec: Spec) -> Cadence:
    statements = all_of(spec, Schedule)
    if not statements:
        return NIGHTLY
    every = statements[0].every
    return Cadence(every.period, every.weekday, every.at, every.zone.value if every.zone else None)
