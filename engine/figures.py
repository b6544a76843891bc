"""Figures of the run report that no table holds: rows that hang on nothing that is in."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from compiler.duckdb_functions import quote_name
from compiler.plan import Plan, Table
from compiler.print_duckdb import print_relation
from compiler.relation import Aggregated, Call, Filtered, Joined, Select
from compiler.relation_columns import Columns, LeafOf
from engine.differences import Comparison
from engine.load import Staged, stray_of
from engine.report import TypeReport, Unattached
from engine.wanted import leaf_of
from engine.workspace import CURRENT, Workspace

TYPE = "account_type"


def count_types(space: Workspace, accounts: Comparison) -> tuple[TypeReport, ...]:
    """How many accounts that are in have each type of the spec's, and each that it had, now and before."""
    counts = f"SELECT {quote_name(TYPE)}, count(*) FROM"
    now = dict(space.run(f"{counts} {accounts.wanted} GROUP BY 1"))
    before: dict[str, int] = {}
    if TYPE in accounts.current:
        active = f"{accounts.published} WHERE {accounts.is_active(CURRENT)}"
        before = dict(space.run(f"{counts} {active} AND {quote_name(TYPE)} IS NOT NULL GROUP BY 1 ORDER BY 1"))
    types = [extract.partition(".")[2] for extract in accounts.table.extracts]
    return tuple(TypeReport(name, now.get(name, 0), before.get(name, 0)) for name in dict.fromkeys((*types, *before)))


def count_unattached(
    space: Workspace,
    plan: Plan,
    staged: Mapping[str, Staged],
    wanted: Mapping[str, Columns],
    rows: Mapping[str, int],
    in_part: Collection[str] = (),
) -> tuple[Unattached, ...]:
    """For each child table: the rows that match its filter and hang on no row that is in; `rows` are those that do.

    Of extracts that are known `in_part` nobody asked.
    """
    find = leaf_of(staged, wanted)
    return tuple(
        _unattached(space, table, staged[table.extracts[0]], find, rows[table.name])
        for table in plan.tables
        if table.parent is not None
        and table.name in wanted
        and len(table.extracts) == 1
        and table.extracts[0] not in in_part
    )


def _unattached(space: Workspace, table: Table, extract: Staged, find: LeafOf, attached: int) -> Unattached:
    assert table.parent is not None
    column = next(c for c in table.columns if c.name == table.parent.column)
    link = quote_name(column.lineage[0].path)
    without = space.value(f"SELECT count(*) FROM {extract.match_list} WHERE {link} IS NULL")
    if extract.stray:
        without += space.value(f"SELECT count(*) FROM {stray_of(extract.name)} WHERE link IS NULL")
    ambiguous = _ambiguous(space, table, find)
    not_in = extract.rows + extract.stray - attached - without - ambiguous
    return Unattached(table.name, without, not_in, ambiguous)


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
