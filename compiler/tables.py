"""The tables and columns that Accord itself makes. Their names are taken: nothing made from a label may have them."""

from __future__ import annotations

BUILT_IN_TABLES = (
    "accounts",
    "contacts",
    "opportunities",
    "users",
    "account_owners",
    "support_cases",
    "case_messages",
    "chatter_posts",
    "chatter_comments",
    "picklist_options",
    "columns",
)
# DuckDB's own name for the place of a row in its table.
PLACE = "rowid"
RECORD_COLUMNS = ("record_status", "record_status_reason", "merged_into", "first_synced_at", "changed_at")
ACCOUNT_COLUMNS = (
    "account_type",
    "web_domain",
    "parent_id",
    "arr",
    "arr_currency",
    "renewal_date",
    "record_type",
    "is_person",
)
# Of the table `users`: the column, the field of User, the label, the type.
USER_COLUMNS = (
    ("name", "Name", "Name", "text"),
    ("email", "Email", "Email", "text"),
    ("active", "IsActive", "Active", "boolean"),
)


def active_view(table: str) -> str:
    """The name of the view of a table's active rows."""
    return f"active_{table}"
