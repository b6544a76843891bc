"""The answer to a question by Id, held against what was asked: a row without an Id, or with another, is no answer."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.duckdb_functions import quote_name
from engine.load import Staged, count_rejected, nameless, rejected_keys
from engine.workspace import Workspace, name_of


def take_asked(space: Workspace, staged: Staged, ids: Sequence[str], key: str, *, whole: bool) -> tuple[Staged, int]:
    """Take rows that nobody asked for out of an answer.

    Args:
        space: the workspace.
        staged: the answer.
        ids: the Ids that were asked for, of 18 characters.
        key: the column that was asked for them.
        whole: all rows were asked for, in the place of many Ids: other ones are no fault of the answer's.

    Returns:
        What is left, whose `read` still counts all rows that have an Id, and how many rows are the answer's fault.
    """
    faults = others = 0
    asked = "(SELECT unnest(CAST(? AS VARCHAR[])) AS key)"
    if staged.rejected:
        rejects = staged.rejects
        faults = int(space.value(f"SELECT count(*) FROM {rejects} WHERE column_name = 'Id'"))
        space.run(f"DELETE FROM {rejects} WHERE {nameless(staged.name)}")
        if key == "Id":
            # The key of a reject is as it came, perhaps of 15 characters.
            strange = f"left(key, 15) NOT IN (SELECT left(key, 15) FROM {asked} AS a)"
            others += int(space.value(f"SELECT count(DISTINCT key) FROM {rejects} WHERE {strange}", [list(ids)]))
            space.run(f"DELETE FROM {rejects} WHERE {strange}", [list(ids)])
    rows = staged.rows
    if key == "Id" or whole:
        table, column = name_of(*staged.leaf.name), quote_name(key)
        space.run(f"DELETE FROM {table} WHERE {column} IS NULL OR {column} NOT IN {asked}", [list(ids)])
        rows = int(space.value(f"SELECT count(*) FROM {table}"))
        others += staged.rows - rows
    rejected = count_rejected(space, rejected_keys(staged.name)) if staged.rejected else 0
    left = staged._replace(read=staged.read - faults, rows=rows, rejected=rejected)
    return left, faults if whole else faults + others
