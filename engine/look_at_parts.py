"""The second look at rows that are in no table and feed accounts' numbers and owners, and at users that are named.

Nothing is said of their absence; so what Salesforce still returns by Id is taken, and only what it neither returns nor
counts is out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from compiler.duckdb_functions import quote_name
from compiler.plan import Plan
from engine.by_id import Asking, ask_counted, rows_of
from engine.extracted import Extracted
from engine.load import Staged, rejected_keys
from engine.match_list import part
from engine.workspace import Workspace, name_of

# The key prefix of users (Salesforce, standard field names and prefixes).
USER_PREFIX = "005"
_AUTHORS = ("CreatedById", "LastModifiedById")


def look_at_parts(asking: Asking, plan: Plan, extracted: Extracted) -> tuple[Mapping[str, Staged], int]:
    """Ask for rows of the copy that no longer came, and for users that did not: they may be newer than their list.

    Returns:
        The extracts with the rows that came late, and how many those are.

    Raises:
        SalesforceError, LoadError: Salesforce does not say what became of them.
    """
    staged, moved = dict(extracted.staged), 0
    for extract in plan.extracts:
        name = extract.id
        if name not in staged:
            continue
        if name in extracted.compared and plan.shown_by(name) is None:
            ids = _no_longer_there(asking.space, staged[name])
        elif extract.object == "User":
            ids = _unknown_users(asking.space, plan, staged, extracted.compared, staged[name])
        else:
            continue
        if not ids:
            continue
        late = ask_counted(asking, rows_of(extract), ids, f"{name}(late)")
        if late.rows or late.rejected:
            staged[name] = extracted.with_late(asking.space, staged[name], late)
            moved += late.rows
    return staged, moved


def _no_longer_there(space: Workspace, staged: Staged) -> list[str]:
    """The rows of an extract's copy that did not come again."""
    there = f'SELECT "Id" FROM {staged.match_list} UNION ALL {rejected_keys(staged.name)}'
    rows = space.run(
        f'SELECT "Id" FROM {part(staged.name, "out")} AS o'
        f' WHERE NOT EXISTS (SELECT 1 FROM ({there}) AS t(key) WHERE t.key = o."Id") ORDER BY 1'
    )
    return [key for (key,) in rows]


def _unknown_users(
    space: Workspace, plan: Plan, staged: Mapping[str, Staged], compared: Collection[str], users: Staged
) -> list[str]:
    """The users that rows name, of those that came or changed, and of whom no row came."""
    named = []
    for extract in plan.extracts:
        if extract.id not in staged or extract.object == "User":
            continue
        rows = part(extract.id, "new") if extract.id in compared else name_of(*staged[extract.id].leaf.name)
        for column in extract.columns:
            if column.salesforce_type == "reference" and column.name not in _AUTHORS:
                value = quote_name(column.name)
                named.append(f"SELECT DISTINCT {value} AS key FROM {rows} WHERE starts_with({value}, '{USER_PREFIX}')")
    if not named:
        return []
    rows = f'SELECT "Id" FROM {users.match_list} UNION ALL {rejected_keys(users.name)}'
    found = space.run(
        f"SELECT DISTINCT key FROM ({' UNION ALL '.join(named)}) AS n"
        f" WHERE NOT EXISTS (SELECT 1 FROM ({rows}) AS u(key) WHERE u.key = n.key) ORDER BY 1"
    )
    return [key for (key,) in found]
