"""A relation for some keys only, and which keys a change can touch: what makes a run cost what changed.

Both walk the relation tree and know nothing of rows. Where a tree's form does not tell how a change travels, the
answer is None: compute the whole table.
"""

from __future__ import annotations

from compiler.relation import (
    Aggregated,
    Assign,
    Col,
    Extracted,
    Filtered,
    First,
    Joined,
    Relation,
    Select,
    Union,
    Wanted,
)

KEY = "key"
CHANGED = "(changed)"
CHANGED_IDS = "(changed Ids)"
CAME_OR_WENT = "(came or went)"


def restrict(relation: Relation, column: str, keys: Relation, at_leaf: str | None = None) -> Relation:
    """The rows of a relation whose `column` is one of `keys` (its column `key`), sought as near the leaves as can be.

    Args:
        relation: what to restrict.
        column: one of its columns.
        keys: a relation with the column `key`.
        at_leaf: the suffix of the extracts' names under which their rows with these Ids are at hand already.
    """
    semi = Joined(relation, keys, "semi", ((column, KEY),))
    match relation:
        case Extracted(extract=name) if at_leaf is not None and column == "Id":
            return Extracted(name + at_leaf)
        case Select(input=inner, columns=columns):
            source = _source(columns, column)
            return semi if source is None else Select(restrict(inner, source, keys, at_leaf), columns)
        case Filtered(input=inner, condition=condition):
            return Filtered(restrict(inner, column, keys, at_leaf), condition)
        case Aggregated(input=inner, keys=by, measures=measures) if column in by:
            return Aggregated(restrict(inner, column, keys, at_leaf), by, measures)
        case First(input=inner, keys=by, order=order) if column in by:
            return First(restrict(inner, column, keys, at_leaf), by, order)
        case Union(inputs=inputs):
            return Union(tuple(restrict(one, column, keys, at_leaf) for one in inputs))
        case Joined(left=left, right=right, kind=kind, on=on, take=take):
            if column in {one.name for one in take}:
                return semi
            theirs = next((right_column for ours, right_column in on if ours == column), None)
            if theirs is not None:
                right = restrict(right, theirs, keys, at_leaf)
            return Joined(restrict(left, column, keys, at_leaf), right, kind, on, take)
        case _:
            return semi


def touched(relation: Relation, column: str) -> Relation | None:
    """The values of `column` whose rows may differ from before, as a relation with the column `key`; None: any.

    It reads the leaves under the names `<extract>(changed)` and `<table>(changed)`, which hold a changed row as it was
    and as it is, `<extract>(changed Ids)` where the Id is enough, `<table>(came or went)`, which holds the rows that
    are new or no longer there, and for joins the leaves as they are now. Values may come several times, and null.
    """
    match relation:
        case Extracted(extract=name):
            changed = CHANGED_IDS if column == "Id" else CHANGED
            return Select(Extracted(name + changed), (Assign(KEY, Col(column)),))
        case Wanted(table=name):
            return Select(Wanted(name + CHANGED), (Assign(KEY, Col(column)),))
        case Select(input=inner, columns=columns):
            source = _source(columns, column)
            return None if source is None else touched(inner, source)
        case Filtered(input=inner):
            return touched(inner, column)
        case Aggregated(input=inner, keys=by) | First(input=inner, keys=by):
            return touched(inner, column) if column in by else None
        case Union(inputs=inputs):
            return _united([touched(one, column) for one in inputs])
        case Joined():
            return _touched_by_join(relation, column)


def _touched_by_join(relation: Joined, column: str) -> Relation | None:
    if column in {one.name for one in relation.take}:
        return None
    ours, theirs = relation.on[0]
    left = touched(relation.left, column)
    right: Relation | None
    if relation.kind in ("semi", "anti") and isinstance(relation.right, Wanted) and theirs == "Id":
        # What a partner holds is of no interest here, only whether it is there.
        right = Select(Wanted(relation.right.table + CAME_OR_WENT), (Assign(KEY, Col(theirs)),))
    else:
        right = touched(relation.right, theirs)
    if left is None or right is None:
        return None
    if ours == column:
        return _united([left, right])
    # A left row whose own link changed is a changed row itself: the rows as they are now are all that is missing.
    partners = restrict(relation.left, ours, right)
    return _united([left, Select(partners, (Assign(KEY, Col(column)),))])


def _united(parts: list[Relation | None]) -> Relation | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return known[0] if len(known) == 1 else Union(tuple(known))


def _source(columns: tuple[Assign, ...], column: str) -> str | None:
    """The input's column that a column is, unchanged."""
    for assign in columns:
        if assign.name == column and isinstance(assign.value, Col):
            return assign.value.name
    return None
