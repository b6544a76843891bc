"""One comparison of a condition: a field or function, an operator, a value, a list or a sub-select."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from grammar import condition_errors, foreign_errors
from grammar import syntax_errors as errors
from grammar.cursor import Cursor
from grammar.diagnostics import Edit, Fix
from grammar.foreign_values import TEXT_ENDS, refuse_thousands
from grammar.parse_apex import apex_variable, at_variable
from grammar.parse_operator import (
    OPERATORS,
    WORDS,
    Phrase,
    is_operator,
    may_be_operator,
    may_be_phrase,
    phrase,
    sign,
)
from grammar.parse_path import RESERVED, begins_clause, close, field_path, operand_path, source_path
from grammar.parse_value import parse_value
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    FieldPath,
    FunctionCall,
    Not,
    NullValue,
    Operator,
    Or,
    Paren,
    StringValue,
    SubSelect,
    Use,
    Value,
    ValueList,
)
from grammar.source import Span
from grammar.tokens import Kind, Token

_OPERATOR_WORDS = tuple(f"`{operator}`" for operator in OPERATORS)
_SUBSELECT_TAILS = ("order", "limit", "offset", "group", "for")
_ENDS = frozenset({"}", "{", ")"})


class Dialect(Enum):
    """What the text around a condition allows: in a spec a bare name is a definition, and aliases are refused."""

    SPEC = "spec"
    SOQL = "soql"


Inner = Callable[[Cursor, Dialect], Condition]


def comparison(cursor: Cursor, dialect: Dialect, inner: Inner) -> Condition:
    """Parse a comparison, or in a spec the name of a definition; `inner` parses the condition of a sub-select."""
    start = cursor.token.start
    # A spec may be tested on fields with such names, and what follows leaves no doubt.
    named = dialect == Dialect.SPEC and (is_operator(cursor.peek()) or cursor.peek().text == ".")
    if dialect == Dialect.SPEC and (words := _label(cursor)):
        return compared(cursor, dialect, inner, words, start)
    left = field_path(cursor) if named else operand_path(cursor)
    if dialect == Dialect.SPEC and isinstance(left, FieldPath) and len(left.names) == 1 and _ends_condition(cursor):
        cursor.offer(*_OPERATOR_WORDS)
        return Use(left.names[0], left.span)
    cursor.offer(*_OPERATOR_WORDS)
    return compared(cursor, dialect, inner, left, start)


def _label(cursor: Cursor) -> FieldPath | None:
    """`Annual Revenue` before an operator: the label of a field, taken as its name, so that a check can find it."""
    if cursor.token.lower in cursor.defined:
        return None
    size = 1
    while (word := cursor.peek(size)).kind is Kind.NAME and not word.first and word.lower not in RESERVED | TEXT_ENDS:
        size += 1
    if size == 1 or may_be_phrase(cursor) or not is_operator(word):
        return None
    first = cursor.token
    for _ in range(size):
        cursor.take()
    span = cursor.since(first.start)
    return FieldPath((cursor.text[span.start : span.end],), span)


def compared(cursor: Cursor, dialect: Dialect, inner: Inner, left: FieldPath | FunctionCall, start: int) -> Condition:
    """Parse what follows the left side of a comparison that begins at `start`. Raises SyntaxFail."""
    at = cursor.token
    if found := sign(cursor):
        return _with_sign(cursor, left, found, start)
    negated = at.is_word("not") and cursor.peek().lower in WORDS
    word = cursor.peek(int(negated))
    if word.kind is Kind.NAME and word.lower in WORDS:
        for _ in range(1 + int(negated)):
            cursor.take()
        return _with_word(cursor, dialect, inner, left, Span(at.start, word.end), word, negated=negated, start=start)
    if words := phrase(cursor):
        return _with_phrase(cursor, left, words, start)
    if foreign := _foreign_test(cursor, left, start):
        return foreign
    name = cursor.text[left.span.start : left.span.end]
    cursor.tried = ["`=`", "`!=`", "`<`", "`>`", "`LIKE`", "`IN`", "`NOT IN`"]
    raise cursor.fail(f"a condition compares with a value, like `{name} = 'Customer'` or `{name} != null`")


def _with_sign(cursor: Cursor, left: FieldPath | FunctionCall, found: tuple[Operator, Span], start: int) -> Condition:
    operator, written = found
    opening = cursor.token
    if operator in ("=", "!=") and opening.text == "(" and cursor.peek().kind is not Kind.PUNCTUATION:
        listed = _items(cursor, cursor.take())
        instead: Operator = "IN" if operator == "=" else "NOT IN"
        fix = Fix(f"write `{instead}`", (Edit(written, instead),))
        text = cursor.text[written.start : written.end]
        cursor.report(foreign_errors.list_with_sign(written, text, instead, fix))
        return Comparison(left, instead, listed, cursor.since(start), written)
    value = parse_value(cursor)
    refuse_thousands(cursor, value)
    if operator in ("=", "!=") and cursor.token.text == "," and isinstance(value, StringValue):
        return _bare_list(cursor, left, found, value, start)
    return Comparison(left, operator, value, cursor.since(start), written)


def _bare_list(
    cursor: Cursor,
    left: FieldPath | FunctionCall,
    found: tuple[Operator, Span],
    first: StringValue,
    start: int,
) -> Condition:
    """`Type = 'A', 'B'`, as a report writes several values."""
    operator, written = found
    items: list[Value] = [first]
    while cursor.token.text == "," and cursor.peek().kind in (Kind.STRING, Kind.TEXT, Kind.CURLY):
        cursor.take()
        items.append(parse_value(cursor))
    whole = cursor.since(start)
    if len(items) == 1:
        return Comparison(left, operator, first, whole, written)
    instead: Operator = "IN" if operator == "=" else "NOT IN"
    edits = (
        Edit(written, instead),
        Edit(Span(first.span.start, first.span.start), "("),
        Edit(Span(whole.end, whole.end), ")"),
    )
    text = cursor.text[written.start : written.end]
    cursor.report(foreign_errors.list_with_sign(written, text, instead, Fix("write a list", edits)))
    return Comparison(left, instead, ValueList(tuple(items), Span(first.span.start, whole.end)), whole, written)


def _with_word(
    cursor: Cursor,
    dialect: Dialect,
    inner: Inner,
    left: FieldPath | FunctionCall,
    written: Span,
    word: Token,
    *,
    negated: bool,
    start: int,
) -> Condition:
    operator = WORDS[word.lower]
    if operator == "LIKE":
        if cursor.token.text == "(":
            return _like_list(cursor, left, start, negated=negated)
        right = parse_value(cursor, pattern=True)
        whole = cursor.since(start)
        if not negated:
            return Comparison(left, operator, right, whole, written)
        name, pattern = (cursor.text[side.span.start : side.span.end] for side in (left, right))
        text = f"(NOT {name} LIKE {pattern})"
        fix = Fix("write it with NOT in front", (Edit(whole, text),))
        cursor.report(condition_errors.foreign_operator(written, "NOT LIKE", f"`{text}`", fix))
        return Paren(Not(Comparison(left, "LIKE", right, whole), whole), whole)
    if negated and operator != "IN":
        other: Operator = "EXCLUDES" if operator == "INCLUDES" else "INCLUDES"
        fix = Fix(f"write `{other}`", (Edit(written, other),))
        cursor.report(condition_errors.foreign_operator(written, f"NOT {operator}", f"`{other}`", fix))
        operator = other
    elif negated:
        operator = "NOT IN"
    return Comparison(left, operator, _list(cursor, operator, dialect, inner), cursor.since(start), written)


def _like_list(cursor: Cursor, left: FieldPath | FunctionCall, start: int, *, negated: bool) -> Condition:
    """`Name LIKE ('A%', 'B%')`."""
    listed = _items(cursor, cursor.take())
    whole = cursor.since(start)
    name = cursor.text[left.span.start : left.span.end]
    joint = " AND " if negated else " OR "
    likes = [f"{name} LIKE {cursor.text[v.span.start : v.span.end]}" for v in listed.items]
    text = f"({joint.join(f'(NOT {like})' if negated else like for like in likes)})"
    cursor.report(foreign_errors.like_list(listed.span, text, Fix("write them one by one", (Edit(whole, text),))))
    parts: list[Condition] = [Comparison(left, "LIKE", value, whole) for value in listed.items]
    if negated:
        return Paren(And(tuple(Paren(Not(part, whole), whole) for part in parts), whole), whole)
    return Paren(Or(tuple(parts), whole), whole)


def _with_phrase(cursor: Cursor, left: FieldPath | FunctionCall, words: tuple[Phrase, Span], start: int) -> Condition:
    """`Name contains 'Acme'`: the operator as a report calls it."""
    found, written = words
    text = cursor.text[written.start : written.end]
    if found.operator != "LIKE":
        fix = Fix(f"write `{found.operator}`", (Edit(written, found.operator),))
        cursor.report(condition_errors.foreign_operator(written, text, f"`{found.operator}`", fix))
        return _with_sign(cursor, left, (found.operator, written), start)
    said = len(cursor.diagnostics)
    value = parse_value(cursor)
    whole = cursor.since(start)
    raw = value.raw if isinstance(value, StringValue) else cursor.text[value.span.start : value.span.end]
    # One fix for the whole comparison: the value's own mistakes are mended by it too.
    del cursor.diagnostics[said:]
    pattern = found.pattern.format(raw.replace("%", "\\%").replace("_", "\\_"))
    name = cursor.text[left.span.start : left.span.end]
    instead = f"(NOT {name} LIKE '{pattern}')" if found.negated else f"{name} LIKE '{pattern}'"
    cursor.report(
        condition_errors.foreign_operator(
            written, text, f"`{instead}`", Fix(f"write `{instead}`", (Edit(whole, instead),))
        )
    )
    like = Comparison(left, "LIKE", StringValue(pattern, pattern, value.span), whole, written)
    return Paren(Not(like, whole), whole) if found.negated else like


def _ends_condition(cursor: Cursor) -> bool:
    """Whether the current token can follow a complete condition rather than a field."""
    token = cursor.token
    if token.kind is Kind.END or token.text in _ENDS:
        return True
    if token.kind is Kind.TEXT:
        # The next owner kind, in quotes of its own.
        return cursor.peek().is_word("from")
    return token.kind is Kind.NAME and not may_be_operator(cursor)


def _foreign_test(cursor: Cursor, left: FieldPath | FunctionCall, start: int) -> Condition | None:
    """`IS NULL`, `IS NOT NULL`, `IS 'x'` and `BETWEEN`, which others have and SOQL has not."""
    token = cursor.token
    if token.is_word("is"):
        cursor.take()
        operator: Operator = "!=" if cursor.accept_word("not") else "="
        words = Span(token.start, cursor.last.end)
        if cursor.at_word("null", "blank", "empty"):
            null = cursor.take()
            span = Span(token.start, null.end)
            written = f"IS {'NOT ' if operator == '!=' else ''}{null.text.upper()}"
            fix = Fix(f"write `{operator} null`", (Edit(span, f"{operator} null"),))
            cursor.report(condition_errors.foreign_operator(span, written, f"`{operator} null`", fix))
            return Comparison(left, operator, NullValue(null.span), cursor.since(start))
        fix = Fix(f"write `{operator}`", (Edit(words, operator),))
        text = cursor.text[words.start : words.end].upper()
        cursor.report(condition_errors.foreign_operator(words, text, f"`{operator}`", fix))
        return _with_sign(cursor, left, (operator, words), start)
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


def _list(cursor: Cursor, operator: Operator, dialect: Dialect, inner: Inner) -> ValueList | SubSelect:
    start = cursor.token.start
    if at_variable(cursor):
        return ValueList((apex_variable(cursor),), cursor.since(start))
    if cursor.token.kind not in (Kind.PUNCTUATION, Kind.END, Kind.BAD):
        return _without_parentheses(cursor)
    if cursor.token.text == "[":
        return _in_brackets(cursor)
    opening = cursor.expect_sign("(")
    if operator in ("IN", "NOT IN") and cursor.token.is_word("select"):
        return _sub_select(cursor, opening, dialect, inner)
    return _items(cursor, opening)


def _items(cursor: Cursor, opening: Token) -> ValueList:
    """The values of a list up to its `)`; the sign that opens it is taken."""
    if cursor.at_sign(")"):
        cursor.take()
        cursor.report(condition_errors.empty_list(cursor.since(opening.start)))
        return ValueList((), cursor.since(opening.start))
    items: list[Value] = [parse_value(cursor)]
    while True:
        token = cursor.token
        if cursor.at_sign(","):
            cursor.take()
            if cursor.token.text == ")":
                cursor.report(errors.trailing_comma(token))
                break
            items.append(parse_value(cursor))
        elif token.is_word("or") or token.text == ";":
            cursor.take()
            cursor.report(foreign_errors.list_joint(token))
            items.append(parse_value(cursor))
        elif token.kind in (Kind.STRING, Kind.NUMBER, Kind.DATE, Kind.DATETIME):
            cursor.report(errors.missing_comma(token, cursor.last.span))
            items.append(parse_value(cursor))
        else:
            break
    close(cursor, opening)
    return ValueList(tuple(items), cursor.since(opening.start))


def _without_parentheses(cursor: Cursor) -> ValueList:
    """`Type IN 'A', 'B'`."""
    items = [parse_value(cursor)]
    while cursor.token.text == "," and cursor.peek().kind is Kind.STRING:
        cursor.take()
        items.append(parse_value(cursor))
    span = items[0].span.to(items[-1].span)
    cursor.report(foreign_errors.bare_list(span, cursor.text[span.start : span.end]))
    return ValueList(tuple(items), span)


def _in_brackets(cursor: Cursor) -> ValueList:
    """`Type IN ['A', 'B']`."""
    opening = cursor.take()
    items = [parse_value(cursor)]
    while cursor.accept_sign(","):
        items.append(parse_value(cursor))
    if cursor.token.text != "]":
        raise cursor.fail("a list stands in parentheses, like `('A', 'B')`")
    closing = cursor.take()
    cursor.report(foreign_errors.bracketed_list(opening.span, closing.span))
    return ValueList(tuple(items), opening.span.to(closing.span))


def _sub_select(cursor: Cursor, opening: Token, dialect: Dialect, inner: Inner) -> SubSelect:
    cursor.expect_word("select")
    field = field_path(cursor)
    cursor.expect_word("from")
    name = source_path(cursor)
    token, alias = cursor.token, None
    if token.kind is Kind.NAME and not begins_clause(cursor):
        if dialect == Dialect.SPEC:
            cursor.report(condition_errors.subselect_alias(token.span, token.text))
        alias = cursor.take().text
    condition = inner(cursor, dialect) if cursor.accept_word("where") else None
    if cursor.token.kind is Kind.NAME and cursor.token.lower in _SUBSELECT_TAILS:
        raise cursor.fail("a sub-select in a condition has no ORDER BY, LIMIT, OFFSET or GROUP BY: leave it out")
    close(cursor, opening)
    return SubSelect(field, name.text, condition, cursor.since(opening.start), name.span, alias)
