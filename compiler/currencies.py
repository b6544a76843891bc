"""In which currency an amount is, and what of the schema it takes to say so and to convert it.

The checker reports what of it the schema does not show; lowering reads it, and relies on its being there. An amount
needs no conversion where the org has one currency, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from compiler.paths import find_field
from compiler.resolved import FieldRef, ResolvedAggregate
from compiler.schema import MONEY_TYPES, Schema
from grammar.soql_tree import FieldPath
from grammar.source import NOWHERE, Span

ISO = "CurrencyIsoCode"
RATES = "CurrencyType"
DATED_RATES = "DatedConversionRate"
RATE_FIELDS = {
    RATES: ("IsoCode", "ConversionRate", "IsCorporate"),
    DATED_RATES: ("IsoCode", "ConversionRate", "StartDate", "NextStartDate"),
}
# The day that decides on the rate of an object's amounts, by the object that holds them.
DATED_BY = {"Opportunity": ("CloseDate",), "OpportunityLineItem": ("Opportunity", "CloseDate")}


class Need(NamedTuple):
    """A field that it takes to tell the currency of `amount`, or to convert it; `says` is what the field does for that.

    `path` begins at `object`. `span` is the part of the spec that asks for it.
    """

    amount: str
    converts: bool
    object: str
    path: tuple[str, ...]
    says: str
    span: Span


def has_dated_rates(schema: Schema) -> bool:
    """Whether the org has dated exchange rates.

    Only an org with advanced currency management has the object, and Salesforce shows it to whoever sees CurrencyType.
    So an org that shows CurrencyType without it has none; nothing else would tell.
    """
    name = DATED_RATES.lower()
    return schema.object(name) is not None or any(listed.lower() == name for listed in schema.named_only)


def is_amount(ref: FieldRef, schema: Schema) -> bool:
    """Whether a field holds money of which it must be said in which currency it is."""
    return schema.multi_currency and ref.field.type in MONEY_TYPES


def converts(source: ResolvedAggregate, schema: Schema) -> bool:
    """Whether the rows' amounts must be converted before they are put together."""
    if source.value is None or source.currency is None or source.function in ("latest", "earliest"):
        return False
    return is_amount(source.value, schema)


def currency_path(amount: FieldRef) -> tuple[str, ...]:
    """The path to the currency of an amount: that of the record which holds it."""
    return (*amount.path.names[:-1], ISO)


def day_path(amount: FieldRef, schema: Schema) -> tuple[str, ...] | None:
    """The path to the day whose rate an amount is converted with; None: with the rates of now."""
    day = DATED_BY.get(amount.owner)
    return (*amount.path.names[:-1], *day) if day is not None and has_dated_rates(schema) else None


def needs_of_field(amount: FieldRef, schema: Schema) -> Iterator[Need]:
    """What it takes to tell the currency of a field of the account."""
    if is_amount(amount, schema):
        yield _currency_of(amount, False, amount.span)


def needs_of_aggregate(source: ResolvedAggregate, schema: Schema) -> Iterator[Need]:
    """What an aggregate of money takes: each row's currency and, to convert it, the rates of both currencies.

    One that should name a currency, and does not, is reported as that.
    """
    value, currency = source.value, source.currency
    if value is None or not is_amount(value, schema):
        return
    converting = converts(source, schema)
    if not converting and source.function not in ("latest", "earliest"):
        return
    span = currency.span if currency is not None and converting else value.span
    yield _currency_of(value, converting, span)
    if isinstance(source.otherwise, FieldRef) and is_amount(source.otherwise, schema):
        yield _currency_of(source.otherwise, converting, source.otherwise.span)
    if currency is None or not converting:
        return
    if currency.kind == "account":
        says = "says in which currency the account is"
        yield Need(value.name, True, "Account", (ISO,), says, span)
    for name in RATE_FIELDS[RATES]:
        yield Need(value.name, True, RATES, (name,), "belongs to the rates of the org's currencies", span)
    day = day_path(value, schema)
    if day is not None:
        yield Need(value.name, True, value.object, day, "says of which day the rate is", span)
        for name in RATE_FIELDS[DATED_RATES]:
            yield Need(value.name, True, DATED_RATES, (name,), "belongs to the dated exchange rates", span)


def _currency_of(amount: FieldRef, converting: bool, span: Span) -> Need:
    says = "says in which currency they are"
    return Need(amount.name, converting, amount.object, currency_path(amount), says, span)


def shown(sobject: str, path: tuple[str, ...], schema: Schema) -> FieldRef | None:
    """The field at the end of a path, or None where the schema does not show it."""
    root = schema.object(sobject)
    return find_field(FieldPath(path, NOWHERE), root, schema, lambda _: None) if root is not None else None
