"""Archived rows: they are live and match what they match, but no answer to `query` has them.

queryAll has them, and with them what is in the bin (Salesforce: activities older than about a year, `IsArchived`). A
query of such an object leaves the bin out itself, and is asked of queryAll.
"""

from __future__ import annotations

from compiler.probe import conjuncts
from compiler.schema import SObject
from grammar.soql_tree import BooleanValue, Comparison, FieldPath, Query
from grammar.source import NOWHERE

_FLAG = "IsDeleted"


def out_of_bin(sobject: SObject) -> Comparison | None:
    """The condition that a row is not in the bin; None for an object that archives nothing."""
    flag = sobject.field(_FLAG)
    if sobject.field("IsArchived") is None or flag is None or not flag.filterable:
        return None
    return Comparison(FieldPath((flag.name,), NOWHERE), "=", BooleanValue(False, NOWHERE), NOWHERE)


def asks_all(query: Query) -> bool:
    """Whether a query is to be asked of queryAll: it leaves the bin out itself, and may have archived rows."""
    return any(_leaves_bin_out(part) for part in conjuncts(query.where) if isinstance(part, Comparison))


def _leaves_bin_out(part: Comparison) -> bool:
    match part:
        case Comparison(FieldPath((name,)), "=", BooleanValue(False)):
            return name.lower() == _FLAG.lower()
        case _:
            return False
