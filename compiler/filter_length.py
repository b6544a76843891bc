"""How long filters become once their definitions are put in, told before that is done."""

from __future__ import annotations

from collections.abc import Mapping

from grammar.soql_tree import And, Comparison, Condition, Not, Or, Paren, Use
from grammar.spec_tree import Define

_JOINT = len(" AND ")
_NOT = len("NOT ")
_PARENTHESES = len("()")


class Lengths:
    """The lengths of conditions, each definition counted once and added wherever it is used."""

    def __init__(self, defines: Mapping[str, Define]) -> None:
        self._defines = defines
        self._known: dict[str, int] = {}

    def of(self, condition: Condition) -> int:
        """About how many characters a condition has in a query: its comparisons as written, joints between them."""
        match condition:
            case And(operands) | Or(operands):
                return sum(self.of(operand) for operand in operands) + _JOINT * (len(operands) - 1)
            case Not(operand):
                return self.of(operand) + _NOT
            case Paren(inner):
                return self.of(inner) + _PARENTHESES
            case Use(name):
                return self.of_definition(name) + _PARENTHESES
            case Comparison():
                return condition.span.end - condition.span.start

    def of_definition(self, name: str) -> int:
        """The length of what a definition stands for; of one that is not there, or leads to itself, its name's."""
        key = name.lower()
        if key not in self._known:
            self._known[key] = len(name)  # stands while the definition is looked into, so that a circle ends
            if key in self._defines:
                self._known[key] = self.of(self._defines[key].condition)
        return self._known[key]
