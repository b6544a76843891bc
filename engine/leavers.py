"""Rows that are out already: what became of them since is asked at every run while they are few.

Over the years they become many, and to ask for all of them is to read the whole object. Then they are asked for once a
day, and in between the run goes by the rows that changed: what nothing is heard of is as before.
"""

from __future__ import annotations

from datetime import datetime

from compiler.probe import changed_status_query, written
from compiler.schema import SObject
from engine.absent import status_columns
from engine.by_id import Asking
from engine.changes import read_changes
from engine.copies import STAMP
from engine.errors import BrokenAnswerError, QuotaError, RefusedError
from engine.fetch import OVERLAP
from engine.load import Staged


def out_of(table: str) -> str:
    """The name under which `Freshness` knows when all rows of a table that are out were asked for."""
    return f"{table}(out)"


def read_changed(asking: Asking, sobject: SObject, table: str, read_at: datetime) -> Staged | None:
    """Read what became of all rows of an object that changed since a moment, into `staged."<table>(heard of)"`.

    A deleted or merged row and one that came back from the bin have a new stamp; what was purged is not seen.

    Returns:
        None where Salesforce does not tell, since the object's stamp cannot be asked for.

    Raises:
        SalesforceError: Salesforce does not answer.
    """
    stamp = sobject.field(STAMP)
    if stamp is None or not stamp.filterable:
        return None
    columns = status_columns(sobject)
    query = changed_status_query(sobject, written(read_at - OVERLAP))
    try:
        return read_changes(asking, query, columns, f"{table}(heard of)", all_rows="IsDeleted" in columns)
    except QuotaError:
        raise
    except (RefusedError, BrokenAnswerError):
        return None
