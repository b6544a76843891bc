"""Amounts in several currencies: converted row by row with the org's own rates, before anything is added up.

A rate says how many units of its currency make one of the corporate currency (Salesforce, CurrencyType). A converted
amount is rounded once, half away from zero, to six digits behind the point (or as many as the amount has, if more).
"""

from __future__ import annotations

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
    Joined,
    Lit,
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
    rates = Extracted(draft_rates(drafts).id)
    amount = column_type(source.value.field)
    scale = ColumnType("decimal", max(amount.scale, CONVERTED_SCALE))
    relation: Relation = Joined(rows, rates, "left", ((own.name, "IsoCode"),), (Take("own rate", "ConversionRate"),))
    value: Expr = Col(source.value.name)
    if source.currency.kind != "corporate":
        if source.currency.kind == "account":
            relation = Joined(relation, accounts, "left", (("account_id", "Id"),), (Take("target", ISO),))
        else:
            target = Assign("target", Lit(source.currency.code, _TEXT))
            relation = Select(relation, (*picked(*names, "own rate"), target))
        relation = Joined(relation, rates, "left", (("target", "IsoCode"),), (Take("target rate", "ConversionRate"),))
        value = Call("multiply", (value, Col("target rate")))
    amount_there = Call("divide_exact", (value, Col("own rate")), scale)
    return Select(relation, (*picked(*names), Assign("converted", amount_there)))


def with_corporate_code(base: Relation, drafts: Drafts) -> Relation:
    """`base` with the ISO code of the corporate currency, the one whose flag says so, in `corporate currency`."""
    corporate = Filtered(Extracted(draft_rates(drafts).id), Call("true_if", (Col("IsCorporate"),)))
    return Joined(base, corporate, "left", (("in", "IsCorporate"),), (Take("corporate currency", "IsoCode"),))
