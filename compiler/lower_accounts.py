"""The tables `accounts` and `account_owners`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from compiler.lower_links import linked, picked
from compiler.lower_soql import Drafts, ExtractDraft, column_type
from compiler.lower_values import draft_aggregate, finished, is_money, join_aggregate, lineage, value_type
from compiler.paths import find_field
from compiler.plan import Source, Table, TableColumn
from compiler.relation import (
    Assign,
    Call,
    Col,
    ColumnType,
    Expr,
    Extracted,
    Filtered,
    First,
    Joined,
    Lit,
    OrderKey,
    Relation,
    Select,
    Take,
    Union,
)
from compiler.resolved import FieldRef, ResolvedAggregate, ResolvedOwner, ResolvedOwnerChild, ResolvedSpec
from compiler.schema import Schema
from grammar.soql_tree import FieldPath
from grammar.source import NOWHERE, Span

TEXT, ID, BOOLEAN, DATE = ColumnType("text"), ColumnType("id"), ColumnType("boolean"), ColumnType("date")
RANK = ColumnType("decimal", 0)
MONEY = ColumnType("decimal", 2)

_Put: TypeAlias = Callable[[TableColumn, Expr], None]


class AccountRows(NamedTuple):
    """The account extracts, and the relation of accounts that are in: a row an account, all columns that were read."""

    drafts: tuple[ExtractDraft, ...]
    base: Relation


class Calculated(NamedTuple):
    """A calculated column of accounts."""

    column: str
    label: str
    source: ResolvedAggregate
    draft: ExtractDraft
    span: Span


def account_rows(resolved: ResolvedSpec, drafts: Drafts) -> AccountRows:
    """One extract a type, in the order of writing; the first that holds an Id gives the type."""
    reads = tuple(drafts.draft(f"accounts.{t.kind}", "Account", t.filter, t.span) for t in resolved.types)
    names: list[str] = []
    for draft in reads:
        names = ["Id", "SystemModstamp"]
        names += [draft.need(s.ref) for s in resolved.account_fields]
        names += [draft.need(ref, deciding=True) for ref in _deciding_fields(resolved)]
        names += [draft.need(ref) for path in _OWN_FIELDS if (ref := account_field(path, drafts.schema)) is not None]
    columns = picked(*dict.fromkeys(names))
    parts = tuple(
        Select(
            Extracted(draft.id),
            (*columns, Assign("account_type", Lit(t.kind, TEXT)), Assign("type_rank", Lit(str(rank), RANK))),
        )
        for rank, (draft, t) in enumerate(zip(reads, resolved.types, strict=True))
    )
    if len(parts) == 1:
        return AccountRows(reads, parts[0])
    return AccountRows(reads, First(Union(parts), ("Id",), (OrderKey("type_rank"),)))


_OWN_FIELDS = ("ParentId", "Website", "RecordType.DeveloperName", "IsPersonAccount")


def account_field(path: str, schema: Schema) -> FieldRef | None:
    """A field of Account by its path, or None where the org has it not."""
    account = schema.object("Account")
    if account is None:
        return None
    return find_field(FieldPath(tuple(path.split(".")), NOWHERE), account, schema, lambda _: None)


def _deciding_fields(resolved: ResolvedSpec) -> list[FieldRef]:
    refs = [s for owner in resolved.owners for s in owner.sources if isinstance(s, FieldRef)]
    aggregates = [m.source for m in resolved.metrics]
    links = [s.link for o in resolved.owners for s in o.sources if isinstance(s, ResolvedOwnerChild)]
    links += [t.link for t in resolved.tables if t.parent == "account"]
    for value in (resolved.arr, resolved.renewal):
        if value is None:
            continue
        if isinstance(value.source, FieldRef):
            refs.append(value.source)
        else:
            aggregates.append(value.source)
    refs += [a.otherwise for a in aggregates if isinstance(a.otherwise, FieldRef)]
    links += [a.link for a in aggregates]
    return refs + [link.parent for link in links if link.parent is not None]


def calculated_columns(resolved: ResolvedSpec, drafts: Drafts) -> list[Calculated]:
    """The aggregates of the spec with what must be read for each."""
    out = []
    for column, value in (("arr", resolved.arr), ("renewal_date", resolved.renewal)):
        if value is not None and isinstance(value.source, ResolvedAggregate):
            name = column.partition("_")[0]
            draft = draft_aggregate(name, value.source, drafts)
            out.append(Calculated(column, name, value.source, draft, value.span))
    for metric in resolved.metrics:
        draft = draft_aggregate(f"metric.{metric.column}", metric.source, drafts)
        out.append(Calculated(metric.column, metric.label, metric.source, draft, metric.span))
    return out


def accounts_table(resolved: ResolvedSpec, rows: AccountRows, calculated: list[Calculated], schema: Schema) -> Table:
    """The table `accounts`."""
    relation = rows.base
    for value in calculated:
        relation = join_aggregate(relation, value.draft, value.source, f"{value.column} (calculated)")
    columns: list[TableColumn] = []
    values: list[Assign] = []

    def put(column: TableColumn, value: Expr) -> None:
        columns.append(column)
        values.append(Assign(column.name, value))

    for synced in resolved.account_fields:
        put(synced_column(synced.ref, synced.label, synced.span), Col(synced.ref.name))
    span = resolved.accounts_span
    put(_own("account_type", "Type in Statisfy", TEXT, "the first filter that matches", (), span), Col("account_type"))
    for name, label, kind, path in (
        ("web_domain", "Web domain", TEXT, "Website"),
        ("parent_id", "Parent account", ID, "ParentId"),
        ("record_type", "Record type", TEXT, "RecordType.DeveloperName"),
        ("is_person", "Person account", BOOLEAN, "IsPersonAccount"),
    ):
        ref = account_field(path, schema)
        source = (Source("Account", ref.name),) if ref else ()
        words = f"Account.{ref.name}" if ref else "not in this org"
        put(_own(name, label, kind, words, source, span), _own_value(name, ref, kind))
    _put_values(resolved, calculated, put)
    return Table(
        "accounts",
        "record",
        "Account",
        "Accounts",
        ("Id",),
        tuple(columns),
        Select(relation, tuple(values)),
        tuple(d.id for d in rows.drafts),
        None,
        resolved.on_leaving,
        span,
    )


def synced_column(ref: FieldRef, label: str, span: Span) -> TableColumn:
    """A column that holds a field as Salesforce returns it."""
    source = (Source(ref.object, ref.name),)
    words = f"{ref.object}.{ref.name}"
    return TableColumn(ref.name, column_type(ref.field), label, words, source, False, ref.volatile, span)


def _own(name: str, label: str, kind: ColumnType, words: str, source: tuple[Source, ...], span: Span) -> TableColumn:
    return TableColumn(name, kind, label, words, source, True, False, span)


def _own_value(name: str, ref: FieldRef | None, kind: ColumnType) -> Expr:
    if ref is None:
        return Lit(False, kind) if name == "is_person" else Lit(None, kind)
    if name == "web_domain":
        return Call("web_domain", (Col(ref.name),))
    return Call("true_if", (Col(ref.name),)) if name == "is_person" else Col(ref.name)


def _put_values(resolved: ResolvedSpec, calculated: list[Calculated], put: _Put) -> None:
    by_column = {c.column: c for c in calculated}
    for column, label, value, kind in (
        ("arr", "ARR", resolved.arr, MONEY),
        ("renewal_date", "Renewal date", resolved.renewal, DATE),
    ):
        span = value.span if value else resolved.accounts_span
        if value is None:
            put(_own(column, label, kind, "none", (), span), Lit(None, kind))
        elif isinstance(value.source, FieldRef):
            ref = value.source
            put(_value_column(column, label, f"{ref.object}.{ref.name}", ref, span), Col(ref.name))
        else:
            put(_value_column(column, label, value.source.text, value.source, span), _finished(by_column[column]))
        if column == "arr":
            put(_own("arr_currency", "ARR currency", TEXT, "none", (), span), Lit(None, TEXT))
    for metric in resolved.metrics:
        found = by_column[metric.column]
        put(
            _value_column(metric.column, metric.label, metric.source.text, metric.source, metric.span),
            _finished(found),
        )
        if is_money(metric.source):
            name = f"{metric.column}_currency"
            put(_own(name, f"{metric.label} currency", TEXT, "none", (), metric.span), Lit(None, TEXT))


def _finished(value: Calculated) -> Expr:
    return finished(value.source, f"{value.column} (calculated)")


def _value_column(name: str, label: str, words: str, source: FieldRef | ResolvedAggregate, span: Span) -> TableColumn:
    volatile = isinstance(source, FieldRef) and source.volatile
    return TableColumn(name, value_type(source), label, words, lineage(source), True, volatile, span)


def owner_drafts(resolved: ResolvedSpec, drafts: Drafts) -> dict[tuple[str, int], ExtractDraft]:
    """What must be read for owner sources over child objects, by owner kind and number of the source."""
    found = {}
    for owner in resolved.owners:
        for number, source in enumerate(owner.sources):
            if isinstance(source, ResolvedOwnerChild):
                draft = drafts.draft(f"owners.{owner.kind}.{number + 1}", source.object, source.filter, source.span)
                draft.need(source.value, deciding=True)
                draft.need(source.link.child, deciding=True)
                created = drafts.schema.object(source.object)
                if created is not None and (field := created.field("CreatedDate")) is not None:
                    path = FieldPath((field.name,), NOWHERE)
                    draft.need(FieldRef(source.object, path, (), field, source.object, NOWHERE), deciding=True)
                found[owner.kind, number] = draft
    return found


def owners_table(
    resolved: ResolvedSpec,
    rows: AccountRows,
    drafts: dict[tuple[str, int], ExtractDraft],
    users: ExtractDraft,
    span: Span,
) -> Table:
    """The table `account_owners`: a row for each account and kind whose owner was found."""
    kinds = tuple(_owner_rows(owner, rows.base, drafts, users, resolved.skip_inactive) for owner in resolved.owners)
    names = ("account_id", "owner_type", "user_id", "source")
    if not kinds:
        nobody = Select(
            rows.base,
            (Assign("account_id", Col("Id")), *(Assign(name, Lit(None, TEXT)) for name in names[1:])),
        )
        relation: Relation = Filtered(nobody, Lit(False, BOOLEAN))
    else:
        relation = kinds[0] if len(kinds) == 1 else Union(kinds)
    columns = tuple(
        _own(name, label, kind, words, (), span)
        for name, label, kind, words in (
            ("account_id", "Account", ID, "Account.Id"),
            ("owner_type", "Owner type", TEXT, "the owner kinds of the spec"),
            ("user_id", "User", ID, "the first source that names a user"),
            ("source", "Source", TEXT, "where the user was found"),
        )
    )
    return Table(
        "account_owners",
        "derived",
        None,
        "Account owners",
        ("account_id", "owner_type"),
        columns,
        relation,
        (),
        None,
        resolved.on_leaving,
        span,
    )


def _owner_rows(
    owner: ResolvedOwner,
    base: Relation,
    drafts: dict[tuple[str, int], ExtractDraft],
    reading_users: ExtractDraft,
    skip_inactive: bool,
) -> Relation:
    users = Extracted(reading_users.id)
    fields = [s.name for s in owner.sources if isinstance(s, FieldRef)]
    parents = [s.link.parent.name for s in owner.sources if isinstance(s, ResolvedOwnerChild) and s.link.parent]
    relation: Relation = Select(base, picked(*dict.fromkeys(("Id", *fields, *parents))))
    found: Expr = Lit(None, ID)
    words: Expr = Lit(None, TEXT)
    for number, source in reversed(list(enumerate(owner.sources))):
        candidate, user, active = f"candidate {number}", f"user {number}", f"active {number}"
        if isinstance(source, FieldRef):
            candidate = source.name
        else:
            oldest = _oldest(drafts[owner.kind, number], source, base)
            relation = Joined(relation, oldest, "left", (("Id", "account_id"),), (Take(candidate, "user_id"),))
        taken = (Take(user, "Id"), Take(active, "IsActive"))
        relation = Joined(relation, users, "left", ((candidate, "Id"),), taken)
        holds: Expr = Call("is_not_null", (Col(user),))
        if skip_inactive:
            holds = Call("and", (holds, Call("true_if", (Col(active),))))
        text = source.name if isinstance(source, FieldRef) else source.text
        found = Call("if", (holds, Col(candidate), found))
        words = Call("if", (holds, Lit(text, TEXT), words))
    named = Select(
        relation,
        (
            Assign("account_id", Col("Id")),
            Assign("owner_type", Lit(owner.kind, TEXT)),
            Assign("user_id", found),
            Assign("source", words),
        ),
    )
    return Filtered(named, Call("is_not_null", (Col("user_id"),)))


def _oldest(draft: ExtractDraft, source: ResolvedOwnerChild, base: Relation) -> Relation:
    """The user of each account's oldest matching child row that names one."""
    value = draft.need(source.value, deciding=True)
    has_created = any(c.name == "CreatedDate" for c in draft.extract().columns)
    order = ("CreatedDate", "Id") if has_created else ("Id",)
    rows = linked(draft, ["Id", value, *order], source.link, base, "account_id")
    named = Filtered(rows, Call("is_not_null", (Col(value),)))
    first = First(named, ("account_id",), tuple(OrderKey(name) for name in order))
    return Select(first, (*picked("account_id"), Assign("user_id", Col(value))))
