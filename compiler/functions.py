"""The functions that may stand on the left of a comparison, and the type of what they give.

Source: SOQL and SOSL Reference, "Date Functions", "toLabel", "DISTANCE".
"""

from __future__ import annotations

from typing import NamedTuple


class FilterFunction(NamedTuple):
    """A function: the types of field it takes, and the type of its result in describe's words."""

    name: str
    takes: frozenset[str]
    gives: str


_DAYS = frozenset({"date", "datetime"})
_STAMPS = frozenset({"datetime"})

FILTER_FUNCTIONS = {
    f.name.lower(): f
    for f in (
        FilterFunction("CALENDAR_MONTH", _DAYS, "int"),
        FilterFunction("CALENDAR_QUARTER", _DAYS, "int"),
        FilterFunction("CALENDAR_YEAR", _DAYS, "int"),
        FilterFunction("DAY_IN_MONTH", _DAYS, "int"),
        FilterFunction("DAY_IN_WEEK", _DAYS, "int"),
        FilterFunction("DAY_IN_YEAR", _DAYS, "int"),
        FilterFunction("DAY_ONLY", _STAMPS, "date"),
        FilterFunction("FISCAL_MONTH", _DAYS, "int"),
        FilterFunction("FISCAL_QUARTER", _DAYS, "int"),
        FilterFunction("FISCAL_YEAR", _DAYS, "int"),
        FilterFunction("HOUR_IN_DAY", _STAMPS, "int"),
        FilterFunction("WEEK_IN_MONTH", _DAYS, "int"),
        FilterFunction("WEEK_IN_YEAR", _DAYS, "int"),
        FilterFunction("convertTimezone", _STAMPS, "datetime"),
        FilterFunction("toLabel", frozenset({"picklist", "multipicklist", "string", "reference"}), "string"),
        FilterFunction("DISTANCE", frozenset({"location", "address"}), "double"),
    )
}
