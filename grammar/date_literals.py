"""The names of SOQL's date literals. What they mean stands in `compiler.meaning`.

Source: SOQL and SOSL Reference, "Date Formats and Date Literals".
"""

from __future__ import annotations

_UNITS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR")

PLAIN = frozenset(
    {"YESTERDAY", "TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"}
    | {f"{side}_{unit}" for side in ("LAST", "THIS", "NEXT") for unit in _UNITS[1:]}
)
COUNTED = frozenset(
    {f"{side}_N_{unit}S" for side in ("LAST", "NEXT") for unit in _UNITS} | {f"N_{unit}S_AGO" for unit in _UNITS}
)
