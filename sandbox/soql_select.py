"""The select list of a query: which columns its SQL has, and what records they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from compiler.schema import SObject
from grammar.soql_tree import ChildQuery, FieldPath, FromItem, FunctionCall, Query, SelectItem, Typeof
from grammar.source import Span
from sandbox import soql_functions as functions
from sandbox.errors import SoqlError
from sandbox.soql_groups import Groups
from sandbox.soql_output import (
    Cell,
    ChildRecords,
    Choice,
    Compound,
    Member,
    ParentRecord,
    RecordShape,
    writer_of,
)
from sandbox.soql_scope import NAME, OBJECT_OF_NAME, Entity, Operand, Scope, no_such_column

_ADDRESS_KEYS = ("Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode", "Latitude",
                 "Longitude", "GeocodeAccuracy")  # fmt: skip


Render: TypeAlias = Callable[[Operand], str]


class ChildItem(NamedTuple):
    """A child query of the select list: the query on the object itself, and the field that leads to the parent."""

    query: Query
    object: SObject
    link: str


class Columns:
    """The columns of the SQL, as texts that `render` makes; `visible` are the indexes that a CSV shows as `header`."""

    def __init__(self, render: Render) -> None:
        self.render = render
        self.texts: list[str] = []
        self.header: list[str] = []
        self.visible: list[int] = []

    def add(self, sql: str) -> int:
        """The index of a column, added if it is not there yet."""
        if sql in self.texts:
            return self.texts.index(sql)
        self.texts.append(sql)
        return len(self.texts) - 1

    def show(self, header: str, index: int) -> None:
        """Make a column visible in a CSV."""
        self.header.append(header)
        self.visible.append(index)

    def cell(self, key: str, operand: Operand) -> Cell:
        """The cell of a record that holds an operand."""
        return Cell(key, self.add(self.render(operand)), writer_of(operand.kind))


class SelectList:
    """Reads the select list of one query into columns, the shape of a record and the child queries."""

    def __init__(self, query: Query, scope: Scope, sobject: SObject, render: Render) -> None:
        self.query = query
        self.scope = scope
        self.sobject = sobject
        self.columns = Columns(render)
        self.children: list[ChildItem] = []

    def records(self) -> RecordShape:
        """The shape of a record of a query without groups."""
        _check_typeof(self.query)
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
        cell = self.columns.cell(operand.name, operand)
        if _has(branch, cell.key):  # a function of the field stands there under its name
            raise SoqlError("INVALID_FIELD", f"duplicate field selected: {header}", self.query.span)
        branch.members.append(cell)
        self.columns.show(header, cell.at)

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
            cells.append(self.columns.cell(key, part_operand))
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
        if _has(branch, key):
            raise SoqlError("MALFORMED_QUERY", f"duplicate alias: {key}", call.span)
        cell = self.columns.cell(key, operand)
        branch.members.append(cell)
        self.columns.show(".".join((*branch.entity.canonical, key)), cell.at)

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
            target = self.scope.world.schema.object(branch.object)
            if target is None:
                continue  # no row of it can be there
            entity = self.scope.typed_entity(path.names, holder, field, target)
            members = tuple(self._typeof_cell(entity, f) for f in branch.fields)
            shapes.append((target.name, RecordShape(target.name, None, self.columns.add(entity.column("Id")), members)))
        type_index = self.columns.add(named.column(OBJECT_OF_NAME)) if named.sobject is None else -1
        id_index = self.columns.add(named.column("Id"))
        otherwise = None
        if item.otherwise:
            members = tuple(
                self.columns.cell(o.name, o)
                for o in (self.scope.field(FieldPath((*path.names, *f.names), f.span)) for f in item.otherwise)
            )
            known = type_index >= 0
            otherwise = RecordShape("" if known else NAME, type_index if known else None, id_index, members)
        branch_of = self._branch(root, holder, path.span)
        branch_of.members.append(Choice(field.relationship_name, type_index, id_index, tuple(shapes), otherwise))

    def _typeof_cell(self, entity: Entity, path: FieldPath) -> Cell:
        assert entity.sobject is not None
        found = entity.sobject.field(path.names[-1]) if len(path.names) == 1 else None
        if found is None or found.is_compound:
            raise no_such_column(path.text, entity.name, path.span)
        return self.columns.cell(found.name, Operand(entity.column(found.name), found.type, found.name, found, entity))

    def _select_children(self, root: _Branch, item: ChildQuery) -> None:
        source = item.query.source[0]
        relationship = self.sobject.child(source.path.names[-1])
        child = self.scope.world.schema.object(relationship.child) if relationship else None
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
        self.columns.add(self.scope.root.column("Id"))
        self.children.append(ChildItem(renamed, child, relationship.field))
        root.members.append(ChildRecords(relationship.name, len(self.children) - 1))

    def _finished(self, branch: _Branch) -> RecordShape:
        entity = branch.entity
        members: list[Member] = []
        for member in branch.members:
            if isinstance(member, _Branch):
                members.append(ParentRecord(member.entity.canonical[-1], self._finished(member)))
            else:
                members.append(member)
        type_index = None if entity.sobject else self.columns.add(entity.column(OBJECT_OF_NAME))
        return RecordShape(entity.name, type_index, self.columns.add(entity.column("Id")), tuple(members))

    def groups(self, groups: Groups) -> RecordShape:
        """The shape of a record of an aggregate query."""
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
            cell = self.columns.cell(key, operand)
            members.append(cell)
            self.columns.show(key, cell.at)
        return RecordShape("AggregateResult", None, None, tuple(members))


class _Branch:
    """A record that is being put together: the entity, its members so far, and the parents among them by name."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.members: list[Cell | Compound | ChildRecords | Choice | ParentRecord | _Branch] = []
        self.parents: dict[str, _Branch] = {}


def _has(branch: _Branch, key: str) -> bool:
    return any(isinstance(member, Cell) and member.key == key for member in branch.members)


def _check_typeof(query: Query) -> None:
    """Raise SoqlError where a relationship stands both in a TYPEOF and in the field list."""
    chosen = {tuple(n.lower() for n in item.path.names) for item in query.select if isinstance(item, Typeof)}
    for item in query.select:
        if not isinstance(item, SelectItem) or not isinstance(item.value, FieldPath):
            continue
        names = tuple(n.lower() for n in item.value.names)
        if any(names[:depth] in chosen for depth in range(1, len(names))):
            words = f"the relationship of {item.value.text} cannot stand in TYPEOF and in the field list as well"
            raise SoqlError("MALFORMED_QUERY", words, item.span)


def _with_source(query: Query, source: tuple[FromItem, ...]) -> Query:
    return Query(
        query.select, source, query.span, query.scope, query.where, query.with_, query.group_by, query.having,
        query.order_by, query.limit, query.offset, query.for_, query.update,
    )  # fmt: skip
