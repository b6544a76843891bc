"""What the names behind FROM stand for: aliases and the object's own name, taken off the paths of a query."""

from __future__ import annotations

from typing import NamedTuple

from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    FieldPath,
    FunctionCall,
    Not,
    Operand,
    Or,
    Paren,
    Query,
    SubSelect,
)


class Scope(NamedTuple):
    """The root of a query and the paths from it that its aliases stand for, keyed in lower case."""

    root: str
    aliases: dict[str, tuple[str, ...]]

    def path(self, path: FieldPath) -> FieldPath:
        """The path from the root object, without alias and without the object's own name in front."""
        names = path.names
        if len(names) > 1 and (before := self.aliases.get(names[0].lower())) is not None:
            names = (*before, *names[1:])
        return path if names == path.names else FieldPath(names, path.span)

    def operand(self, operand: Operand) -> Operand:
        """The operand with all paths in it taken from the root."""
        match operand:
            case FieldPath():
                return self.path(operand)
            case FunctionCall(name, args, span):
                return FunctionCall(name, tuple(self.operand(arg) for arg in args), span)
            case _:
                return operand

    def value(self, value: FieldPath | FunctionCall) -> FieldPath | FunctionCall:
        """The field or function with all paths in it taken from the root."""
        found = self.operand(value)
        assert isinstance(found, FieldPath | FunctionCall)
        return found

    def condition(self, condition: Condition) -> Condition:
        """The condition with all paths in it taken from the root, or from the object of their sub-select."""
        match condition:
            case And(operands, span):
                return And(tuple(self.condition(o) for o in operands), span)
            case Or(operands, span):
                return Or(tuple(self.condition(o) for o in operands), span)
            case Not(operand, span):
                return Not(self.condition(operand), span)
            case Paren(inner, span):
                return Paren(self.condition(inner), span)
            case Comparison(left, operator, right, span, operator_span):
                value = _sub_select(right) if isinstance(right, SubSelect) else right
                return Comparison(self.value(left), operator, value, span, operator_span)
            case _:
                return condition


def _sub_select(select: SubSelect) -> SubSelect:
    inside = Scope(select.object, _names(select.object, select.alias))
    return SubSelect(
        inside.path(select.field),
        select.object,
        inside.condition(select.condition) if select.condition else None,
        select.span,
        select.object_span,
    )


def _names(root: str, alias: str | None) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {root.lower(): ()}
    if alias:
        names[alias.lower()] = ()
    return names


def scope_of(query: Query) -> Scope:
    """The scope of a query; what hangs on nothing behind FROM is left out."""
    first = query.source[0]
    root = first.path.names[-1]
    aliases = _names(root, first.alias)
    for item in query.source[1:]:
        before = aliases.get(item.path.names[0].lower())
        if before is not None and len(item.path.names) > 1:
            whole = (*before, *item.path.names[1:])
            aliases[(item.alias or item.path.names[-1]).lower()] = whole
    return Scope(root, aliases)


def key(operand: Operand) -> str:
    """A field or function in one spelling, to compare what two clauses name."""
    match operand:
        case FieldPath():
            return operand.text.lower()
        case FunctionCall(name, args):
            return f"{name.lower()}({','.join(key(arg) for arg in args)})"
        case _:
            return repr(operand)


def written(operand: Operand) -> str:
    """A field or function as a message names it."""
    match operand:
        case FieldPath():
            return operand.text
        case FunctionCall(name, args):
            return f"{name}({', '.join(written(arg) for arg in args)})"
        case _:
            return "..."
