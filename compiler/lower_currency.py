"""Amounts in several currencies: converted row by row with the org's own rates, before anything is added up.

Where the org has dated rates the amounts of opportunities and of their products are converted with the rate of the day
on which they close, as Salesforce does (SOQL reference, convertCurrency); all others with the rates of now.

A rate says how many units of its currency make one of the corporate currency (Salesforce, CurrencyType). A converted
amount is rounded once, half away from zero, to six digits behind the point (or as many as the amount has, if more).
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler.currencies import (
    DATED_RATES,
    ISO,
    RATE_FIELDS,
    RATES,
    converts,
    currency_path,
    day_path,
    is_amount,
    shown,
)
from compiler.lower_links import picked
from compiler.lower_soql import Drafts, ExtractDraft, column_type
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
from grammar.source import NOWHERE

CONVERTED_SCALE = 6
_TEXT = ColumnType("text")
_BOOLEAN = ColumnType("boolean")


def draft_rates(drafts: Drafts) -> ExtractDraft:
    """The org's currencies with their rates; they are read at every run."""
    return _draft(drafts, "currencies", RATES)


def draft_dated_rates(drafts: Drafts) -> ExtractDraft:
    """The org's rates with the days from which and until which they hold; they are read at every run."""
    return _draft(drafts, "dated_rates", DATED_RATES)


def _draft(drafts: Drafts, extract_id: str, sobject: str) -> ExtractDraft:
    draft = drafts.draft(extract_id, sobject, None, NOWHERE)
    for name in RATE_FIELDS[sobject]:
        draft.need(_checked(sobject, (name,), drafts), deciding=True)
    return draft


def day_of(source: ResolvedAggregate, drafts: Drafts) -> FieldRef | None:
    """The field with the day whose rate the amounts of an aggregate are converted with; None: with the rates of now."""
    if source.value is None or not converts(source, drafts.schema):
        return None
    path = day_path(source.value, drafts.schema)
    return None if path is None else _checked(source.object, path, drafts)


def currency_of(ref: FieldRef, drafts: Drafts) -> FieldRef | None:
    """The field that names the currency of an amount; None for what is no amount, and in an org with one currency."""
    return _checked(ref.object, currency_path(ref), drafts) if is_amount(ref, drafts.schema) else None


def _checked(sobject: str, path: tuple[str, ...], drafts: Drafts) -> FieldRef:
    """A field that the checker has seen: without it no plan is made."""
    found = shown(sobject, path, drafts.schema)
    if found is None:
        raise ValueError(f"{sobject} has no {'.'.join(path)}, which an amount needs")
    return found


def converted(
    rows: Relation, source: ResolvedAggregate, accounts: Relation, drafts: Drafts, names: list[str]
) -> Relation:
    """The rows with their amount in the wanted currency in `converted`; `names` are the columns to keep."""
    assert source.currency is not None
    assert source.value is not None
    own = currency_of(source.value, drafts)
    assert own is not None
    day = day_of(source, drafts)
    amount = column_type(source.value.field)
    scale = ColumnType("decimal", max(amount.scale, CONVERTED_SCALE))
    relation = _with_rate(rows, names, own.name, "own rate", day, drafts)
    target_rate = None
    if source.currency.kind != "corporate":
        if source.currency.kind == "account":
            relation = Joined(relation, accounts, "left", (("account_id", "Id"),), (Take("target", ISO),))
        else:
            target = Assign("target", Lit(source.currency.code, _TEXT))
            relation = Select(relation, (*picked(*names, "own rate"), target))
        relation = _with_rate(relation, [*names, "own rate", "target"], "target", "target rate", day, drafts)
        target_rate = Col("target rate")
    there = _there(Col(source.value.name), Col("own rate"), target_rate, scale)
    return Select(relation, (*picked(*names), Assign("converted", there)))


def _there(amount: Col, own_rate: Col, target_rate: Col | None, scale: ColumnType) -> Expr:
    """An amount in the currency of the target's rate; None: in the corporate one, whose rate is 1."""
    if target_rate is None:
        return Call("divide_exact", (amount, own_rate), scale)
    return Call("convert", (amount, target_rate, own_rate), scale)


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
    rates = _rates_of_field(field, source, drafts)
    if rates is None:
        return Col(field.name)
    own, target = rates
    target_rate = None if target is None else Col(_rate_name(target))
    scale = ColumnType("decimal", max(column_type(field.field).scale, CONVERTED_SCALE))
    return _there(Col(field.name), Col(_rate_name(own)), target_rate, scale)


def _rates_of_field(field: FieldRef, source: ResolvedAggregate, drafts: Drafts) -> tuple[str, str | None] | None:
    """Whose rates convert an amount of the account's: of the column with its own currency, and of the wanted one.

    The wanted one is a column or a code; None: the corporate currency. No rates: the amount is taken as it is.
    """
    own, currency = currency_of(field, drafts), source.currency
    if own is None or currency is None or not converts(source, drafts.schema):
        return None
    if currency.kind == "account":
        # The amount of another record, such as the account above, may be in another currency.
        return None if own.name == ISO else (own.name, ISO)
    return own.name, currency.code


def with_rates_of_fields(base: Relation, sources: Iterable[ResolvedAggregate], drafts: Drafts) -> Relation:
    """`base` (the accounts) with the rates that their own amounts need where an aggregate falls back on one of them."""
    joined: set[str] = set()

    def join(right: Relation, ours: str, theirs: str, of: str) -> None:
        nonlocal base
        if of not in joined:
            base = Joined(base, right, "left", ((ours, theirs),), (Take(_rate_name(of), "ConversionRate"),))
            joined.add(of)

    for source in sources:
        found = _rates_of_field(source.otherwise, source, drafts) if isinstance(source.otherwise, FieldRef) else None
        if found is None:
            continue
        own, target = found
        rates = Extracted(draft_rates(drafts).id)
        join(rates, own, "IsoCode", own)
        if target == ISO:
            join(rates, ISO, "IsoCode", ISO)
        elif target is not None:
            one = Filtered(rates, Call("=", (Col("IsoCode"), Lit(target, _TEXT))))
            named = Select(one, (*picked("ConversionRate"), Assign("always", Lit(True, _BOOLEAN))))
            join(named, "in", "always", target)
    return base


def _rate_name(of: str) -> str:
    return f"rate of {of}"


def with_corporate_code(base: Relation, drafts: Drafts) -> Relation:
    """`base` with the ISO code of the corporate currency, the one whose flag says so, in `corporate currency`."""
    corporate = Filtered(Extracted(draft_rates(drafts).id), Call("true_if", (Col("IsCorporate"),)))
    return Joined(base, corporate, "left", (("in", "IsCorporate"),), (Take("corporate currency", "IsoCode"),))
