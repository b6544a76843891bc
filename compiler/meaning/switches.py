"""The facts about SOQL on which sources differ or are silent: one named switch each, for an org probe to flip."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Switches(NamedTuple):
    """How each open question is answered. A number is that of the probe on a real org that would settle it."""

    null_passes_not_equal: bool = True
    """1: `f != 'x'` returns rows where f is null."""
    null_passes_not_in: bool = True
    """2: `f NOT IN ('x')` returns rows where f is null."""
    null_passes_not_like: bool = True
    """5: `(NOT f LIKE 'x%')` returns rows where f is null."""
    null_passes_like_anything: bool = False
    """6: `f LIKE '%'` returns rows where f is null."""
    null_passes_not_range: bool = True
    """7: `(NOT n > 1)` returns rows where n is null."""
    range_with_null: Literal["refuse", "never", "always"] = "refuse"
    """8: what `n > null` does."""
    null_passes_excludes: bool = True
    """9: `m EXCLUDES ('x')` returns rows where m is null."""
    null_passes_anti_join: bool = True
    """11: `AccountId NOT IN (SELECT ...)` returns rows where AccountId is null."""
    date_on_datetime: Literal["refuse", "day"] = "refuse"
    """13: what `CreatedDate = 2024-01-01` does: an error, or that day in the user's zone."""
    days_start_in: Literal["user", "UTC"] = "user"
    """16: whose midnight bounds date literals on datetime fields."""
    nulls_first_descending: bool = True
    """17: where ORDER BY f DESC without NULLS puts nulls."""
    grouping_ignores_case: bool = True
    """18: GROUP BY puts 'a' and 'A' into one group."""
    for_update_allowed: bool = False
    """20: FOR UPDATE over REST."""
    distance_with_equal: bool = False
    """22: DISTANCE(...) takes >= and <=."""
    multipicklist_in: bool = True
    """A multi-select picklist takes IN and NOT IN, as equality of the whole selection."""

    type_of_queues: Literal["Queue", "Group"] = "Queue"
    """What `Owner.Type` is where a queue owns the record; queues are rows of Group."""


DEFAULTS = Switches()
