"""Conditions of SOQL, as they stand behind WHERE: text to tree."""

from __future__ import annotations

from grammar import condition_errors, foreign_errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.diagnostics import Edit, Fix
from grammar.foreign_values import TEXT_ENDS
from grammar.parse_comparison import Dialect, compared, comparison
from grammar.parse_formula import at_formula, formula
from grammar.parse_operator import is_operator, sign
from grammar.parse_path import DEEPEST, RESERVED, close, field_path
from grammar.parse_value import parse_value
from grammar.pasted_query import pass_query_head, pass_query_tail
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    Not,
    Operator,
    Or,
    Paren,
)
from grammar.source import Span
from grammar.statement_starts import begins_something_else
from grammar.tokens import Kind, Token

_JOINTS = ("and", "or")
_VALUES = (Kind.STRING, Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TEXT, Kind.CURLY)
_TURNED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


def condition(cursor: Cursor, dialect: Dialect) -> Condition:
    """Parse a condition at the cursor; stops at the first token that cannot belong to it. Raises SyntaxFail."""
    cursor.depth += 1
    if cursor.depth > DEEPEST:
        raise SyntaxFail(condition_errors.too_deep(cursor.token.span))
    outermost = cursor.depth == 1
    head = pass_query_head(cursor) if outermost else None
    start = cursor.token.start
    operands = [_operand(cursor, dialect)]
    operators: list[Token] = []
    while True:
        if cursor.at_word(*_JOINTS):
            operators.append(cursor.take())
        elif written := _foreign_joint(cursor) or _missing_joint(cursor, operators):
            operators.append(written)
        else:
            break
        operands.append(_operand(cursor, dialect, operands[-1]))
    cursor.depth -= 1
    joined = _joined(cursor, start, operands, operators)
    if outermost:
        pass_query_tail(cursor, head)
    return joined


def _foreign_joint(cursor: Cursor) -> Token | None:
    """`&&` and `||`, which stand for AND and OR elsewhere."""
    here, then = cursor.token, cursor.peek()
    if here.kind is not Kind.BAD or here.text not in "&|" or then.text != here.text or then.start != here.end:
        return None
    word = "AND" if here.text == "&" else "OR"
    span = Span(here.start, then.end)
    fix = Fix(f"write `{word}`", (Edit(span, word),))
    cursor.report(condition_errors.foreign_operator(span, here.text * 2, f"`{word}`", fix))
    cursor.take()
    cursor.take()
    return Token(Kind.NAME, word, span.start, span.end, here.first)


def _joined(cursor: Cursor, start: int, operands: list[Condition], operators: list[Token]) -> Condition:
    if not operators:
        return operands[0]
    for operand in operands:
        if isinstance(operand, Not):
            cursor.report(condition_errors.bare_not(operand.span))
    first = operators[0]
    other = next((n for n, token in enumerate(operators) if token.lower != first.lower), None)
    if other is None:
        span = cursor.since(start)
        return And(tuple(operands), span) if first.lower == "and" else Or(tuple(operands), span)
    cursor.report(condition_errors.mixed_and_or(operators[other], first))
    # A guess (AND before OR), so that later stages can still check the names in it.
    groups: list[list[Condition]] = [[operands[0]]]
    for token, operand in zip(operators, operands[1:], strict=True):
        if token.lower == "and":
            groups[-1].append(operand)
        else:
            groups.append([operand])
    return Or(tuple(_all_of(group) for group in groups), cursor.since(start))


def _all_of(operands: list[Condition]) -> Condition:
    if len(operands) == 1:
        return operands[0]
    return And(tuple(operands), operands[0].span.to(operands[-1].span))


def _missing_joint(cursor: Cursor, operators: list[Token]) -> Token | None:
    """Report that another condition follows without AND or OR; it is read as if the joint before it stood there."""
    comma = cursor.token.text == ","
    name, following = cursor.peek(int(comma)), cursor.peek(1 + int(comma))
    if name.kind is not Kind.NAME or name.lower in RESERVED | TEXT_ENDS or begins_something_else(cursor):
        return None
    if comma and cursor.formulas:
        return None
    if not is_operator(following) and following.text != ".":
        return None
    before = cursor.token if comma else cursor.last
    if comma:
        cursor.dropped.append(cursor.index)
        cursor.take()
    cursor.report(foreign_errors.missing_joint(name, before, comma=comma))
    word = operators[-1].text if operators else "AND"
    return Token(Kind.NAME, word, name.start, name.start, name.first)


def _operand(cursor: Cursor, dialect: Dialect, before: Condition | None = None) -> Condition:
    """Parse one condition between joints; `before` is the one before it."""
    _pass_joints(cursor)
    token = cursor.token
    if token.is_word("not") and not is_operator(cursor.peek()):
        return _not(cursor, dialect)
    if token.text == "!" and cursor.peek().text != "=":
        fix = Fix("write `NOT`", (Edit(token.span, "NOT "),))
        cursor.report(condition_errors.foreign_operator(token.span, "!", "`NOT`", fix))
        return _not(cursor, dialect)
    cursor.offer("`NOT`", *(("a definition",) if dialect is Dialect.SPEC else ()))
    if cursor.at_sign("("):
        opening = cursor.take()
        inner = condition(cursor, dialect)
        close(cursor, opening)
        return Paren(inner, cursor.since(token.start))
    if at_formula(cursor):
        return formula(cursor, lambda c: condition(c, dialect))
    if isinstance(before, Comparison) and (is_operator(token) or token.kind in (Kind.STRING, Kind.TEXT, Kind.CURLY)):
        return _half(cursor, dialect, before)
    if cursor.at_kind(Kind.NAME, "a field") and token.lower not in _JOINTS:
        return comparison(cursor, dialect, condition)
    if token.kind is Kind.UNCLOSED:
        raise cursor.fail()
    if token.kind in _VALUES:
        if token.kind is Kind.NUMBER and (cursor.peek().lower in _JOINTS or before is not None):
            raise SyntaxFail(foreign_errors.filter_logic(token))
        if is_operator(cursor.peek()):
            return _value_first(cursor)
    raise SyntaxFail(condition_errors.missing_condition(token, cursor.last if cursor.index else None))


def _pass_joints(cursor: Cursor) -> None:
    """Report and leave out AND and OR with nothing before them; one with nothing behind it is reported elsewhere."""
    while cursor.index and cursor.token.kind is Kind.NAME and cursor.token.lower in _JOINTS:
        following = cursor.peek()
        if following.text == "(" or following.kind not in (Kind.NAME, Kind.PUNCTUATION) or following.text in ("}", ")"):
            return
        cursor.report(foreign_errors.doubled_joint(cursor.token))
        cursor.dropped.append(cursor.index)
        cursor.take()


def _not(cursor: Cursor, dialect: Dialect) -> Condition:
    start = cursor.take().start
    doubled = cursor.token.is_word("not")
    cursor.depth += 1
    if cursor.depth > DEEPEST:
        raise SyntaxFail(condition_errors.too_deep(cursor.token.span))
    inner = _operand(cursor, dialect)
    cursor.depth -= 1
    if doubled:
        cursor.report(condition_errors.bare_not(inner.span))
    return Not(inner, cursor.since(start))


def _half(cursor: Cursor, dialect: Dialect, before: Comparison) -> Condition:
    """`Type = 'A' OR 'B'`, `ARR__c > 5 AND < 10`: what is missing is that of the comparison before."""
    token = cursor.token
    left = cursor.text[before.left.span.start : before.left.span.end]
    if is_operator(token):
        cursor.report(foreign_errors.missing_left(token, left, None))
        return compared(cursor, dialect, condition, before.left, token.start)
    if before.operator not in ("=", "!=", "LIKE"):
        raise SyntaxFail(condition_errors.missing_condition(token, cursor.last))
    cursor.report(foreign_errors.missing_left(token, left, before.operator))
    value = parse_value(cursor, pattern=before.operator == "LIKE")
    return Comparison(before.left, before.operator, value, cursor.since(token.start))


def _value_first(cursor: Cursor) -> Condition:
    """`5 < ARR__c`, `0 < ARR__c < 10`."""
    start = cursor.token.start
    low = parse_value(cursor)
    found = sign(cursor)
    if found is None:
        raise SyntaxFail(condition_errors.missing_condition(cursor.token, cursor.last))
    left = field_path(cursor)
    name, value = (cursor.text[side.span.start : side.span.end] for side in (left, low))
    first = f"{name} {_TURNED[found[0]]} {value}"
    parts = [Comparison(left, _TURNED[found[0]], low, cursor.since(start))]
    meant = first
    if second := sign(cursor):
        high = parse_value(cursor)
        meant = f"({first} AND {name} {second[0]} {cursor.text[high.span.start : high.span.end]})"
        parts.append(Comparison(left, second[0], high, cursor.since(start)))
    span = cursor.since(start)
    cursor.report(foreign_errors.value_first(span, meant))
    return parts[0] if len(parts) == 1 else Paren(And(tuple(parts), span), span)
