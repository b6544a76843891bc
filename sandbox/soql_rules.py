"""Rules that a query must keep whatever the org is like, and those of Bulk query jobs."""

from __future__ import annotations

from grammar.soql_tree import ChildQuery, FieldPath, FunctionCall, Query, SelectItem, Typeof
from sandbox import soql_functions as functions
from sandbox.errors import ApiError, SoqlError
from sandbox.soql_groups import is_aggregate_query

LARGEST_OFFSET = 2000
_MOST_FIELDS_LIMIT = 200
_MOST_CHILD_QUERIES = 20
_MOST_ORDER_FIELDS = 32


def check_rules(query: Query, child: bool = False) -> None:
    """Raise SoqlError for a breach of a rule that needs no schema; `child`: the query stands in a SELECT list."""
    for name, number in (("LIMIT", query.limit), ("OFFSET", query.offset)):
        if number is not None and number < 0:
            raise SoqlError("MALFORMED_QUERY", f"{name} must not be negative", query.span)
    if query.offset is not None and query.offset > LARGEST_OFFSET:
        raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {LARGEST_OFFSET}", query.span)
    if query.scope and query.scope.lower() not in ("everything", "mine"):
        raise SoqlError("MALFORMED_QUERY", f"scope '{query.scope}' is not supported here", query.span)
    if query.with_ is not None:
        words = "this org has no data categories: WITH cannot be used"
        raise SoqlError("MALFORMED_QUERY", words, query.with_.span)
    if len(query.order_by) > _MOST_ORDER_FIELDS:
        raise SoqlError("MALFORMED_QUERY", f"more than {_MOST_ORDER_FIELDS} fields in ORDER BY", query.span)
    _check_functions(query)
    _check_duplicates(query)
    _check_aggregates(query, child)
    children = [item for item in query.select if isinstance(item, ChildQuery)]
    if len(children) > _MOST_CHILD_QUERIES:
        raise SoqlError("MALFORMED_QUERY", f"more than {_MOST_CHILD_QUERIES} child queries", children[-1].span)
    for item in children:
        if item.query.offset and query.limit != 1:
            raise SoqlError("MALFORMED_QUERY", "OFFSET in a child query needs LIMIT 1 on the parent", item.span)


def _check_functions(query: Query) -> None:
    for item in query.select:
        if not isinstance(item, SelectItem) or not isinstance(item.value, FunctionCall):
            continue
        call = item.value
        name = call.name.upper()
        if name not in functions.KNOWN:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{call.name}'", call.span)
        which = call.args[0].text.upper() if call.args and isinstance(call.args[0], FieldPath) else ""
        if name == "DISTANCE":
            functions.check_distance(call)
        if name == "GEOLOCATION" or (name == "FIELDS" and which not in ("ALL", "CUSTOM", "STANDARD")):
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{call.name}'", call.span)
        if name == "FIELDS" and which != "STANDARD" and not (query.limit and query.limit <= _MOST_FIELDS_LIMIT):
            raise SoqlError(
                "MALFORMED_QUERY",
                f"The SOQL FIELDS function must have a LIMIT of at most {_MOST_FIELDS_LIMIT}",
                call.span,
            )


def _check_duplicates(query: Query) -> None:
    seen: set[str] = set()
    for item in query.select:
        if isinstance(item, SelectItem) and isinstance(item.value, FieldPath) and not item.alias:
            name = item.value.text.lower()
            if name in seen:
                raise SoqlError("INVALID_FIELD", f"duplicate field selected: {item.value.text}", item.span)
            seen.add(name)


def _check_grouped(query: Query) -> None:
    """Every plain field of an aggregate query is among the grouped ones, by its last name at least."""
    grouped = (
        {i.names[-1].lower() for i in query.group_by.items if isinstance(i, FieldPath)} if query.group_by else set()
    )
    for item in query.select:
        if not isinstance(item, SelectItem) or not isinstance(item.value, FieldPath):
            continue
        if item.value.names[-1].lower() not in grouped:
            raise SoqlError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {item.value.text}", item.span)


def _check_aggregates(query: Query, child: bool) -> None:
    if not is_aggregate_query(query):
        if query.having is not None:
            raise SoqlError("MALFORMED_QUERY", "HAVING needs GROUP BY", query.having.span)
        return
    first = query.select[0]
    if child:
        raise SoqlError("MALFORMED_QUERY", "aggregates are not allowed in a child query", query.span)
    bare = [
        item
        for item in query.select
        if isinstance(item, SelectItem)
        and isinstance(item.value, FunctionCall)
        and item.value.name.upper() == "COUNT"
        and not item.value.args
    ]
    if bare:
        if len(query.select) > 1:
            raise SoqlError("MALFORMED_QUERY", "COUNT() must be the only element in the SELECT list", bare[0].span)
        if query.group_by or query.order_by:
            words = "GROUP BY" if query.group_by else "ORDER BY"
            raise SoqlError("MALFORMED_QUERY", f"COUNT() cannot be used with {words}", bare[0].span)
    elif query.limit is not None and query.group_by is None:
        raise SoqlError("MALFORMED_QUERY", "LIMIT with an aggregate needs GROUP BY", first.span)
    else:
        _check_grouped(query)


def check_bulk_rules(query: Query, compound_selected: bool) -> None:
    """Raise ApiError for what a Bulk query job refuses and REST takes."""
    if any(isinstance(item, ChildQuery) for item in query.select):
        raise _not_enabled("Aggregate Relationships not supported in Bulk V2 Query with CSV content type")
    if any(isinstance(item, Typeof) for item in query.select):
        raise _not_enabled("TYPEOF is not supported in Bulk Query")
    if query.group_by is not None or is_aggregate_query(query):
        raise _not_enabled("Aggregate functions and GROUP BY are not supported in Bulk Query")
    if query.offset is not None:
        raise _not_enabled("OFFSET is not supported in Bulk Query")
    if any(
        isinstance(item, SelectItem) and isinstance(item.value, FunctionCall) and item.value.name.upper() == "FIELDS"
        for item in query.select
    ):
        raise _not_enabled("The SOQL FIELDS function is not supported in Bulk Query")
    if compound_selected:
        raise ApiError(400, "FUNCTIONALITY_NOT_ENABLED", "Selecting compound data not supported in Bulk Query")


def _not_enabled(message: str) -> ApiError:
    return ApiError(400, "FEATURENOTENABLED", message)
