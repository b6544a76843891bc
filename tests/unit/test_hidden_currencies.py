"""Whatever of several currencies a schema does not show: a spec has errors, or a plan. Nothing else comes of it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from compiler import build_schema, check_spec, compile_spec
from compiler.currencies import has_dated_rates
from compiler.schema import Schema
from grammar import parse_spec
from grammar.diagnostics import has_errors
from tests.support.expecting import expect

ISO = {"name": "CurrencyIsoCode", "type": "picklist"}
AMOUNT = {"name": "Amount", "type": "currency", "scale": 2}
TO_ACCOUNT = {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]}
TO_PARENT = {"name": "ParentId", "type": "reference", "referenceTo": ["Account"]}
TO_DEAL = {"name": "OpportunityId", "type": "reference", "referenceTo": ["Opportunity"]}
OBJECTS: dict[str, list[dict[str, Any]]] = {
    "Account": [{"name": "Type", "type": "string"}, {**AMOUNT, "name": "Fee__c"}, ISO, TO_PARENT],
    "Opportunity": [AMOUNT, ISO, TO_ACCOUNT, {"name": "CloseDate", "type": "date"}],
    "OpportunityLineItem": [{**AMOUNT, "name": "TotalPrice"}, ISO, TO_DEAL],
    "Order": [AMOUNT, ISO, TO_ACCOUNT],
    "CurrencyType": [
        {"name": "IsoCode", "type": "picklist"},
        {"name": "ConversionRate", "type": "double", "scale": 6},
        {"name": "IsCorporate", "type": "boolean"},
    ],
    "DatedConversionRate": [
        {"name": "IsoCode", "type": "picklist"},
        {"name": "ConversionRate", "type": "double", "scale": 6},
        {"name": "StartDate", "type": "date"},
        {"name": "NextStartDate", "type": "date"},
    ],
}
PARTS = [name for name in OBJECTS if name not in ("Account",)]
PARTS += [f"{name}.{field['name']}" for name, fields in OBJECTS.items() for field in fields]
TARGETS = ("corporate", "account", '"USD"')
SOURCES = [
    "Fee__c",
    "Parent.Fee__c",
    *(f"sum(Amount) of Order via AccountId in {one} currency else Fee__c" for one in TARGETS),
    *(f"average(Amount) of Opportunity via AccountId in {one} currency else Parent.Fee__c" for one in TARGETS),
    *(f"max(TotalPrice) of OpportunityLineItem via Opportunity.AccountId in {one} currency" for one in TARGETS),
    "min(Opportunity.Amount) of OpportunityLineItem via Opportunity.AccountId in corporate currency",
    "latest(Amount) of Opportunity via AccountId by CreatedDate else Parent.Fee__c",
]


def schema_without(*hidden: str) -> Schema:
    """The org's schema less some objects and fields."""
    return build_schema(
        (
            {"name": name, "fields": [field for field in fields if f"{name}.{field['name']}" not in hidden]}
            for name, fields in OBJECTS.items()
            if name not in hidden
        ),
        multi_currency=True,
    )


def spec_of(source: str) -> str:
    return f"accord 1\naccounts {{ where Type != null }}\narr from {source}\n"


@pytest.mark.parametrize("source", SOURCES)
def test_a_spec_has_errors_or_a_plan(source: str) -> None:
    """Where the checker finds nothing, lowering finds all that it needs, whichever two parts are hidden."""
    spec = parse_spec(spec_of(source)).tree
    assert not has_errors(check_spec(spec, schema_without()).diagnostics)
    for hidden in combinations(PARTS, 2):
        schema = schema_without(*hidden)
        found = check_spec(spec, schema).diagnostics
        if has_errors(found):
            assert all(one.primary.span.end > one.primary.span.start for one in found), hidden
        else:
            assert compile_spec(spec, schema).table("accounts"), hidden


def test_a_hidden_currency_is_named_where_the_number_needs_it() -> None:
    """The message names the field, and the line is that of the number."""
    schema = schema_without("Account.CurrencyIsoCode")
    found = expect(spec_of('sum(Amount) of Order via AccountId in "USD" currency else Fee__c'), schema).error("E0211")

    found.underlines("Fee__c").says("cannot be converted").helps("Read access to `Account.CurrencyIsoCode`").alone()


def test_a_field_whose_currency_is_hidden_is_refused() -> None:
    """An amount of nobody knows which currency is no number."""
    schema = schema_without("Account.CurrencyIsoCode")

    expect(spec_of("Fee__c"), schema).error("E0211").underlines("Fee__c").says("cannot be told").alone()


def test_the_day_of_a_dated_rate_is_named() -> None:
    """Without the day an amount would be taken at the rate of now."""
    spec = spec_of("sum(Amount) of Opportunity via AccountId in corporate currency")
    found = expect(spec, schema_without("Opportunity.CloseDate")).error("E0211")

    found.underlines("in corporate currency").says("`Opportunity.CloseDate`").alone()


def test_an_org_that_lists_dated_rates_has_them() -> None:
    """Where the org names the object and nobody may describe it, amounts are not taken at the rates of now."""
    schema = schema_without("DatedConversionRate")
    listing = schema._replace(named_only=frozenset({"DatedConversionRate"}))

    assert not has_dated_rates(schema)
    assert has_dated_rates(listing)
    spec = spec_of("sum(Amount) of Opportunity via AccountId in corporate currency")
    expect(spec, listing).error("E0211").says("does not show `DatedConversionRate`")


def test_an_org_that_lists_currencies_has_several() -> None:
    """The list of objects tells it even where no field CurrencyIsoCode is seen."""
    describes = [{"name": "Account", "fields": [{"name": "Type", "type": "string"}]}]

    assert build_schema(describes, named_only=["CurrencyType"]).multi_currency
    assert not build_schema(describes, named_only=["Account"]).multi_currency
