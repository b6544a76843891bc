"""The SQL that compares a table's wanted rows with its published ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler.duckdb_functions import duckdb_type, quote_name, quote_text
from compiler.plan import Table
from compiler.relation import ColumnType
from compiler.relation_columns import Columns
from engine.second_look import asked_of
from engine.wanted import HASH
from engine.workspace import CURRENT, WORK, name_of

LIFE: Columns = {
    "record_status": ColumnType("text"),
    "record_status_reason": ColumnType("text"),
    "merged_into": ColumnType("id"),
    "first_synced_at": ColumnType("timestamp"),
    "changed_at": ColumnType("timestamp"),
}


def hashes_of(catalog: str, table: str) -> str:
    """The quoted name of the hashes of a table's active rows: the key's columns and `row_hash`."""
    return name_of(catalog, "accord", f"row_hashes_{table}")


class Comparison(NamedTuple):
    """A table, its wanted and its published columns (none: it is new), and whether the stored hashes are of use."""

    table: Table
    columns: Columns
    current: Columns
    hashes_hold: bool

    @property
    def wanted(self) -> str:
        """The quoted name of the wanted rows."""
        return name_of(WORK, "wanted", self.table.name)

    @property
    def published(self) -> str:
        """The quoted name of the published rows."""
        return name_of(CURRENT, "statisfy", self.table.name)

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

    def as_now(self, name: str, prefix: str) -> str:
        """The SQL of a published value in the column's type of now; null for a column that is new."""
        kind = self.columns[name]
        before = self.current.get(name)
        if before is None:
            return f"CAST(NULL AS {duckdb_type(kind)})"
        column = prefix + quote_name(name)
        return column if duckdb_type(before) == duckdb_type(kind) else f"TRY_CAST({column} AS {duckdb_type(kind)})"

    def find_pairs(self) -> str:
        """The statement that writes down every key whose rows are not known to be equal."""
        if not self.current:
            return (
                f"CREATE OR REPLACE TABLE {self.pairs} AS"
                f" SELECT {self.key()}, TRUE AS wanted, CAST(NULL AS VARCHAR) AS status FROM {self.wanted}"
            )
        keys = ", ".join(
            f"coalesce(w.{quote_name(name)}, c.{quote_name(name)}) AS {quote_name(name)}" for name in self.table.key
        )
        first = quote_name(self.table.key[0])
        return (
            f"CREATE OR REPLACE TABLE {self.pairs} AS"
            f" SELECT {keys}, w.{first} IS NOT NULL AS wanted, c.status"
            f" FROM {self.wanted} AS w FULL JOIN ({self._current()}) AS c ON {self.same_key('w', 'c')}"
            f" WHERE w.{first} IS NULL OR c.status IS DISTINCT FROM 'active'"
            f" OR w.{quote_name(HASH)} IS DISTINCT FROM c.row_hash"
        )

    def find_differences(self, rejects: str) -> str:
        """The statement that writes down what is to be done; `rejects` is a SELECT of rejected keys (`key`)."""
        parts = [self._entries()]
        if self.current:
            parts.append(self._updates())
            parts.append(self._exits(rejects) if self.record else self._deletions())
        return f"CREATE OR REPLACE TABLE {self.delta} AS {' UNION ALL '.join(parts)}"

    def count_kept(self) -> str:
        """The number of wanted rows that are published and active."""
        active = "WHERE record_status = 'active'" if self.record else ""
        return (
            f"SELECT count(*) FROM {self.wanted} AS w"
            f" SEMI JOIN (SELECT {self.key()} FROM {self.published} {active}) AS c ON {self.same_key('w', 'c')}"
        )

    def _current(self) -> str:
        """The published rows as key, hash and status."""
        if self.hashes_hold:
            hashes = f"SELECT {self.key()}, row_hash, 'active' AS status FROM {hashes_of(CURRENT, self.table.name)}"
            if not self.record:
                return hashes
            out = f"SELECT {self.key()}, NULL, record_status FROM {self.published} WHERE record_status <> 'active'"
            return f"{hashes} UNION ALL {out}"
        values = ", ".join(self.as_now(name, "") for name in self.columns)
        status = "record_status" if self.record else "'active'"
        return f"SELECT {self.key()}, hash({values}) AS row_hash, {status} AS status FROM {self.published}"

    def _entries(self) -> str:
        """Rows that are new or come back."""
        return (
            f"SELECT {self.key()}, status AS old_status, 'active' AS status, CAST(NULL AS VARCHAR) AS reason,"
            f" CAST(NULL AS VARCHAR) AS merged_into, TRUE AS keep FROM {self.pairs}"
            " WHERE wanted AND status IS DISTINCT FROM 'active'"
        )

    def _updates(self) -> str:
        """Rows of which a column really differs."""
        differs = " OR ".join(
            f"w.{quote_name(name)} IS DISTINCT FROM {self.as_now(name, 'c.')}"
            for name in self.columns
            if name not in self.table.key
        )
        return (
            f"SELECT {self.key('p.')}, 'active', 'active', NULL, NULL, TRUE FROM {self.pairs} AS p"
            f" JOIN {self.wanted} AS w ON {self.same_key('p', 'w')}"
            f" JOIN {self.published} AS c ON {self.same_key('p', 'c')}"
            f" WHERE p.wanted AND p.status = 'active' AND ({differs or 'FALSE'})"
        )

    def _deletions(self) -> str:
        return f"SELECT {self.key()}, 'active', 'deleted', NULL, NULL, FALSE FROM {self.pairs} WHERE NOT wanted"

    def _exits(self, rejects: str) -> str:
        """Rows that are no longer wanted, with what Salesforce said about them."""
        parent = self.table.parent
        orphaned, without_parent = "FALSE", "no row of a synced table names it any more"
        if parent is not None:
            orphaned = (
                f"(c.{quote_name(parent.column)} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM"
                f' {name_of(WORK, "wanted", parent.table)} AS f WHERE f."Id" = c.{quote_name(parent.column)}))'
            )
            without_parent = f"what it hangs on in {parent.table} changed to a row that is not in, or to none"
            if parent.column not in self.current:
                orphaned = "FALSE"
        parent_name = parent.table if parent is not None else ""
        status = (
            "CASE WHEN r.key IS NOT NULL THEN 'rejected' WHEN a.answer IN ('deleted', 'merged') THEN a.answer"
            " WHEN a.answer = 'gone' THEN CASE WHEN p.status IN ('deleted', 'merged') THEN p.status ELSE 'gone' END"
            f" WHEN {orphaned} THEN 'parent_left' ELSE 'left' END"
        )
        reason = _case(
            "x.status",
            (
                ("rejected", "a value could not be taken: see accord.rejects"),
                ("deleted", "it is in Salesforce's bin"),
                ("merged", "it was merged into another record"),
                ("gone", "Salesforce no longer returns it: purged, or not visible to the user"),
                ("parent_left", f"its row of {parent_name} is no longer in"),
            ),
            f"CASE WHEN x.answer = 'live' THEN 'it no longer matches its filter' ELSE {quote_text(without_parent)} END",
        )
        removed = "x.status NOT IN ('left', 'parent_left')" if self.table.on_leaving == "remove" else "TRUE"
        return (
            f"SELECT {self.key()}, x.old_status, x.status, {reason}, x.merged_into, {removed} FROM ("
            f"SELECT {self.key('p.')}, p.status AS old_status, {status} AS status, a.answer,"
            f" CASE {status} WHEN 'merged' THEN coalesce(a.merged_into, c.merged_into) END AS merged_into,"
            " c.merged_into AS old_merged_into"
            f" FROM {self.pairs} AS p JOIN {self.published} AS c ON {self.same_key('p', 'c')}"
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
