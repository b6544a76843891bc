"""Whole queries of SOQL: text to tree."""

from __future__ import annotations

from typing import Literal

from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.parse_soql import Dialect, close, condition, field_path, operand_path
from grammar.soql_tree import (
    ChildQuery,
    FieldPath,
    FromItem,
    FunctionCall,
    GroupBy,
    OrderItem,
    Query,
    SelectItem,
    Typeof,
    TypeofBranch,
    WithClause,
)
from grammar.source import Span
from grammar.tokens import Kind

_CLAUSES = (
    "where",
    "with",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "for",
    "update",
    "using",
    "from",
    "all",
)
_NOT_ALIASES = frozenset(
    "and asc desc excludes first from group having in includes last like limit not null nulls or select using"
    " where with order offset for update all".split()
)
_APEX_MODES = ("security_enforced", "user_mode", "system_mode")


def query(cursor: Cursor) -> Query:
    """Parse a query at the cursor, clause by clause in SOQL's fixed order. Raises SyntaxFail."""
    start = cursor.expect_word("select").start
    cursor.depth += 1
    if cursor.depth > 20:
        raise SyntaxFail(errors.too_deep(cursor.token.span))
    select = [_select_item(cursor)]
    while cursor.accept_sign(","):
        select.append(_select_item(cursor))
    cursor.expect_word("from")
    source = [_from_item(cursor)]
    while cursor.accept_sign(","):
        source.append(_from_item(cursor))
    scope = None
    if cursor.accept_word("using"):
        cursor.expect_word("scope")
        scope = cursor.expect_kind(Kind.NAME, "a scope").text
    where = condition(cursor, Dialect.SOQL) if cursor.accept_word("where") else None
    with_ = _with(cursor) if cursor.at_word("with") else None
    group_by = _group_by(cursor) if cursor.accept_word("group") else None
    having = condition(cursor, Dialect.SOQL) if group_by and cursor.accept_word("having") else None
    order_by = _order_by(cursor) if cursor.accept_word("order") else ()
    limit = _count(cursor) if cursor.accept_word("limit") else None
    offset = _count(cursor) if cursor.accept_word("offset") else None
    for_: list[str] = []
    while cursor.accept_word("for"):
        for_.append(cursor.choice("what stands behind FOR", "view", "reference", "update"))
    update: list[str] = []
    if cursor.accept_word("update"):
        update.append(cursor.choice("what stands behind UPDATE", "tracking", "viewstat"))
        while cursor.accept_sign(","):
            update.append(cursor.choice("what stands behind UPDATE", "tracking", "viewstat"))
    if cursor.token.is_word("all") and cursor.peek().is_word("rows"):
        span = Span(cursor.take().start, cursor.take().end)
        cursor.report(errors.apex_clause(span, "ALL ROWS", "leave it out; deleted rows are read through queryAll"))
    cursor.depth -= 1
    return Query(
        tuple(select),
        tuple(source),
        cursor.since(start),
        scope,
        where,
        with_,
        group_by,
        having,
        order_by,
        limit,
        offset,
        tuple(for_),
        tuple(update),
    )


def _select_item(cursor: Cursor) -> SelectItem | ChildQuery | Typeof:
    start = cursor.token.start
    if cursor.at_sign("("):
        opening = cursor.take()
        inner = query(cursor)
        close(cursor, opening)
        return ChildQuery(inner, _alias(cursor), cursor.since(start))
    if cursor.token.is_word("typeof") and cursor.peek().kind is Kind.NAME and not cursor.peek().is_word("from"):
        return _typeof(cursor)
    value = operand_path(cursor)
    return SelectItem(value, _alias(cursor), cursor.since(start))


def _alias(cursor: Cursor) -> str | None:
    if cursor.token.kind is Kind.NAME and cursor.token.lower not in _NOT_ALIASES:
        return cursor.take().text
    return None


def _typeof(cursor: Cursor) -> Typeof:
    start = cursor.take().start
    path = field_path(cursor)
    branches: list[TypeofBranch] = []
    while cursor.at_word("when"):
        begin = cursor.take().start
        name = cursor.expect_kind(Kind.NAME, "an object").text
        cursor.expect_word("then")
        fields = _fields(cursor)
        branches.append(TypeofBranch(name, fields, cursor.since(begin)))
    if not branches:
        raise cursor.fail()
    otherwise = _fields(cursor) if cursor.accept_word("else") else ()
    cursor.expect_word("end")
    return Typeof(path, tuple(branches), otherwise, cursor.since(start))


def _fields(cursor: Cursor) -> tuple[FieldPath, ...]:
    fields = [field_path(cursor)]
    while cursor.accept_sign(","):
        fields.append(field_path(cursor))
    return tuple(fields)


def _from_item(cursor: Cursor) -> FromItem:
    start = cursor.token.start
    path = field_path(cursor, "an object")
    cursor.accept_word("as")
    alias = None
    if cursor.token.kind is Kind.NAME and cursor.token.lower not in (*_NOT_ALIASES, *_CLAUSES):
        alias = cursor.take().text
    return FromItem(path, alias, cursor.since(start))


def _with(cursor: Cursor) -> WithClause:
    start = cursor.take().start
    mode = cursor.token
    if cursor.at_word(*_APEX_MODES):
        cursor.take()
        span = cursor.since(start)
        text = cursor.text[span.start : span.end].upper()
        cursor.report(errors.apex_clause(span, text, "leave it out: over the API the user's own rights always hold"))
        return WithClause(mode.text.upper(), span)
    if cursor.accept_word("data"):
        cursor.expect_word("category")
        _category(cursor)
        while cursor.accept_word("and"):
            _category(cursor)
    else:
        # Other filtering expressions (`WITH Network = '...'`) have the form of a condition.
        condition(cursor, Dialect.SOQL)
    span = cursor.since(start)
    return WithClause(cursor.text[mode.start : span.end], span)


def _category(cursor: Cursor) -> None:
    cursor.expect_kind(Kind.NAME, "a data category group")
    cursor.choice("the relation to a category", "at", "above", "below", "above_or_below")
    if cursor.at_sign("("):
        opening = cursor.take()
        _fields(cursor)
        close(cursor, opening)
    else:
        cursor.expect_kind(Kind.NAME, "a data category")


def _group_by(cursor: Cursor) -> GroupBy:
    start = cursor.last.start
    cursor.expect_word("by")
    kind: Literal["plain", "ROLLUP", "CUBE"] = "plain"
    if cursor.at_word("rollup", "cube") and cursor.peek().text == "(":
        kind = "ROLLUP" if cursor.take().lower == "rollup" else "CUBE"
        opening = cursor.take()
        items = _operands(cursor)
        close(cursor, opening)
    else:
        items = _operands(cursor)
    return GroupBy(kind, items, cursor.since(start))


def _operands(cursor: Cursor) -> tuple[FieldPath | FunctionCall, ...]:
    items = [operand_path(cursor)]
    while cursor.accept_sign(","):
        items.append(operand_path(cursor))
    return tuple(items)


def _order_by(cursor: Cursor) -> tuple[OrderItem, ...]:
    cursor.expect_word("by")
    items = [_order_item(cursor)]
    while cursor.accept_sign(","):
        items.append(_order_item(cursor))
    return tuple(items)


def _order_item(cursor: Cursor) -> OrderItem:
    start = cursor.token.start
    value = operand_path(cursor)
    descending = None
    if cursor.at_word("asc", "desc"):
        descending = cursor.take().lower == "desc"
    nulls: Literal["FIRST", "LAST"] | None = None
    if cursor.accept_word("nulls"):
        nulls = "FIRST" if cursor.choice("the place of nulls", "first", "last") == "first" else "LAST"
    return OrderItem(value, descending, nulls, cursor.since(start))


def _count(cursor: Cursor) -> int:
    token = cursor.token
    if token.text == ":" and cursor.peek().kind is Kind.NAME:
        cursor.take()
        name = cursor.take()
        cursor.report(errors.bind_variable(Span(token.start, name.end), name.text))
        return 0
    number = cursor.expect_kind(Kind.NUMBER)
    if not number.text.isdigit():
        raise SyntaxFail(errors.bad_number(number))
    return int(number.text)
