"""The columns that say what became of a record: they are Accord's own, in every table of records."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.relation import ColumnType
from compiler.relation_columns import Columns

# What may stand in `record_status` beside `active`, with the reason that stands beside it.
REASONS: Mapping[str, str] = {
    "left": "it no longer matches its filter",
    "deleted": "it is in Salesforce's bin",
    "merged": "it was merged into another record",
    "gone": "Salesforce no longer returns it: purged, or not visible to the user",
    "parent_left": "its row of {parent} is no longer in",
    "rejected": "a value could not be taken: see accord.rejects",
}
# The run's time, as a parameter of a statement.
NOW = "CAST(? AS TIMESTAMP)"
LIFE: Columns = {
    "record_status": ColumnType("text"),
    "record_status_reason": ColumnType("text"),
    "merged_into": ColumnType("id"),
    "first_synced_at": ColumnType("timestamp"),
    "changed_at": ColumnType("timestamp"),
}


def life_of_active(first_synced_at: str) -> str:
    """The columns of `LIFE` of a row that comes in now, as SQL; a parameter is the run's time."""
    values = ("'active'", "CAST(NULL AS VARCHAR)", "CAST(NULL AS VARCHAR)", first_synced_at, NOW)
    return ", ".join(f"{value} AS {name}" for name, value in zip(LIFE, values, strict=True))
