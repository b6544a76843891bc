"""The functions of SOQL and what stands in their parentheses. Where each may stand is checked in `compiler`.

Source: SOQL and SOSL Reference, "Aggregate Functions", "Date Functions", "FIELDS()", "toLabel()", "FORMAT()",
"convertCurrency()" and "Location-Based SOQL Queries".
"""

from __future__ import annotations

from collections.abc import Sequence

from grammar.soql_tree import FieldPath, FunctionCall, NumberValue, Operand, StringValue

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
DATE_FUNCTIONS = frozenset(
    {"CALENDAR_MONTH", "CALENDAR_QUARTER", "CALENDAR_YEAR", "FISCAL_MONTH", "FISCAL_QUARTER", "FISCAL_YEAR"}
    | {"DAY_IN_MONTH", "DAY_IN_WEEK", "DAY_IN_YEAR", "DAY_ONLY", "HOUR_IN_DAY", "WEEK_IN_MONTH", "WEEK_IN_YEAR"}
)
OTHERS = ("convertCurrency", "convertTimezone", "DISTANCE", "FIELDS", "FORMAT", "GEOLOCATION", "GROUPING", "toLabel")
NAMES = {name.upper(): name for name in (*sorted(AGGREGATES | DATE_FUNCTIONS), *OTHERS)}
FIELD_SETS = ("ALL", "CUSTOM", "STANDARD")
UNITS = ("mi", "km")


def wrong_arguments(name: str, args: Sequence[Operand]) -> str | None:
    """What the function wants instead, in words, if `args` is not that. `name` is one of `NAMES`, in capitals."""
    match name:
        case "COUNT":
            return None if not args or _one_field(args) else "one field, or nothing"
        case "DISTANCE":
            return None if _is_distance(args) else "a location field, GEOLOCATION(latitude, longitude) and 'mi' or 'km'"
        case "GEOLOCATION":
            numbers = [float(arg.text) for arg in args if isinstance(arg, NumberValue)]
            fits = len(args) == len(numbers) == 2 and abs(numbers[0]) <= 90 and abs(numbers[1]) <= 180
            return None if fits else "two numbers, the latitude from -90 to 90 and the longitude from -180 to 180"
        case "FIELDS":
            fits = len(args) == 1 and isinstance(args[0], FieldPath) and args[0].text.upper() in FIELD_SETS
            return None if fits else "`ALL`, `CUSTOM` or `STANDARD`"
        case _:
            return None if _one_field(args) else "one field"


def _one_field(args: Sequence[Operand]) -> bool:
    return len(args) == 1 and isinstance(args[0], FieldPath | FunctionCall)


def _is_distance(args: Sequence[Operand]) -> bool:
    match args:
        case (FieldPath(), FunctionCall(name=name), StringValue(value=unit)):
            return name.upper() == "GEOLOCATION" and unit.strip().lower() in UNITS
        case _:
            return False
