"""How fields are held in DuckDB: typed by describe, numbers as DECIMAL, datetimes as TIMESTAMP in UTC."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.schema import NUMBER_TYPES, Field, SObject

NUMBER_PATTERN = r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?"
DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
DATETIME_PATTERN = DATE_PATTERN + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
TIME_PATTERN = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?Z?"


def stored_fields(sobject: SObject) -> Iterator[Field]:
    """The fields that have a column: all but compound ones, which are put together from their parts."""
    return (field for field in sobject.fields.values() if not field.is_compound)


def column_type(field: Field, whole_digits: int = 0, scale: int = 0) -> str:
    """The SQL type of a field's column; a number column is as wide as describe or the data, whichever is more."""
    if field.type in NUMBER_TYPES:
        scale = max(scale, field.scale)
        whole = max(whole_digits, field.precision - field.scale)
        return f"DECIMAL({18 if whole + scale <= 18 else 38},{scale})"
    return {"boolean": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMP", "time": "TIME"}.get(field.type, "VARCHAR")


def wrong_text(field: Field, column: str) -> str | None:
    """SQL that is true where the text in `column` cannot be a value of the field; None where all text can."""
    match field.type:
        case "id" | "reference":
            long = f"length({column}) = 18 AND id_checksum({column}) = right({column}, 3)"
            valid = f"regexp_full_match({column}, '{_ID_PATTERN}') AND (length({column}) = 15 OR ({long}))"
        case "boolean":
            valid = f"lower({column}) IN ('true', 'false', '1', '0')"
        case "int" | "long":
            number = f"TRY_CAST({column} AS DECIMAL(38,10))"
            valid = f"regexp_full_match({column}, '{NUMBER_PATTERN}') AND {number} = trunc({number})"
        case "double" | "currency" | "percent":
            valid = (
                f"regexp_full_match({column}, '{NUMBER_PATTERN}') AND TRY_CAST({column} AS DECIMAL(38,10)) IS NOT NULL"
            )
        case "date":
            valid = f"regexp_full_match({column}, '{DATE_PATTERN}') AND TRY_CAST({column} AS DATE) IS NOT NULL"
        case "datetime":
            valid = (
                f"regexp_full_match({column}, '{DATETIME_PATTERN}') AND TRY_CAST({column} AS TIMESTAMPTZ) IS NOT NULL"
            )
        case "time":
            valid = f"regexp_full_match({column}, '{TIME_PATTERN}') AND TRY_CAST({column} AS TIME) IS NOT NULL"
        case _:
            return None
    return f"({valid}) IS NOT TRUE"


def typed(field: Field, column: str, sql_type: str) -> str:
    """SQL that turns checked, non-empty text in `column` into the field's value."""
    match field.type:
        case "id" | "reference":
            return f"id18({column})"
        case "boolean":
            return f"coalesce(lower({column}) IN ('true', '1'), false)"
        case "datetime":
            return f"timezone('UTC', CAST({column} AS TIMESTAMPTZ))"
        case "date" | "time":
            return f"CAST({column} AS {sql_type})"
        case kind if kind in NUMBER_TYPES:
            return f"CAST({column} AS {sql_type})"
        case _:
            return column


def words_for(field: Field) -> str:
    """What a field's text should have been, for people."""
    match field.type:
        case "id" | "reference":
            return "is not a record Id (15 characters, or 18 with the right checksum)"
        case "boolean":
            return "is not true or false"
        case "int" | "long":
            return "is not a whole number"
        case "double" | "currency" | "percent":
            return "is not a number"
        case "date":
            return "is not a date such as 2026-01-31"
        case "datetime":
            return "is not a time such as 2026-01-31T10:20:30.000Z"
        case "time":
            return "is not a time of day such as 10:20:30.000Z"
        case _:
            return "does not fit"


_ID_PATTERN = "[A-Za-z0-9]{15}([A-Z0-5]{3})?"
_CHECKSUM_LETTERS = ", ".join(f"'{letter}'" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345")


def _group(start: int) -> str:
    """SQL for the letter that tells which of five characters are capitals.

    The five bytes are read as one number. Among letters and digits, a capital is the one whose bit 5 is 0; those bits
    are 8 places apart, and modulo 511, where 2 to the 9th is 1, they come to stand beside each other in turned order.
    """
    number = f"TRY_CAST(CAST(encode(substr(x, {start}, 5)) AS BIT) AS UBIGINT)"
    others = f"((({number} & {0x2020202020}) >> 5) * 16) % 511"
    return f"[{_CHECKSUM_LETTERS}][CAST(32 - {others} AS INTEGER)]"


ID18_MACRO = (
    "CREATE OR REPLACE MACRO id_checksum(x) AS "
    + f"CASE WHEN regexp_full_match(x, '{_ID_PATTERN}') THEN {' || '.join(_group(start) for start in (1, 6, 11))} END;"
    + "CREATE OR REPLACE MACRO id18(x) AS CASE WHEN length(x) = 15 THEN x || coalesce(id_checksum(x), '') ELSE x END"
)
