"""Amounts in several currencies: converted row by row with the org's own rates, before anything is added up.

Where the org has dated rates the amounts of opportunities and of their products are converted with the rate of the day
on which they close, as Salesforce does (SOQL reference, convertCurrency); all others with the rates of now.

A rate says how many units of its currency make one of the corporate currency (Salesforce, CurrencyType). A converted
amount is rounded once, half away from zero, to six digits behind the point (or as many as the amount has, if more).
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler.lower_links import picked
from compiler.lower_soql import Drafts, ExtractDraft, column_type
from compiler.paths import find_field
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
)
from compiler.resolved import FieldRef, ResolvedAggregate
from compiler.schema import MONEY_TYPES
from grammar.soql_tree import FieldPath
from grammar.source import NOWHERE

ISO = "CurrencyIsoCode"
CONVERTED_SCALE = 6
# The day that decides on the rate, by object.
DATED_BY = {"Opportunity": ("CloseDate",), "OpportunityLineItem": ("Opportunity", "CloseDate")}
DATED_RATES = "DatedConversionRate"
_TEXT = ColumnType("text")
_BOOLEAN = ColumnType("boolean")


def draft_rates(drafts: Drafts) -> ExtractDraft:
    """The org's currencies with their rates; they are read at every run."""
    draft = drafts.draft("currencies", "CurrencyType", None, NOWHERE)
    sobject = drafts.schema.object("CurrencyType")
    for name in ("IsoCode", "ConversionRate", "IsCorporate"):
        ref = find_field(FieldPath((name,), NOWHERE), sobject, drafts.schema, lambda _: None) if sobject else None
        if ref is not None:
            draft.need(ref, deciding=True)
    return draft


def draft_dated_rates(drafts: Drafts) -> ExtractDraft:
    """The org's rates with the days from which and until which they hold; they are read at every run."""
    draft = drafts.draft("dated_rates", DATED_RATES, None, NOWHERE)
    sobject = drafts.schema.object(DATED_RATES)
    for name in ("IsoCode", "ConversionRate", "StartDate", "NextStartDate"):
        ref = find_field(FieldPath((name,), NOWHERE), sobject, drafts.schema, lambda _: None) if sobject else None
        if ref is not None:
            draft.need(ref, deciding=True)
    return draft


def day_of(sobject: str, drafts: Drafts) -> FieldRef | None:
    """The field with the day whose rate an object's amounts are converted with; None: with the rates of now."""
    root, names = drafts.schema.object(sobject), DATED_BY.get(sobject)
    if root is None or names is None or drafts.schema.object(DATED_RATES) is None:
        return None
    return find_field(FieldPath(names, NOWHERE), root, drafts.schema, lambda _: None)


def currency_of(ref: FieldRef, drafts: Drafts) -> FieldRef | None:
    """The field that names the currency of an amount: that of the record which holds it."""
    root = drafts.schema.object(ref.object)
    if root is None or not drafts.schema.multi_currency or ref.field.type not in MONEY_TYPES:
        return None
    path = FieldPath((*ref.path.names[:-1], ISO), NOWHERE)
    return find_field(path, root, drafts.schema, lambda _: None)


def converts(source: ResolvedAggregate, drafts: Drafts) -> bool:
    """Whether the rows' amounts must be converted before they are put together."""
    return source.currency is not None and source.value is not None and currency_of(source.value, drafts) is not None


def converted(
    rows: Relation, source: ResolvedAggregate, accounts: Relation, drafts: Drafts, names: list[str]
) -> Relation:
    """The rows with their amount in the wanted currency in `converted`; `names` are the columns to keep."""
    assert source.currency is not None
    assert source.value is not None
    own = currency_of(source.value, drafts)
    assert own is not None
    day = day_of(source.object, drafts)
    amount = column_type(source.value.field)
    scale = ColumnType("decimal", max(amount.scale, CONVERTED_SCALE))
    relation = _with_rate(rows, names, own.name, "own rate", day, drafts)
    value: Expr = Col(source.value.name)
    if source.currency.kind != "corporate":
        if source.currency.kind == "account":
            relation = Joined(relation, accounts, "left", (("account_id", "Id"),), (Take("target", ISO),))
        else:
            target = Assign("target", Lit(source.currency.code, _TEXT))
            relation = Select(relation, (*picked(*names, "own rate"), target))
        relation = _with_rate(relation, [*names, "own rate", "target"], "target", "target rate", day, drafts)
        value = Call("multiply", (value, Col("target rate")))
    amount_there = Call("divide_exact", (value, Col("own rate")), scale)
    return Select(relation, (*picked(*names), Assign("converted", amount_there)))


def _with_rate(
    rows: Relation, names: list[str], code: str, rate: str, day: FieldRef | None, drafts: Drafts
) -> Relation:
    """The rows (columns `names`) with the rate of the currency in their column `code`; with a `day`, that day's.

    INVARIANT: each row stays one. The corporate currency has a rate on every day, its own.
    """
    rates = Extracted(draft_rates(drafts).id)
    if day is None:
        return Joined(rows, rates, "left", ((code, "IsoCode"),), (Take(rate, "ConversionRate"),))
    dated = Extracted(draft_dated_rates(drafts).id)
    bounds = (
        Take("rate", "ConversionRate"),
        Take("rate id", "Id"),
        Take("from", "StartDate"),
        Take("next", "NextStartDate"),
    )
    begun = Call("<=", (Col("from"), Col(day.name)))
    over = Call("true_if", (Call("<=", (Col("next"), Col(day.name))),))
    holding = Filtered(
        Joined(rows, dated, "inner", ((code, "IsoCode"),), bounds), Call("and", (begun, Call("not", (over,))))
    )
    of_day = First(holding, ("Id",), (OrderKey("from", descending=True), OrderKey("rate id")))
    corporate = Filtered(rates, Call("true_if", (Col("IsCorporate"),)))
    own, always = f"{rate} of the day", f"{rate} always"
    joined = Joined(rows, of_day, "left", (("Id", "Id"),), (Take(own, "rate"),))
    joined = Joined(joined, corporate, "left", ((code, "IsoCode"),), (Take(always, "ConversionRate"),))
    return Select(joined, (*picked(*names), Assign(rate, Call("coalesce", (Col(own), Col(always))))))


def field_in_currency(field: FieldRef, source: ResolvedAggregate, drafts: Drafts) -> Expr:
    """An amount of the account's in the currency of an aggregate beside which it stands; see `with_rates_of_fields`."""
    assert source.currency is not None
    own = currency_of(field, drafts)
    if own is None or source.currency.kind == "account":
        return Col(field.name)
    amount: Expr = Col(field.name)
    if source.currency.kind == "code":
        amount = Call("multiply", (amount, Col(_rate_name(str(source.currency.code)))))
    scale = ColumnType("decimal", max(column_type(field.field).scale, CONVERTED_SCALE))
    return Call("divide_exact", (amount, Col(_rate_name(own.name))), scale)


def with_rates_of_fields(base: Relation, sources: Iterable[ResolvedAggregate], drafts: Drafts) -> Relation:
    """`base` (the accounts) with the rates that their own amounts need where an aggregate falls back on one of them."""
    joined: set[str] = set()

    def join(right: Relation, ours: str, theirs: str, of: str) -> None:
        nonlocal base
        if of not in joined:
            base = Joined(base, right, "left", ((ours, theirs),), (Take(_rate_name(of), "ConversionRate"),))
            joined.add(of)

    for source in sources:
        field, currency = source.otherwise, source.currency
        own = currency_of(field, drafts) if isinstance(field, FieldRef) and converts(source, drafts) else None
        if own is None or currency is None or currency.kind == "account":
            continue
        rates = Extracted(draft_rates(drafts).id)
        join(rates, own.name, "IsoCode", own.name)
        if currency.code is not None:
            one = Filtered(rates, Call("=", (Col("IsoCode"), Lit(currency.code, _TEXT))))
            named = Select(one, (*picked("ConversionRate"), Assign("always", Lit(True, _BOOLEAN))))
            join(named, "in", "always", currency.code)
    return base


def _rate_name(of: str) -> str:
    return f"rate of {of}"


def with_corporate_code(base: Relation, drafts: Drafts) -> Relation:
    """`base` with the ISO code of the corporate currency, the one whose flag says so, in `corporate currency`."""
    corporate = Filtered(Extracted(draft_rates(drafts).id), Call("true_if", (Col("IsCorporate"),)))
    return Joined(base, corporate, "left", (("in", "IsCorporate"),), (Take("corporate currency", "IsoCode"),))
