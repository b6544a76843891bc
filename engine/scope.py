"""Computing what a change can touch, and no more: the wanted rows of the keys that differ from the copy.

Where the copy did not serve, or a relation's form does not tell how a change travels, a table is computed whole.
"""

from __future__ import annotations

from collections.abc import Mapping

from compiler.duckdb_functions import quote_name
from compiler.plan import Table
from compiler.print_duckdb import print_relation
from compiler.relation import ColumnType, Extracted, Wanted
from compiler.relation_columns import Columns, Leaf, columns_of
from compiler.restrict import CAME_OR_WENT, CHANGED, CHANGED_IDS, restrict, touched
from engine.absent import asked_of
from engine.copies import Kept, cast_all, copy_view
from engine.depends import leaves
from engine.differences import Comparison
from engine.life import LIFE
from engine.load import Staged
from engine.match_list import part
from engine.wanted import as_published, check_key, compute, computing, wider
from engine.workspace import FEW_ROWS, WORK, Workspace, name_of

TOUCHED = "(touched)"


class Computing:
    """The tables of one run, computed one after the other in the plan's order.

    Args:
        space: the workspace.
        staged: the extracts.
        kept: where each extract's rows are kept.
        compared: the extracts whose changes since the copy are known.
        current: the published tables' columns.
        scoped: whether the published tables are known to follow from the copy, so that what no change touches stands.
    """

    def __init__(
        self,
        space: Workspace,
        staged: Mapping[str, Staged],
        kept: Mapping[str, Kept],
        compared: frozenset[str],
        current: Mapping[str, Columns],
        *,
        scoped: bool,
    ) -> None:
        self.space, self.staged, self.kept, self.compared, self.current = space, staged, kept, compared, current
        self.scoped = scoped
        self.columns: dict[str, Columns] = {}
        self._known: dict[str, Comparison] = {}
        self._at_hand: dict[str, Leaf] = {}
        self._rows = 0

    def compute(self, table: Table, rejects: str) -> Comparison:
        """Compute a table's wanted rows; `rejects` is a SELECT of the rejected keys (`key`)."""
        current = self.current[table.name]
        if not self._find_touched(table, rejects):
            self._expect(FEW_ROWS)
            self.columns[table.name] = compute(self.space, table, self.leaf, _own(current))
            return Comparison(table, self.columns[table.name], current)
        comparison = self._compute_touched(table, current)
        self.columns[table.name] = comparison.columns
        return comparison

    def _expect(self, rows: int) -> None:
        """Note how many more rows are worked on, from here to the end of the run."""
        self._rows += rows
        self.space.work_on(self._rows)

    def reconciled(self, comparison: Comparison) -> None:
        """Note that a table was compared with what is published: others may ask what changed in it."""
        self._known[comparison.table.name] = comparison

    def leaf(self, relation: Extracted | Wanted) -> Leaf:
        """Where the printer finds an extract, a table computed before, or what changed of either."""
        name = relation.extract if isinstance(relation, Extracted) else relation.table
        if name in self._at_hand:
            return self._at_hand[name]
        if isinstance(relation, Extracted):
            if name.endswith((CHANGED, CHANGED_IDS)):
                return Leaf((WORK, "staged", name), self.space.columns((WORK, "staged", name)))
            return self.staged[name].leaf
        if name.endswith(CHANGED):
            self._at_hand[name] = self._changed(self._known[name.removesuffix(CHANGED)], name)
            return self._at_hand[name]
        if name.endswith(CAME_OR_WENT):
            self._at_hand[name] = self._came_or_went(self._known[name.removesuffix(CAME_OR_WENT)], name)
            return self._at_hand[name]
        return Leaf((WORK, "wanted", name), self.columns[name])

    def _find_touched(self, table: Table, rejects: str) -> bool:
        """Write down the keys that changes can touch; False if that cannot be told."""
        if not self.scoped or not self.current[table.name]:
            return False
        for leaf in leaves(table.relation):
            known = leaf.extract in self.compared if isinstance(leaf, Extracted) else leaf.table in self._known
            if not known:
                return False
        relation = touched(table.relation, table.key[0])
        if relation is None:
            return False
        keys = [f"SELECT key FROM ({print_relation(relation, self.leaf).text}) AS t"]
        if table.kind == "record":
            answered = f"SELECT key FROM {asked_of(table.name)} WHERE answer <> 'as_before'"
            keys += [answered, f"SELECT key FROM ({rejects}) AS r"]
            keys.append(Comparison(table, {}, self.current[table.name]).find_restated())
        target = (WORK, "delta", f"{table.name}{TOUCHED}")
        self.space.run(
            f"CREATE OR REPLACE TABLE {name_of(*target)} AS SELECT DISTINCT key FROM ({' UNION ALL '.join(keys)}) AS k"
            " WHERE key IS NOT NULL"
        )
        self._at_hand[f"{table.name}{TOUCHED}"] = Leaf(target, {"key": ColumnType("id")})
        return True

    def _compute_touched(self, table: Table, current: Columns) -> Comparison:
        own = _own(current)
        published = {column.name: own[column.name] for column in table.columns if column.name in own}
        standing = Comparison(table, published, current, scoped=True, untouched=True)
        rows = self.space.value(f"SELECT count(*) FROM {standing.touched}")
        self._expect(rows)
        if len(published) == len(table.columns) and not rows:
            for statement in standing.stand():
                self.space.run(statement)
            return standing
        suffix = f"({table.name} touched)"
        for extract in dict.fromkeys(one.extract for one in leaves(table.relation) if isinstance(one, Extracted)):
            self._at_hand[extract + suffix] = self._rows_at_hand(extract, suffix, table.name)
        keys = Wanted(f"{table.name}{TOUCHED}")
        relation = restrict(table.relation, table.key[0], keys, suffix)
        found = columns_of(relation, self.leaf)
        columns: Columns = {c.name: wider(found[c.name], own.get(c.name)) for c in table.columns}
        comparison = Comparison(table, columns, current, scoped=True, placed=self._places(table))
        with computing(table):
            self.space.run(
                f"CREATE OR REPLACE TABLE {comparison.rows} AS SELECT {cast_all(columns, columns)}"
                f" FROM ({print_relation(relation, self.leaf).text}) AS computed"
            )
            columns = as_published(self.space, table, comparison.rows, columns, own)
            comparison = comparison._replace(columns=columns)
        check_key(self.space, table, comparison.rows)
        self.space.run(comparison.with_untouched())
        return comparison

    def _places(self, table: Table) -> tuple[str, ...]:
        """What comparing a table's match lists with it has told of the places of its rows."""
        return tuple(
            part(extract, "differences")
            for extract in table.extracts
            if self.staged[extract].listed is not None and self.kept[extract].table == table.name
        )

    def _rows_at_hand(self, extract: str, suffix: str, table: str) -> Leaf:
        """An extract's rows under the touched keys. The wide copy is looked at only for keys that are not new."""
        staged, kept = self.staged[extract], self.kept[extract]
        target = (WORK, "staged", extract + suffix)
        keys = name_of(WORK, "delta", f"{table}{TOUCHED}")
        source = name_of(*staged.leaf.name) if staged.listed is None else part(extract, "new")
        values = cast_all(staged.columns, staged.columns)
        rows = f'SELECT {values} FROM {source} AS n SEMI JOIN {keys} AS t ON t.key = n."Id"'
        kind = "VIEW"
        if staged.listed is not None:
            known = f'SELECT 1 FROM {part(extract, "out")} AS o WHERE o."Id" = t.key'
            others = f"SELECT key FROM {keys} AS t WHERE NOT EXISTS ({known})"
            if self.space.value(f"SELECT count(*) FROM ({others}) AS o"):
                kind = "TABLE"
                copied = f'SELECT {values} FROM {copy_view(kept)} AS k SEMI JOIN ({others}) AS o ON o.key = k."Id"'
                rows = f"{rows} UNION ALL {copied}"
        # The rows at hand are few and are read as they lie; those of the copy are sought once.
        self.space.run(f"CREATE OR REPLACE {kind} {name_of(*target)} AS {rows}")
        return Leaf(target, staged.columns)

    def _changed(self, comparison: Comparison, name: str) -> Leaf:
        """A table's changed rows, as they were and as they are."""
        target = (WORK, "wanted", name)
        now = ", ".join(f"w.{quote_name(column)}" for column in comparison.columns)
        was = ", ".join(comparison.as_now(column, "c.") for column in comparison.columns)
        delta = comparison.delta
        sql = f"SELECT {now} FROM {comparison.rows} AS w SEMI JOIN {delta} AS d ON {comparison.same_key('w', 'd')}"
        if comparison.current:
            sql += (
                f" UNION ALL SELECT {was} FROM {comparison.before} AS c"
                f" SEMI JOIN {delta} AS d ON {comparison.same_key('c', 'd')}"
            )
        self.space.run(f"CREATE OR REPLACE VIEW {name_of(*target)} AS {sql}")
        return Leaf(target, comparison.columns)

    def _came_or_went(self, comparison: Comparison, name: str) -> Leaf:
        """The keys of a table's rows that are new in it, or no longer in it."""
        target = (WORK, "wanted", name)
        self.space.run(
            f"CREATE OR REPLACE VIEW {name_of(*target)} AS SELECT {comparison.key()} FROM {comparison.delta}"
            " WHERE old_status IS DISTINCT FROM status"
        )
        return Leaf(target, {key: comparison.columns[key] for key in comparison.table.key})


def _own(current: Columns) -> Columns:
    return {name: kind for name, kind in current.items() if name not in LIFE}
