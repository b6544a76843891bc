"""What a table's rows follow from: the extracts and the tables that its relation reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from compiler.plan import Plan
from compiler.relation import Extracted, Relation, Wanted
from compiler.relation_columns import inputs_of

# What everything else hangs on: if these cannot be computed, nothing is published.
DECIDING = frozenset({"accounts", "account_owners"})


def leaves(relation: Relation) -> Iterator[Extracted | Wanted]:
    """The extracts and tables that a relation reads, some perhaps several times."""
    if isinstance(relation, Extracted | Wanted):
        yield relation
        return
    for one in inputs_of(relation):
        yield from leaves(one)


def stale_tables(plan: Plan, failed: Collection[str], held: Collection[str] = ()) -> tuple[str, ...]:
    """The tables that cannot be computed when these extracts failed and these tables are held, in the plan's order."""
    stale: list[str] = []
    for table in plan.tables:
        read = list(leaves(table.relation))
        if (
            table.name in held
            or any(leaf.extract in failed for leaf in read if isinstance(leaf, Extracted))
            or any(leaf.table in stale for leaf in read if isinstance(leaf, Wanted))
            or any(extract in failed for extract in table.extracts)
        ):
            stale.append(table.name)
    return tuple(stale)
