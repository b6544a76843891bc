"""Ids of an object's own: all of them begin with the key prefix that its describe tells."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.duckdb_functions import quote_text
from compiler.schema import Schema
from engine.load import Staged
from engine.workspace import Workspace, name_of
from grammar.soql_tree import Query

# The article types of Knowledge have prefixes of their own (ka0, ka1, ...), and are read as one object.
_FAMILY = "ka"


def prefixes_of(schema: Schema) -> Mapping[str, str]:
    """The key prefixes of the objects (in lower case) whose rows have one that is known."""
    return {
        name: one.key_prefix
        for name, one in schema.objects.items()
        if one.key_prefix is not None and not one.key_prefix.startswith(_FAMILY)
    }


def count_foreign(space: Workspace, prefixes: Mapping[str, str], query: Query, staged: Staged) -> int:
    """How many rows of an answer have the Id of another object than the query asks for.

    Where no row has the described prefix it is the describe that is odd, and nothing is known against the rows.
    """
    prefix = prefixes.get(query.source[0].path.text.lower())
    if prefix is None:
        return 0
    own = f'starts_with("Id", {quote_text(prefix)})'
    rows, ours = space.run(f"SELECT count(*), count(*) FILTER ({own}) FROM {name_of(*staged.leaf.name)}")[0]
    return int(rows - ours) if ours else 0
