"""Sums beside Salesforce's own: each number that accounts are calculated from, over the rows of its filter.

A difference is explained by rows that changed while the run read, or by rows that could not be taken; then the line is
not verified, and says why. One that nothing explains fails the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from compiler.duckdb_functions import quote_name
from compiler.plan import Extract, ExtractColumn, Filter, Plan
from compiler.print_soql import print_query
from compiler.relation import Extracted
from compiler.schema import MONEY_TYPES, Schema
from engine.depends import leaves
from engine.errors import PromiseError, QuotaError, SalesforceError
from engine.load import Staged
from engine.report import TieOut
from engine.salesforce.client import SalesforceClient
from engine.salesforce.rest_query import records
from engine.workspace import Workspace, name_of
from grammar.soql_tree import Comparison, DateTimeValue, FieldPath, FromItem, FunctionCall, Query, SelectItem
from grammar.source import NOWHERE

HALF_A_CENT = Decimal("0.005")
# Salesforce adds up in doubles, which hold about 15 digits.
DOUBLE_DIGITS = Decimal("1e-14")
_ISO = "CurrencyIsoCode"
_RATES = "currencies"


def tie_out(
    client: SalesforceClient,
    space: Workspace,
    plan: Plan,
    schema: Schema,
    staged: Mapping[str, Staged],
    since: datetime,
) -> tuple[TieOut, ...]:
    """Ask Salesforce for the sum of every number that accounts are calculated from, under the same filter.

    Args:
        client: the connection.
        space: the workspace.
        plan: the plan.
        schema: the org's schema.
        staged: the extracts.
        since: when the run began, by the org's clock.
    """
    return tuple(
        _tie_out(client, space, plan.filter(extract.filter), extract, column, staged, schema, since)
        for extract, column in _numbers(plan)
    )


def check_sums(sums: Sequence[TieOut]) -> None:
    """Raise PromiseError for sums that differ from Salesforce's without an explanation."""
    wrong = [one for one in sums if one.differs]
    if wrong:
        lines = "; ".join(
            f"{one.extract}, {one.column}: {one.ours or '0'} over {one.rows} rows, but {one.salesforce} in Salesforce"
            for one in wrong
        )
        raise PromiseError(
            f"sums differ from Salesforce's own, and no row changed that would explain it: {lines}",
            hint="nothing was published; run again, and if it stays, compare the rows in Salesforce",
        )


def _numbers(plan: Plan) -> list[tuple[Extract, ExtractColumn]]:
    """The extracts and number columns that accounts' calculated columns come from."""
    accounts = plan.table("accounts")
    read = {leaf.extract for leaf in leaves(accounts.relation) if isinstance(leaf, Extracted)}
    sources = [
        source
        for column in accounts.columns
        if column.derived and column.type.kind == "decimal"
        for source in column.lineage
    ]
    found = {
        (extract.id, column.name): (extract, column)
        for source in sources
        for extract in plan.extracts
        if extract.id in read and extract.object == source.object
        for column in extract.columns
        if column.name == source.path and column.type.kind == "decimal"
    }
    return list(found.values())


def _tie_out(
    client: SalesforceClient,
    space: Workspace,
    filter_: Filter,
    extract: Extract,
    column: ExtractColumn,
    staged: Mapping[str, Staged],
    schema: Schema,
    since: datetime,
) -> TieOut:
    here = staged[extract.id]
    source = name_of(*here.leaf.name)
    rows, total = space.run(f"SELECT count(*), CAST(sum({quote_name(column.name)}) AS VARCHAR) FROM {source}")[0]
    several = schema.multi_currency and column.salesforce_type in MONEY_TYPES
    bound = HALF_A_CENT
    note = None
    if several:
        total = _in_corporate_currency(space, here, column.name, staged.get(_RATES))
        bound = HALF_A_CENT * (rows + 1)
        note = f"in corporate currency, within {bound.normalize():f}"

    def unverified(why: str) -> TieOut:
        return TieOut(extract.id, column.name, rows, total, None, why)

    if several and total is None:
        return unverified("the amounts are in several currencies, and a rate is missing")
    if rows < space.value(f"SELECT count(*) FROM {here.match_list}"):
        return unverified("rows of accounts that are not in were not read")
    try:
        answer = records(client, print_query(_sum_of(filter_, column.path)).text)
        theirs = answer[0].get("total") if answer else None
        if _same(total, theirs, bound):
            return TieOut(extract.id, column.name, rows, total, total or "0", note)
        if here.rejected:
            return unverified(f"{here.rejected} rejected rows are not in it")
        moved = _moved(client, extract, schema, since)
    except QuotaError:
        raise
    except SalesforceError as error:
        return unverified(error.message)
    if moved is None:
        return unverified(f"{extract.object} does not say when its rows changed")
    if moved:
        return unverified(f"{moved} rows of {extract.object} changed while the run read")
    return TieOut(extract.id, column.name, rows, total, theirs or "0", "differs", differs=True)


def _in_corporate_currency(space: Workspace, here: Staged, column: str, rates: Staged | None) -> str | None:
    """The sum in corporate currency; None where an amount has no rate."""
    if rates is None or _ISO not in here.columns:
        return None
    known = {
        iso: Decimal(rate)
        for iso, rate in space.run(
            f'SELECT "IsoCode", CAST("ConversionRate" AS VARCHAR) FROM {name_of(*rates.leaf.name)}'
        )
        if rate is not None
    }
    sums = space.run(
        f"SELECT {quote_name(_ISO)}, CAST(sum({quote_name(column)}) AS VARCHAR) FROM {name_of(*here.leaf.name)}"
        f" WHERE {quote_name(column)} IS NOT NULL GROUP BY 1"
    )
    if any(not known.get(iso) for iso, _ in sums):
        return None
    return str(sum((Decimal(amount) / known[iso] for iso, amount in sums), Decimal(0)))


def _moved(client: SalesforceClient, extract: Extract, schema: Schema, since: datetime) -> int | None:
    """How many rows of the object, whatever their filter, changed or went since the run began; None: unknown."""
    sobject = schema.object(extract.object)
    if sobject is None or sobject.field("SystemModstamp") is None:
        return None
    count = SelectItem(FunctionCall("COUNT", (FieldPath(("Id",), NOWHERE),), NOWHERE), "total", NOWHERE)
    moment = DateTimeValue(since.strftime("%Y-%m-%dT%H:%M:%SZ"), NOWHERE)
    newer = Comparison(FieldPath(("SystemModstamp",), NOWHERE), ">=", moment, NOWHERE)
    query = Query((count,), _source(extract.object), NOWHERE, where=newer)
    answer = records(client, print_query(query).text, all_rows=True)
    return int(answer[0]["total"])


def _sum_of(filter_: Filter, path: FieldPath) -> Query:
    total = SelectItem(FunctionCall("SUM", (path,), NOWHERE), "total", NOWHERE)
    return Query((total,), _source(filter_.object), NOWHERE, where=filter_.condition)


def _source(sobject: str) -> tuple[FromItem, ...]:
    return (FromItem(FieldPath((sobject,), NOWHERE), None, NOWHERE),)


def _same(ours: str | None, theirs: str | None, bound: Decimal) -> bool:
    try:
        here, there = Decimal(ours or "0"), Decimal(theirs or "0")
    except InvalidOperation:
        return False
    return abs(here - there) < max(bound, abs(there) * DOUBLE_DIGITS)
