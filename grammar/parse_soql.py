"""Conditions of SOQL, as they stand behind WHERE: text to tree."""

from __future__ import annotations

from enum import Enum

from grammar import condition_errors, query_errors
from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.diagnostics import Edit, Fix
from grammar.parse_apex import apex_variable, at_variable
from grammar.parse_value import parse_value, refuse_thousands
from grammar.pasted_query import pass_query_head, pass_query_tail
from grammar.soql_functions import NAMES, wrong_arguments
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
from grammar.statement_starts import begins_statement
from grammar.tokens import Kind, Token

_DEEPEST = 100
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "INCLUDES", "EXCLUDES")
_OPERATOR_WORDS = tuple(f"`{operator}`" for operator in _OPERATORS)
_SUBSELECT_TAILS = ("order", "limit", "offset", "group", "for")
_SIGNS: dict[str, Operator] = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
# Words that name no field, object or alias (SOQL and SOSL Reference, "Alias Notation", and Salesforce's own grammar).
RESERVED = frozenset(
    {"select", "from", "using", "where", "with", "having", "limit", "for", "update", "by", "asc", "desc", "nulls"}
    | {"first", "last", "and", "or", "not", "in", "like", "includes", "excludes", "null", "true", "false"}
)
_WORDS: dict[str, Operator] = {"like": "LIKE", "in": "IN", "includes": "INCLUDES", "excludes": "EXCLUDES"}


class Dialect(Enum):
    """What the text around a condition allows: in a spec a bare name is a definition, and aliases are refused."""

    SPEC = "spec"
    SOQL = "soql"


def condition(cursor: Cursor, dialect: Dialect) -> Condition:
    """Parse a condition at the cursor; stops at the first token that cannot belong to it. Raises SyntaxFail."""
    cursor.depth += 1
    if cursor.depth > _DEEPEST:
        raise SyntaxFail(condition_errors.too_deep(cursor.token.span))
    outermost = cursor.depth == 1
    head = pass_query_head(cursor) if outermost else None
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


def _operand(cursor: Cursor, dialect: Dialect) -> Condition:
    token = cursor.token
    if token.is_word("not") and not _is_operator(cursor.peek()):
        cursor.take()
        if cursor.token.is_word("not"):
            cursor.depth += 1
            if cursor.depth > _DEEPEST:
                raise SyntaxFail(condition_errors.too_deep(cursor.token.span))
            inner = _operand(cursor, dialect)
            cursor.depth -= 1
            cursor.report(condition_errors.bare_not(inner.span))
            return Not(inner, cursor.since(token.start))
        return Not(_operand(cursor, dialect), cursor.since(token.start))
    cursor.offer("`NOT`", *(("a definition",) if dialect is Dialect.SPEC else ()))
    if cursor.at_sign("("):
        opening = cursor.take()
        inner = condition(cursor, dialect)
        close(cursor, opening)
        return Paren(inner, cursor.since(token.start))
    if cursor.at_kind(Kind.NAME, "a field") and not _is_joint(token):
        return _comparison(cursor, dialect)
    if token.kind is Kind.UNCLOSED:
        raise cursor.fail()
    raise SyntaxFail(condition_errors.missing_condition(token, cursor.last if cursor.index else None))


def _is_joint(token: Token) -> bool:
    return token.lower in ("and", "or")


def close(cursor: Cursor, opening: Token) -> Token:
    """Take the `)` that belongs to `opening`, or fail, naming both ends."""
    if cursor.at_sign(")"):
        return cursor.take()
    token = cursor.token
    if token.kind is Kind.END or token.text in ("{", "}"):
        # Nothing can follow that belongs inside, so the rest is read as if the sign stood here.
        cursor.note_expected()
        cursor.report(errors.unclosed_parenthesis(opening, token, cursor.last.end))
        return cursor.last
    if token.kind is Kind.NAME:
        raise SyntaxFail(errors.unclosed_parenthesis(opening, token, cursor.last.end))
    raise cursor.fail()


def _is_operator(token: Token) -> bool:
    return token.text in _SIGNS or token.lower in _WORDS


def _comparison(cursor: Cursor, dialect: Dialect) -> Condition:
    start = cursor.token.start
    # A spec may be tested on fields with such names, and what follows leaves no doubt.
    named = dialect == Dialect.SPEC and (_is_operator(cursor.peek()) or cursor.peek().text == ".")
    left = field_path(cursor) if named else operand_path(cursor)
    at = cursor.token
    if dialect == Dialect.SPEC and isinstance(left, FieldPath) and len(left.names) == 1 and _ends_condition(cursor):
        cursor.offer(*_OPERATOR_WORDS)
        return Use(left.names[0], left.span)
    negated = False
    if at.is_word("not"):
        cursor.take()
        negated = True
    token = cursor.token
    cursor.offer(*_OPERATOR_WORDS)
    if token.kind is Kind.PUNCTUATION and token.text in _SIGNS and not negated:
        cursor.take()
        operator = _SIGNS[token.text]
        _refuse_doubled_equals(cursor, token)
        value = parse_value(cursor)
        refuse_thousands(cursor, value)
        return Comparison(left, operator, value, cursor.since(start), token.span)
    if token.kind is Kind.NAME and token.lower in _WORDS:
        cursor.take()
        operator = _WORDS[token.lower]
        if operator == "LIKE":
            right = parse_value(cursor, pattern=True)
            whole = cursor.since(start)
            if negated:
                name, pattern = (cursor.text[side.span.start : side.span.end] for side in (left, right))
                text = f"(NOT {name} LIKE {pattern})"
                fix = Fix("write it with NOT in front", (Edit(whole, text),))
                cursor.report(
                    condition_errors.foreign_operator(Span(at.start, token.end), "NOT LIKE", f"`{text}`", fix)
                )
                return Paren(Not(Comparison(left, "LIKE", right, whole), whole), whole)
            return Comparison(left, operator, right, whole, token.span)
        if negated and operator != "IN":
            other = "EXCLUDES" if operator == "INCLUDES" else "INCLUDES"
            fix = Fix(f"write `{other}`", (Edit(Span(at.start, token.end), other),))
            cursor.report(
                condition_errors.foreign_operator(Span(at.start, token.end), f"NOT {operator}", f"`{other}`", fix)
            )
            operator = "EXCLUDES" if operator == "INCLUDES" else "INCLUDES"
        elif negated:
            operator = "NOT IN"
        written = Span(at.start, token.end)
        return Comparison(left, operator, _list(cursor, operator, dialect), cursor.since(start), written)
    if foreign := _foreign_test(cursor, left, start):
        return foreign
    name = cursor.text[left.span.start : left.span.end]
    cursor.tried = ["`=`", "`!=`", "`<`", "`>`", "`LIKE`", "`IN`", "`NOT IN`"]
    raise cursor.fail(f"a condition compares with a value, like `{name} = 'Customer'` or `{name} != null`")


def _ends_condition(cursor: Cursor) -> bool:
    """Whether the current token can follow a complete condition rather than a field."""
    token = cursor.token
    if token.kind is Kind.END or token.text in ("{", "}", ")"):
        return True
    if token.kind is Kind.TEXT:
        # The next owner kind, in quotes of its own.
        return cursor.peek().is_word("from")
    if token.kind is not Kind.NAME or _is_operator(token):
        return False
    return token.lower not in ("not", "is", "between")


def _refuse_doubled_equals(cursor: Cursor, sign: Token) -> None:
    following = cursor.token
    if sign.text == "=" and following.text == "=" and following.start == sign.end:
        cursor.take()
        span = Span(sign.start, following.end)
        cursor.report(condition_errors.foreign_operator(span, "==", "`=`", Fix("write `=`", (Edit(span, "="),))))


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
        cursor.report(condition_errors.foreign_operator(span, written, f"`{operator} null`", fix))
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
        cursor.report(condition_errors.foreign_operator(token.span, "BETWEEN", f"`{text}`", fix))
        both = And((Comparison(left, ">=", low, whole), Comparison(left, "<=", high, whole)), whole)
        return Paren(both, whole)
    return None


def field_path(cursor: Cursor, words: str = "a field") -> FieldPath:
    """Parse `Name` or `Account.Owner.Name`."""
    in_block = cursor.begins_item is not None
    # In a block, a text in double quotes behind a name may be the next owner kind.
    if cursor.in_spec and begins_statement(cursor) and not (in_block and cursor.peek().kind is Kind.TEXT):
        cursor.tried.append(words)
        raise cursor.fail()
    first = cursor.expect_kind(Kind.NAME, words)
    names = [first.text]
    while cursor.token.text == "." and cursor.token.kind is Kind.PUNCTUATION:
        cursor.take()
        names.append(cursor.expect_kind(Kind.NAME, "a field").text)
    return FieldPath(tuple(names), cursor.since(first.start))


def operand_path(cursor: Cursor, *, inside: str = "", count_rows: bool = False) -> FieldPath | FunctionCall:
    """Parse a field path, or a function with what stands in its parentheses.

    `inside` is the function, in capitals, whose argument this is; `count_rows` says that COUNT() may stand here.
    """
    if cursor.token.kind is Kind.NAME and cursor.peek().text == "(":
        name = cursor.take()
        reported = len(cursor.diagnostics)
        opening = cursor.take()
        args: list[Operand] = []
        cursor.depth += 1
        if cursor.depth > _DEEPEST:
            raise SyntaxFail(condition_errors.too_deep(name.span))
        while not cursor.at_sign(")"):
            if args and not cursor.accept_sign(","):
                break
            args.append(_argument(cursor, name.text.upper()))
        cursor.depth -= 1
        close(cursor, opening)
        call = FunctionCall(name.text, tuple(args), cursor.since(name.start))
        if len(cursor.diagnostics) == reported:
            _check_call(cursor, call, name, inside, count_rows=count_rows)
        return call
    if cursor.token.lower in RESERVED:
        cursor.tried.append("a field")
        raise cursor.fail()
    return field_path(cursor)


def _argument(cursor: Cursor, function: str) -> Operand:
    if cursor.at_kind(Kind.NAME, "a field") and cursor.token.lower not in ("null", "true", "false"):
        return operand_path(cursor, inside=function)
    return parse_value(cursor)


def _check_call(cursor: Cursor, call: FunctionCall, name: Token, inside: str, *, count_rows: bool) -> None:
    function = name.text.upper()
    if function not in NAMES:
        cursor.report(query_errors.unknown_function(name))
    elif wants := wrong_arguments(function, call.args):
        cursor.report(query_errors.function_arguments(name.text, wants, call.span))
    elif function == "GEOLOCATION" and inside != "DISTANCE":
        cursor.report(query_errors.geolocation_alone(call.span))
    elif function == "COUNT" and not call.args and not count_rows:
        cursor.report(query_errors.count_alone(call.span, "counts rows and can only stand alone behind SELECT"))


def _list(cursor: Cursor, operator: Operator, dialect: Dialect) -> ValueList | SubSelect:
    start = cursor.token.start
    if at_variable(cursor):
        return ValueList((apex_variable(cursor),), cursor.since(start))
    opening = cursor.expect_sign("(")
    if operator in ("IN", "NOT IN") and cursor.token.is_word("select"):
        return _sub_select(cursor, opening, dialect)
    if cursor.at_sign(")"):
        cursor.take()
        cursor.report(condition_errors.empty_list(cursor.since(start)))
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
    name = source_path(cursor)
    token, alias = cursor.token, None
    if token.kind is Kind.NAME and not begins_clause(cursor):
        if dialect == Dialect.SPEC:
            cursor.report(condition_errors.subselect_alias(token.span, token.text))
        alias = cursor.take().text
    inner = condition(cursor, dialect) if cursor.accept_word("where") else None
    if cursor.token.kind is Kind.NAME and cursor.token.lower in _SUBSELECT_TAILS:
        raise cursor.fail("a sub-select in a condition has no ORDER BY, LIMIT, OFFSET or GROUP BY: leave it out")
    close(cursor, opening)
    return SubSelect(field, name.text, inner, cursor.since(opening.start), name.span, alias)


def source_path(cursor: Cursor) -> FieldPath:
    """What stands behind FROM: an object, or a relationship as in `Account.Contacts`."""
    if cursor.token.lower in RESERVED:
        cursor.tried.append("an object")
        raise cursor.fail()
    return field_path(cursor, "an object")


def begins_clause(cursor: Cursor) -> bool:
    """Whether a clause follows rather than an alias, which may be called `offset`, `order` or `all`."""
    word, following = cursor.token.lower, cursor.peek()
    match word:
        case "offset":
            return following.kind is Kind.NUMBER or following.text in (":", "-")
        case "order":
            return following.kind is Kind.NAME and not following.is_word("order")
        case "all":
            return following.is_word("rows")
        case _:
            return word == "group" or word in RESERVED
