"""Where each function of SOQL may stand: by clause, and inside which other function.

Source: SOQL and SOSL Reference, the pages of the functions. What no page forbids is let through.
"""

from __future__ import annotations

from enum import Enum

from compiler.checks.function_place import function_place
from compiler.paths import Report
from grammar.soql_functions import AGGREGATES, DATE_FUNCTIONS
from grammar.soql_tree import FunctionCall, Operand


class Clause(Enum):
    """A clause; its value is how a message places something in it."""

    SELECT = "behind SELECT"
    WHERE = "in a filter"
    HAVING = "in HAVING"
    GROUP_BY = "in GROUP BY"
    ORDER_BY = "in ORDER BY"


_GROUPED = frozenset({Clause.SELECT, Clause.HAVING, Clause.ORDER_BY})
_SHOWN = frozenset({Clause.SELECT})
_TAKEN = dict.fromkeys((*AGGREGATES, "GROUPING"), _GROUPED) | {
    "FORMAT": _SHOWN,
    "FIELDS": _SHOWN,
    "CONVERTCURRENCY": _SHOWN,
    "TOLABEL": frozenset(Clause) - {Clause.ORDER_BY},
    "DISTANCE": frozenset(Clause) - {Clause.GROUP_BY},
}
_WAYS_OUT = {
    "CONVERTCURRENCY": "compare with an amount that names its currency, such as `USD5000`",
    "FORMAT": "compare with the value itself",
    "TOLABEL": "order by the field itself",
}


def check_places(operand: Operand, clause: Clause, report: Report, inside: str | None = None) -> None:
    """Report each function in `operand` that cannot stand there; `inside` is the function around it."""
    if not isinstance(operand, FunctionCall):
        return
    name = operand.name.upper()
    if inside is not None:
        if _refused_inside(name, inside.upper()):
            report(function_place(operand.name, f"inside `{inside}`", operand.span))
            return
    elif name == "CONVERTTIMEZONE":
        way_out = "write it inside a date function: `HOUR_IN_DAY(convertTimezone(CreatedDate))`"
        report(function_place(operand.name, "alone", operand.span, way_out))
    elif clause not in _TAKEN.get(name, frozenset(Clause)):
        report(function_place(operand.name, clause.value, operand.span, _way_out(name, clause)))
        return
    for arg in operand.args:
        check_places(arg, clause, report, operand.name)


def _way_out(name: str, clause: Clause) -> str | None:
    if name in AGGREGATES and clause is Clause.WHERE:
        return "filter groups behind HAVING, or let the spec calculate the value"
    return _WAYS_OUT.get(name) if clause in (Clause.WHERE, Clause.ORDER_BY) else None


def _refused_inside(name: str, outer: str) -> bool:
    if name == "CONVERTTIMEZONE":
        return outer not in DATE_FUNCTIONS
    if name == "CONVERTCURRENCY":
        return outer in DATE_FUNCTIONS
    if name in AGGREGATES:
        return outer != "FORMAT"
    return name in ("FORMAT", "FIELDS", "GROUPING")
