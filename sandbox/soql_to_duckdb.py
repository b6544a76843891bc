"""A whole SOQL query as one SELECT of DuckDB, with the shape of the records that its rows make."""

from __future__ import annotations

from typing import NamedTuple

from compiler.schema import SObject
from grammar.soql_tree import FieldPath, FunctionCall, OrderItem, Query, SelectItem
from sandbox import soql_functions as functions
from sandbox.errors import SoqlError
from sandbox.quoting import text
from sandbox.soql_conditions import where_sql
from sandbox.soql_groups import Groups, is_aggregate_query
from sandbox.soql_output import RecordShape, rest_text
from sandbox.soql_rules import check_rules
from sandbox.soql_scope import Operand, Scope, World, unknown_object
from sandbox.soql_select import ChildItem, Render, SelectList


class ChildPlan(NamedTuple):
    """A child query: its SQL takes the list of parent Ids as its one parameter.

    `parent_index` is the column that says whose child a row is.
    """

    translation: Translation
    parent_index: int


class Translation(NamedTuple):
    """A query in DuckDB. `columns` are the texts that the rows hold, `shape` says what records they make.

    `count_only` is SELECT COUNT(): the one row holds the number. `header` names the columns of a CSV answer in the
    order of `visible`, which are indexes into the rows. `ordered` says whether rows come in a wanted order.
    `number_at` is the column that numbers the rows of the object's table, where one was asked for.
    """

    object: SObject
    sql: str
    columns: tuple[str, ...]
    shape: RecordShape
    children: tuple[ChildPlan, ...]
    count_only: bool
    header: tuple[str, ...]
    visible: tuple[int, ...]
    ordered: bool
    limit: int | None
    number_at: int | None = None


def translate(query: Query, world: World, render: Render = rest_text, *, numbered: bool = False) -> Translation:
    """Turn a query into SQL; raises SoqlError wherever Salesforce would refuse it.

    `numbered` adds a column with the numbers of the rows, by which a large answer can be cut before it is made.
    """
    check_rules(query)
    if "update" in (word.lower() for word in query.for_) and not world.switches.for_update_allowed:
        raise SoqlError("MALFORMED_QUERY", "unexpected token: 'UPDATE'", query.span)
    item = query.source[0]
    sobject = world.schema.object(item.path.text)
    if sobject is None or not sobject.queryable:
        raise unknown_object(item.path.text, item.path.span)
    return _Translator(query, world, sobject, render, numbered=numbered).translation()


class _Translator:
    def __init__(
        self,
        query: Query,
        world: World,
        sobject: SObject,
        render: Render,
        link: str | None = None,
        numbered: bool = False,
    ) -> None:
        self.query = query
        self.world = world
        self.render = render
        self.link = link
        self.numbered = numbered
        self.scope = Scope(world, query.source, sobject)
        self.sobject = sobject
        self.select = SelectList(query, self.scope, sobject, render)
        self.groups = Groups(query, self.scope) if is_aggregate_query(query) else None

    def translation(self) -> Translation:
        query = self.query
        count_only = query.select and _is_count(query.select[0])
        if count_only:
            return self._count()
        columns = self.select.columns
        shape = self.select.groups(self.groups) if self.groups else self.select.records()
        children = tuple(self._child(item) for item in self.select.children)
        if self.link:
            columns.add(self.scope.root.column(self.link))
        number_at = columns.add(self.scope.root.column("rowid")) if self.numbered and not self.groups else None
        tests = self._tests()
        wanted = self._order()
        order = wanted or self._usual_order(tests)
        select = ", ".join(f"{column} AS c{at}" for at, column in enumerate(columns.texts))
        sql = f"SELECT {select} FROM {self.scope.from_sql}"
        if tests:
            sql += " WHERE " + " AND ".join(tests)
        if self.groups:
            sql += self.groups.group_by_sql
            if query.having is not None:
                sql += " HAVING " + self.groups.having(query.having)
        if self.link:
            sql += self._limit_per_parent(order)
            sql += f" ORDER BY {order}" if order else ""
        else:
            sql += f" ORDER BY {order}" if order else ""
            sql += f" LIMIT {query.limit}" if query.limit is not None else ""
            sql += f" OFFSET {query.offset}" if query.offset else ""
        return Translation(
            self.sobject,
            sql,
            tuple(columns.texts),
            shape,
            children,
            False,
            tuple(columns.header),
            tuple(columns.visible),
            bool(wanted) or query.limit is not None,
            query.limit,
            number_at,
        )

    def _child(self, item: ChildItem) -> ChildPlan:
        check_rules(item.query, child=True)
        translator = _Translator(item.query, self.world, item.object, self.render, item.link)
        translation = translator.translation()
        return ChildPlan(translation, translation.columns.index(translator.scope.root.column(item.link)))

    def _count(self) -> Translation:
        tests = self._tests()
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        inner = f"SELECT 1 FROM {self.scope.from_sql}{where}"
        if self.query.limit is not None:
            inner += f" LIMIT {self.query.limit}"
        if self.query.offset:
            inner += f" OFFSET {self.query.offset}"
        shape = RecordShape("AggregateResult", None, None, ())
        sql = f"SELECT count(*) FROM ({inner})"
        return Translation(self.sobject, sql, ("count(*)",), shape, (), True, (), (), False, self.query.limit)

    def _tests(self) -> list[str]:
        tests = [self.scope.visible_sql] if self.scope.visible_sql else []
        if self.link:
            tests.append(f"{self.scope.root.column(self.link)} IN (SELECT unnest(CAST(? AS VARCHAR[])))")
        if self.query.where is not None:
            tests.append(where_sql(self.query.where, self.scope))
        if self.query.scope and self.query.scope.lower() == "mine":
            owner = self.sobject.field("OwnerId")
            if owner is None:
                raise SoqlError("MALFORMED_QUERY", "scope 'mine' needs an owner", self.query.span)
            tests.append(f"{self.scope.root.column(owner.name)} = {text(self.world.user_id)}")
        return tests

    def _limit_per_parent(self, order: str) -> str:
        if self.query.limit is None and not self.query.offset:
            return ""
        number = (
            f"row_number() OVER (PARTITION BY {self.scope.root.column(self.link or '')} "
            f"ORDER BY {order or self.scope.root.column('Id')})"
        )
        first = self.query.offset or 0
        last = "" if self.query.limit is None else f" AND {number} <= {first + self.query.limit}"
        return f" QUALIFY {number} > {first}{last}"

    def _usual_order(self, tests: list[str]) -> str:
        """The order of rows where the query wants none: the same each time, also where the database would shuffle."""
        if self.groups:
            return self.groups.usual_order
        shuffles = self.scope.has_joins or any(" IN (SELECT " in test for test in tests)
        return self.scope.root.column("rowid") if shuffles and not self.numbered else ""

    def _order(self) -> str:
        return ", ".join(self._order_item(item) for item in self.query.order_by)

    def _order_item(self, item: OrderItem) -> str:
        operand = self._order_operand(item)
        field = operand.field
        if field is not None and (not field.sortable or field.is_compound):
            raise SoqlError("INVALID_FIELD", f"field '{operand.name}' can not be sorted in a query call", item.span)
        if operand.kind == "picklist" and field is not None and field.picklist:
            sql = f"CASE WHEN {operand.sql} IS NOT NULL THEN {functions.picklist_position(operand)} END"
            extra = f", {operand.sql}"
        else:
            sql = f"upper({operand.sql})" if functions.folds_case(operand) else operand.sql
            extra = ""
        direction = "DESC" if item.descending else "ASC"
        first = not item.descending or self.world.switches.nulls_first_descending
        nulls = item.nulls or ("FIRST" if first else "LAST")
        tail = f"{extra} {direction} NULLS {nulls}" if extra else ""
        return f"{sql} {direction} NULLS {nulls}{tail}"

    def _order_operand(self, item: OrderItem) -> Operand:
        value = item.value
        if self.groups:
            return self.groups.lookup(value, aliases=True)
        if isinstance(value, FieldPath):
            return self.scope.field(value)
        if value.name.upper() in ("TOLABEL", "CONVERTCURRENCY", "FORMAT"):
            raise SoqlError("MALFORMED_QUERY", f"{value.name} cannot be used in an ORDER BY clause", value.span)
        if value.name.upper() in functions.AGGREGATES:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{value.name}'", value.span)
        return functions.call(value, self.scope)


def _is_count(item: object) -> bool:
    return (
        isinstance(item, SelectItem)
        and isinstance(item.value, FunctionCall)
        and item.value.name.upper() == "COUNT"
        and not item.value.args
    )
