"""Whole queries of SOQL: text to tree."""

from __future__ import annotations

from typing import Literal

from grammar import condition_errors, query_errors
from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.nearest import nearest
from grammar.parse_apex import apex_variable, at_variable
from grammar.parse_comparison import Dialect
from grammar.parse_path import RESERVED, begins_clause, close, field_path, operand_path, source_path
from grammar.parse_soql import condition
from grammar.parse_value import parse_value, whole_number
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
from grammar.source import NOWHERE, Span
from grammar.tokens import Kind

_APEX_MODES = ("security_enforced", "user_mode", "system_mode")
_CATEGORY_RELATIONS = ("at", "above", "below", "above_or_below")
_SCOPES = frozenset(scope.replace("_", "").lower() for scope in query_errors.SCOPES)


def query(cursor: Cursor) -> Query:
    """Parse a query at the cursor, clause by clause in SOQL's fixed order. Raises SyntaxFail."""
    start = cursor.expect_word("select").start
    cursor.depth += 1
    if cursor.depth > 20:
        raise SyntaxFail(condition_errors.too_deep(cursor.token.span))
    select = [_select_item(cursor)]
    while cursor.accept_sign(","):
        select.append(_select_item(cursor))
    _check_count(cursor, select)
    cursor.expect_word("from")
    source = [_from_item(cursor)]
    while cursor.accept_sign(","):
        source.append(_from_item(cursor))
    scope = None
    if cursor.accept_word("using"):
        cursor.expect_word("scope")
        name = cursor.expect_kind(Kind.NAME, "a scope")
        scope = name.text
        if scope.replace("_", "").lower() not in _SCOPES:
            cursor.report(query_errors.unknown_scope(name))
    where = condition(cursor, Dialect.SOQL) if cursor.accept_word("where") else None
    with_ = _with(cursor) if cursor.at_word("with") else None
    group_by = _group_by(cursor) if cursor.accept_word("group") else None
    if group_by is None and cursor.token.is_word("having"):
        raise SyntaxFail(query_errors.having_alone(cursor.token))
    having = condition(cursor, Dialect.SOQL) if group_by and cursor.accept_word("having") else None
    order_by = _order_by(cursor) if cursor.accept_word("order") else ()
    limit, limit_span = _count(cursor) if cursor.accept_word("limit") else (None, NOWHERE)
    offset, offset_span = _count(cursor) if cursor.accept_word("offset") else (None, NOWHERE)
    for_: list[str] = []
    if cursor.accept_word("for"):
        for_.append(cursor.choice("what stands behind FOR", "view", "reference", "update"))
    update: list[str] = []
    if cursor.accept_word("update"):
        update.append(cursor.choice("what stands behind UPDATE", "tracking", "viewstat"))
        while cursor.accept_sign(","):
            update.append(cursor.choice("what stands behind UPDATE", "tracking", "viewstat"))
    if cursor.token.is_word("all") and cursor.peek().is_word("rows"):
        span = Span(cursor.take().start, cursor.take().end)
        cursor.report(
            condition_errors.apex_clause(span, "ALL ROWS", "leave it out; deleted rows are read through queryAll")
        )
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
        limit_span,
        offset_span,
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
    value = operand_path(cursor, count_rows=True)
    return SelectItem(value, _alias(cursor), cursor.since(start))


def _check_count(cursor: Cursor, select: list[SelectItem | ChildQuery | Typeof]) -> None:
    for item in select:
        if isinstance(item, SelectItem) and isinstance(item.value, FunctionCall) and not item.value.args:
            if item.value.name.upper() != "COUNT":
                continue
            if len(select) > 1:
                cursor.report(query_errors.count_alone(item.span, "must be the only thing behind SELECT"))
            elif item.alias:
                cursor.report(query_errors.count_alone(item.span, "takes no alias"))


def _alias(cursor: Cursor) -> str | None:
    token = cursor.token
    if token.kind is not Kind.NAME or token.lower == "from":
        return None
    if token.lower in RESERVED or token.lower == "group":
        if cursor.peek().text != "," and not cursor.peek().is_word("from"):
            return None
        cursor.report(query_errors.reserved_alias(token))
    return cursor.take().text


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
    path = source_path(cursor)
    cursor.accept_word("as")
    alias = None
    if cursor.token.kind is Kind.NAME and not begins_clause(cursor):
        alias = cursor.take().text
    return FromItem(path, alias, cursor.since(start))


def _with(cursor: Cursor) -> WithClause:
    start = cursor.token.start
    while cursor.accept_word("with"):
        _filtering(cursor)
    span = cursor.since(start)
    return WithClause(cursor.text[span.start : span.end].partition(" ")[2].strip(), span)


def _filtering(cursor: Cursor) -> None:
    mode = cursor.token
    if cursor.at_word(*_APEX_MODES):
        cursor.take()
        span = Span(cursor.tokens[cursor.index - 2].start, mode.end)
        help_text = "leave it out: over the API the user's own rights always hold"
        cursor.report(condition_errors.apex_clause(span, f"WITH {mode.text.upper()}", help_text))
    elif mode.is_word("data") and cursor.peek().is_word("category"):
        cursor.take()
        cursor.take()
        _category(cursor)
        while cursor.accept_word("and"):
            _category(cursor)
    else:
        # `WITH Network = '...'`, `WITH RecordVisibilityContext (maxDescriptorPerRecord = 100)`, or a name alone.
        name = cursor.expect_kind(Kind.NAME, "a filtering expression")
        if near := nearest(name.text, _APEX_MODES):
            raise SyntaxFail(errors.unknown_choice(name, "what stands behind WITH", (near,)))
        if cursor.accept_sign("="):
            parse_value(cursor)
        elif cursor.at_sign("("):
            opening = cursor.take()
            _setting(cursor)
            while cursor.accept_sign(","):
                _setting(cursor)
            close(cursor, opening)


def _setting(cursor: Cursor) -> None:
    cursor.expect_kind(Kind.NAME, "a setting")
    cursor.expect_sign("=")
    parse_value(cursor)


def _category(cursor: Cursor) -> None:
    cursor.expect_kind(Kind.NAME, "a data category group")
    cursor.choice("the relation to a category", *_CATEGORY_RELATIONS)
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


def _count(cursor: Cursor) -> tuple[int, Span]:
    start = cursor.token.start
    if at_variable(cursor):
        apex_variable(cursor)
        return 0, cursor.since(start)
    number = cursor.expect_kind(Kind.NUMBER)
    count = whole_number(number._replace(text=number.text.removeprefix("+")), "the number of rows")
    return count, number.span
