"""Calculated account values: child rows aggregated to one row an account, before anything is joined."""

from __future__ import annotations

from compiler.currencies import converts
from compiler.lower_currency import CONVERTED_SCALE, converted, currency_of, day_of, field_in_currency
from compiler.lower_links import linked, picked
from compiler.lower_soql import Drafts, ExtractDraft, column_type
from compiler.plan import Source
from compiler.relation import (
    Aggregated,
    Assign,
    Call,
    Col,
    ColumnType,
    Expr,
    Filtered,
    First,
    Joined,
    Lit,
    Measure,
    OrderKey,
    Relation,
    Select,
    Take,
)
from compiler.relation_columns import average_type
from compiler.resolved import FieldRef, ResolvedAggregate
from compiler.schema import MONEY_TYPES
from grammar.soql_tree import BooleanValue, DateValue, NumberValue, StringValue, Value

COUNT = ColumnType("decimal", 0)
BOOLEAN = ColumnType("boolean")


def value_type(source: FieldRef | ResolvedAggregate) -> ColumnType:
    """The type of a value; an average keeps at least six digits behind the point."""
    if isinstance(source, FieldRef):
        return column_type(source.field)
    if source.value is None:
        return COUNT
    kind = column_type(source.value.field)
    if source.function == "average":
        return average_type(kind)
    if source.currency is not None and source.function in ("sum", "min", "max") and is_money(source):
        return ColumnType("decimal", max(kind.scale, CONVERTED_SCALE))
    return kind


def is_money(source: FieldRef | ResolvedAggregate) -> bool:
    """Whether the value is an amount of money, which has a currency."""
    field = source.field if isinstance(source, FieldRef) else source.value.field if source.value else None
    return field is not None and field.type in MONEY_TYPES


def lineage(source: FieldRef | ResolvedAggregate) -> tuple[Source, ...]:
    """The fields that a value comes from."""
    if isinstance(source, FieldRef):
        return (Source(source.object, source.name),)
    refs = [source.value, source.by, source.link.child, source.link.parent]
    return tuple(dict.fromkeys(Source(ref.object, ref.name) for ref in refs if ref is not None))


def draft_aggregate(extract_id: str, source: ResolvedAggregate, drafts: Drafts) -> ExtractDraft:
    """What must be read for an aggregate."""
    draft = drafts.draft(extract_id, source.object, source.filter, source.span)
    currency = currency_of(source.value, drafts) if source.value else None
    day = day_of(source, drafts)
    for ref in (source.link.child, source.value, source.by, currency, day):
        if ref is not None:
            draft.need(ref, deciding=True)
    return draft


def join_aggregate(
    base: Relation, draft: ExtractDraft, source: ResolvedAggregate, column: str, drafts: Drafts, accounts: Relation
) -> Relation:
    """`base` with the aggregate in `column`, and in `column currency` the row's own where one row gives the value.

    INVARIANT: `base` has one row an account, and so has the result. `accounts` are the accounts that are in.
    """
    value = draft.need(source.value, deciding=True) if source.value else None
    by = draft.need(source.by, deciding=True) if source.by else None
    currency = currency_of(source.value, drafts) if source.value else None
    own = draft.need(currency, deciding=True) if currency else None
    day = day_of(source, drafts)
    columns = list(dict.fromkeys(n for n in ("Id", value, by, own, day.name if day else None) if n is not None))
    rows = linked(draft, columns, source.link, accounts, "account_id")
    per_account: Relation
    taken: tuple[Take, ...] = (Take(column, "value"),)
    if _may_stand_empty(source, drafts):
        taken += (Take(f"{column} stands", "stands"),)
    if source.function == "latest" or source.function == "earliest":
        assert by is not None
        assert value is not None
        ordered = Filtered(rows, Call("is_not_null", (Col(by),)))
        order = (OrderKey(by, descending=source.function == "latest"), OrderKey("Id", descending=True))
        first = First(ordered, ("account_id",), order)
        carried = (Assign("stands", Lit(True, BOOLEAN)), *((Assign("currency", Col(own)),) if own else ()))
        per_account = Select(first, (*picked("account_id"), Assign("value", Col(value)), *carried))
        taken += (Take(f"{column} currency", "currency"),) if own else ()
    elif converts(source, drafts.schema):
        assert value is not None
        there = converted(rows, source, accounts, drafts, [*columns, "account_id"])
        measures = (
            Measure("total", source.function, Col("converted"), _rounding(source)),
            Measure("amounts", "count", Col(value)),
            Measure("amounts converted", "count", Col("converted")),
        )
        # An amount without a rate must not be missing from a total without a word: then there is no total.
        whole = Call("=", (Col("amounts"), Col("amounts converted")))
        total = Call("if", (whole, Col("total"), Lit(None, value_type(source))))
        per_account = Select(
            Aggregated(there, ("account_id",), measures),
            (*picked("account_id"), Assign("value", total), Assign("stands", Call("not", (whole,)))),
        )
    else:
        measure = Measure("value", source.function, Col(value) if value else None, _rounding(source))
        per_account = Aggregated(rows, ("account_id",), (measure,))
    return Joined(base, per_account, "left", (("Id", "account_id"),), taken)


def _rounding(source: ResolvedAggregate) -> ColumnType | None:
    return value_type(source) if source.function == "average" else None


def _may_stand_empty(source: ResolvedAggregate, drafts: Drafts) -> bool:
    """Whether `else` leaves some empty results alone: that of a chosen row, and a total for which a rate is missing."""
    return source.otherwise is not None and (
        source.function in ("latest", "earliest") or converts(source, drafts.schema)
    )


def finished(source: ResolvedAggregate, column: str, drafts: Drafts) -> Expr:
    """The joined aggregate with its `else`; a count over no rows is 0."""
    otherwise = source.otherwise
    if otherwise is None:
        return Call("coalesce", (Col(column), Lit("0", COUNT))) if source.function == "count" else Col(column)
    other: Expr
    if not isinstance(otherwise, FieldRef):
        other = literal(otherwise)
    elif converts(source, drafts.schema):
        other = field_in_currency(otherwise, source, drafts)
    else:
        other = Col(otherwise.name)
    if _may_stand_empty(source, drafts):
        nothing = Lit(None, value_type(source))
        other = Call("if", (Call("true_if", (Col(f"{column} stands"),)), nothing, other))
    return Call("coalesce", (Col(column), other))


def literal(value: Value) -> Lit:
    """A value of the language as a constant."""
    match value:
        case NumberValue(text):
            digits = text.partition(".")[2]
            return Lit(text.lstrip("+"), ColumnType("decimal", len(digits)))
        case StringValue(text):
            return Lit(text, ColumnType("text"))
        case BooleanValue(truth):
            return Lit(truth, ColumnType("boolean"))
        case DateValue(text):
            return Lit(text, ColumnType("date"))
        case _:
            raise ValueError(f"{type(value).__name__} cannot stand behind `else`")
