"""Sums beside Salesforce's own: each number that accounts are calculated from, over the rows of its filter.

A difference is explained by rows that changed while the run read, or by rows that could not be taken; then the line is
not verified, and says why. One that nothing explains fails the run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from compiler.currencies import RATES, currency_path, day_path, is_amount, shown
from compiler.plan import Extract, ExtractColumn, Plan
from compiler.probe import changed_query, count_of, names_of, sum_query, written
from compiler.relation import Extracted
from compiler.relation_columns import LeafOf
from compiler.schema import Schema
from engine.at_once import count, records
from engine.depends import leaves
from engine.errors import PromiseError, QuotaError, SalesforceError
from engine.load import Staged
from engine.report import TieOut
from engine.salesforce.answers import sum_of
from engine.salesforce.client import SalesforceClient
from engine.salesforce.rest_query import id_of
from engine.split import MOST_IDS, Number, split_sum, total
from engine.workspace import Workspace, name_of

HALF_A_CENT = Decimal("0.005")
# Salesforce adds up in doubles, which hold about 15 digits.
DOUBLE_DIGITS = Decimal("1e-14")
_DATED = "its amounts are converted with the rates of their days, and Salesforce does not say how it adds them up"
_MANY_UNREAD = "many rows of accounts that are not in were not read"


def tie_out(
    client: SalesforceClient,
    space: Workspace,
    plan: Plan,
    schema: Schema,
    staged: Mapping[str, Staged],
    find: LeafOf,
    since: datetime,
    in_part: Collection[str] = (),
) -> tuple[TieOut, ...]:
    """Ask Salesforce for the sum of every number that accounts are calculated from, under the same filter.

    Args:
        client: the connection.
        space: the workspace, with accounts computed.
        plan: the plan.
        schema: the org's schema.
        staged: the extracts.
        find: where the relations' extracts and tables are.
        since: when the run began, by the org's clock.
        in_part: extracts of whose rows only those of accounts that are in are known: their sums are not verified.
    """
    # Whatever asks for the currencies first gives their extract its id.
    currencies = next((one.id for one in plan.extracts if one.object == RATES and one.fetch.where is None), "")
    rates = _rates(space, staged.get(currencies))
    asking = _Asking(client, space, plan, schema, staged, find, since)
    found = []
    for extract, column in _numbers(plan):
        ref = shown(extract.object, column.path.names, schema)
        amount = ref if ref is not None and is_amount(ref, schema) else None
        why_not = None
        if extract.id in in_part:
            why_not = "its match list is read once a day"
        elif amount is not None and day_path(amount, schema) is not None:
            why_not = _DATED
        if why_not is not None:
            found.append(TieOut(extract.id, column.name, staged[extract.id].rows, None, None, why_not))
            continue
        iso = None if amount is None else ".".join(currency_path(amount))
        of_rows = iso if iso in staged[extract.id].columns else None
        found.append(_tie_out(asking, Number(extract, column, of_rows, rates), several=amount is not None))
    return tuple(found)


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
        if column.name == source.path and column.type.kind == "decimal" and _is_current(extract, column)
    }
    return list(found.values())


def _is_current(extract: Extract, column: ExtractColumn) -> bool:
    """Whether every run reads a column: what moves no stamp and is only shown is read once a day."""
    return not column.volatile or extract.mode == "full" or column.name in names_of(extract.census)


class _Asking(NamedTuple):
    client: SalesforceClient
    space: Workspace
    plan: Plan
    schema: Schema
    staged: Mapping[str, Staged]
    find: LeafOf
    since: datetime


def _tie_out(asking: _Asking, number: Number, *, several: bool) -> TieOut:
    extract, column = number.extract, number.column
    here = asking.staged[extract.id]
    try:
        split = split_sum(asking.client, asking.space, asking.plan, number, asking.staged, asking.find)
    except QuotaError:
        raise
    except SalesforceError as error:
        return TieOut(extract.id, column.name, here.rows, None, None, error.message)
    rows, ours = sum(share.rows for share in split.shares), total(split)
    bound, note = HALF_A_CENT, None
    if several:
        bound = HALF_A_CENT * (rows + 1)
        note = f"in corporate currency, within {bound.normalize():f}"

    def compared(salesforce: str | None, note: str | None, *, differs: bool = False) -> TieOut:
        return TieOut(extract.id, column.name, rows, ours, salesforce, note, differs, split)

    if several and number.currency is None:
        return compared(None, f"{extract.object} does not say in which currency its amounts are")
    if split.inside.sum is None or split.outside.sum is None or split.no_account.sum is None:
        unread = "the amounts are in several currencies, and a rate is missing" if several else _MANY_UNREAD
        return compared(None, unread)
    if split.rejected.sum is None:
        return compared(None, f"{split.rejected.rows} rejected rows are not in it")
    try:
        answer = records(asking.client, sum_query(asking.plan.filter(extract.filter), column.path))
        theirs = sum_of(answer, "total")
        if _same(ours, theirs, bound):
            return compared(theirs, note)
        moved = _moved(asking.client, extract, asking.schema, asking.since)
        explained = moved and (moved > MOST_IDS or _others_agree(asking, number, bound))
    except QuotaError:
        raise
    except SalesforceError as error:
        return compared(None, error.message)
    if moved is None:
        return compared(None, f"{extract.object} does not say when its rows changed")
    if explained:
        return compared(None, f"{moved} rows of {extract.object} changed while the run read")
    return compared(theirs, "differs", differs=True)


def _rates(space: Workspace, rates: Staged | None) -> dict[str, Decimal]:
    """What an amount of a currency is divided by to be one of the corporate currency."""
    if rates is None:
        return {}
    return {
        iso: Decimal(rate)
        for iso, rate in space.run(
            f'SELECT "IsoCode", CAST("ConversionRate" AS VARCHAR) FROM {name_of(*rates.leaf.name)}'
        )
        if rate is not None
    }


def _moved(client: SalesforceClient, extract: Extract, schema: Schema, since: datetime) -> int | None:
    """How many rows of the object, whatever their filter, changed or went since the run began; None: unknown."""
    sobject = schema.object(extract.object)
    if sobject is None or sobject.field("SystemModstamp") is None:
        return None
    query = count_of(changed_query(extract.object, written(since)))
    return count(client, query, all_rows=True)


def _others_agree(asking: _Asking, number: Number, bound: Decimal) -> bool:
    """Whether the rows that did not change since the run began add up to what they do in Salesforce."""
    extract, since = number.extract, written(asking.since)
    changed = records(asking.client, changed_query(extract.object, since), all_rows=True)
    less = [id_of(one) for one in changed]
    ours = total(split_sum(asking.client, asking.space, asking.plan, number, asking.staged, asking.find, less))
    query = sum_query(asking.plan.filter(extract.filter), number.column.path, before=since)
    answer = records(asking.client, query)
    return ours is None or _same(ours, sum_of(answer, "total"), bound)


def _same(ours: str | None, theirs: str | None, bound: Decimal) -> bool:
    try:
        here, there = Decimal(ours or "0"), Decimal(theirs or "0")
    except InvalidOperation:
        return False
    return abs(here - there) < max(bound, abs(there) * DOUBLE_DIGITS)
