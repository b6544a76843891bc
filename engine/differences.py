"""The SQL that compares a table's wanted rows with its published ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler.duckdb_functions import duckdb_type, quote_name, quote_text
from compiler.plan import Table
from compiler.relation_columns import Columns
from engine.absent import asked_of
from engine.changed_types import as_type
from engine.copies import PLACE
from engine.life import LIFE, REASONS
from engine.row_hash import columns_hash, row_hash
from engine.workspace import CURRENT, NEXT, WORK, name_of


class Comparison(NamedTuple):
    """A table, its wanted and its published columns (none: it is new).

    `scoped`: only the rows that a change can touch are computed (`rows`) and compared with their published ones
    (`before`); `wanted` and `published` are whole in either case. `untouched`: no change can touch a row. `placed`:
    tables (quoted names) that know the places of some published rows, by `Id`.
    """

    table: Table
    columns: Columns
    current: Columns
    scoped: bool = False
    untouched: bool = False
    placed: tuple[str, ...] = ()

    @property
    def wanted(self) -> str:
        """The quoted name of the wanted rows."""
        return name_of(WORK, "wanted", self.table.name)

    @property
    def published(self) -> str:
        """The quoted name of the published rows."""
        return name_of(CURRENT, "statisfy", self.table.name)

    @property
    def target(self) -> str:
        """The quoted name of the table in the next store."""
        return name_of(NEXT, "statisfy", self.table.name)

    @property
    def rows(self) -> str:
        """The quoted name of the wanted rows that were computed."""
        return name_of(WORK, "wanted", f"{self.table.name}(rows)") if self.scoped else self.wanted

    @property
    def before(self) -> str:
        """The quoted name of the published rows that are compared."""
        return name_of(WORK, "delta", f"{self.table.name}(before)") if self.scoped else self.published

    @property
    def touched(self) -> str:
        """The quoted name of the values of the first key column (`key`) that a change can touch."""
        return name_of(WORK, "delta", f"{self.table.name}(touched)")

    @property
    def pairs(self) -> str:
        """The quoted name of the keys whose rows may differ: `wanted`, `status` (None: not published)."""
        return name_of(WORK, "delta", f"{self.table.name}(pairs)")

    @property
    def delta(self) -> str:
        """The quoted name of the differences: key, `old_status`, `status`, `reason`, `merged_into`, `keep`."""
        return name_of(WORK, "delta", self.table.name)

    @property
    def record(self) -> bool:
        """Whether the table's rows have a life of their own."""
        return self.table.kind == "record"

    @property
    def of_accounts(self) -> bool:
        """Whether the rows of a derived table are about accounts: they stay as they are while their account is out."""
        return not self.record and "account_id" in self.table.key

    @property
    def full(self) -> Columns:
        """All columns of the table as it will be."""
        return {**self.columns, **LIFE} if self.record else self.columns

    @property
    def reshaped(self) -> bool:
        """Whether columns come, go, or change type or order. Text and Ids are one type to DuckDB."""
        return _shape(self.current) != _shape(self.full)

    def key(self, prefix: str = "") -> str:
        """The key's columns."""
        return ", ".join(prefix + quote_name(name) for name in self.table.key)

    def same_key(self, left: str, right: str) -> str:
        """The condition that two rows have the same key."""
        return " AND ".join(f"{left}.{quote_name(name)} = {right}.{quote_name(name)}" for name in self.table.key)

    @property
    def values(self) -> list[str]:
        """The columns that are no key."""
        return [name for name in self.columns if name not in self.table.key]

    def differs(self, name: str) -> str:
        """The condition that a published row (`c`) and a wanted one (`w`) differ in a column."""
        return f"{self.as_now(name, 'c.')} IS DISTINCT FROM w.{quote_name(name)}"

    def as_now(self, name: str, prefix: str) -> str:
        """The SQL of a published value in the column's type of now; null where it is none of it, or a new column."""
        kind = self.columns[name]
        before = self.current.get(name)
        if before is None:
            return f"CAST(NULL AS {duckdb_type(kind)})"
        return as_type(prefix + quote_name(name), before, kind)

    def stand(self) -> tuple[str, ...]:
        """The statements that make the wanted rows of a table that no change can touch: the published ones."""
        columns = ", ".join(quote_name(name) for name in self.columns)
        return (
            f"CREATE OR REPLACE VIEW {self.rows} AS SELECT {columns} FROM {self.published} LIMIT 0",
            f"CREATE OR REPLACE VIEW {self.wanted} AS SELECT {columns} FROM {self.published}"
            f" WHERE {self.is_active(CURRENT)}",
        )

    def with_untouched(self) -> str:
        """The statement that makes the wanted rows of the computed ones and of the published ones under other keys."""
        published = ", ".join(f"{self.as_now(name, 'c.')} AS {quote_name(name)}" for name in self.columns)
        return (
            f"CREATE OR REPLACE VIEW {self.wanted} AS SELECT * FROM {self.rows} UNION ALL"
            f" SELECT {published} FROM {self.published} AS c WHERE {self.is_active(CURRENT)}"
            f" AND NOT EXISTS (SELECT 1 FROM {self.touched} AS t WHERE t.key = c.{quote_name(self.table.key[0])})"
        )

    def find_pairs(self) -> str:
        """The statement that writes down every key whose rows are not known to be equal."""
        keys = ", ".join(
            f"coalesce(w.{quote_name(name)}, c.{quote_name(name)}) AS {quote_name(name)}" for name in self.table.key
        )
        first = quote_name(self.table.key[0])
        return (
            f"CREATE OR REPLACE TABLE {self.pairs} AS"
            f" SELECT {keys}, w.{first} IS NOT NULL AS wanted, c.status"
            f" FROM (SELECT {self.key()}, {columns_hash(self.columns)} AS row_hash FROM {self.rows}) AS w"
            f" FULL JOIN ({self._current()}) AS c ON {self.same_key('w', 'c')}"
            f" WHERE w.{first} IS NULL OR c.status IS DISTINCT FROM 'active' OR w.row_hash IS DISTINCT FROM c.row_hash"
        )

    def find_differing(self) -> str | None:
        """The SELECT that says of each column that is no key whether it differs in a row that stays in, in order.

        None if all columns are keys.
        """
        some = ", ".join(f"bool_or({self.differs(name)})" for name in self.values)
        return f"SELECT {some} {self._staying()}" if some else None

    def find_differences(self, rejects: str, differing: Iterable[str], *, exits: bool) -> str:
        """The statement that writes down what is to be done.

        Args:
            rejects: a SELECT of rejected keys (`key`).
            differing: the columns that differ in a row that stays in.
            exits: whether there are published rows that are not wanted.
        """
        parts = [self._entries()]
        if differing:
            parts.append(self._updates(differing))
        if exits:
            parts.append(self._exits(rejects) if self.record else self._deletions())
        return f"CREATE OR REPLACE TABLE {self.delta} AS {' UNION ALL '.join(parts)}"

    def no_differences(self) -> str:
        """The statement that makes an empty list of differences."""
        empty = "CAST(NULL AS VARCHAR)"
        return (
            f"CREATE OR REPLACE TABLE {self.delta} AS SELECT {self.key()}, {empty} AS old_status, {empty} AS status,"
            f" {empty} AS reason, {empty} AS merged_into, TRUE AS keep FROM {self.wanted} LIMIT 0"
        )

    def read_before(self) -> tuple[str, ...]:
        """The statements that bring the published rows that are compared into the workspace.

        First their places are looked up or sought, in one column, so that the others are read only where a row is
        wanted.
        """
        key, place = quote_name(self.table.key[0]), quote_name(PLACE)
        places = name_of(WORK, "delta", f"{self.table.name}(places)")
        known = [f'SELECT "Id", {place} FROM {one} WHERE {place} IS NOT NULL' for one in self.placed]
        none = "SELECT CAST(NULL AS VARCHAR), CAST(NULL AS BIGINT) WHERE FALSE"
        return (
            f"CREATE OR REPLACE TABLE {places} AS SELECT p.* FROM ({' UNION '.join(known) or none}) AS p(key, place)"
            f" SEMI JOIN {self.touched} AS t USING (key)",
            f"INSERT INTO {places} SELECT c.{key}, c.rowid FROM {self.published} AS c SEMI JOIN"
            f" (SELECT key FROM {self.touched} EXCEPT SELECT key FROM {places}) AS t ON t.key = c.{key}",
            f"CREATE OR REPLACE TABLE {self.before} AS SELECT c.*, c.rowid AS {place} FROM {self.published} AS c"
            f" SEMI JOIN {places} AS p ON p.place = c.rowid",
        )

    def places(self) -> str:
        """The SELECT of the places (`place`) of the published rows that differ: a copy of the file has them there."""
        place = f"c.{quote_name(PLACE)}" if self.scoped else "c.rowid"
        same = self.same_key("c", "d")
        return f"SELECT {place} AS place FROM {self.before} AS c SEMI JOIN {self.delta} AS d ON {same}"

    def none_before(self) -> str:
        """The statement that brings no published row into the workspace, where none needs to be compared."""
        return f"CREATE OR REPLACE TABLE {self.before} AS SELECT * FROM {self.published} LIMIT 0"

    def count_touched(self) -> str:
        """The number of compared rows that are published and active."""
        return f"SELECT count(*) FROM {self.before} WHERE {self.is_active(CURRENT)}"

    def count_kept(self) -> str:
        """The number of wanted rows that are published and active."""
        active = f"SELECT {self.key()} FROM {self.published} WHERE {self.is_active(CURRENT)}"
        return f"SELECT count(*) FROM {self.wanted} AS w SEMI JOIN ({active}) AS c ON {self.same_key('w', 'c')}"

    def is_active(self, catalog: str) -> str:
        """The condition that a row of the table counts as being in, in the published or in the next store."""
        if self.record:
            return "record_status = 'active'"
        if self.of_accounts:
            return (
                f'account_id IN (SELECT "Id" FROM {name_of(catalog, "statisfy", "accounts")}'
                " WHERE record_status = 'active')"
            )
        return "TRUE"

    def _current(self) -> str:
        """The published rows as key, hash and status."""
        status = "record_status" if self.record else "'active'"
        if self.of_accounts:
            status = f"CASE WHEN {self.is_active(CURRENT)} THEN 'active' ELSE 'parent_left' END"
        content = row_hash((self.as_now(name, ""), kind) for name, kind in self.columns.items())
        return f"SELECT {self.key()}, {content} AS row_hash, {status} AS status FROM {self.before}"

    def _entries(self) -> str:
        """Rows that are new or come back."""
        return (
            f"SELECT {self.key()}, status AS old_status, 'active' AS status, CAST(NULL AS VARCHAR) AS reason,"
            f" CAST(NULL AS VARCHAR) AS merged_into, TRUE AS keep FROM {self.pairs}"
            " WHERE wanted AND status IS DISTINCT FROM 'active'"
        )

    def _updates(self, differing: Iterable[str]) -> str:
        """Rows of which a column really differs."""
        differs = " OR ".join(self.differs(name) for name in differing)
        return f"SELECT {self.key('p.')}, 'active', 'active', NULL, NULL, TRUE {self._staying()} AND ({differs})"

    def _staying(self) -> str:
        """The FROM clause of the rows that are in and stay in, as they were (`c`) and as they are (`w`)."""
        return (
            f"FROM {self.pairs} AS p JOIN {self.rows} AS w ON {self.same_key('p', 'w')}"
            f" JOIN {self.before} AS c ON {self.same_key('p', 'c')} WHERE p.wanted AND p.status = 'active'"
        )

    def _deletions(self) -> str:
        """Rows that no longer follow from anything have left: nobody deleted them in Salesforce.

        Those of an account that is out stay, unless they go with it.
        """
        gone = f"SELECT {self.key()}, status AS old, 'left' AS new, FALSE AS keep FROM {self.pairs} WHERE NOT wanted"
        if self.of_accounts and self.table.on_leaving == "keep":
            gone = (
                f"SELECT {self.key('p.')}, p.status AS old, CASE WHEN a.\"Id\" IS NULL THEN 'parent_left'"
                f" ELSE 'left' END AS new, a.\"Id\" IS NULL AS keep FROM {self.pairs} AS p"
                f' LEFT JOIN {name_of(WORK, "wanted", "accounts")} AS a ON a."Id" = p.account_id WHERE NOT p.wanted'
            )
        return f"SELECT {self.key()}, old, new, NULL, NULL, keep FROM ({gone}) AS g WHERE old <> new"

    def find_restated(self) -> str:
        """The SELECT of the keys (`key`) of published rows that are out, and perhaps not for the reason they give.

        Their own rows in Salesforce need not have changed: one that came back from the bin hangs on an account that is
        not in, or what a row hung on came or went after it.
        """
        return (
            f"SELECT c.\"Id\" AS key FROM {self.published} AS c WHERE c.record_status <> 'active'"
            f" AND CASE c.record_status WHEN 'left' THEN {self._is_orphaned()}"
            f" WHEN 'parent_left' THEN NOT {self._is_orphaned()} ELSE TRUE END"
        )

    def _is_orphaned(self) -> str:
        """The condition that what a published row `c` hung on is not in any more."""
        parent = self.table.parent
        if parent is None or parent.column not in self.current:
            return "FALSE"
        link = f"c.{quote_name(parent.column)}"
        wanted = name_of(WORK, "wanted", parent.table)
        return f'({link} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {wanted} AS f WHERE f."Id" = {link}))'

    def _exits(self, rejects: str) -> str:
        """Rows that are no longer wanted, with what Salesforce said about them."""
        parent = self.table.parent
        without_parent = "no row of a synced table names it any more"
        if parent is not None:
            without_parent = f"what it hangs on in {parent.table} changed to a row that is not in, or to none"
        parent_name = parent.table if parent is not None else ""
        status = (
            "CASE WHEN r.key IS NOT NULL THEN 'rejected' WHEN a.answer IN ('deleted', 'merged') THEN a.answer"
            " WHEN a.answer = 'gone' THEN CASE WHEN p.status IN ('deleted', 'merged') THEN p.status ELSE 'gone' END"
            " WHEN a.answer = 'as_before' AND p.status IN ('deleted', 'merged', 'gone') THEN p.status"
            f" WHEN {self._is_orphaned()} THEN 'parent_left' ELSE 'left' END"
        )
        reason = _case(
            "x.status",
            ((status, words.format(parent=parent_name)) for status, words in REASONS.items() if status != "left"),
            f"CASE WHEN x.answer IN ('live', 'as_before') THEN {quote_text(REASONS['left'])}"
            f" ELSE {quote_text(without_parent)} END",
        )
        removed = "x.status NOT IN ('left', 'parent_left')" if self.table.on_leaving == "remove" else "TRUE"
        return (
            f"SELECT {self.key()}, x.old_status, x.status, {reason}, x.merged_into, {removed} FROM ("
            f"SELECT {self.key('p.')}, p.status AS old_status, {status} AS status, a.answer,"
            f" CASE {status} WHEN 'merged' THEN coalesce(a.merged_into, c.merged_into) END AS merged_into,"
            " c.merged_into AS old_merged_into"
            f" FROM {self.pairs} AS p JOIN {self.before} AS c ON {self.same_key('p', 'c')}"
            f' LEFT JOIN {asked_of(self.table.name)} AS a ON a.key = p."Id"'
            f' LEFT JOIN (SELECT DISTINCT key FROM ({rejects})) AS r ON r.key = p."Id"'
            " WHERE NOT p.wanted) AS x"
            " WHERE x.old_status <> x.status OR x.merged_into IS DISTINCT FROM x.old_merged_into"
            f" OR NOT ({removed})"
        )


def _case(value: str, arms: Iterable[tuple[str, str]], otherwise: str) -> str:
    listed = " ".join(f"WHEN {quote_text(case)} THEN {quote_text(text)}" for case, text in arms)
    return f"CASE {value} {listed} ELSE {otherwise} END"


def _shape(columns: Columns) -> list[tuple[str, str]]:
    return [(name, duckdb_type(kind)) for name, kind in columns.items()]
