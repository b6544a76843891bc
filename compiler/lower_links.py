"""How child rows find their parents, as relations: by a reference, or by a value that is the parent's alone."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.lower_soql import ExtractDraft, column_type
from compiler.relation import (
    Aggregated,
    Assign,
    Call,
    Col,
    ColumnType,
    Expr,
    Extracted,
    Filtered,
    Joined,
    Lit,
    Measure,
    Relation,
    Select,
    Take,
)
from compiler.resolved import FieldRef, ResolvedLink

COUNT = ColumnType("decimal", 0)


def picked(*names: str) -> tuple[Assign, ...]:
    """Columns under their own names."""
    return tuple(Assign(name, Col(name)) for name in names)


def linked(
    draft: ExtractDraft, columns: Iterable[str], link: ResolvedLink, parents: Relation, parent_id: str
) -> Relation:
    """The rows of an extract with the Id of their parent in the column `parent_id`.

    `parents` has the parents' rows with `Id` and, for a link by value, the parent's column. A row without a parent, or
    whose value several parents share, is left out in the second form and has a null Id in the first.
    """
    child = draft.need(link.child, link=True)
    names = tuple(dict.fromkeys(columns))
    rows = Extracted(draft.id)
    if link.parent is None:
        return Select(rows, (*picked(*names), Assign(parent_id, Col(child))))
    # Text may hold Ids: beside an Id it is compared as one.
    ids = link.child.field.is_id or link.parent.field.is_id
    keyed = Select(rows, (*picked(*names), Assign("link_value", _comparable(link.child, ids))))
    unique = Filtered(
        Aggregated(
            Select(parents, (Assign("Id", Col("Id")), Assign("link_value", _comparable(link.parent, ids)))),
            ("link_value",),
            (Measure("parent", "min", Col("Id")), Measure("parents", "count", None)),
        ),
        Call("=", (Col("parents"), Lit("1", COUNT))),
    )
    joined = Joined(keyed, unique, "inner", (("link_value", "link_value"),), (Take(parent_id, "parent"),))
    return Select(joined, picked(*names, parent_id))


def _comparable(ref: FieldRef, ids: bool) -> Expr:
    """A value in the form in which Salesforce compares it: Ids by 18 characters, text without case."""
    if ids:
        return Call("id18", (Col(ref.name),))
    if column_type(ref.field).kind == "text" and not ref.field.case_sensitive:
        return Call("match_key", (Col(ref.name),))
    return Col(ref.name)
