"""Filters whose rows start or stop matching only when they are changed themselves."""

from __future__ import annotations

from compiler.schema import Schema
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    CurrencyValue,
    DateLiteral,
    FieldPath,
    Not,
    Or,
    Paren,
    SubSelect,
    ValueList,
)

# Salesforce moves these without a new SystemModstamp.
_MOVED_BY_OTHERS = frozenset({"lastactivitydate", "lastvieweddate", "lastreferenceddate"})


def holds_still(sobject: str, condition: Condition | None, schema: Schema) -> bool:
    """Whether a condition on an object looks only at stored fields of its own, and not at today.

    Then the rows that changed since some moment are all that can have started or stopped matching since.
    """
    match condition:
        case None:
            return True
        case Paren(inner):
            return holds_still(sobject, inner, schema)
        case And(operands) | Or(operands):
            return all(holds_still(sobject, operand, schema) for operand in operands)
        case Not(operand):
            return holds_still(sobject, operand, schema)
        case Comparison():
            return _is_stored(sobject, condition, schema) and not _moves(condition)
        case _:
            return False


def _is_stored(sobject: str, comparison: Comparison, schema: Schema) -> bool:
    path = comparison.left
    described = schema.object(sobject)
    if not isinstance(path, FieldPath) or len(path.names) != 1 or described is None:
        return False
    field = described.field(path.names[0])
    return field is not None and not field.calculated and field.name.lower() not in _MOVED_BY_OTHERS


def _moves(comparison: Comparison) -> bool:
    """Whether what the field is compared with changes with time, with rates, or with other records."""
    right = comparison.right
    values = right.items if isinstance(right, ValueList) else (right,)
    return any(isinstance(value, SubSelect | DateLiteral | CurrencyValue | FieldPath) for value in values)
