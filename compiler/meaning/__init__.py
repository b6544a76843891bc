"""What SOQL means, in one place and in plain Python: the sandbox, the checker and `why` all read these tables.

`calendar` gives the ranges of date literals, `nulls` says which tests a null passes, `like` takes patterns apart,
`switches` names every fact that the sources leave open.
"""

from compiler.meaning.calendar import WEEK_STARTS, Calendar, DayRange, week_start
from compiler.meaning.like import AnyOne, AnyRun, LikePart, like_parts
from compiler.meaning.nulls import null_passes, null_passes_negation
from compiler.meaning.switches import DEFAULTS, Switches

__all__ = [
    "DEFAULTS",
    "WEEK_STARTS",
    "AnyOne",
    "AnyRun",
    "Calendar",
    "DayRange",
    "LikePart",
    "Switches",
    "like_parts",
    "null_passes",
    "null_passes_negation",
    "week_start",
]
