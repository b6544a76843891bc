"""A whole SOQL query as one SELECT of DuckDB, with the shape of the records that its rows make."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from compiler.schema import SObject
from grammar.soql_tree import ChildQuery, FieldPath, FromItem, FunctionCall, OrderItem, Query, SelectItem, Typeof
from grammar.source import Span
from sandbox import soql_functions as functions
from sandbox.errors import SoqlError
from sandbox.quoting import text
from sandbox.soql_conditions import where_sql
from sandbox.soql_groups import Groups, is_aggregate_query
from sandbox.soql_output import (
    Cell,
    ChildRecords,
    Choice,
    Compound,
    Member,
    ParentRecord,
    RecordShape,
    rest_text,
    writer_of,
)
from sandbox.soql_rules import check_rules
from sandbox.soql_scope import Entity, Operand, Scope, World, no_such_column, unknown_object

_ADDRESS_KEYS = ("Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode", "Latitude",
                 "Longitude", "GeocodeAccuracy")  # fmt: skip


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


Render = Callable[[Operand], str]


def translate(query: Query, world: World, render: Render = rest_text) -> Translation:
    """Turn a query into SQL; raises SoqlError wherever Salesforce would refuse it."""
    check_rules(query)
    item = query.source[0]
    sobject = world.schema.object(item.path.text)
    if sobject is None or not sobject.queryable:
        raise unknown_object(item.path.text, item.path.span)
    return _Translator(query, world, sobject, render).translation()


class _Translator:
    def __init__(
        self, query: Query, world: World, sobject: SObject, render: Render, link: str | None = None, depth: int = 0
    ) -> None:
        self.query = query
        self.world = world
        self.render = render
        self.link = link
        self.depth = depth
        self.scope = Scope(world, query.source, sobject)
        self.sobject = sobject
        self.columns: list[str] = []
        self.children: list[ChildPlan] = []
        self.header: list[str] = []
        self.visible: list[int] = []
        self.groups = Groups(query, self.scope) if is_aggregate_query(query) else None

    def translation(self) -> Translation:
        query = self.query
        count_only = query.select and _is_count(query.select[0])
        if count_only:
            return self._count()
        shape = self._grouped_shape(self.groups) if self.groups else self._record_shape()
        link_index = self._add(self.scope.root.column(self.link)) if self.link else None
        tests = self._tests()
        order = self._order()
        select = ", ".join(f"{column} AS c{at}" for at, column in enumerate(self.columns))
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
        assert link_index is None or link_index >= 0
        return Translation(
            self.sobject,
            sql,
            tuple(self.columns),
            shape,
            tuple(self.children),
            False,
            tuple(self.header),
            tuple(self.visible),
            bool(order) or query.limit is not None,
        )

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
        return Translation(self.sobject, sql, ("count(*)",), shape, (), True, (), (), False)

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

    # --- the select list -------------------------------------------------------------------------------------

    def _add(self, sql: str) -> int:
        """The index of a column of the rows, added if it is not there yet."""
        if sql in self.columns:
            return self.columns.index(sql)
        self.columns.append(sql)
        return len(self.columns) - 1

    def _show(self, header: str, index: int) -> None:
        self.header.append(header)
        self.visible.append(index)

    def _cell(self, key: str, operand: Operand) -> Cell:
        return Cell(key, self._add(self.render(operand)), writer_of(operand.kind))

    def _record_shape(self) -> RecordShape:
        root = _Branch(self.scope.root)
        seen: set[str] = set()
        for item in self.query.select:
            match item:
                case SelectItem(value=FieldPath() as path, alias=alias):
                    if alias:
                        raise SoqlError("MALFORMED_QUERY", "only aggregate expressions use field aliasing", item.span)
                    self._select_path(root, path, seen)
                case SelectItem(value=FunctionCall(name=name) as call) if name.upper() == "FIELDS":
                    self._select_group(root, call, seen)
                case SelectItem(value=FunctionCall() as call, alias=alias):
                    self._select_function(root, call, alias)
                case ChildQuery():
                    self._select_children(root, item)
                case Typeof():
                    self._select_typeof(root, item)
        return self._finished(root)

    def _select_path(self, root: _Branch, path: FieldPath, seen: set[str]) -> None:
        operand = self.scope.field(path)
        entity = operand.owner
        assert entity is not None
        canonical = ".".join((*entity.canonical, operand.name))
        if canonical.lower() in seen:
            raise SoqlError("INVALID_FIELD", f"duplicate field selected: {canonical}", path.span)
        seen.add(canonical.lower())
        branch = self._branch(root, entity, path.span)
        self._put(branch, operand, canonical)

    def _put(self, branch: _Branch, operand: Operand, header: str) -> None:
        if operand.field is not None and operand.field.is_compound:
            branch.members.append(self._compound(branch.entity, operand))
            return
        cell = self._cell(operand.name, operand)
        branch.members.append(cell)
        self._show(header, cell.at)

    def _branch(self, root: _Branch, entity: Entity, span: Span) -> _Branch:
        branch = root
        for depth in range(1, len(entity.canonical) + 1):
            names = entity.canonical[:depth]
            following = branch.parents.get(names[-1])
            if following is None:
                following = _Branch(self.scope.entity(names, span))
                branch.parents[names[-1]] = following
                branch.members.append(following)
            branch = following
        return branch

    def _compound(self, entity: Entity, operand: Operand) -> Compound:
        assert entity.sobject is not None
        stem = operand.name.removesuffix("Address")
        cells: list[Cell] = []
        for field in entity.sobject.fields.values():
            if field.compound_of != operand.name:
                continue
            if operand.kind == "location":
                key = "latitude" if "latitude" in field.name.lower() else "longitude"
            else:
                part = field.name.removeprefix(stem)
                if part not in _ADDRESS_KEYS:
                    continue
                key = part[0].lower() + part[1:]
            part_operand = Operand(entity.column(field.name), field.type, field.name, field, entity)
            cells.append(self._cell(key, part_operand))
        return Compound(operand.name, tuple(sorted(cells)))

    def _select_group(self, root: _Branch, call: FunctionCall, seen: set[str]) -> None:
        which = call.args[0].text.upper() if len(call.args) == 1 and isinstance(call.args[0], FieldPath) else ""
        if which not in ("ALL", "CUSTOM", "STANDARD"):
            raise SoqlError("MALFORMED_QUERY", "FIELDS takes ALL, CUSTOM or STANDARD", call.span)
        for field in self.sobject.fields.values():
            if which == "ALL" or (which == "CUSTOM") == field.custom:
                self._select_path(root, FieldPath((field.name,), call.span), seen)

    def _select_function(self, root: _Branch, call: FunctionCall, alias: str | None) -> None:
        name = call.name.upper()
        if name in functions.DATE_FUNCTIONS:
            raise SoqlError("MALFORMED_QUERY", f"{call.name} in SELECT must also be in GROUP BY", call.span)
        operand = functions.call(call, self.scope)
        branch, key = root, alias or "expr0"
        if alias is None and name in ("FORMAT", "TOLABEL", "CONVERTCURRENCY"):
            assert operand.owner is not None
            branch, key = self._branch(root, operand.owner, call.span), operand.name
        if key in {m.key for m in branch.members if isinstance(m, Cell)}:
            raise SoqlError("MALFORMED_QUERY", f"duplicate alias: {key}", call.span)
        cell = self._cell(key, operand)
        branch.members.append(cell)
        self._show(".".join((*branch.entity.canonical, key)), cell.at)

    def _select_typeof(self, root: _Branch, item: Typeof) -> None:
        path = item.path
        holder = self.scope.entity(path.names[:-1], path.span)
        field = holder.sobject.parent(path.names[-1]) if holder.sobject else None
        if field is None or not field.relationship_name:
            raise no_such_column(path.text, holder.name, path.span)
        for branch in item.branches:
            if branch.object.lower() not in (t.lower() for t in field.reference_to):
                raise SoqlError(
                    "INVALID_FIELD", f"{field.relationship_name} cannot refer to {branch.object}", branch.span
                )
        named = self.scope.entity(path.names, path.span)
        shapes = []
        for branch in item.branches:
            target = self.world.schema.object(branch.object)
            if target is None:
                continue  # no row of it can be there
            entity = self.scope.typed_entity(path.names, holder, field, target)
            members = tuple(self._typeof_cell(entity, f) for f in branch.fields)
            shapes.append((target.name, RecordShape(target.name, None, self._add(entity.column("Id")), members)))
        type_index = self._add(named.column("Type")) if named.sobject is None else -1
        id_index = self._add(named.column("Id"))
        otherwise = None
        if item.otherwise:
            members = tuple(
                self._cell(o.name, o)
                for o in (self.scope.field(FieldPath((*path.names, *f.names), f.span)) for f in item.otherwise)
            )
            otherwise = RecordShape("Name", type_index if type_index >= 0 else None, id_index, members)
        branch_of = self._branch(root, holder, path.span)
        branch_of.members.append(Choice(field.relationship_name, type_index, id_index, tuple(shapes), otherwise))

    def _typeof_cell(self, entity: Entity, path: FieldPath) -> Cell:
        assert entity.sobject is not None
        found = entity.sobject.field(path.names[-1]) if len(path.names) == 1 else None
        if found is None or found.is_compound:
            raise no_such_column(path.text, entity.name, path.span)
        return self._cell(found.name, Operand(entity.column(found.name), found.type, found.name, found, entity))

    def _select_children(self, root: _Branch, item: ChildQuery) -> None:
        source = item.query.source[0]
        relationship = self.sobject.child(source.path.names[-1])
        child = self.world.schema.object(relationship.child) if relationship else None
        if relationship is None or child is None:
            raise SoqlError(
                "INVALID_FIELD",
                f"Didn't understand relationship '{source.path.names[-1]}' in FROM part of query call. If you are "
                "attempting to use a custom relationship, be sure to append the '__r' after the custom relationship "
                "name. Please reference your WSDL or the describe call for the appropriate names.",
                source.path.span,
            )
        inner = item.query
        start = FromItem(FieldPath((child.name,), source.path.span), source.alias, source.span)
        renamed = _with_source(inner, (start, *inner.source[1:]))
        check_rules(renamed, child=True)
        translator = _Translator(renamed, self.world, child, self.render, relationship.field, self.depth + 1)
        translation = translator.translation()
        parent_index = translation.columns.index(translator.scope.root.column(relationship.field))
        self._add(self.scope.root.column("Id"))
        self.children.append(ChildPlan(translation, parent_index))
        root.members.append(ChildRecords(relationship.name, len(self.children) - 1))

    def _finished(self, branch: _Branch) -> RecordShape:
        entity = branch.entity
        members: list[Member] = []
        for member in branch.members:
            if isinstance(member, _Branch):
                members.append(ParentRecord(member.entity.canonical[-1], self._finished(member)))
            else:
                members.append(member)
        type_index = None if entity.sobject else self._add(entity.column("Type"))
        return RecordShape(entity.name, type_index, self._add(entity.column("Id")), tuple(members))

    # --- grouped queries -------------------------------------------------------------------------------------

    def _grouped_shape(self, groups: Groups) -> RecordShape:
        members: list[Member] = []
        keys: set[str] = set()
        unnamed = 0
        for item in self.query.select:
            if not isinstance(item, SelectItem):
                raise SoqlError(
                    "MALFORMED_QUERY", "child queries and TYPEOF are not allowed in an aggregate query", item.span
                )
            operand = groups.lookup(item.value)
            key = item.alias or (operand.name if isinstance(item.value, FieldPath) else "")
            if not key:
                key = f"expr{unnamed}"
                unnamed += 1
            if key.lower() in keys:
                raise SoqlError("MALFORMED_QUERY", f"duplicate alias: {key}", item.span)
            keys.add(key.lower())
            cell = self._cell(key, operand)
            members.append(cell)
            self._show(key, cell.at)
        return RecordShape("AggregateResult", None, None, tuple(members))

    # --- order -----------------------------------------------------------------------------------------------

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


class _Branch:
    """A record that is being put together: the entity, its members so far, and the parents among them by name."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.members: list[Cell | Compound | ChildRecords | Choice | ParentRecord | _Branch] = []
        self.parents: dict[str, _Branch] = {}


def _is_count(item: object) -> bool:
    return (
        isinstance(item, SelectItem)
        and isinstance(item.value, FunctionCall)
        and item.value.name.upper() == "COUNT"
        and not item.value.args
    )


def _with_source(query: Query, source: tuple[FromItem, ...]) -> Query:
    return Query(
        query.select, source, query.span, query.scope, query.where, query.with_, query.group_by, query.having,
        query.order_by, query.limit, query.offset, query.for_, query.update,
    )  # fmt: skip
