"""Rows that are loaded where they are published, so that a first run writes what it reads once.

It does for a table that is the rows of one extract as they were read, and of those the ones whose parent is in. What is
out of the ordinary (a row that cannot be taken, one that came twice, a number with more digits than its field has) is
left to the usual way, by which rows are loaded into the workspace first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from compiler.duckdb_functions import quote_name
from compiler.plan import Plan
from compiler.relation import Assign, Col, Extracted, Joined, Select, Wanted
from engine.copies import Kept
from engine.life import NOW, life_of_active
from engine.workspace import NEXT, WORK, Workspace, name_of

# Rows whose parent is not in are written and taken out again: of more than this share that costs more than it saves.
MOST_OUTSIDE = 0.2
SAMPLE = 2_000


class Place(NamedTuple):
    """Where an extract's rows are published.

    `columns`: the table's own columns, each with the extract's column that it is. `parent`: the column that names the
    parent row; `parent_table` and `parent_extracts`: where the parents are. `at`: when the run began.
    """

    table: str
    columns: Mapping[str, str]
    parent: str
    parent_table: str
    parent_extracts: tuple[str, ...]
    at: datetime

    @property
    def moments(self) -> list[datetime]:
        """The parameters of `create`."""
        return [self.at, self.at]

    @property
    def target(self) -> str:
        """The quoted name of the table in the next store."""
        return name_of(NEXT, "statisfy", self.table)

    def create(self, rows: str) -> str:
        """The statement that makes the table of an extract's rows (a SELECT); see `moments`."""
        own = ", ".join(f"{quote_name(read)} AS {quote_name(name)}" for name, read in self.columns.items())
        return f"CREATE OR REPLACE TABLE {self.target} AS SELECT {own}, {life_of_active(NOW)} FROM ({rows}) AS r"

    def as_read(self) -> str:
        """A SELECT of the rows under the extract's names."""
        # A field that the table shows twice, as a link and as its own, is one column of the extract.
        names = {read: name for name, read in self.columns.items()}
        own = ", ".join(f"{quote_name(name)} AS {quote_name(read)}" for read, name in names.items())
        return f"SELECT {own} FROM {self.target}"

    def take_out(self) -> str:
        """The statement that takes rows out whose parent is not in, once the parents are computed."""
        return (
            f"DELETE FROM {self.target} AS t WHERE NOT EXISTS"
            f" (SELECT 1 FROM {name_of(WORK, 'wanted', self.parent_table)} AS p"
            f' WHERE p."Id" = t.{quote_name(self.parent)})'
        )


def places_of(plan: Plan, kept: Mapping[str, Kept], at: datetime) -> dict[str, Place]:
    """The extracts that may be loaded where they are published, in a run (its time is `at`) that publishes first."""
    found = {name: _place(plan, one, at) for name, one in kept.items()}
    return {name: place for name, place in found.items() if place is not None}


def _place(plan: Plan, kept: Kept, at: datetime) -> Place | None:
    if kept.table is None or kept.shared:
        return None
    table = plan.table(kept.table)
    match table.relation:
        case Select(
            input=Joined(
                left=Select(input=Extracted(extract=kept.extract.id), columns=read),
                right=Wanted(table=parent),
                kind="semi",
                on=((link, "Id"),),
            ),
            columns=shown,
        ):
            values, own = _names(read), _names(shown)
            if values is None or own is None or not {*kept.columns} <= {*(values[name] for name in own.values())}:
                return None
            columns = {name: values[inner] for name, inner in own.items()}
            return Place(table.name, columns, link, parent, plan.table(parent).extracts, at)
        case _:
            return None


def _names(columns: Sequence[Assign]) -> dict[str, str] | None:
    """The columns that a selection picks under other names or their own; None if it computes anything."""
    found = {one.name: one.value.name for one in columns if isinstance(one.value, Col)}
    return found if len(found) == len(columns) else None


def mostly_inside(space: Workspace, place: Place, rows: str) -> bool:
    """Whether the parents of most of some rows (a SELECT of them as they are read) are in, by a few of them."""
    parents = [(WORK, "staged", extract) for extract in place.parent_extracts]
    if not all(space.columns(parent) for parent in parents):
        return False
    known = " UNION ALL ".join(f'SELECT "Id" FROM {name_of(*parent)}' for parent in parents)
    link = quote_name(place.columns[place.parent])
    outside = space.value(
        f"SELECT avg(CASE WHEN {link} IN ({known}) THEN 0 ELSE 1 END) FROM (SELECT {link} FROM ({rows}) AS r"
        f" LIMIT {SAMPLE}) AS r"
    )
    return outside is not None and outside <= MOST_OUTSIDE
