"""Pages of text to typed tables: every value as Salesforce sent it, or the whole row among the rejects.

Empty cells are null, since Salesforce stores no empty text. NUL characters stay in their texts. A number's
scale is the describe's, raised to what the data holds; no number is ever rounded. An Id that came several
times is kept once: the row with the newest SystemModstamp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import duckdb

from compiler.duckdb_functions import quote_name, quote_text
from compiler.relation import ColumnType
from compiler.relation_columns import Columns, Leaf
from engine import casts
from engine.errors import DiskError, LoadError
from engine.in_place import Place, mostly_inside
from engine.row_hash import columns_hash
from engine.salesforce.pages import Page, Pages
from engine.workspace import WORK, Workspace, name_of, no_memory

# DuckDB takes sixteen times as much for a file at once unless it is told otherwise, however small the file.
LONGEST_LINE = 32 * 1024 * 1024
MENDING = 3
REJECTED = "(rejected)"
_INEXACT = "(inexact)"
_STAMP = "SystemModstamp"
_T = TypeVar("_T")


class Staged(NamedTuple):
    """An extract in the workspace.

    `rows` counts distinct Ids without the rejected ones, `duplicates` the rows that were dropped for a newer one,
    `rejected` the Ids of which a row could not be taken (their reasons are in the table `staged."<name>(rejects)"`).
    `listed` is the match list (a quoted name) where that is another table than the rows. `in_place`: the rows lie where
    they are published. `stray` counts the rows that could not be taken and that nobody looks for, since they hang on no
    row that is in; they are no rejects.
    """

    name: str
    columns: Columns
    read: int
    rows: int
    duplicates: int
    rejected: int
    listed: str | None = None
    in_place: bool = False
    stray: int = 0

    @property
    def match_list(self) -> str:
        """The quoted name of the Ids and links of all rows that match, also those that nobody needed to fetch."""
        return self.listed or name_of(WORK, "staged", self.name)

    @property
    def leaf(self) -> Leaf:
        """The table, for the printer of relations."""
        return Leaf((WORK, "staged", self.name), self.columns)

    @property
    def rejects(self) -> str:
        """The quoted name of the table of rejects: `key`, `column_name`, `raw`, `reason`."""
        return rejects_of(self.name)


class _Damaged(Exception):  # noqa: N818 - handled here, by fetching again
    def __init__(self, pages: Sequence[Page]) -> None:
        super().__init__(len(pages))
        self.pages = tuple(pages)


def rejects_of(name: str) -> str:
    """The quoted name of an extract's table of rejects."""
    return name_of(WORK, "staged", f"{name}(rejects)")


def rejected_links(name: str) -> str:
    """The quoted name of the table that says what rejected rows name: `key`, and the columns with Ids.

    It is there only if rows were rejected.
    """
    return name_of(WORK, "staged", f"{name}(rejected links)")


def stray_of(name: str) -> str:
    """The quoted name of the table of an extract's stray rows: `key`, and what they hang on (`link`)."""
    return name_of(WORK, "staged", f"{name}(stray)")


def rejected_keys(name: str) -> str:
    """A SELECT of the keys of an extract's rejected rows: null for each row without one, others at least once."""
    return f"SELECT key FROM {rejects_of(name)} WHERE key IS NOT NULL OR column_name = 'Id'"


def all_rejected_keys(names: Iterable[str]) -> str:
    """The same of several extracts, perhaps of none."""
    return " UNION ALL ".join(map(rejected_keys, names)) or "SELECT CAST(NULL AS VARCHAR) AS key WHERE FALSE"


def nameless(name: str) -> str:
    """The condition that a reject of an extract's is of a row without a record's Id: nobody knows whose it is."""
    known = f"SELECT key FROM {rejects_of(name)} WHERE column_name = 'Id' AND key IS NOT NULL"
    return f"(key IS NULL OR key IN ({known}))"


def count_rejected(space: Workspace, keys: str) -> int:
    """How many rows a SELECT of rejected keys stands for."""
    return int(space.value(f"SELECT count(DISTINCT key) + count(*) FILTER (key IS NULL) FROM ({keys}) AS r"))


def load(space: Workspace, name: str, columns: Columns, source: Pages, place: Place | None = None) -> Staged:
    """Load the pages of an extract into the table `staged."<name>"`, or into their place behind a view of that name.

    Damaged pages (not the announced number of rows, a torn compression) are fetched again.

    Args:
        space: the workspace.
        name: the extract's id.
        columns: its columns with the types to load them as; `Id` is the key.
        source: the downloaded pages.
        place: where the rows are published, if they may be loaded there.

    Raises:
        LoadError: a page cannot be read, or lacks a column, whatever is tried.
    """
    return _mended(name, source, lambda: _load(space, name, columns, source, place))


def load_text(space: Workspace, name: str, columns: Sequence[str], source: Pages) -> None:
    """Load all rows of pages, those that came twice too, as text into the table `staged."<name>"`.

    Besides the columns it has `(rejected)`: whether the row has no record Id. Damaged pages are fetched again; raises
    LoadError as `load` does.
    """
    types = dict.fromkeys(columns, ColumnType("text"))

    def attempt() -> None:
        pages = tuple(page for page in source.pages if page.header)
        flags = _stage(space, name_of(WORK, "staged", name), _raw(name, types, pages), types, pages)
        if flags.rows != source.rows:
            raise _Damaged(_uneven(space, pages))

    _mended(name, source, attempt)


def _mended(name: str, source: Pages, attempt: Callable[[], _T]) -> _T:
    """What an attempt at loading returns; the pages that it finds damaged are fetched again before the next."""
    for number in range(1, MENDING + 1):
        try:
            return attempt()
        except _Damaged as damage:
            if number == MENDING:
                names = ", ".join(page.path.name for page in damage.pages)
                raise LoadError(
                    f"{name}: the pages {names} do not hold the rows that Salesforce announced",
                    hint="nothing was published; run again",
                ) from None
            for page in damage.pages:
                source.fetch_again(page)
    raise AssertionError("unreachable")


def _load(space: Workspace, name: str, columns: Columns, source: Pages, place: Place | None) -> Staged:
    pages = tuple(page for page in source.pages if page.header)
    raw = _raw(name, columns, pages)
    if place is not None:
        some = _raw(name, columns, pages[:1])
        placed = _load_in_place(space, name, columns, raw, some, source.rows, place)
        if placed is not None:
            return placed
    table = name_of(WORK, "staged", name)
    types = dict(columns)
    flags = _stage(space, table, raw, types, pages)
    if flags.rows != source.rows:
        raise _Damaged(_uneven(space, pages))
    if flags.inexact:
        types = _raised(space, raw, types)
        flags = _stage(space, table, raw, types, pages, exactly=True)
    rejected = _reject(space, name, raw, types) if flags.rejected else 0
    if not flags.rejected:
        _no_rejects(space, name)
    duplicates = _once(space, table, types)
    rows = space.value(f"SELECT count(*) FROM {table}")
    return Staged(name, types, flags.rows, rows, duplicates, rejected)


def _load_in_place(
    space: Workspace, name: str, columns: Columns, raw: str, some: str, announced: int, place: Place
) -> Staged | None:
    """Load rows where they are published; None, and nothing there, unless all can be taken as they are, each once.

    `some` is a SELECT of some of the rows (`raw`).
    """
    # DuckDB would work out a cast for the condition and once more for the row, were it not in a column of its own.
    values = {n: quote_name(f"{n}(cast)") for n, kind in columns.items() if casts.can_refuse(n, kind) and n != "Id"}
    cast = "".join(f", {casts.cast(n, columns[n])} AS {value}" for n, value in values.items())
    typed = ", ".join(f"{values.get(n, quote_name(n))} AS {quote_name(n)}" for n in columns)
    unfit = f"{_rejected(columns, values)} OR {_special(columns)}"
    rows = f"SELECT {typed} FROM (SELECT *{cast} FROM ({raw}) AS raw) AS raw WHERE NOT ({unfit})"
    try:
        if not mostly_inside(space, place, some):
            return None
        space.connection.execute(place.create(rows), place.moments)
    except (duckdb.Error, DiskError):
        # Loading into the workspace comes upon the same, and says what it is.
        return None
    taken, ids = space.run(f'SELECT count(*), count(DISTINCT "Id") FROM {place.target}')[0]
    if not taken == ids == announced:
        space.run(f"DROP TABLE {place.target}")
        return None
    space.run(f"CREATE OR REPLACE VIEW {name_of(WORK, 'staged', name)} AS {place.as_read()}")
    _no_rejects(space, name)
    return Staged(name, columns, taken, taken, 0, 0, in_place=True)


def clear_place(space: Workspace, staged: Staged) -> None:
    """Make room for the same extract once more."""
    if staged.in_place:
        space.run(f"DROP VIEW {name_of(*staged.leaf.name)}")


def _no_rejects(space: Workspace, name: str) -> None:
    space.run(f"CREATE OR REPLACE TABLE {rejects_of(name)} ({_REJECT_COLUMNS})")


_REJECT_COLUMNS = "key VARCHAR, column_name VARCHAR, raw VARCHAR, reason VARCHAR"


class _Flags(NamedTuple):
    rows: int
    rejected: int
    inexact: int


def _stage(
    space: Workspace, table: str, raw: str, types: Columns, pages: tuple[Page, ...], *, exactly: bool = False
) -> _Flags:
    """Read all pages in one pass; count the rows that do not cast and those that need another look.

    These are numbers which need a larger scale, and Ids of 15 characters. `exactly`: they had it.
    """
    rejected = _rejected(types) if not exactly else f"{_rejected(types)} OR {_inexact(types)}"
    sql = (
        f"CREATE OR REPLACE TABLE {table} AS SELECT {casts.typed(types, whole_ids=exactly)},"
        f" {rejected} AS {quote_name(REJECTED)}, {_special(types)} AS {quote_name(_INEXACT)} FROM ({raw}) AS raw"
    )
    try:
        space.connection.execute(sql)
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        # DuckDB's words quote the line: a record's values belong neither in errors nor in logs.
        damaged = _unreadable(space, pages)
        if damaged:
            raise _Damaged(damaged) from None
        raise LoadError(
            f"the pages of {table} cannot be read ({type(error).__name__})", hint="nothing was published; run again"
        ) from None
    except duckdb.OutOfMemoryException as error:
        raise no_memory(error) from error
    row = space.run(
        f"SELECT count(*), count(*) FILTER ({quote_name(REJECTED)}), count(*) FILTER ({quote_name(_INEXACT)})"
        f" FROM {table}"
    )[0]
    return _Flags(*row)


def _rejected(types: Columns, values: Mapping[str, str] | None = None) -> str:
    """The condition that some column is refused; `values` are the casts that are at hand."""
    refusable = ((name, kind) for name, kind in types.items() if casts.can_refuse(name, kind))
    return _any(casts.refused(name, kind, (values or {}).get(name)) for name, kind in refusable)


def _inexact(types: Columns) -> str:
    return _any(casts.inexact(name, kind) for name, kind in types.items() if kind.kind == "decimal")


def _special(types: Columns) -> str:
    return _any((_inexact(types), *(casts.short_id(name) for name, kind in types.items() if kind.kind == "id")))


def _any(conditions: Iterable[str]) -> str:
    return " OR ".join(conditions) or "FALSE"


def _raw(name: str, columns: Columns, pages: Sequence[Page]) -> str:
    """The SELECT that reads all pages as text under the wanted names, whatever the order and case of their headers."""
    groups: dict[tuple[str, ...], list[Page]] = {}
    for page in pages:
        groups.setdefault(page.header, []).append(page)
    if not groups:
        nothing = ", ".join(f"CAST(NULL AS VARCHAR) AS {quote_name(column)}" for column in columns)
        return f"SELECT {nothing} WHERE FALSE"
    selects = []
    for header, members in groups.items():
        places = {column.lower(): f"c{number}" for number, column in enumerate(header)}
        missing = [column for column in columns if column.lower() not in places]
        if missing:
            raise LoadError(
                f"{name}: the page {members[0].path.name} lacks the column {', '.join(missing)}",
                hint="nothing was emptied; run again, and if it stays, lint the spec against the org",
            )
        values = ", ".join(f"{places[column.lower()]} AS {quote_name(column)}" for column in columns)
        selects.append(f"SELECT {values} FROM {_read_csv(members, len(header))}")
    return " UNION ALL ".join(selects)


def _read_csv(pages: Sequence[Page], width: int) -> str:
    files = ", ".join(quote_text(str(page.path)) for page in pages)
    columns = ", ".join(f"c{number}: 'VARCHAR'" for number in range(width))
    return (
        f"read_csv([{files}], columns = {{{columns}}}, header = true, auto_detect = false, delim = ',', quote = '\"',"
        f" escape = '\"', max_line_size = {LONGEST_LINE}, buffer_size = {LONGEST_LINE})"
    )


def _uneven(space: Workspace, pages: Sequence[Page]) -> list[Page]:
    """The pages that do not hold as many rows as announced."""
    return [page for page in pages if _rows_of(space, page) != page.rows] or list(pages)


def _unreadable(space: Workspace, pages: Sequence[Page]) -> list[Page]:
    return [page for page in pages if _rows_of(space, page) is None]


def _rows_of(space: Workspace, page: Page) -> int | None:
    try:
        rows = space.connection.execute(f"SELECT count(*), count(c0) FROM {_read_csv([page], len(page.header))}")
        return int(rows.fetchall()[0][0])
    except (duckdb.InvalidInputException, duckdb.IOException):
        return None


def _raised(space: Workspace, raw: str, types: Columns) -> dict[str, ColumnType]:
    """The types with the scales that the data needs."""
    numbers = [name for name, kind in types.items() if kind.kind == "decimal"]
    if not numbers:
        return dict(types)
    found = space.run(f"SELECT {', '.join(casts.measure(name) for name in numbers)} FROM ({raw}) AS raw")[0]
    return {**types, **{name: casts.raised(types[name], need) for name, need in zip(numbers, found, strict=True)}}


def _reject(space: Workspace, name: str, raw: str, types: Mapping[str, ColumnType]) -> int:
    """Take out every Id of which a row was refused, and keep the refused texts; return the number of Ids."""
    table, rejects = name_of(WORK, "staged", name), rejects_of(name)
    conditions = {
        column: f"{casts.refused(column, kind)}"
        + (f" OR {casts.inexact(column, kind)}" if kind.kind == "decimal" else "")
        for column, kind in types.items()
        if casts.can_refuse(column, kind)
    }
    space.run(
        f"CREATE OR REPLACE TEMP TABLE raw_rejects AS SELECT * FROM ({raw}) AS raw WHERE {_any(conditions.values())}"
    )
    space.run(f"CREATE OR REPLACE TABLE {rejects} ({_REJECT_COLUMNS})")
    for column, condition in conditions.items():
        space.run(
            f'INSERT INTO {rejects} SELECT "Id", ?, {quote_name(column)}, ? FROM raw_rejects WHERE {condition}',
            [column, casts.reason(column, types[column])],
        )
    links = casts.typed({n: kind for n, kind in types.items() if kind.kind == "id" and n != "Id"}, whole_ids=True)
    space.run(
        f'CREATE OR REPLACE TABLE {rejected_links(name)} AS SELECT "Id" AS key{links and ", " + links} FROM raw_rejects'
    )
    space.run(f'DELETE FROM {table} WHERE {quote_name(REJECTED)} OR "Id" IN (SELECT key FROM {rejects})')
    space.run("DROP TABLE raw_rejects")
    return count_rejected(space, rejected_keys(name))


def _once(space: Workspace, table: str, types: Columns) -> int:
    """Keep each Id once, its newest row; return how many rows went."""
    rows, ids = space.run(f'SELECT count(*), count(DISTINCT "Id") FROM {table}')[0]
    if rows == ids:
        return 0
    newest = f"{quote_name(_STAMP)} DESC NULLS LAST, " if _STAMP in types else ""
    space.run(
        f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table}"
        f' QUALIFY row_number() OVER (PARTITION BY "Id" ORDER BY {newest}{columns_hash(types)}) = 1'
    )
    return int(rows - ids)
