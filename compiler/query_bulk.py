"""What a Bulk API 2.0 query job refuses although REST takes it.

Source: Bulk API 2.0 and Bulk API Developer Guide, "Understanding Bulk API 2.0 Query".
"""

from __future__ import annotations

from compiler.checks.bulk_refused import bulk_refused
from compiler.paths import Report, find_field
from compiler.query_groups import holds_aggregate
from compiler.query_scope import scope_of, written
from compiler.schema import Schema
from grammar.soql_tree import ChildQuery, FieldPath, FunctionCall, Query, SelectItem, Typeof

_ADDRESSES = frozenset(
    {"address", "billingaddress", "shippingaddress", "mailingaddress", "otheraddress"}
    | {"personmailingaddress", "personotheraddress"}
)


def check_bulk_rules(query: Query, schema: Schema | None, report: Report) -> None:
    """Report each thing that a bulk job refuses. Without a schema, compound fields are known by their usual names."""
    for item in query.select:
        match item:
            case ChildQuery():
                report(bulk_refused("child queries", item.span, "query the child object in a job of its own"))
            case Typeof():
                report(bulk_refused("TYPEOF", item.span, "query each kind of object in a job of its own"))
            case SelectItem(value=FunctionCall(name=name) as call) if name.upper() == "FIELDS":
                report(bulk_refused("FIELDS()", call.span, "name the fields"))
            case SelectItem(value=FunctionCall() as call) if holds_aggregate(call):
                report(bulk_refused("aggregates", call.span, "read the rows and aggregate them, or ask over REST"))
            case SelectItem(value=FieldPath() as path) if _is_compound(path, query, schema):
                way_out = "select its parts, such as the city or the latitude"
                report(bulk_refused(f"compound fields such as `{written(path)}`", path.span, way_out))
            case _:
                pass
    if query.group_by is not None:
        report(bulk_refused("GROUP BY", query.group_by.span, "read the rows and group them, or ask over REST"))
    if query.offset is not None:
        report(bulk_refused("OFFSET", query.offset_span, "leave it out: a job gives all rows, page by page"))


def _is_compound(path: FieldPath, query: Query, schema: Schema | None) -> bool:
    from_root = scope_of(query).path(path)
    sobject = schema.object(query.source[0].path.text) if schema is not None else None
    if schema is None or sobject is None:
        return from_root.names[-1].lower() in _ADDRESSES
    ref = find_field(from_root, sobject, schema, lambda _: None)
    return ref is not None and ref.field.is_compound
