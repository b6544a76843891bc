"""Figures of the run report that no table holds: rows without a parent, owners found, sums beside Salesforce's own."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from compiler.duckdb_functions import quote_name
from compiler.plan import Extract, Filter, Plan, Table
from compiler.print_duckdb import print_relation
from compiler.print_soql import print_query
from compiler.relation import Aggregated, Call, Extracted, Filtered, Joined, Select
from compiler.relation_columns import Columns, LeafOf
from engine.depends import leaves
from engine.errors import SalesforceError
from engine.load import Staged
from engine.report import OwnerReport, TieOut, Unattached
from engine.salesforce.client import SalesforceClient
from engine.salesforce.rest_query import records
from engine.wanted import leaf_of
from engine.workspace import WORK, Workspace, name_of
from grammar.soql_tree import FieldPath, FromItem, FunctionCall, Query, SelectItem
from grammar.source import NOWHERE

CENT = Decimal("0.005")


def count_unattached(
    space: Workspace, plan: Plan, staged: Mapping[str, Staged], wanted: Mapping[str, Columns]
) -> tuple[Unattached, ...]:
    """For each child table: the rows that match its filter and hang on no row that is in."""
    find = leaf_of(staged, wanted)
    return tuple(
        _unattached(space, table, staged[table.extracts[0]], find)
        for table in plan.tables
        if table.parent is not None and table.name in wanted and len(table.extracts) == 1
    )


def _unattached(space: Workspace, table: Table, extract: Staged, find: LeafOf) -> Unattached:
    assert table.parent is not None
    column = next(c for c in table.columns if c.name == table.parent.column)
    link = quote_name(column.lineage[0].path)
    without = space.value(f"SELECT count(*) FROM {name_of(*extract.leaf.name)} WHERE {link} IS NULL")
    attached = space.value(f"SELECT count(*) FROM {name_of(WORK, 'wanted', table.name)}")
    ambiguous = _ambiguous(space, table, find)
    return Unattached(table.name, without, extract.rows - attached - without - ambiguous, ambiguous)


def _ambiguous(space: Workspace, table: Table, find: LeafOf) -> int:
    """How many rows name a value that several parents share, where the link is by value."""
    match table.relation:
        case Select(
            input=Joined(
                left=Select(
                    input=Joined(
                        left=keyed,
                        right=Filtered(input=Aggregated() as totals, condition=unique),
                        kind="inner",
                        on=on,
                    )
                )
            )
        ):
            shared = Joined(keyed, Filtered(totals, Call("not", (unique,))), "semi", on)
            return int(space.value(f"SELECT count(*) FROM ({print_relation(shared, find).text}) AS shared"))
        case _:
            return 0


def count_owners(space: Workspace, plan: Plan, wanted: Mapping[str, Columns]) -> tuple[OwnerReport, ...]:
    """For each owner kind: how many of the accounts that are in have one."""
    if "accounts" not in wanted or "account_owners" not in wanted:
        return ()
    accounts = space.value(f"SELECT count(*) FROM {name_of(WORK, 'wanted', 'accounts')}")
    found = dict(
        space.run(f"SELECT owner_type, count(*) FROM {name_of(WORK, 'wanted', 'account_owners')} GROUP BY owner_type")
    )
    return tuple(
        OwnerReport(kind.kind, found.get(kind.kind, 0), accounts - found.get(kind.kind, 0)) for kind in plan.owner_kinds
    )


def tie_out(client: SalesforceClient, space: Workspace, plan: Plan, staged: Mapping[str, Staged]) -> tuple[TieOut, ...]:
    """Ask Salesforce for the sum of every number that accounts are calculated from, under the same filter."""
    return tuple(
        _tie_out(client, space, plan.filter(extract.filter), extract, column, staged[extract.id])
        for extract, column in _numbers(plan)
    )


def _numbers(plan: Plan) -> list[tuple[Extract, str]]:
    """The extracts and number columns that accounts' calculated columns come from."""
    accounts = plan.table("accounts")
    read = {leaf.extract for leaf in leaves(accounts.relation) if isinstance(leaf, Extracted)}
    sources = [
        source
        for column in accounts.columns
        if column.derived and column.type.kind == "decimal"
        for source in column.lineage
    ]
    found = dict.fromkeys(
        (extract, column.name)
        for source in sources
        for extract in plan.extracts
        if extract.id in read and extract.object == source.object
        for column in extract.columns
        if column.name == source.path and column.type.kind == "decimal"
    )
    return list(found)


def _tie_out(
    client: SalesforceClient, space: Workspace, filter_: Filter, extract: Extract, column: str, staged: Staged
) -> TieOut:
    source = name_of(*staged.leaf.name)
    rows, total = space.run(f"SELECT count(*), CAST(sum({quote_name(column)}) AS VARCHAR) FROM {source}")[0]
    query = _sum_of(filter_, next(c.path for c in extract.columns if c.name == column))
    try:
        answer = records(client, print_query(query).text)
    except SalesforceError as error:
        return TieOut(extract.id, column, rows, total, None, f"not verified: {error.message}")
    theirs = answer[0].get("total") if answer else None
    if _same(total, theirs):
        return TieOut(extract.id, column, rows, total, total or "0")
    why = "rejected rows are not in it" if staged.rejected else "the org may have changed while the run read"
    return TieOut(extract.id, column, rows, total, theirs or "0", f"differs: {why}")


def _sum_of(filter_: Filter, path: FieldPath) -> Query:
    total = SelectItem(FunctionCall("SUM", (path,), NOWHERE), "total", NOWHERE)
    source = (FromItem(FieldPath((filter_.object,), NOWHERE), None, NOWHERE),)
    return Query((total,), source, NOWHERE, where=filter_.condition)


def _same(ours: str | None, theirs: str | None) -> bool:
    try:
        return abs(Decimal(ours or "0") - Decimal(theirs or "0")) < CENT
    except InvalidOperation:
        return False
