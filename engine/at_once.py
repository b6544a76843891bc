"""Small questions that are answered at once: a count, a few records."""

from __future__ import annotations

from typing import Any

from compiler.archived import asks_all
from compiler.print_soql import print_query
from engine.salesforce import rest_query
from engine.salesforce.client import SalesforceClient
from grammar.soql_tree import Query


def count(client: SalesforceClient, query: Query, *, all_rows: bool = False) -> int:
    """The answer to a `SELECT COUNT() ...`; `all_rows`: those in the bin too."""
    return rest_query.count(client, print_query(query).text, all_rows=all_rows or asks_all(query))


def records(client: SalesforceClient, query: Query, *, all_rows: bool = False) -> list[dict[str, Any]]:
    """All records of a small query; numbers are text. `all_rows`: those in the bin too."""
    return rest_query.records(client, print_query(query).text, all_rows=all_rows or asks_all(query))
