"""How DuckDB writes types, names, constants, and each function and aggregate of a relation.

One rounding rule for all numbers: a value that lies halfway goes away from zero (1.005 to 1.01, -1.005 to
-1.01), once, at the end. DuckDB divides decimals, and averages them, as DOUBLE; here both are divisions of
whole numbers (HUGEINT). A number that does not fit 38 digits is an error of DuckDB's, never a wrong result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from compiler.record_id import to_18
from compiler.relation import ColumnType, Lit

_TYPES = {
    "text": "VARCHAR",
    "id": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
}


class Typed(NamedTuple):
    """The SQL of an expression, and the type of its values."""

    sql: str
    type: ColumnType


def duckdb_type(column_type: ColumnType) -> str:
    """DuckDB's name of a type: `VARCHAR`, `DECIMAL(38, 2)`, `TIMESTAMP` (which is UTC here)."""
    return _TYPES.get(column_type.kind) or f"DECIMAL(38, {column_type.scale})"


def quote_name(name: str) -> str:
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text constant in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def as_type(value: Typed, wanted: ColumnType) -> str:
    """The SQL of a value in a type that holds it."""
    if duckdb_type(value.type) == duckdb_type(wanted):
        return value.sql
    return f"CAST({value.sql} AS {duckdb_type(wanted)})"


def literal(value: Lit, kind: ColumnType) -> str:
    """A constant of the type `kind`. Raises ValueError for a time in another zone than UTC."""
    if value.value is None:
        return f"CAST(NULL AS {duckdb_type(kind)})"
    if isinstance(value.value, bool):
        return "TRUE" if value.value else "FALSE"
    if kind.kind in ("text", "id"):
        return quote_text(value.value)
    text = value.value
    if kind.kind in ("timestamp", "time"):
        text = text.removesuffix("Z")
        if re.search(r":\d\d.*[+-]", text):
            raise ValueError(f"{value.value!r} is not in UTC")
    return f"CAST({quote_text(text)} AS {duckdb_type(kind)})"


def _coalesce(args: tuple[Typed, ...], result: ColumnType) -> str:
    return f"coalesce({', '.join(as_type(arg, result) for arg in args)})"


def _if(args: tuple[Typed, ...], result: ColumnType) -> str:
    condition, then, otherwise = args
    return f"CASE WHEN {condition.sql} THEN {as_type(then, result)} ELSE {as_type(otherwise, result)} END"


def equal(left: Typed, right: Typed) -> str:
    """`left = right`, both at the larger scale, since DuckDB rounds the finer of two decimals."""
    scale = max(left.type.scale, right.type.scale)
    return " = ".join(as_type(side, ColumnType(side.type.kind, scale)) for side in (left, right))


def _all_of(word: str) -> Callable[[tuple[Typed, ...], ColumnType], str]:
    return lambda args, result: "(" + f" {word} ".join(arg.sql for arg in args) + ")"


def _text_form(form: str) -> Callable[[tuple[Typed, ...], ColumnType], str]:
    return lambda args, result: form.format(args[0].sql)


# Blanks, scheme, user and password go; what follows, up to the first sign that no host has, is the host.
_HOST = r"^[\s\p{Z}]*(?:(?:[a-z][a-z0-9+.-]*:)?//|https?:/*)?(?:[^/?#\\\s\p{Z}]*@)?([^/?#\\\s\p{Z},;:@]*)"
_DOTTED = r"^[^.]+(?:\.[^.]+)+"


def _web_domain(args: tuple[Typed, ...], result: ColumnType) -> str:
    host = f"regexp_extract(lower({args[0].sql}), {quote_text(_HOST)}, 1)"
    return f"nullif(regexp_extract(regexp_replace({host}, '^www\\.', ''), {quote_text(_DOTTED)}), '')"


_IS_CAPITAL = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "1" * 26 + "0" * 36)
# Every pattern of five bits stands in this text once (a de Bruijn sequence), so that a place finds a letter.
_PATTERNS = "000001000110010100111010110111110000"
_LETTERS = "".join(
    to_18("".join("A" if bit == "1" else "a" for bit in _PATTERNS[at : at + 5]) + "a" * 10)[15] for at in range(32)
)


def _id18(args: tuple[Typed, ...], result: ColumnType) -> str:
    short = args[0].sql
    capitals = f"translate({short}, '{_IS_CAPITAL[0]}', '{_IS_CAPITAL[1]}')"
    checks = " || ".join(
        f"substr('{_LETTERS}', strpos('{_PATTERNS}', substr({capitals}, {at}, 5)), 1)" for at in (1, 6, 11)
    )
    return f"CASE WHEN regexp_full_match({short}, '[0-9A-Za-z]{{15}}') THEN {short} || {checks} ELSE {short} END"


def _whole(value: Typed, digits: int = 0) -> str:
    """The digits of a decimal without its point, followed by so many noughts: a whole number."""
    whole = f"CAST(replace(CAST({value.sql} AS VARCHAR), '.', '') AS HUGEINT)"
    return f"{whole} * 1{'0' * digits}" if digits > 0 else whole


def _rounded_quotient(sign: str, dividend: str, divisor: str, scale: int) -> str:
    """The quotient, halves away from zero, with its point: floor((2a + b) / 2b) is a / b rounded half up."""
    return _pointed(f"{sign} * ((2 * abs({dividend}) + abs({divisor})) // (2 * abs({divisor})))", scale)


def _pointed(whole: str, scale: int) -> str:
    """A whole number as a decimal that has so many of its digits behind the point."""
    unit = f"0.{'0' * (scale - 1)}1" if scale else "1"
    return f"CAST({whole} AS DECIMAL(38, 0)) * CAST('{unit}' AS DECIMAL({max(scale, 1)}, {scale}))"


def _divide(args: tuple[Typed, ...], result: ColumnType) -> str:
    left, right = args
    shift = result.scale + right.type.scale - left.type.scale
    divisor = f"nullif({_whole(right, -shift)}, 0)"
    sign = f"sign({left.sql}) * sign({right.sql})"
    return _rounded_quotient(sign, _whole(left, shift), divisor, result.scale)


def _convert(args: tuple[Typed, ...], result: ColumnType) -> str:
    amount, target, own = args
    # Of two rates with as many digits behind the point the point cancels out.
    rates = max(target.type.scale, own.type.scale)
    units = _whole(target, rates - target.type.scale)
    divisor = f"nullif({_whole(own, rates - own.type.scale)}, 0)"
    sign = f"sign({amount.sql}) * sign({target.sql}) * sign({own.sql})"
    surplus = amount.type.scale - result.scale
    whole = _whole(amount, -surplus)
    if surplus <= 0:
        return _rounded_quotient(sign, f"({whole}) * ({units})", divisor, result.scale)
    # With the digits that the result has no place for the product may need more than 38. They are divided by
    # themselves: with a = high * unit + low, a * t // o is q * unit + (r * unit + low * t) // o, q and r of high * t.
    unit = f"1{'0' * surplus}"
    high, low = (f"((abs({whole}) {part} {unit}) * abs({units}))" for part in ("//", "%"))
    over = f"((({high} % abs({divisor})) * {unit} + {low}) // abs({divisor}))"
    quotient = f"{high} // abs({divisor}) + ({over} + 5{'0' * (surplus - 1)}) // {unit}"
    return _pointed(f"{sign} * ({quotient})", result.scale)


FUNCTIONS: Mapping[str, Callable[[tuple[Typed, ...], ColumnType], str]] = {
    "coalesce": _coalesce,
    "and": _all_of("AND"),
    "or": _all_of("OR"),
    "not": _text_form("(NOT {})"),
    "is_null": _text_form("({} IS NULL)"),
    "is_not_null": _text_form("({} IS NOT NULL)"),
    "=": lambda args, result: f"({equal(args[0], args[1])})",
    "<=": lambda args, result: f"({args[0].sql} <= {args[1].sql})",
    "if": _if,
    "true_if": _text_form("coalesce({}, FALSE)"),
    "web_domain": _web_domain,
    "match_key": _text_form("lower({})"),
    "id18": _id18,
    "date_of": _text_form("CAST({} AS DATE)"),
    "convert": _convert,
    "divide_exact": _divide,
    "cast": lambda args, result: as_type(args[0], result),
}


def aggregate(function: str, value: Typed | None, result: ColumnType) -> str:
    """An aggregate of the rows of a group: its SQL, never DOUBLE. Over no values null; counts are 0."""
    if value is None:
        return "CAST(count(*) AS DECIMAL(38, 0))"
    match function:
        case "count":
            return f"CAST(count({value.sql}) AS DECIMAL(38, 0))"
        case "count_distinct":
            return f"CAST(count(DISTINCT {value.sql}) AS DECIMAL(38, 0))"
        case "average":
            total, shift = Typed(f"sum({value.sql})", value.type), result.scale - value.type.scale
            divisor = f"nullif(count({value.sql}), 0)"
            if shift < 0:
                divisor = f"({divisor} * CAST(1{'0' * -shift} AS HUGEINT))"
            return _rounded_quotient(f"sign({total.sql})", _whole(total, shift), divisor, result.scale)
        case _:
            return f"{function}({value.sql})"
