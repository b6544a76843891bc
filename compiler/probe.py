"""Questions to Salesforce about a plan: how many match, how many match twice, a few rows, these very rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from compiler.plan import Extract, Filter
from compiler.print_soql import print_query
from compiler.schema import SObject
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    DateTimeValue,
    FieldPath,
    FromItem,
    FunctionCall,
    Not,
    Or,
    OrderItem,
    Paren,
    Query,
    SelectItem,
    StringValue,
    SubSelect,
    ValueList,
)
from grammar.source import NOWHERE

MAX_SEMI_JOINS = 2
_ID = FieldPath(("Id",), NOWHERE)
_STAMP = FieldPath(("SystemModstamp",), NOWHERE)


def written(moment: datetime) -> str:
    """A moment in UTC as SOQL and the delete log write it, to the second: `2026-03-01T10:20:30Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def count_query(filter_: Filter) -> Query:
    """`SELECT COUNT() FROM Account WHERE ...`: how many rows a filter matches."""
    return _count(filter_.object, filter_.condition)


def overlap_count(filters: Sequence[Filter]) -> Query | None:
    """How many rows match all filters at once; None where one query of Salesforce's cannot ask that.

    Salesforce takes two semi-joins in a query, and none under OR or NOT. Raises ValueError for no filters, and for
    filters of different objects.
    """
    if not filters or any(f.object.lower() != filters[0].object.lower() for f in filters):
        raise ValueError("an overlap needs filters of one object")
    parts: list[Condition] = []
    for filter_ in filters:
        parts += (part for part in conjuncts(filter_.condition) if part not in parts)
    semi_joins = sum(is_semi_join(part) for part in parts)
    if semi_joins > MAX_SEMI_JOINS or any(not is_semi_join(p) and _has_semi_join(p) for p in parts):
        return None
    return _count(filters[0].object, conjunction(parts))


def sum_query(filter_: Filter, path: FieldPath, ids: Sequence[str] | None = None, before: str | None = None) -> Query:
    """`SELECT SUM(Amount) total, COUNT(Id) n FROM ... WHERE ...`: of all rows of a filter, or of some of them.

    `ids`: of these alone. `before`: of those that have not changed since (`2026-03-01T10:20:30Z`).
    """
    items = (
        SelectItem(FunctionCall("SUM", (path,), NOWHERE), "total", NOWHERE),
        SelectItem(FunctionCall("COUNT", (_ID,), NOWHERE), "n", NOWHERE),
    )
    narrowed = [*([] if ids is None else [_is_one_of(ids)]), *([] if before is None else [_stamped("<", before)])]
    condition = conjunction([*conjuncts(filter_.condition), *narrowed]) if narrowed else filter_.condition
    return Query(items, _source(filter_.object), NOWHERE, where=condition)


def sample_query(extract: Extract, limit: int) -> Query:
    """The extract's own query for its first rows in the order of Ids, so that the same rows come every time."""
    order = (OrderItem(_ID, None, None, NOWHERE),)
    return _with(extract.fetch, order_by=extract.fetch.order_by or order, limit=limit)


def by_id_query(extract: Extract, ids: Sequence[str], columns: Sequence[str] | None = None) -> Query:
    """Which of these rows match the extract's condition now, with the given columns (all, unless named) and Id.

    Raises ValueError for no Ids, since SOQL knows no empty list, and for a column that the extract has not.
    """
    names = [c.name for c in extract.columns] if columns is None else list(columns)
    paths = {c.name: c.path for c in extract.columns} | {"Id": _ID}
    if unknown := [name for name in names if name not in paths]:
        raise ValueError(f"the extract {extract.id} has no column {', '.join(unknown)}")
    condition = conjunction([*conjuncts(extract.fetch.where), _is_one_of(ids)])
    return _with(extract.fetch, select=_items(paths[name] for name in dict.fromkeys(("Id", *names))), where=condition)


def linked_query(extract: Extract, column: str, ids: Sequence[str]) -> Query:
    """The extract's rows whose column of that name holds one of these Ids."""
    path = next(c.path for c in extract.columns if c.name == column)
    linked = Comparison(path, "IN", _is_one_of(ids).right, NOWHERE)
    return _with(extract.fetch, where=conjunction([*conjuncts(extract.fetch.where), linked]))


def matching_count(extract: Extract) -> Query:
    """`SELECT COUNT() FROM ...`: how many rows the extract's own query returns."""
    return _count(extract.object, extract.fetch.where)


def count_of(query: Query) -> Query:
    """`SELECT COUNT() FROM ...`: how many rows a query returns."""
    count = SelectItem(FunctionCall("COUNT", (), NOWHERE), None, NOWHERE)
    return Query((count,), query.source, NOWHERE, where=query.where)


def count_before(query: Query, moment: str) -> Query:
    """How many of a query's rows have not changed since a moment (`2026-03-01T10:20:30Z`)."""
    return _with(count_of(query), where=conjunction([*conjuncts(query.where), _stamped("<", moment)]))


def since_query(extract: Extract, since: str) -> Query:
    """The extract's rows whose SystemModstamp is not older than `since` (`2026-03-01T10:20:30Z`)."""
    newer = _stamped(">=", since)
    return _with(extract.fetch, where=conjunction([*conjuncts(extract.fetch.where), newer]))


def changed_query(sobject: str, since: str) -> Query:
    """`SELECT Id FROM Account WHERE SystemModstamp >= ...`: the rows of an object that changed, whatever they match."""
    return Query(_items((_ID,)), _source(sobject), NOWHERE, where=_stamped(">=", since))


def match_list_query(extract: Extract, columns: Sequence[str]) -> Query:
    """The extract's rows with these columns instead of all; raises ValueError for one that it has not."""
    paths = {c.name: c.path for c in extract.columns}
    if unknown := [name for name in columns if name not in paths]:
        raise ValueError(f"the extract {extract.id} has no column {', '.join(unknown)}")
    return _with(extract.fetch, select=_items(paths[name] for name in columns))


def columns_of(query: Query, names: Collection[str]) -> Query:
    """The same rows with those of the query's columns alone that have one of these names, in the query's order."""
    return _with(query, select=tuple(item for item in query.select if _name_of(item) in names))


def names_of(query: Query) -> list[str]:
    """The names of a query's columns, in its order. Raises ValueError for a column that is more than a field."""
    return [_name_of(item) for item in query.select]


def _name_of(item: object) -> str:
    if isinstance(item, SelectItem) and isinstance(item.value, FieldPath):
        return item.value.text
    raise ValueError("a query for rows selects fields and nothing else")


def rows_of(query: Query, ids: Sequence[str]) -> Query:
    """Those of a query's rows that have one of these Ids."""
    return _with(query, where=conjunction([*conjuncts(query.where), _is_one_of(ids)]))


def halves_of(query: Query) -> tuple[Query, Query] | None:
    """Two queries for the same rows: each has half of the list of values with which the condition ends.

    None where it does not end with a list of several values.
    """
    *before, last = conjuncts(query.where) or (None,)
    if not isinstance(last, Comparison) or last.operator.upper() != "IN" or not isinstance(last.right, ValueList):
        return None
    values = last.right.items
    if len(values) < 2:
        return None
    middle = len(values) // 2
    first, second = (
        _with(query, where=conjunction([*before, Comparison(last.left, "IN", ValueList(half, NOWHERE), NOWHERE)]))
        for half in (values[:middle], values[middle:])
    )
    return first, second


def ids_that_fit(
    query_of: Callable[[Sequence[str]], Query], max_length: int, length_of: Callable[[str], int] = len
) -> int:
    """How many Ids a query can ask for.

    Args:
        query_of: the query for some Ids: `lambda ids: by_id_query(extract, ids)`.
        max_length: how long the printed query may be, in what `length_of` counts.
        length_of: the length of a text; give another one where a URL encodes it.

    Raises:
        ValueError: not even one fits.
    """
    one, two = (length_of(print_query(query_of(["0" * 18] * n)).text) for n in (1, 2))
    if one > max_length:
        raise ValueError(f"a query for a single Id has {one} characters, more than {max_length}")
    return 1 + (max_length - one) // (two - one)


def status_query(sobject: SObject, ids: Sequence[str]) -> Query:
    """Whether rows are in the bin and what they were merged into, as far as the object tells; for queryAll."""
    return _status(sobject, _is_one_of(ids))


def changed_status_query(sobject: SObject, since: str) -> Query:
    """What `status_query` asks, of all rows of an object that changed since a moment; for queryAll."""
    return _status(sobject, _stamped(">=", since))


def existing_count(sobject: SObject, ids: Sequence[str]) -> Query:
    """How many of these rows there are, whatever became of them; for queryAll."""
    return _count(sobject.name, _is_one_of(ids))


def existing_before(sobject: SObject, moment: str) -> Query:
    """How many rows of an object there are that have not changed since a moment; for queryAll."""
    return _count(sobject.name, _stamped("<", moment))


def conjuncts(condition: Condition | None) -> tuple[Condition, ...]:
    """The conditions that must all hold, without the parentheses and ANDs between them."""
    match condition:
        case None:
            return ()
        case Paren():
            return conjuncts(condition.inner)
        case And():
            return tuple(part for operand in condition.operands for part in conjuncts(operand))
        case _:
            return (condition,)


def is_semi_join(condition: Condition) -> bool:
    """Whether it is `Id IN (SELECT ...)`, or NOT IN: a semi-join or an anti-join."""
    return isinstance(condition, Comparison) and isinstance(condition.right, SubSelect)


def _has_semi_join(condition: Condition) -> bool:
    match condition:
        case And() | Or():
            return any(_has_semi_join(operand) for operand in condition.operands)
        case Not():
            return _has_semi_join(condition.operand)
        case Paren():
            return _has_semi_join(condition.inner)
        case _:
            return is_semi_join(condition)


def conjunction(parts: Sequence[Condition]) -> Condition | None:
    """The condition that all of them hold; None for none."""
    if len(parts) < 2:
        return parts[0] if parts else None
    return And(tuple(parts), NOWHERE)


def _stamped(operator: Literal["<", ">="], moment: str) -> Comparison:
    return Comparison(_STAMP, operator, DateTimeValue(moment, NOWHERE), NOWHERE)


def _is_one_of(ids: Sequence[str]) -> Comparison:
    if not ids:
        raise ValueError("a query by Id needs at least one Id")
    values = tuple(StringValue(record_id, record_id, NOWHERE) for record_id in ids)
    return Comparison(_ID, "IN", ValueList(values, NOWHERE), NOWHERE)


def _status(sobject: SObject, condition: Condition) -> Query:
    names = ("Id", "IsDeleted", "MasterRecordId")
    fields = (field for field in map(sobject.field, names) if field is not None)
    items = _items(FieldPath((field.name,), NOWHERE) for field in fields)
    return Query(items, _source(sobject.name), NOWHERE, where=condition)


def _count(sobject: str, condition: Condition | None) -> Query:
    count = SelectItem(FunctionCall("COUNT", (), NOWHERE), None, NOWHERE)
    return Query((count,), _source(sobject), NOWHERE, where=condition)


def _source(sobject: str) -> tuple[FromItem, ...]:
    return (FromItem(FieldPath((sobject,), NOWHERE), None, NOWHERE),)


def _items(paths: Iterable[FieldPath]) -> tuple[SelectItem, ...]:
    return tuple(SelectItem(path, None, NOWHERE) for path in paths)


def _with(query: Query, **changes: Any) -> Query:
    fields: dict[str, Any] = {name: getattr(query, name) for name in query.__match_args__}
    return Query(**{**fields, **changes})
