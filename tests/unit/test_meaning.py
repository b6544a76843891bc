from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from compiler.meaning import (
    DEFAULTS,
    AnyOne,
    AnyRun,
    Calendar,
    like_parts,
    null_passes,
    null_passes_negation,
    week_start,
)
from grammar.date_literals import COUNTED, PLAIN

NOON = datetime(2024, 3, 13, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "count", "start", "end"),
    [
        ("TODAY", None, "2024-03-13", "2024-03-14"),
        ("THIS_WEEK", None, "2024-03-10", "2024-03-17"),
        ("LAST_90_DAYS", None, "2023-12-14", "2024-03-14"),
        ("NEXT_90_DAYS", None, "2024-03-14", "2024-06-12"),
        ("LAST_N_DAYS", 1, "2024-03-12", "2024-03-14"),
        ("LAST_N_DAYS", 0, "2024-03-13", "2024-03-14"),
        ("NEXT_N_DAYS", 1, "2024-03-14", "2024-03-15"),
        ("N_DAYS_AGO", 2, "2024-03-11", "2024-03-12"),
        ("LAST_N_WEEKS", 2, "2024-02-25", "2024-03-10"),
        ("N_WEEKS_AGO", 1, "2024-03-03", "2024-03-10"),
        ("LAST_MONTH", None, "2024-02-01", "2024-03-01"),
        ("NEXT_N_MONTHS", 10, "2024-04-01", "2025-02-01"),
        ("LAST_QUARTER", None, "2023-10-01", "2024-01-01"),
        ("N_YEARS_AGO", 1, "2023-01-01", "2024-01-01"),
    ],
)
def test_a_date_literal_is_a_range_of_days(name: str, count: int | None, start: str, end: str) -> None:
    """Ranges begin and end where Salesforce documents it."""
    days = Calendar(NOON).days(name, count)

    assert (days.start.isoformat(), days.end.isoformat()) == (start, end)


def test_fiscal_quarters_follow_the_fiscal_start() -> None:
    """A fiscal year from February has a quarter from February to April."""
    calendar = Calendar(NOON, fiscal_month=2)

    assert calendar.days("THIS_FISCAL_QUARTER") == (date(2024, 2, 1), date(2024, 5, 1))
    assert calendar.days("LAST_FISCAL_YEAR") == (date(2023, 2, 1), date(2024, 2, 1))


def test_every_name_of_the_grammar_has_a_range() -> None:
    """The parser and the calendar know the same literals."""
    calendar = Calendar(NOON)
    ranges = [calendar.days(name) for name in PLAIN] + [calendar.days(name, 3) for name in COUNTED]

    assert all(days.start < days.end for days in ranges)


def test_an_endless_count_ends_with_the_calendar() -> None:
    """A range longer than history begins on its first day."""
    assert Calendar(NOON).days("LAST_N_DAYS", 777_777).start == date.min


def test_the_user_zone_decides_what_today_is() -> None:
    """Late in the evening of Greenwich it is tomorrow in Berlin."""
    calendar = Calendar(datetime(2024, 3, 13, 23, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"))

    assert calendar.today == date(2024, 3, 14)
    assert calendar.midnight(calendar.today) == datetime(2024, 3, 13, 23)


def test_a_day_of_clock_change_has_its_own_length() -> None:
    """Midnights are the zone's: the day that loses an hour has 23."""
    calendar = Calendar(NOON, ZoneInfo("Europe/Berlin"))
    length = calendar.midnight(date(2024, 4, 1)) - calendar.midnight(date(2024, 3, 31))

    assert length.total_seconds() == 23 * 3600


def test_weeks_start_as_the_locale_has_it() -> None:
    """Sunday in America, Monday in Europe, Saturday in Egypt."""
    assert [week_start(locale) for locale in ("en_US", "en_GB", "de-DE", "ar_EG")] == [6, 0, 0, 5]


@pytest.mark.parametrize(
    ("operator", "with_null", "passes", "negation_passes"),
    [
        ("=", False, False, True),
        ("=", True, True, False),
        ("!=", False, True, False),
        ("!=", True, False, True),
        ("IN", True, True, False),
        ("NOT IN", False, True, False),
        ("NOT IN", True, False, True),
        ("LIKE", False, False, True),
        ("<", False, False, True),
        ("INCLUDES", False, False, True),
        ("EXCLUDES", False, True, False),
    ],
)
def test_what_null_passes(operator: str, with_null: bool, passes: bool, negation_passes: bool) -> None:
    """The table of null, with its open questions answered as practice has it."""
    assert null_passes(operator, compared_with_null=with_null) is passes  # type: ignore[arg-type]
    assert null_passes_negation(operator, compared_with_null=with_null) is negation_passes  # type: ignore[arg-type]


def test_a_switch_flips_its_answer() -> None:
    """Every open question has one switch."""
    switches = DEFAULTS._replace(null_passes_not_equal=False, null_passes_not_range=False)

    assert null_passes("!=", switches=switches) is False
    assert null_passes_negation(">", switches=switches) is False


def test_patterns_are_taken_apart() -> None:
    """Wildcards are parts of their own; escaped ones are text."""
    assert like_parts(r"a\%b%_\'\\") == ("a%b", AnyRun(), AnyOne(), "'\\")
    assert like_parts(r"\u00e9%") == ("é", AnyRun())
