"""Where one of several had to be chosen, each counted: owners among their sources, the latest or earliest of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from compiler.duckdb_functions import quote_name
from compiler.plan import Plan
from compiler.print_duckdb import print_relation
from compiler.relation import (
    Assign,
    Call,
    Col,
    ColumnType,
    Expr,
    Filtered,
    First,
    Joined,
    Lit,
    OrderKey,
    Relation,
    Select,
    Union,
)
from compiler.relation_columns import LeafOf, columns_of, inputs_of
from engine.report import ChoiceReport, OwnerReport
from engine.workspace import WORK, Workspace, name_of

_IN = f'SELECT "Id" FROM {name_of(WORK, "wanted", "accounts")}'


def count_owners(space: Workspace, plan: Plan, find: LeafOf) -> tuple[OwnerReport, ...]:
    """For each owner kind: which of the accounts that are in have an owner, and why the others have none.

    Args:
        space: the workspace, with accounts computed.
        plan: the plan.
        find: where the relations' extracts and tables are.
    """
    if not plan.owner_kinds:
        return ()
    relation = plan.table("account_owners").relation
    parts = relation.inputs if isinstance(relation, Union) else (relation,)
    return tuple(
        _owners(space, kind.kind, part, find, skipping=plan.skip_inactive)
        for kind, part in zip(plan.owner_kinds, parts, strict=True)
    )


def _owners(space: Workspace, kind: str, relation: Relation, find: LeafOf, *, skipping: bool) -> OwnerReport:
    match relation:
        case Filtered(input=Select(input=tried, columns=columns)):
            chosen = next(column.value for column in columns if column.name == "user_id")
        case _:
            raise ValueError(f"the owners of kind {kind} are computed in a way that cannot be counted")
    candidates = list(_candidates(chosen))
    picked = [Assign("Id", Col("Id"))]
    known = "active 0" in columns_of(tried, find)
    for number, candidate in enumerate(candidates):
        picked += [Assign(f"candidate {number}", Col(candidate)), Assign(f"user {number}", Col(f"user {number}"))]
        active: Expr = Col(f"active {number}") if known else Lit(None, ColumnType("boolean"))
        picked.append(Assign(f"active {number}", active))
    rows = print_relation(Select(tried, tuple(picked)), find).text
    at = range(len(candidates))
    holds = [f'"user {n}" IS NOT NULL' + (f' AND coalesce("active {n}", FALSE)' if skipping else "") for n in at]
    found = " OR ".join(f"({one})" for one in holds)
    queues, unseen, inactive = (
        " OR ".join(one.format(n=n) for n in at)
        for one in (
            "coalesce(starts_with(\"candidate {n}\", '00G'), FALSE)",
            '(coalesce(starts_with("candidate {n}", \'005\'), FALSE) AND "user {n}" IS NULL)',
            '("user {n}" IS NOT NULL AND NOT coalesce("active {n}", FALSE))',
        )
    )
    owner_active = "CASE " + " ".join(f'WHEN {one} THEN coalesce("active {n}", FALSE)' for n, one in enumerate(holds))
    found_by, later, empty, queued, passed, hidden = space.run(
        f"SELECT count(*) FILTER ({found}), count(*) FILTER (({found}) AND NOT ({holds[0]})),"
        f" count(*) FILTER (NOT ({found})), count(*) FILTER (NOT ({found}) AND ({queues})),"
        f" count(*) FILTER (CASE WHEN {found} THEN NOT {owner_active} END ELSE {inactive} END),"
        f" count(*) FILTER (NOT ({found}) AND ({unseen})) FROM ({rows}) AS t"
    )[0]
    several = sum(_several(space, one, find) for one in _firsts(tried))
    return OwnerReport(kind, found_by, later, empty, queued, passed if known else None, hidden, several)


def _candidates(chosen: Expr) -> Iterator[str]:
    """The columns that are tried, in order: `if(holds, candidate, otherwise)`."""
    while isinstance(chosen, Call) and chosen.function == "if":
        _, candidate, chosen = chosen.args
        assert isinstance(candidate, Col)
        yield candidate.name


def _several(space: Workspace, first: First, find: LeafOf) -> int:
    """The accounts for which several rows name a user, of whom the oldest row's was taken."""
    rows = print_relation(first.input, find).text
    return int(
        space.value(
            f"SELECT count(*) FROM (SELECT account_id FROM ({rows}) AS r WHERE account_id IN ({_IN})"
            " GROUP BY account_id HAVING count(*) > 1) AS s"
        )
    )


def count_choices(space: Workspace, plan: Plan, find: LeafOf) -> tuple[ChoiceReport, ...]:
    """For each calculated column that takes the latest or earliest row: what was passed over, and what was a tie."""
    return tuple(_choice(space, found, find) for found in _chosen(plan.table("accounts").relation))


class _Chosen(NamedTuple):
    column: str
    rows: Relation
    order: OrderKey


def _chosen(relation: Relation) -> Iterator[_Chosen]:
    match relation:
        case Joined(
            right=Select(input=First(input=Filtered(input=rows), keys=("account_id",), order=order)), take=(taken, *_)
        ):
            yield _Chosen(taken.name.removesuffix(" (calculated)"), rows, order[0])
    for one in inputs_of(relation):
        yield from _chosen(one)


def _choice(space: Workspace, found: _Chosen, find: LeafOf) -> ChoiceReport:
    rows, by = print_relation(found.rows, find).text, quote_name(found.order.column)
    without = space.value(f"SELECT count(*) FROM ({rows}) AS r WHERE {by} IS NULL AND account_id IN ({_IN})")
    direction = "DESC" if found.order.descending else "ASC"
    ties = space.value(
        f"SELECT count(*) FROM (SELECT account_id FROM (SELECT account_id, rank() OVER"
        f" (PARTITION BY account_id ORDER BY {by} {direction}) AS place FROM ({rows}) AS r"
        f" WHERE {by} IS NOT NULL AND account_id IN ({_IN})) AS p WHERE place = 1"
        " GROUP BY account_id HAVING count(*) > 1) AS t"
    )
    return ChoiceReport(found.column, without, ties)


def _firsts(relation: Relation) -> Iterator[First]:
    """The choices of the oldest row among those that name a user, along the joins of the sources."""
    while isinstance(relation, Joined):
        match relation.right:
            case Select(input=First(keys=("account_id",)) as first):
                yield first
        relation = relation.left
