"""Names of a query looked up in the org: field paths become columns, relationships become left joins."""

from __future__ import annotations

from typing import NamedTuple

from compiler.meaning import Calendar, Switches
from compiler.schema import Field, Schema, SObject
from grammar.soql_tree import FieldPath, FromItem
from grammar.source import Span
from sandbox.currencies import Currencies
from sandbox.errors import SoqlError
from sandbox.quoting import identifier, text

DEEPEST_PATH = 5
MOST_RELATIONSHIPS = 55
# What can be reached through a reference to several objects: the fields of Salesforce's object Name.
NAME_FIELDS = (
    "Id", "Name", "FirstName", "LastName", "MiddleName", "Suffix", "Alias", "Email", "IsActive", "Phone", "ProfileId",
    "Title", "Type", "Username", "UserRoleId",
)  # fmt: skip
NAME = "Name"
# The column of the rows of Name that tells which object a row is of: `Type` may say Queue for a Group.
OBJECT_OF_NAME = "object of the row"
_ADVICE = "Please reference your WSDL or the describe call for the appropriate names."


class World(NamedTuple):
    """What a query is read against. `all_rows` is queryAll: deleted rows are seen too.

    `user_id` is whose eyes look: USING SCOPE mine shows what that user owns.
    """

    schema: Schema
    calendar: Calendar
    switches: Switches
    currencies: Currencies | None
    all_rows: bool = False
    user_id: str = ""


class Operand(NamedTuple):
    """A typed piece of SQL: `kind` is describe's word for the type, `name` what messages call it."""

    sql: str
    kind: str
    name: str
    field: Field | None = None
    owner: Entity | None = None


class Entity(NamedTuple):
    """A joined table: the object, or None for the object Name, under the alias it has in the SQL."""

    sobject: SObject | None
    alias: str
    canonical: tuple[str, ...]

    @property
    def name(self) -> str:
        """What errors call it."""
        return self.sobject.name if self.sobject else NAME

    def column(self, field_name: str) -> str:
        """The quoted column."""
        return f"{identifier(self.alias)}.{identifier(field_name)}"


class Scope:
    """The tables that one query (or sub-query) reads, growing as paths are looked up."""

    def __init__(self, world: World, source: tuple[FromItem, ...], root: SObject, prefix: str = "t") -> None:
        self.world = world
        self.prefix = prefix
        self.root = Entity(root, f"{prefix}0", ())
        self._entities: dict[tuple[str, ...], Entity] = {(): self.root}
        self._joins: list[str] = []
        self._aliases: dict[str, tuple[str, ...]] = {}
        if source and source[0].alias:
            self._aliases[source[0].alias.lower()] = ()
        for item in source[1:]:
            names = self._expanded(item.path.names)
            self.entity(names, item.span)
            if item.alias:
                self._aliases[item.alias.lower()] = names

    @property
    def from_sql(self) -> str:
        """The FROM clause, without the word, with all joins that the paths so far need."""
        assert self.root.sobject is not None
        first = f"{identifier(self.root.sobject.name)} AS {identifier(self.root.alias)}"
        return " ".join((first, *self._joins))

    @property
    def has_joins(self) -> bool:
        """Whether the paths so far need other tables."""
        return bool(self._joins)

    @property
    def visible_sql(self) -> str | None:
        """The condition that hides deleted rows, or None where none is needed."""
        assert self.root.sobject is not None
        if self.world.all_rows or not self.root.sobject.field("IsDeleted"):
            return None
        hidden = self.root.column("IsDeleted")
        if self.root.sobject.name in ("Task", "Event") and self.root.sobject.field("IsArchived"):
            hidden = f"({hidden} OR {self.root.column('IsArchived')})"
        return f"NOT {hidden}"

    def _expanded(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The relationship names of a path without alias, or without the object's own name, in front."""
        first = names[0].lower()
        if first in self._aliases:
            return self._aliases[first] + names[1:]
        sobject = self.root.sobject
        if len(names) > 1 and sobject and first == sobject.name.lower() and not sobject.parent(first):
            return names[1:]
        return names

    def field(self, path: FieldPath) -> Operand:
        """Look a path up; raises SoqlError for names that the org does not have."""
        names = self._expanded(path.names)
        if not names:
            raise no_such_column(path.text, self.root.name, path.span)
        entity = self.entity(names[:-1], path.span)
        if entity.sobject is None:
            canonical = next((n for n in NAME_FIELDS if n.lower() == names[-1].lower()), None)
            if canonical is None:
                raise no_such_column(names[-1], NAME, path.span)
            kind = {"Id": "id", "IsActive": "boolean", "ProfileId": "reference", "UserRoleId": "reference"}
            shown = Field(canonical, kind.get(canonical, "string"), canonical, groupable=True)
            return Operand(entity.column(canonical), shown.type, canonical, shown, entity)
        found = entity.sobject.field(names[-1])
        if found is None:
            raise no_such_column(names[-1], entity.name, path.span)
        sql = "NULL" if found.is_compound else entity.column(found.name)
        if found.type == "boolean" and entity.canonical:
            sql = f"coalesce({sql}, false)"
        return Operand(sql, found.type, found.name, found, entity)

    def entity(self, relationships: tuple[str, ...], span: Span) -> Entity:
        """The table that a chain of relationship names leads to, joined if it was not yet."""
        if len(relationships) > DEEPEST_PATH:
            raise SoqlError(
                "MALFORMED_QUERY",
                f"only {DEEPEST_PATH} levels of parent relationships are allowed in a field path",
                span,
            )
        entity = self.root
        for depth, name in enumerate(relationships, 1):
            key = tuple(r.lower() for r in relationships[:depth])
            known = self._entities.get(key)
            entity = known or self._join(entity, name, key, span)
        return entity

    def typed_entity(self, path: tuple[str, ...], holder: Entity, field: Field, target: SObject) -> Entity:
        """The rows of one object that a reference to several may lead to, joined for TYPEOF."""
        key = (*(name.lower() for name in path), "typeof " + target.name.lower())
        if known := self._entities.get(key):
            return known
        alias = f"{self.prefix}{len(self._entities)}"
        entity = Entity(target, alias, (*holder.canonical, field.relationship_name or ""))
        on = f"{entity.column('Id')} = {holder.column(field.name)}"
        self._joins.append(f"LEFT JOIN {identifier(target.name)} AS {identifier(alias)} ON {on}")
        self._entities[key] = entity
        return entity

    def _join(self, child: Entity, relationship: str, key: tuple[str, ...], span: Span) -> Entity:
        field = child.sobject.parent(relationship) if child.sobject else None
        targets = [o for o in map(self.world.schema.object, field.reference_to) if o] if field else []
        if field is None or not targets:
            raise SoqlError(
                "INVALID_FIELD",
                f"Didn't understand relationship '{relationship}' in field path. If you are attempting to use a "
                "custom relationship, be sure to append the '__r' after the custom relationship name. " + _ADVICE,
                span,
            )
        if len(self._entities) > MOST_RELATIONSHIPS:
            raise SoqlError("MALFORMED_QUERY", f"more than {MOST_RELATIONSHIPS} relationships in a query", span)
        alias = f"{self.prefix}{len(self._entities)}"
        canonical = (*child.canonical, field.relationship_name or relationship)
        if len(field.reference_to) > 1:
            entity = Entity(None, alias, canonical)
            table = f"({names_of(targets, self.world.switches)})"
        else:
            entity = Entity(targets[0], alias, canonical)
            table = identifier(targets[0].name)
        on = f"{entity.column('Id')} = {child.column(field.name)}"
        self._joins.append(f"LEFT JOIN {table} AS {identifier(alias)} ON {on}")
        self._entities[key] = entity
        return entity


def names_of(targets: list[SObject], switches: Switches) -> str:
    """The rows of the object Name: one for each row of the objects that a reference may lead to."""
    selects = []
    for target in targets:
        columns = [f"{text(target.name)} AS {identifier(OBJECT_OF_NAME)}"]
        for name in NAME_FIELDS:
            if name == "Type":
                columns.append(f"{_type_of(target, switches)} AS {identifier(name)}")
            else:
                source = _name_source(target, name)
                columns.append(f"{identifier(source) if source else 'NULL'} AS {identifier(name)}")
        selects.append(f"SELECT {', '.join(columns)} FROM {identifier(target.name)}")
    return " UNION ALL ".join(selects)


def _type_of(target: SObject, switches: Switches) -> str:
    """SQL for the field Type of Name."""
    if target.name == "Group" and target.field("Type") and switches.type_of_queues == "Queue":
        return "CASE WHEN \"Type\" = 'Queue' THEN 'Queue' ELSE 'Group' END"
    return text(target.name)


def _name_source(target: SObject, name: str) -> str | None:
    if found := target.field(name):
        return found.name
    if name == "Name":  # some objects are called by another field
        for other in ("CaseNumber", "ContractNumber", "Subject", "SolutionName", "DeveloperName"):
            if found := target.field(other):
                return found.name
    return None


def no_such_column(name: str, entity: str, span: Span | None) -> SoqlError:
    """A field that the org does not have, or hides from the user: the same words."""
    return SoqlError(
        "INVALID_FIELD",
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to "
        "append the '__c' after the custom field name. " + _ADVICE,
        span,
    )


def unknown_object(name: str, span: Span | None) -> SoqlError:
    """An object that the org does not have, or hides from the user."""
    return SoqlError(
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append "
        "the '__c' after the entity name. " + _ADVICE,
        span,
    )
