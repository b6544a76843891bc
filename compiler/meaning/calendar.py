"""Date literals: which days `LAST_N_DAYS:30` or `THIS_FISCAL_QUARTER` are, given whose calendar it is.

Every literal is a half-open range of days. Nothing here looks at the host's clock, zone or locale.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

_MONDAY, _SATURDAY, _SUNDAY = 0, 5, 6
# Territories whose week starts on Sunday or Saturday (Unicode CLDR, supplemental week data); elsewhere it is Monday.
_SUNDAY_TERRITORIES = frozenset(
    [
        "AG",
        "AS",
        "AU",
        "BD",
        "BR",
        "BS",
        "BT",
        "BW",
        "BZ",
        "CA",
        "CN",
        "CO",
        "DM",
        "DO",
        "ET",
        "GT",
        "GU",
        "HK",
        "HN",
        "ID",
        "IL",
        "IN",
        "JM",
        "JP",
        "KE",
        "KH",
        "KR",
        "LA",
        "MH",
        "MM",
        "MO",
        "MT",
        "MX",
        "MZ",
        "NI",
        "NP",
        "PA",
        "PE",
        "PH",
        "PK",
        "PR",
        "PT",
        "PY",
        "SA",
        "SG",
        "SV",
        "TH",
        "TT",
        "TW",
        "UM",
        "US",
        "VE",
        "VI",
        "WS",
        "YE",
        "ZA",
        "ZW",
    ]
)
_SATURDAY_TERRITORIES = frozenset(
    ["AE", "AF", "BH", "DJ", "DZ", "EG", "IQ", "IR", "JO", "KW", "LY", "OM", "QA", "SD", "SY"]
)
WEEK_STARTS = {"monday": _MONDAY, "saturday": _SATURDAY, "sunday": _SUNDAY}

_MONTHS_IN = {"MONTH": 1, "QUARTER": 3, "YEAR": 12, "FISCAL_QUARTER": 3, "FISCAL_YEAR": 12}
_FORM = re.compile(
    r"(?P<side>LAST|THIS|NEXT)(?P<n>_N)?_(?P<unit>[A-Z_]+?)S?|N_(?P<ago>[A-Z_]+)S_AGO",
)


class DayRange(NamedTuple):
    """The days from `start` up to, not including, `end`; empty where both are the same."""

    start: date
    end: date


def week_start(locale: str) -> int:
    """The weekday that a locale's week starts on, as `date.weekday` counts (0 is Monday).

    >>> week_start("en_US"), week_start("en_GB")
    (6, 0)
    """
    territory = re.split("[_-]", locale)[-1].upper()
    if territory in _SUNDAY_TERRITORIES:
        return _SUNDAY
    return _SATURDAY if territory in _SATURDAY_TERRITORIES else _MONDAY


class Calendar(NamedTuple):
    """Whose day it is: the moment, the user's zone and week, the org's fiscal year."""

    now: datetime
    zone: ZoneInfo = ZoneInfo("UTC")
    week_start: int = _SUNDAY
    fiscal_month: int = 1
    fiscal_year_named_by_end: bool = True
    days_start_in_utc: bool = False

    @property
    def today(self) -> date:
        """The user's day."""
        return self.now.astimezone(self._day_zone).date()

    @property
    def _day_zone(self) -> timezone | ZoneInfo:
        return UTC if self.days_start_in_utc else self.zone

    def midnight(self, day: date) -> datetime:
        """The moment at which a day starts for the user, in UTC and without a zone."""
        if day in (date.min, date.max):
            return datetime.combine(day, time())
        local = datetime.combine(day, time(), self._day_zone)
        return local.astimezone(UTC).replace(tzinfo=None)

    def days(self, name: str, count: int | None = None) -> DayRange:
        """The days that a date literal stands for; raises ValueError for a name that is none.

        A count that leads out of the calendar ends at its first or last day.
        """
        today = self.today
        match name:
            case "TODAY":
                return _range(today, 0, 1)
            case "YESTERDAY":
                return _range(today, -1, 1)
            case "TOMORROW":
                return _range(today, 1, 1)
            case "LAST_90_DAYS":
                return _range(today, -90, 91)
            case "NEXT_90_DAYS":
                return _range(today, 1, 90)
        form = _FORM.fullmatch(name)
        if form is None:
            raise ValueError(f"{name} is not a date literal")
        if ago := form["ago"]:
            return self._units(ago, -_given(name, count), 1)
        unit, side = form["unit"], form["side"]
        if not form["n"]:
            return self._units(unit, {"LAST": -1, "THIS": 0, "NEXT": 1}[side], 1)
        n = _given(name, count)
        if unit == "DAY":  # the one unit whose ranges touch today
            return _range(today, -n, n + 1) if side == "LAST" else _range(today, 1, n)
        return self._units(unit, -n if side == "LAST" else 1, n)

    def _units(self, unit: str, first: int, length: int) -> DayRange:
        """`length` whole units, the first of which lies `first` units from the current one."""
        today = self.today
        if unit == "DAY":
            return _range(today, first, length)
        if unit == "WEEK":
            into_week = (today.weekday() - self.week_start) % 7
            return _range(today, 7 * first - into_week, 7 * length)
        if unit not in _MONTHS_IN:
            raise ValueError(f"{unit} is not a unit of a date literal")
        size = _MONTHS_IN[unit]
        offset = self.fiscal_month - 1 if unit.startswith("FISCAL_") else 0
        current = today.year * 12 + today.month - 1
        start_month = (current - offset) // size * size + offset + first * size
        return DayRange(_first_of(start_month), _first_of(start_month + length * size))


def _given(name: str, count: int | None) -> int:
    if count is None:
        raise ValueError(f"{name} needs a number")
    return count


def _range(origin: date, first: int, length: int) -> DayRange:
    """`length` days, the first of which lies `first` days from `origin`."""
    return DayRange(_shifted(origin, first), _shifted(origin, first + length))


def _shifted(origin: date, days: int) -> date:
    return date.fromordinal(min(max(origin.toordinal() + days, 1), date.max.toordinal()))


def _first_of(months: int) -> date:
    year, month = divmod(months, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, 1) if year <= date.max.year else date.max
