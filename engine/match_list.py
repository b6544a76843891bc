"""The match list beside the copy: which rows are new, changed, or no longer there, and the extract made of both.

An extract that is read by its match list has these tables in the workspace, under its name with a suffix:
`(list)` the rows that match now; `(differences)` Ids whose row the copy lacks, has in another version, or has too much;
`(new)` whole rows that take the place of the copy's; `(out)` the Ids of copied rows that no longer hold. The extract's
own name is a view: the copy without `(out)`, and `(new)`. `(changed)` holds what changed, as it was and as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from compiler.duckdb_functions import duckdb_type, quote_name
from compiler.relation_columns import Columns, common_type
from compiler.restrict import CHANGED, CHANGED_IDS
from engine.copies import PLACE, STAMP, Kept, cast_all, copy_view
from engine.load import Staged, rejected_links, rejects_of, stray_of
from engine.row_hash import columns_hash
from engine.workspace import WORK, Workspace, name_of

NEW, TURNED, LEFT = "lacking", "turned", "left"


def part(extract: str, suffix: str) -> str:
    """The quoted name of one of an extract's tables."""
    return name_of(WORK, "staged", f"{extract}({suffix})")


def parents_of(table: str) -> str:
    """The quoted name of the Ids that a table's match lists hold, for its children."""
    return name_of(WORK, "staged", f"{table} (in)")


def note_parents(space: Workspace, table: str, extracts: Sequence[Kept], staged: Sequence[Staged]) -> None:
    """Write down the Ids that are in a table, as far as match lists tell."""
    ids = " UNION ".join(
        f'SELECT "Id" FROM {one.match_list} AS c{_attached(kept)}' for kept, one in zip(extracts, staged, strict=True)
    )
    space.run(f"CREATE OR REPLACE TABLE {parents_of(table)} AS {ids}")


def drop_stray(space: Workspace, kept: Kept, loaded: str) -> int:
    """Take out of an extract's rejects those of rows of a load that hang on no row that is in.

    Returns how many such rows the extract has, those of loads before included.

    Nobody would look at such a row if it could be taken, and no match list tells of it: those that were fetched by one
    hang on a row that is in.
    """
    assert kept.link is not None
    name, link = kept.extract.id, kept.link.column
    known = f'{quote_name(link)} IN (SELECT "Id" FROM {parents_of(kept.link.parent)})'
    space.run(f"CREATE TABLE IF NOT EXISTS {stray_of(name)} (key VARCHAR, link VARCHAR)")
    space.run(
        f"INSERT INTO {stray_of(name)} SELECT key, any_value({quote_name(link)})"
        f" FROM {rejected_links(loaded)} AS l ANTI JOIN {stray_of(name)} USING (key) WHERE key IS NOT NULL"
        f" AND NOT EXISTS (SELECT 1 FROM {rejects_of(name)} AS r WHERE r.key = l.key AND r.column_name IN ('Id', ?))"
        f" GROUP BY key HAVING NOT coalesce(bool_or({known}), FALSE)",
        [link],
    )
    space.run(f"DELETE FROM {rejects_of(name)} WHERE key IN (SELECT key FROM {stray_of(name)})")
    return int(space.value(f"SELECT count(*) FROM {stray_of(name)}"))


def _attached(kept: Kept) -> str:
    if kept.link is None:
        return ""
    return f' SEMI JOIN {parents_of(kept.link.parent)} AS p ON c.{quote_name(kept.link.column)} = p."Id"'


def compare(space: Workspace, kept: Kept, listed: Columns, settled: datetime) -> int:
    """Compare the match list (columns `listed`) with the copy, and return how many rows the copy lacks.

    Rows whose parent is not in are of no interest.

    Rows with a stamp of `settled` (UTC) or newer may have changed again under it: they count as lacking.
    """
    name = kept.extract.id
    turned = [column for column in listed if column not in ("Id", STAMP)]
    differs = " OR ".join(
        f"c.{quote_name(column)} IS DISTINCT FROM k.{quote_name(column)}" for column in (STAMP, *turned)
    )
    values = ", ".join(quote_name(column) for column in (*listed, PLACE))
    stamp = quote_name(STAMP)
    space.run(
        f'CREATE OR REPLACE TABLE {part(name, "differences")} AS SELECT coalesce(c."Id", k."Id") AS "Id",'
        f' CASE WHEN c."Id" IS NULL THEN \'{LEFT}\' WHEN k."Id" IS NULL OR c.{stamp} IS DISTINCT FROM k.{stamp}'
        f" OR c.{stamp} >= $1 THEN '{NEW}' ELSE '{TURNED}' END AS state, c.{stamp} AS stamp,"
        f" coalesce(c.{stamp} = k.{stamp}, FALSE) AS again, k.{quote_name(PLACE)}"
        f" FROM (SELECT c.* FROM {part(name, 'list')} AS c{_attached(kept)}) AS c"
        f' FULL JOIN (SELECT {values} FROM {copy_view(kept)}) AS k ON c."Id" = k."Id"'
        f' WHERE c."Id" IS NULL OR k."Id" IS NULL OR c.{stamp} >= $1 OR {differs}',
        [settled.astimezone(UTC).replace(tzinfo=None)],
    )
    return int(space.value(f"SELECT count(*) FROM {part(name, 'differences')} WHERE state = '{NEW}'"))


def lacking_ids(space: Workspace, extract: str) -> list[str]:
    """The Ids of the rows that are still to be fetched: no row as new as the match list's has come."""
    return [
        key
        for (key,) in space.run(
            f"SELECT \"Id\" FROM {part(extract, 'differences')} AS d WHERE state = '{NEW}'"
            f' AND NOT EXISTS (SELECT 1 FROM {part(extract, "fetched")} AS f WHERE f."Id" = d."Id"'
            f" AND f.{quote_name(STAMP)} IS NOT DISTINCT FROM greatest(f.{quote_name(STAMP)}, d.stamp))"
            f' AND NOT EXISTS (SELECT 1 FROM {rejects_of(extract)} AS r WHERE r.key = d."Id") ORDER BY 1'
        )
    ]


def strike(space: Workspace, extract: str, ids: Sequence[str]) -> None:
    """Take Ids off the match list: the rows stopped matching while the run read."""
    listed = "(SELECT unnest(CAST(? AS VARCHAR[])))"
    space.run(f'DELETE FROM {part(extract, "list")} WHERE "Id" IN {listed}', [list(ids)])
    space.run(
        f"UPDATE {part(extract, 'differences')} SET state = '{LEFT}' WHERE \"Id\" IN {listed}",
        [list(ids)],
    )


def assemble(space: Workspace, kept: Kept, copied: Columns, listed: Columns, fetched: Staged) -> Columns:
    """Make the extract of the copy and the fetched rows; return its columns with their types.

    Fetched rows that the match list does not have are left for the next run, and rows that are as the copy has them are
    no change. A fetched row that is newer than its entry in the list changed while the run read; the list follows it.
    """
    name, stamp = kept.extract.id, quote_name(STAMP)
    new, out, differences = part(name, "new"), part(name, "out"), part(name, "differences")
    types = {column: common_type((copied[column], fetched.columns[column])) for column in kept.columns}
    for column, kind in listed.items():
        types[column] = common_type((types[column], kind))
    whole = cast_all(kept.columns, types, "f.")
    turned = ", ".join(
        f"CAST({'c' if column in listed else 'k'}.{quote_name(column)} AS {duckdb_type(types[column])})"
        f" AS {quote_name(column)}"
        for column in kept.columns
    )
    space.run(
        f"CREATE OR REPLACE TABLE {new} AS SELECT {whole} FROM {part(name, 'fetched')} AS f"
        f' JOIN (SELECT c."Id", c.{stamp} AS listed FROM {part(name, "list")} AS c{_attached(kept)}) AS c'
        f' ON c."Id" = f."Id" LEFT JOIN {differences} AS d ON d."Id" = f."Id"'
        f" WHERE f.{stamp} > c.listed OR (d.\"Id\" IS NOT NULL AND d.state <> '{LEFT}')"
    )
    _leave_unchanged(space, kept)
    space.run(
        f'INSERT INTO {new} SELECT {turned} FROM {differences} AS d JOIN {part(name, "list")} AS c ON c."Id" = d."Id"'
        f' JOIN {copy_view(kept)} AS k ON k."Id" = d."Id" WHERE d.state = \'{TURNED}\''
        f' AND NOT EXISTS (SELECT 1 FROM {new} AS n WHERE n."Id" = d."Id")'
    )
    space.run(f'CREATE OR REPLACE TABLE {out} AS SELECT "Id" FROM {differences} UNION SELECT "Id" FROM {new}')
    space.run(
        f"UPDATE {part(name, 'list')} AS c SET {stamp} = n.{stamp} FROM {new} AS n"
        f' WHERE n."Id" = c."Id" AND n.{stamp} > c.{stamp}'
    )
    make_views(space, kept, types)
    return types


def _leave_unchanged(space: Workspace, kept: Kept) -> None:
    """Take rows that were fetched again under the copy's stamp, and are as the copy has them, out of what changed."""
    name = kept.extract.id
    new, differences, same = (part(name, suffix) for suffix in ("new", "differences", "same"))
    again = f"SELECT \"Id\" FROM {differences} WHERE again AND state = '{NEW}'"
    if not space.value(f"SELECT count(*) FROM ({again}) AS d"):
        return
    fetched = ", ".join(f"n.{quote_name(column)}" for column in kept.columns)
    copied = ", ".join(f"k.{quote_name(column)}" for column in kept.columns)
    space.run(
        f'CREATE OR REPLACE TABLE {same} AS SELECT n."Id" FROM {new} AS n JOIN {copy_view(kept)} AS k'
        f' ON k."Id" = n."Id" SEMI JOIN ({again}) AS d ON d."Id" = k."Id"'
        f" WHERE ({fetched}) IS NOT DISTINCT FROM ({copied})"
    )
    for target in (new, differences):
        space.run(f'DELETE FROM {target} WHERE "Id" IN (SELECT "Id" FROM {same})')


def make_views(space: Workspace, kept: Kept, types: Columns) -> None:
    """Make the views on the copy without `(out)` and with `(new)`, and on what changed."""
    name = kept.extract.id
    values = cast_all(kept.columns, types)
    copied, new, out = copy_view(kept), part(name, "new"), part(name, "out")
    space.run(
        f"CREATE OR REPLACE VIEW {name_of(WORK, 'staged', name)} AS SELECT {values} FROM {new} UNION ALL"
        f' SELECT {values} FROM {copied} AS k WHERE NOT EXISTS (SELECT 1 FROM {out} AS o WHERE o."Id" = k."Id")'
    )
    _changed_view(space, kept, types)


def _changed_view(space: Workspace, kept: Kept, types: Columns) -> None:
    name = kept.extract.id
    values = cast_all(kept.columns, types)
    space.run(
        f"CREATE OR REPLACE VIEW {name_of(WORK, 'staged', name + CHANGED)} AS SELECT {values} FROM {part(name, 'new')}"
        f' UNION ALL SELECT {values} FROM {copy_view(kept)} AS k SEMI JOIN {part(name, "out")} AS o ON o."Id" = k."Id"'
    )
    space.run(
        f"CREATE OR REPLACE VIEW {name_of(WORK, 'staged', name + CHANGED_IDS)} AS"
        f' SELECT "Id" FROM {part(name, "new")} UNION ALL SELECT "Id" FROM {part(name, "out")}'
    )


def compare_whole(space: Workspace, kept: Kept, copied: Columns, staged: Staged) -> None:
    """Compare an extract that was read in full with its copy: `(new)`, `(out)` and `(changed)` as after `assemble`."""
    name = kept.extract.id
    types = {column: common_type((copied[column], staged.columns[column])) for column in kept.columns}
    source = f"SELECT c.* FROM {name_of(*staged.leaf.name)} AS c{_attached(kept)}"
    ours, theirs = cast_all(kept.columns, types, "c."), cast_all(kept.columns, types, "k.")
    content = columns_hash({column: types[column] for column in kept.columns})
    space.run(
        f'CREATE OR REPLACE TABLE {part(name, "out")} AS SELECT coalesce(a."Id", b."Id") AS "Id" FROM'
        f' (SELECT "Id", {content} AS content FROM (SELECT {ours} FROM ({source}) AS c)) AS a FULL JOIN'
        f' (SELECT "Id", {content} AS content FROM (SELECT {theirs} FROM {copy_view(kept)} AS k)) AS b'
        ' ON a."Id" = b."Id" WHERE a.content IS DISTINCT FROM b.content'
    )
    space.run(
        f"CREATE OR REPLACE TABLE {part(name, 'new')} AS SELECT {ours} FROM ({source}) AS c"
        f' SEMI JOIN {part(name, "out")} AS o ON o."Id" = c."Id"'
    )
    _changed_view(space, kept, types)


def take_late(space: Workspace, kept: Kept, staged: Staged, late: Staged) -> Columns:
    """Put rows that came late into an extract that was read by its match list; return its columns."""
    name = kept.extract.id
    target, rows = part(name, "new"), name_of(*late.leaf.name)
    types = {column: common_type((staged.columns[column], late.columns[column])) for column in kept.columns}
    space.run(
        f"CREATE OR REPLACE TABLE {target} AS SELECT {cast_all(kept.columns, types)} FROM {target} AS n"
        f' WHERE NOT EXISTS (SELECT 1 FROM {rows} AS l WHERE l."Id" = n."Id")'
        f" UNION ALL SELECT {cast_all(kept.columns, types)} FROM {rows}"
    )
    listed = list(space.columns((WORK, "staged", f"{name}(list)")))
    values = ", ".join(quote_name(column) for column in listed)
    space.run(f'DELETE FROM {part(name, "list")} WHERE "Id" IN (SELECT "Id" FROM {rows})')
    space.run(f"INSERT INTO {part(name, 'list')} ({values}) SELECT {values} FROM {rows}")
    space.run(f'INSERT INTO {part(name, "out")} SELECT "Id" FROM {rows}')
    make_views(space, kept, types)
    return types


def drop_rows(space: Workspace, kept: Kept, keys: str) -> int:
    """Take rows (a SELECT of `key`) out of an extract that was read by its match list; return its rows."""
    name = kept.extract.id
    for suffix in ("new", "list"):
        space.run(f'DELETE FROM {part(name, suffix)} WHERE "Id" IN ({keys})')
    space.run(f"INSERT INTO {part(name, 'out')} SELECT key FROM ({keys}) AS r WHERE key IS NOT NULL")
    return int(space.value(f"SELECT count(*) FROM {part(name, 'list')}"))
