"""What a row must keep towards other rows: unique values, and references to records that are there."""

from __future__ import annotations

import duckdb

from compiler.schema import Field, Schema, SObject
from sandbox.column_types import column_type, typed
from sandbox.quoting import identifier, text
from sandbox.record_body import Values
from sandbox.row_errors import row_error
from sandbox.soql_functions import folds_case
from sandbox.soql_scope import Operand


def check_unique(cursor: duckdb.DuckDBPyConnection, sobject: SObject, values: Values, record_id: str) -> None:
    """Raise RowError DUPLICATE_VALUE where another living record has the value of a unique field."""
    for name, value in values.items():
        field = sobject.fields[name.lower()]
        if value is None or not field.unique:
            continue
        others = [found for found in ids_with(cursor, sobject, field, value) if found != record_id]
        if others:
            raise row_error(
                "DUPLICATE_VALUE",
                f"duplicate value found: {field.name} duplicates value on record with id: {others[0][:15]}",
            )


def ids_with(cursor: duckdb.DuckDBPyConnection, sobject: SObject, field: Field, value: str) -> list[str]:
    """The Ids of the living records that have this value, compared as Salesforce does."""
    column = identifier(field.name)
    wanted = typed(field, text(value), column_type(field, 38, 10) if field.is_number else column_type(field))
    if folds_case(Operand(column, field.type, field.name, field)):
        column, wanted = f"lower({column})", f"lower({wanted})"
    living = ' AND NOT "IsDeleted"' if sobject.field("IsDeleted") else ""
    rows = cursor.execute(
        f'SELECT "Id" FROM {identifier(sobject.name)} WHERE {column} = {wanted}{living} ORDER BY 1'
    ).fetchall()
    return [str(row[0]) for row in rows]


def check_references(cursor: duckdb.DuckDBPyConnection, schema: Schema, sobject: SObject, values: Values) -> None:
    """Raise RowError for a reference to a record that is of another object, deleted, or not there."""
    for name, value in values.items():
        field = sobject.fields[name.lower()]
        if value is not None and field.type == "reference" and field.reference_to:
            _check_reference(cursor, schema, field, value)


def _check_reference(cursor: duckdb.DuckDBPyConnection, schema: Schema, field: Field, value: str) -> None:
    targets = [schema.object(name) for name in field.reference_to]
    for target in targets:
        if target is None:
            continue
        state = is_deleted(cursor, target, value)
        if state is True:
            raise row_error("ENTITY_IS_DELETED", "entity is deleted", field.name)
        if state is False:
            return
    known = [target for target in targets if target is not None]
    if any(value.startswith(target.key_prefix or "?") for target in known):
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
    another = any(value.startswith(o.key_prefix or "?") for o in schema.objects.values())
    if another or len(known) == len(targets):
        raise row_error("FIELD_INTEGRITY_EXCEPTION", f"{field.label}: id value of incorrect type: {value}", field.name)


def is_deleted(cursor: duckdb.DuckDBPyConnection, sobject: SObject, record_id: str) -> bool | None:
    """Whether a record is in the bin; None where there is no such record."""
    column = '"IsDeleted"' if sobject.field("IsDeleted") else "false"
    rows = cursor.execute(f'SELECT {column} FROM {identifier(sobject.name)} WHERE "Id" = {text(record_id)}').fetchall()
    return bool(rows[0][0]) if rows else None
