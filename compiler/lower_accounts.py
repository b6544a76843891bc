"""The table `accounts`: which accounts are in, their fields, and what is calculated for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from compiler.currencies import ISO, converts
from compiler.lower_currency import currency_of, with_corporate_code, with_rates_of_fields
from compiler.lower_links import picked
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
    First,
    Lit,
    OrderKey,
    Relation,
    Select,
    Union,
)
from compiler.resolved import FieldRef, ResolvedAggregate, ResolvedOwnerChild, ResolvedSpec
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
        # An account that one filter lets go is the other's: its row must show why.
        for other in reads:
            draft.decide(other.condition)
        names = ["Id", "SystemModstamp"]
        names += [draft.need(s.ref) for s in resolved.account_fields]
        names += [draft.need(ref, deciding=True) for ref in _deciding_fields(resolved)]
        names += [draft.need(ref, deciding=True) for ref in _currencies(resolved, drafts)]
        names += [draft.need(ref) for path in _OWN_FIELDS if (ref := account_field(path, drafts.schema)) is not None]
    columns = picked(*dict.fromkeys(names))
    # By this flag the corporate currency is joined.
    flag = (Assign("in", Lit(True, BOOLEAN)),) if drafts.schema.multi_currency else ()
    parts = tuple(
        Select(
            Extracted(draft.id),
            (
                *columns,
                Assign("account_type", Lit(t.kind, TEXT)),
                Assign("type_rank", Lit(str(rank), RANK)),
                *flag,
            ),
        )
        for rank, (draft, t) in enumerate(zip(reads, resolved.types, strict=True))
    )
    if len(parts) == 1:
        return AccountRows(reads, parts[0])
    return AccountRows(reads, First(Union(parts), ("Id",), (OrderKey("type_rank"),)))


# These are calculated from a field, which must have the type that it has in Salesforce.
_CALCULATED = ("web_domain", "is_person")
_OWN_FIELDS = ("ParentId", "Website", "RecordType.DeveloperName", "IsPersonAccount")


def account_field(path: str, schema: Schema) -> FieldRef | None:
    """A field of Account by its path, or None where the org has it not."""
    account = schema.object("Account")
    if account is None:
        return None
    return find_field(FieldPath(tuple(path.split(".")), NOWHERE), account, schema, lambda _: None)


def _deciding_fields(resolved: ResolvedSpec) -> list[FieldRef]:
    refs = [s for owner in resolved.owners for s in owner.sources if isinstance(s, FieldRef)]
    links = [s.link for o in resolved.owners for s in o.sources if isinstance(s, ResolvedOwnerChild)]
    links += [t.link for t in resolved.tables if t.parent == "account"]
    links += [a.link for a in _aggregates(resolved)]
    refs += [*_plain_values(resolved), *_fallbacks(resolved)]
    return refs + [link.parent for link in links if link.parent is not None]


def _plain_values(resolved: ResolvedSpec) -> list[FieldRef]:
    values = (resolved.arr, resolved.renewal)
    return [v.source for v in values if v is not None and isinstance(v.source, FieldRef)]


def _aggregates(resolved: ResolvedSpec) -> list[ResolvedAggregate]:
    sources = [m.source for m in resolved.metrics]
    values = (resolved.arr, resolved.renewal)
    return sources + [v.source for v in values if v is not None and isinstance(v.source, ResolvedAggregate)]


def _fallbacks(resolved: ResolvedSpec) -> list[FieldRef]:
    """The fields that stand behind an `else`."""
    return [a.otherwise for a in _aggregates(resolved) if isinstance(a.otherwise, FieldRef)]


def _currencies(resolved: ResolvedSpec, drafts: Drafts) -> list[FieldRef]:
    """The currencies of account amounts, and the account's own, in an org with several."""
    if not drafts.schema.multi_currency:
        return []
    amounts = [*_plain_values(resolved), *_fallbacks(resolved)]
    found = [account_field(ISO, drafts.schema), *(currency_of(ref, drafts) for ref in amounts)]
    return [ref for ref in found if ref is not None]


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


def accounts_table(resolved: ResolvedSpec, rows: AccountRows, calculated: list[Calculated], drafts: Drafts) -> Table:
    """The table `accounts`."""
    relation = rows.base
    for value in calculated:
        name = f"{value.column} (calculated)"
        relation = join_aggregate(relation, value.draft, value.source, name, drafts, rows.base)
    if drafts.schema.multi_currency and any(converts(v.source, drafts.schema) for v in calculated):
        relation = with_corporate_code(relation, drafts)
    relation = with_rates_of_fields(relation, [v.source for v in calculated], drafts)
    columns: list[TableColumn] = []
    values: list[Assign] = []

    def put(column: TableColumn, value: Expr) -> None:
        columns.append(column)
        values.append(Assign(column.name, value))

    for synced in resolved.account_fields:
        put(synced_column(synced.ref, synced.label, synced.span), Col(synced.ref.name))
    span = resolved.accounts_span
    put(
        own_column("account_type", "Type in Statisfy", TEXT, "the first filter that matches", (), span),
        Col("account_type"),
    )
    for name, label, kind, path in (
        ("web_domain", "Web domain", TEXT, "Website"),
        ("parent_id", "Parent account", ID, "ParentId"),
        ("record_type", "Record type", TEXT, "RecordType.DeveloperName"),
        ("is_person", "Person account", BOOLEAN, "IsPersonAccount"),
    ):
        ref = account_field(path, drafts.schema)
        source = (Source("Account", ref.name),) if ref else ()
        words = f"Account.{ref.name}" if ref else "not in this org"
        if ref is not None and name in _CALCULATED and column_type(ref.field) != kind:
            words, ref = f"Account.{ref.name} is of the type {ref.field.type} in this org", None
        volatile = ref is not None and ref.volatile
        put(own_column(name, label, kind, words, source, span, volatile=volatile), _own_value(name, ref, kind))
    _put_values(resolved, calculated, drafts, put)
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


def own_column(
    name: str,
    label: str,
    kind: ColumnType,
    words: str,
    source: tuple[Source, ...],
    span: Span,
    *,
    volatile: bool = False,
) -> TableColumn:
    """A column of Accord's own; `words` say where its values come from. `volatile`: it passes on a field that is."""
    return TableColumn(name, kind, label, words, source, True, volatile, span)


def _own_value(name: str, ref: FieldRef | None, kind: ColumnType) -> Expr:
    if ref is None:
        return Lit(False, kind) if name == "is_person" else Lit(None, kind)
    if name == "web_domain":
        return Call("web_domain", (Col(ref.name),))
    return Call("true_if", (Col(ref.name),)) if name == "is_person" else Col(ref.name)


def _put_values(resolved: ResolvedSpec, calculated: list[Calculated], drafts: Drafts, put: _Put) -> None:
    by_column = {c.column: c for c in calculated}
    for column, label, value, kind in (
        ("arr", "ARR", resolved.arr, MONEY),
        ("renewal_date", "Renewal date", resolved.renewal, DATE),
    ):
        span = value.span if value else resolved.accounts_span
        if value is None:
            put(own_column(column, label, kind, "none", (), span), Lit(None, kind))
        elif isinstance(value.source, FieldRef):
            ref = value.source
            put(_value_column(column, label, f"{ref.object}.{ref.name}", ref, span), Col(ref.name))
        else:
            put(
                _value_column(column, label, value.source.text, value.source, span),
                _finished(by_column[column], drafts),
            )
        if column == "arr":
            put(*_currency_column("arr", "ARR", value.source if value else None, drafts, span))
    for metric in resolved.metrics:
        found = by_column[metric.column]
        put(
            _value_column(metric.column, metric.label, metric.source.text, metric.source, metric.span),
            _finished(found, drafts),
        )
        if is_money(metric.source):
            put(*_currency_column(metric.column, metric.label, metric.source, drafts, metric.span))


def _currency_column(
    column: str, label: str, source: FieldRef | ResolvedAggregate | None, drafts: Drafts, span: Span
) -> tuple[TableColumn, Expr]:
    """The column that names the currency of an amount; null in an org with one currency."""
    money = source if isinstance(source, FieldRef) else source.value if source else None
    own = currency_of(money, drafts) if money else None
    name = f"{column}_currency"
    if source is None or own is None:
        words = "none" if source is None else "the org has one currency"
        return own_column(name, f"{label} currency", TEXT, words, (), span), Lit(None, TEXT)
    lineage_of = (Source(own.object, own.name),)
    value: Expr = Col(own.name)
    words = f"{own.object}.{own.name}"
    if isinstance(source, ResolvedAggregate) and not converts(source, drafts.schema):
        value = _own_currency(source, f"{column} (calculated)", drafts)
    elif isinstance(source, ResolvedAggregate) and source.currency is not None:
        words = f"{source.currency.code or source.currency.kind} currency"
        if source.currency.kind == "code":
            value = Lit(source.currency.code, TEXT)
        else:
            value = Col("corporate currency" if source.currency.kind == "corporate" else ISO)
    return own_column(name, f"{label} currency", TEXT, words, lineage_of, span), value


def _own_currency(source: ResolvedAggregate, column: str, drafts: Drafts) -> Expr:
    """The currency of the chosen row; where there is none, that of the field which stands in its place."""
    chosen, field = Col(f"{column} currency"), source.otherwise
    own = currency_of(field, drafts) if isinstance(field, FieldRef) else None
    if own is None:
        return chosen
    return Call("if", (Call("true_if", (Col(f"{column} stands"),)), chosen, Col(own.name)))


def _finished(value: Calculated, drafts: Drafts) -> Expr:
    return finished(value.source, f"{value.column} (calculated)", drafts)


def _value_column(name: str, label: str, words: str, source: FieldRef | ResolvedAggregate, span: Span) -> TableColumn:
    volatile = isinstance(source, FieldRef) and source.volatile
    return TableColumn(name, value_type(source), label, words, lineage(source), True, volatile, span)
