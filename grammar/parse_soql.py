"""Conditions of SOQL, as they stand behind WHERE: text to tree."""

from __future__ import annotations

from enum import Enum

from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.diagnostics import Edit, Fix
from grammar.parse_value import parse_value
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    FieldPath,
    FunctionCall,
    Not,
    NullValue,
    Operand,
    Operator,
    Or,
    Paren,
    SubSelect,
    Use,
    Value,
    ValueList,
)
from grammar.source import Span
from grammar.tokens import Kind, Token

_DEEPEST = 100
_SIGNS: dict[str, Operator] = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_WORDS: dict[str, Operator] = {"like": "LIKE", "in": "IN", "includes": "INCLUDES", "excludes": "EXCLUDES"}


class Dialect(Enum):
    """What the text around a condition allows: in a spec a bare name is a definition, and aliases are refused."""

    SPEC = "spec"
    SOQL = "soql"


def condition(cursor: Cursor, dialect: Dialect) -> Condition:
    """Parse a condition at the cursor; stops at the first token that cannot belong to it. Raises SyntaxFail."""
    cursor.depth += 1
    if cursor.depth > _DEEPEST:
        raise SyntaxFail(errors.too_deep(cursor.token.span))
    start = cursor.token.start
    operands = [_operand(cursor, dialect)]
    operators: list[Token] = []
    while True:
        if cursor.at_word("and", "or"):
            operators.append(cursor.take())
        elif written := _foreign_joint(cursor):
            operators.append(written)
        else:
            break
        operands.append(_operand(cursor, dialect))
    cursor.depth -= 1
    return _joined(cursor, start, operands, operators)


def _foreign_joint(cursor: Cursor) -> Token | None:
    """`&&` and `||`, which stand for AND and OR elsewhere."""
    here, then = cursor.token, cursor.peek()
    if here.kind is not Kind.BAD or here.text not in "&|" or then.text != here.text or then.start != here.end:
        return None
    word = "AND" if here.text == "&" else "OR"
    span = Span(here.start, then.end)
    fix = Fix(f"write `{word}`", (Edit(span, word),))
    cursor.report(errors.foreign_operator(span, here.text * 2, f"`{word}`", fix))
    cursor.take()
    cursor.take()
    return Token(Kind.NAME, word, span.start, span.end, here.first)


def _joined(cursor: Cursor, start: int, operands: list[Condition], operators: list[Token]) -> Condition:
    if not operators:
        return operands[0]
    for operand in operands:
        if isinstance(operand, Not):
            token = next(t for t in cursor.tokens if t.start == operand.span.start)
            cursor.report(errors.bare_not(token, operand.span))
    first = operators[0]
    other = next((n for n, token in enumerate(operators) if token.lower != first.lower), None)
    if other is None:
        span = cursor.since(start)
        return And(tuple(operands), span) if first.lower == "and" else Or(tuple(operands), span)
    group = operands[0].span.to(operands[other].span)
    cursor.report(errors.mixed_and_or(operators[other], first, group))
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


def _operand(cursor: Cursor, dialect: Dialect) -> Condition:
    token = cursor.token
    if token.is_word("not") and not _is_operator(cursor.peek()):
        cursor.take()
        if cursor.token.is_word("not"):
            cursor.depth += 1
            if cursor.depth > _DEEPEST:
                raise SyntaxFail(errors.too_deep(cursor.token.span))
            inner_token = cursor.token
            inner = _operand(cursor, dialect)
            cursor.depth -= 1
            cursor.report(errors.bare_not(inner_token, inner.span))
            return Not(inner, cursor.since(token.start))
        return Not(_operand(cursor, dialect), cursor.since(token.start))
    if cursor.at_sign("("):
        opening = cursor.take()
        inner = condition(cursor, dialect)
        close(cursor, opening)
        return Paren(inner, cursor.since(token.start))
    if cursor.at_kind(Kind.NAME, "a field") and not _is_joint(token):
        return _comparison(cursor, dialect)
    if token.kind in (Kind.END, Kind.PUNCTUATION, Kind.NAME):
        raise SyntaxFail(errors.missing_condition(token))
    raise cursor.fail()


def _is_joint(token: Token) -> bool:
    return token.lower in ("and", "or")


def close(cursor: Cursor, opening: Token) -> Token:
    """Take the `)` that belongs to `opening`, or fail, naming both ends."""
    if cursor.at_sign(")"):
        return cursor.take()
    if cursor.token.kind in (Kind.NAME, Kind.END) or cursor.token.text in "{}":
        raise SyntaxFail(errors.unclosed_parenthesis(opening, cursor.token))
    raise cursor.fail()


def _is_operator(token: Token) -> bool:
    return token.text in _SIGNS or token.lower in _WORDS


def _comparison(cursor: Cursor, dialect: Dialect) -> Condition:
    start = cursor.token.start
    left = operand_path(cursor)
    at = cursor.token
    if dialect == Dialect.SPEC and isinstance(left, FieldPath) and len(left.names) == 1 and _ends_condition(cursor):
        return Use(left.names[0], left.span)
    negated = False
    if at.is_word("not"):
        cursor.take()
        negated = True
    token = cursor.token
    if token.kind is Kind.PUNCTUATION and token.text in _SIGNS and not negated:
        cursor.take()
        operator = _SIGNS[token.text]
        _refuse_doubled_equals(cursor, token)
        return Comparison(left, operator, parse_value(cursor), cursor.since(start))
    if token.kind is Kind.NAME and token.lower in _WORDS:
        cursor.take()
        operator = _WORDS[token.lower]
        if operator == "LIKE":
            right = parse_value(cursor)
            whole = cursor.since(start)
            if negated:
                text = f"(NOT {cursor.text[left.span.start : left.span.end]} LIKE {cursor.text[right.span.start : right.span.end]})"
                fix = Fix("write it with NOT in front", (Edit(whole, text),))
                cursor.report(errors.foreign_operator(Span(at.start, token.end), "NOT LIKE", f"`{text}`", fix))
                return Paren(Not(Comparison(left, "LIKE", right, whole), whole), whole)
            return Comparison(left, operator, right, whole)
        if negated and operator != "IN":
            other = "EXCLUDES" if operator == "INCLUDES" else "INCLUDES"
            fix = Fix(f"write `{other}`", (Edit(Span(at.start, token.end), other),))
            cursor.report(errors.foreign_operator(Span(at.start, token.end), f"NOT {operator}", f"`{other}`", fix))
            operator = "EXCLUDES" if operator == "INCLUDES" else "INCLUDES"
        elif negated:
            operator = "NOT IN"
        return Comparison(left, operator, _list(cursor, operator, dialect), cursor.since(start))
    if foreign := _foreign_test(cursor, left, start):
        return foreign
    cursor.tried += ("`=`", "`!=`", "`<`", "`>`", "`LIKE`", "`IN`", "`NOT IN`")
    raise cursor.fail()


def _ends_condition(cursor: Cursor) -> bool:
    """Whether the current token can follow a complete condition rather than a field."""
    token = cursor.token
    if token.kind is Kind.END or token.text in ("{", "}", ")"):
        return True
    if token.kind is not Kind.NAME or _is_operator(token):
        return False
    return token.lower not in ("not", "is", "between")


def _refuse_doubled_equals(cursor: Cursor, sign: Token) -> None:
    following = cursor.token
    if sign.text == "=" and following.text == "=" and following.start == sign.end:
        cursor.take()
        span = Span(sign.start, following.end)
        cursor.report(errors.foreign_operator(span, "==", "`=`", Fix("write `=`", (Edit(span, "="),))))


def _foreign_test(cursor: Cursor, left: FieldPath | FunctionCall, start: int) -> Condition | None:
    """`IS NULL`, `IS NOT NULL` and `BETWEEN`, which SQL has and SOQL has not."""
    token = cursor.token
    if token.is_word("is"):
        cursor.take()
        operator: Operator = "!=" if cursor.accept_word("not") else "="
        null = cursor.expect_word("null")
        span = Span(token.start, null.end)
        written = "IS NOT NULL" if operator == "!=" else "IS NULL"
        fix = Fix(f"write `{operator} null`", (Edit(span, f"{operator} null"),))
        cursor.report(errors.foreign_operator(span, written, f"`{operator} null`", fix))
        return Comparison(left, operator, NullValue(null.span), cursor.since(start))
    if token.is_word("between"):
        cursor.take()
        low = parse_value(cursor)
        cursor.expect_word("and")
        high = parse_value(cursor)
        whole = cursor.since(start)
        name = cursor.text[left.span.start : left.span.end]
        values = [cursor.text[v.span.start : v.span.end] for v in (low, high)]
        text = f"({name} >= {values[0]} AND {name} <= {values[1]})"
        fix = Fix("write two comparisons", (Edit(whole, text),))
        cursor.report(errors.foreign_operator(token.span, "BETWEEN", f"`{text}`", fix))
        both = And((Comparison(left, ">=", low, whole), Comparison(left, "<=", high, whole)), whole)
        return Paren(both, whole)
    return None


def field_path(cursor: Cursor, words: str = "a field") -> FieldPath:
    """Parse `Name` or `Account.Owner.Name`."""
    first = cursor.expect_kind(Kind.NAME, words)
    names = [first.text]
    while cursor.token.text == "." and cursor.token.kind is Kind.PUNCTUATION:
        cursor.take()
        names.append(cursor.expect_kind(Kind.NAME, "a field").text)
    return FieldPath(tuple(names), cursor.since(first.start))


def operand_path(cursor: Cursor) -> FieldPath | FunctionCall:
    """Parse a field path, or a function with what stands in its parentheses."""
    if cursor.token.kind is Kind.NAME and cursor.peek().text == "(":
        name = cursor.take()
        opening = cursor.take()
        args: list[Operand] = []
        cursor.depth += 1
        if cursor.depth > _DEEPEST:
            raise SyntaxFail(errors.too_deep(name.span))
        while not cursor.at_sign(")"):
            if args and not cursor.accept_sign(","):
                break
            args.append(_argument(cursor))
        cursor.depth -= 1
        close(cursor, opening)
        return FunctionCall(name.text, tuple(args), cursor.since(name.start))
    return field_path(cursor)


def _argument(cursor: Cursor) -> Operand:
    return operand_path(cursor) if cursor.at_kind(Kind.NAME, "a field") else parse_value(cursor)


def _list(cursor: Cursor, operator: Operator, dialect: Dialect) -> ValueList | SubSelect:
    start = cursor.token.start
    if cursor.token.text == ":" and cursor.peek().kind is Kind.NAME:
        bind = parse_value(cursor)
        return ValueList((bind,), cursor.since(start))
    opening = cursor.expect_sign("(")
    if operator in ("IN", "NOT IN") and cursor.token.is_word("select"):
        return _sub_select(cursor, opening, dialect)
    if cursor.at_sign(")"):
        cursor.take()
        cursor.report(errors.empty_list(cursor.since(start)))
        return ValueList((), cursor.since(start))
    items: list[Value] = [parse_value(cursor)]
    while True:
        if cursor.accept_sign(","):
            items.append(parse_value(cursor))
        elif cursor.token.kind in (Kind.STRING, Kind.NUMBER, Kind.DATE, Kind.DATETIME):
            cursor.report(errors.missing_comma(cursor.token, cursor.last.span))
            items.append(parse_value(cursor))
        else:
            break
    close(cursor, opening)
    return ValueList(tuple(items), cursor.since(start))


def _sub_select(cursor: Cursor, opening: Token, dialect: Dialect) -> SubSelect:
    cursor.expect_word("select")
    field = field_path(cursor)
    cursor.expect_word("from")
    name = cursor.expect_kind(Kind.NAME, "an object")
    token, alias = cursor.token, None
    if token.kind is Kind.NAME and token.lower not in ("where", "order", "limit", "offset", "group", "for"):
        if dialect == Dialect.SPEC:
            cursor.report(errors.subselect_alias(token.span, token.text))
        alias = cursor.take().text
    inner = condition(cursor, dialect) if cursor.accept_word("where") else None
    if cursor.at_word("order", "limit", "offset", "group", "for"):
        raise cursor.fail("a sub-select in a condition has no ORDER BY, LIMIT, OFFSET or GROUP BY: leave it out")
    close(cursor, opening)
    return SubSelect(field, name.text, inner, cursor.since(opening.start), name.span, alias)
