"""What was read of Salesforce: the staged extracts and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from compiler.plan import Plan
from compiler.relation_columns import Columns, common_type
from engine.copies import Kept, cast_all
from engine.in_place import Place
from engine.load import Staged, count_rejected, rejected_keys, rejects_of
from engine.match_list import (
    compare_whole,
    drop_rows,
    drop_stray,
    take_late,
)
from engine.report import ExtractReport
from engine.workspace import Workspace, name_of


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was read: the staged extracts by id, a report for each, and whether a quota ended it early.

    `kept` says where each extract's rows are kept, `copied` the columns of the copies that served; `compared` are the
    extracts whose changes since the copy are known; `read_whole` the columns that were read of every matching row;
    `proven` when the match lists were read of those extracts that went by what changed since, `covered` up to when what
    was deleted of them is known; `places` the extracts that could be loaded where they are published.
    `attach_again` brings the children of a table up to rows of it that came late; it raises SalesforceError and
    LoadError.
    """

    staged: Mapping[str, Staged]
    reports: tuple[ExtractReport, ...]
    quota: bool
    kept: Mapping[str, Kept]
    copied: Mapping[str, Columns]
    compared: frozenset[str]
    read_whole: Mapping[str, frozenset[str]]
    proven: Mapping[str, datetime]
    covered: Mapping[str, datetime]
    places: Mapping[str, Place]
    attach_again: Callable[[Mapping[str, Staged], str], Mapping[str, Staged]]

    @property
    def lists(self) -> Mapping[str, bool]:
        """The extracts that were brought up to date, and whether by their match list."""
        return {name: name not in self.proven for name in self.staged}

    @property
    def placed(self) -> Mapping[str, Place]:
        """The tables whose rows were loaded where they are published."""
        return {
            place.table: place
            for name, place in self.places.items()
            if name in self.staged and self.staged[name].in_place
        }

    @property
    def in_part(self) -> frozenset[str]:
        """The extracts of whose rows only those of parents that are in are known, not even by a match list."""
        return frozenset(name for name in self.proven if self.kept[name].link is not None)

    @property
    def failed(self) -> Mapping[str, str]:
        """The extracts that could not be read, with the reason."""
        return {one.extract: one.error for one in self.reports if one.error is not None}

    @property
    def compared_with_tables(self) -> frozenset[str]:
        """Those of the compared extracts whose copy is a table."""
        return frozenset(name for name in self.compared if self.kept[name].table is not None)

    def with_late(self, space: Workspace, staged: Staged, late: Staged) -> Staged:
        """An extract with rows in it that came late; their numbers may need a larger scale."""
        kept = self.kept[staged.name]
        space.run(f"INSERT INTO {staged.rejects} SELECT * FROM {late.rejects}")
        if staged.listed is not None:
            columns = take_late(space, kept, staged, late)
        else:
            target = name_of(*staged.leaf.name)
            columns = {c: common_type((kind, late.columns[c])) for c, kind in staged.columns.items()}
            values = cast_all(columns, columns)
            space.run(
                f"CREATE OR REPLACE TABLE {target} AS"
                f" SELECT {values} FROM {target} UNION ALL SELECT {values} FROM {name_of(*late.leaf.name)}"
            )
        stray = drop_stray(space, kept, late.name) if late.rejected and kept.link is not None else staged.stray
        whole = staged._replace(
            columns=columns,
            read=staged.read + late.read,
            rows=staged.rows + late.rows,
            rejected=count_rejected(space, rejected_keys(staged.name)),
            stray=stray,
        )
        if staged.listed is None and staged.name in self.compared:
            compare_whole(space, kept, self.copied[staged.name], whole)
        return whole


def spread_rejects(
    space: Workspace, plan: Plan, staged: Mapping[str, Staged], kept: Mapping[str, Kept]
) -> dict[str, Staged]:
    """Take a row that one extract of a table rejected out of the table's other extracts too.

    Otherwise an account whose customer row cannot be taken would come in as the prospect that it also is.
    """
    out = dict(staged)
    for table in plan.tables:
        ids = [extract for extract in table.extracts if extract in staged]
        if len(ids) < 2 or not any(staged[extract].rejected for extract in ids):
            continue
        keys = " UNION ALL ".join(f"SELECT key FROM {rejects_of(extract)}" for extract in ids)
        for extract in ids:
            out[extract] = _without(space, kept[extract], out[extract], keys)
    return out


def _without(space: Workspace, kept: Kept, staged: Staged, keys: str) -> Staged:
    if staged.listed is not None:
        return staged._replace(rows=drop_rows(space, kept, f"SELECT key FROM ({keys}) AS r"))
    target = name_of(*staged.leaf.name)
    space.run(f'DELETE FROM {target} WHERE "Id" IN (SELECT key FROM ({keys}) AS r)')
    return staged._replace(rows=space.value(f"SELECT count(*) FROM {target}"))
