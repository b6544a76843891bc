"""From the text in a page to a typed value: the casts, what they refuse, and how many digits a number needs."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.duckdb_functions import FUNCTIONS, Typed, duckdb_type, quote_name
from compiler.relation import ColumnType
from compiler.relation_columns import MAX_DIGITS

# A number of Salesforce's has at most 18 digits before the point. That many are kept free in every column, whatever the
# decimals of its other numbers, so that rows which come later fit as well.
WHOLE_DIGITS = 18
MOST_DECIMALS = MAX_DIGITS - WHOLE_DIGITS


def cast(column: str, kind: ColumnType) -> str:
    """The SQL that turns a column of text into its type; null for what cannot be that."""
    text = quote_name(column)
    match kind.kind:
        case "text" | "id":
            return text
        case "boolean":
            # Salesforce writes small letters; only what is neither word as it stands is looked at more closely.
            plain = f"WHEN {text} = 'true' THEN TRUE WHEN {text} = 'false' THEN FALSE"
            return f"CASE {plain} WHEN lower({text}) = 'true' THEN TRUE WHEN lower({text}) = 'false' THEN FALSE END"
        case "decimal":
            digits = min(WHOLE_DIGITS + kind.scale, MAX_DIGITS)
            return f"CAST(TRY_CAST({text} AS DECIMAL({digits}, {kind.scale})) AS {duckdb_type(kind)})"
        case "date":
            return f"CASE WHEN length({text}) = 10 THEN TRY_CAST({text} AS DATE) END"
        case "timestamp":
            # DuckDB reads a TIMESTAMP without looking at its zone, and one with a zone more slowly.
            return (
                f"CASE WHEN {text} LIKE '%Z' OR {text} LIKE '%+0000' THEN TRY_CAST({text} AS TIMESTAMP)"
                f" ELSE timezone('UTC', TRY_CAST({text} AS TIMESTAMPTZ)) END"
            )
        case "time":
            return f"TRY_CAST(rtrim({text}, 'Z') AS TIME)"


def refused(column: str, kind: ColumnType, value: str | None = None) -> str:
    """The SQL that is true where a column's text is no value of its type; `value` is its cast, if that is at hand."""
    text = quote_name(column)
    if column == "Id":
        # The last three characters are a checksum of capitals: in another letter case the Id is no record's.
        return f"({text} IS NULL OR NOT regexp_full_match({text}, '[0-9A-Za-z]{{15}}([A-Z0-5]{{3}})?'))"
    return f"({text} IS NOT NULL AND {value or cast(column, kind)} IS NULL)"


def can_refuse(column: str, kind: ColumnType) -> bool:
    """Whether any text could be wrong for the column."""
    return column == "Id" or kind.kind not in ("text", "id")


def reason(column: str, kind: ColumnType) -> str:
    """Why a text was refused, in words."""
    if column == "Id":
        return "is no record Id"
    words = {
        "boolean": "is neither true nor false",
        # Without the scale, which a first load raises and a later one need not: the same reject is no change.
        "decimal": f"is no number, or has over {WHOLE_DIGITS} digits before its point or {MOST_DECIMALS} behind it",
        "date": "is no date",
        "timestamp": "is no time stamp",
        "time": "is no time of day",
    }
    return words[kind.kind]


def short_id(column: str) -> str:
    """The SQL that is true where an Id has 15 characters. Salesforce's API writes 18, and takes both."""
    return f"coalesce(strlen({quote_name(column)}) = 15, FALSE)"


def inexact(column: str, kind: ColumnType) -> str:
    """The SQL that is true where a number has more digits behind the point than its type."""
    text = quote_name(column)
    # Nearly every number is short and plain: that is seen from the place of its point alone.
    point = f"instr({text}, '.')"
    long = f"({point} > 0 AND length({text}) - {point} > {kind.scale})"
    return f"CASE WHEN {long} OR {_scientific(text)} THEN coalesce({_scale(text)} > {kind.scale}, FALSE) ELSE FALSE END"


def measure(column: str) -> str:
    """The aggregate over a column of numbers written as text: how many digits behind the point they need."""
    text = quote_name(column)
    return f"coalesce(max({_scale(text)}) FILTER (TRY_CAST({text} AS DOUBLE) IS NOT NULL), 0)"


def raised(kind: ColumnType, need: int) -> ColumnType:
    """The type with the scale raised to the decimals that the data needs, as far as there may be."""
    return ColumnType("decimal", max(kind.scale, min(need, MOST_DECIMALS)))


def typed(columns: Mapping[str, ColumnType], *, whole_ids: bool = False) -> str:
    """The SELECT list that casts all columns; `whole_ids`: Ids of 15 characters are made Ids of 18."""

    def value(name: str, kind: ColumnType) -> str:
        if whole_ids and kind.kind == "id":
            return FUNCTIONS["id18"]((Typed(quote_name(name), kind),), kind)
        return cast(name, kind)

    return ", ".join(f"{value(name, kind)} AS {quote_name(name)}" for name, kind in columns.items())


def _scale(text: str) -> str:
    plain = f"CASE WHEN contains({text}, '.') THEN length(rtrim({text}, '0')) - instr({text}, '.') ELSE 0 END"
    mantissa = f"regexp_extract({text}, '^[^eE]*')"
    fraction = (
        f"CASE WHEN contains({mantissa}, '.') THEN length(rtrim({mantissa}, '0')) - instr({mantissa}, '.') ELSE 0 END"
    )
    return f"CASE WHEN {_scientific(text)} THEN greatest({fraction} - {_exponent(text)}, 0) ELSE {plain} END"


def _scientific(text: str) -> str:
    return f"(contains({text}, 'E') OR contains({text}, 'e'))"


def _exponent(text: str) -> str:
    return f"TRY_CAST(regexp_extract({text}, '[eE](.*)$', 1) AS INTEGER)"
