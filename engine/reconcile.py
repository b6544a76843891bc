"""Wanted rows against published ones: what is new, what changed, what is no longer there and why.

A hash over each row proposes which rows changed, the columns confirm it. Nothing is written here: the differences go to
the workspace, and `apply` brings them into the next store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.differences import Comparison
from engine.load import count_rejected
from engine.workspace import CURRENT, Workspace


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run does to a table, in rows.

    `matches` are the rows that should be in it now, the rejected ones included. `left` includes `parent_left`.
    `rejected` includes `newly_rejected`, which were active before. `restated` rows were out and stay out, for another
    reason (left, then deleted). `removed` rows are not kept (`on leaving remove`), whether they left now or before.
    `moved` rows came or changed while the run read. The rows of a derived table never are deleted, merged or gone: they
    have left when they no longer follow from anything, `parent_left` if they stay since their account is out.
    """

    table: str
    kind: str
    matches: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    resumed: int = 0
    left: int = 0
    parent_left: int = 0
    deleted: int = 0
    merged: int = 0
    gone: int = 0
    rejected: int = 0
    newly_rejected: int = 0
    restated: int = 0
    removed: int = 0
    moved: int = 0
    active_before: int = 0
    active_after: int = 0

    @property
    def exits(self) -> int:
        """The rows that were active and no longer are."""
        return self.left + self.deleted + self.merged + self.gone + self.newly_rejected

    @property
    def wanted(self) -> int:
        """The rows that should be in the table and can be taken."""
        return self.matches - self.rejected

    @property
    def expected_after(self) -> int:
        """The active rows that there are when what goes is gone and what comes is there."""
        return self.active_before - self.exits + self.inserted + self.resumed

    @property
    def balanced(self) -> bool:
        """Whether what was there, what came and what went add up, and so do the matches (promise 5)."""
        stays = self.inserted + self.updated + self.unchanged + self.resumed + self.rejected
        return self.expected_after == self.active_after and self.matches == stays


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A table's differences, ready to be applied.

    `touched` counts the keys whose rows are written or removed; `differing` are the columns of which a value changed in
    a row that was in and stays in.
    """

    comparison: Comparison
    counts: Counts
    touched: int
    differing: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.comparison.reshaped or self.touched > 0

    def counted(self, active_after: int) -> Reconciled:
        """The same, with the number of active rows that the next store really has."""
        return replace(self, counts=replace(self.counts, active_after=active_after))


def reconcile(space: Workspace, comparison: Comparison, rejects: str, moved: int) -> Reconciled:
    """Find a table's differences and count them.

    Args:
        space: the workspace, with the published store attached.
        comparison: the table; its wanted rows are computed and Salesforce was asked for the absent ones.
        rejects: a SELECT of the keys (`key`) that were rejected from the table's extracts.
        moved: how many rows came late.
    """
    table = comparison.table
    if not comparison.current:
        return _all_new(space, comparison, rejects, moved)
    if comparison.untouched:
        return _all_same(space, comparison, rejects, moved)
    if comparison.scoped:
        for statement in comparison.read_before():
            space.run(statement)
    space.run(comparison.find_pairs())
    pairs = {
        (wanted, status): count
        for wanted, status, count in space.run(f"SELECT wanted, status, count(*) FROM {comparison.pairs} GROUP BY ALL")
    }
    differing = _differing(space, comparison) if (True, "active") in pairs else ()
    exits = any(not wanted for wanted, _ in pairs)
    space.run(comparison.find_differences(rejects, differing, exits=exits))
    by = {
        (old, new): count
        for old, new, count in space.run(f"SELECT old_status, status, count(*) FROM {comparison.delta} GROUP BY ALL")
    }
    active = f"SELECT count(*) FROM {comparison.published} WHERE {comparison.is_active(CURRENT)}"
    before = space.value(active)
    if comparison.scoped:
        kept = before - pairs.get((False, "active"), 0)
        untouched = before - space.value(comparison.count_touched())
        wanted = untouched + space.value(f"SELECT count(*) FROM {comparison.rows}")
    else:
        kept = space.value(comparison.count_kept())
        wanted = space.value(f"SELECT count(*) FROM {comparison.wanted}")
    space.run(f"DROP TABLE {comparison.pairs}")
    rejected = count_rejected(space, rejects) if comparison.record else 0
    inserted, updated = by.get((None, "active"), 0), by.get(("active", "active"), 0)
    out = {new: count for (old, new), count in by.items() if old == "active"}
    back = sum(count for (old, new), count in by.items() if new == "active" and old not in (None, "active"))
    counts = Counts(
        table=table.name,
        kind=table.kind,
        matches=wanted + rejected,
        inserted=inserted,
        updated=updated,
        unchanged=kept - updated,
        resumed=back,
        left=out.get("left", 0) + out.get("parent_left", 0),
        parent_left=out.get("parent_left", 0),
        deleted=out.get("deleted", 0),
        merged=out.get("merged", 0),
        gone=out.get("gone", 0),
        rejected=rejected,
        newly_rejected=out.get("rejected", 0),
        restated=sum(count for (old, new), count in by.items() if new != "active" and old not in (None, "active")),
        removed=space.value(f"SELECT count(*) FROM {comparison.delta} WHERE NOT keep"),
        moved=moved,
        active_before=before,
    )
    return Reconciled(comparison, counts, sum(by.values()), differing)


def _differing(space: Workspace, comparison: Comparison) -> tuple[str, ...]:
    """The columns that differ in some row that stays in: most runs change few, and the others need no second look."""
    query = comparison.find_differing()
    if query is None:
        return ()
    return tuple(name for name, differs in zip(comparison.values, space.run(query)[0], strict=True) if differs)


def _all_new(space: Workspace, comparison: Comparison, rejects: str, moved: int) -> Reconciled:
    """The differences of a table that is not published yet: every wanted row comes, and none needs to be listed."""
    table = comparison.table
    space.run(comparison.no_differences())
    rows = space.value(f"SELECT count(*) FROM {comparison.wanted}")
    rejected = count_rejected(space, rejects) if comparison.record else 0
    counts = Counts(table.name, table.kind, matches=rows + rejected, inserted=rows, rejected=rejected, moved=moved)
    return Reconciled(comparison, counts, rows)


def _all_same(space: Workspace, comparison: Comparison, rejects: str, moved: int) -> Reconciled:
    """The differences of a table that no change can touch: there are none, and nothing needs to be looked at."""
    space.run(comparison.no_differences())
    space.run(comparison.none_before())
    rows = space.value(f"SELECT count(*) FROM {comparison.published} WHERE {comparison.is_active(CURRENT)}")
    table = comparison.table
    # A rejected row that touches no key has no Id.
    rejected = count_rejected(space, rejects) if comparison.record else 0
    counts = Counts(
        table.name,
        table.kind,
        matches=rows + rejected,
        unchanged=rows,
        rejected=rejected,
        moved=moved,
        active_before=rows,
    )
    return Reconciled(comparison, counts, 0)
