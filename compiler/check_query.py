"""Checks conditions and whole queries of SOQL: by the rules that need no org, and with a schema against it."""

from __future__ import annotations

from compiler.condition_rules import check_condition_rules
from compiler.paths import find_object
from compiler.query_bulk import check_bulk_rules
from compiler.query_rules import check_rules
from compiler.query_schema import check_against_schema, check_filter
from compiler.schema import Schema
from grammar.diagnostics import Diagnostic
from grammar.soql_tree import Condition, Query
from grammar.source import NOWHERE, Span


def check_query(query: Query, schema: Schema | None, *, bulk: bool = False) -> tuple[Diagnostic, ...]:
    """What Salesforce would refuse in a query that was parsed without mistakes, in the order of the text.

    Without a schema only rules are checked that hold in every org. `bulk` adds what a query job of Bulk API 2.0
    refuses.
    """
    found: list[Diagnostic] = []
    check_rules(query, found.append)
    if schema is not None:
        check_against_schema(query, schema, found.append)
    if bulk:
        check_bulk_rules(query, schema, found.append)
    return _in_order(found)


def check_bulk(query: Query, schema: Schema | None = None) -> tuple[Diagnostic, ...]:
    """What a query job of Bulk API 2.0 refuses in a query, beside what REST refuses as well."""
    found: list[Diagnostic] = []
    check_bulk_rules(query, schema, found.append)
    return _in_order(found)


def check_condition(condition: Condition, object_name: str, schema: Schema | None) -> tuple[Diagnostic, ...]:
    """What Salesforce would refuse in a condition on the records of an object, in the order of the text."""
    found: list[Diagnostic] = []
    check_condition_rules(condition, object_name, found.append)
    sobject = find_object(object_name, NOWHERE, schema, found.append) if schema is not None else None
    if schema is not None and sobject is not None:
        check_filter(condition, sobject, schema, found.append)
    return _in_order(found)


def _in_order(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By place, each finding once: some rules are checked with a schema and without."""
    once: dict[tuple[str, Span], Diagnostic] = {}
    for diagnostic in found:
        once.setdefault((diagnostic.code, diagnostic.span), diagnostic)
    return tuple(sorted(once.values(), key=lambda d: d.span))
