"""Validation rules: SOQL conditions that no saved row may meet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import duckdb

from compiler.schema import Schema, SObject
from grammar.parse import parse_condition
from grammar.soql_tree import And, Comparison, Condition, FieldPath, FromItem, Paren, Query, SelectItem, StringValue
from grammar.source import NOWHERE
from sandbox.errors import OrgError, SoqlError
from sandbox.org_rules import ValidationRule
from sandbox.row_errors import Problem
from sandbox.soql_scope import World
from sandbox.soql_to_duckdb import translate


class _Rule(NamedTuple):
    object: SObject
    text: str
    condition: Condition
    problem: Problem

    def query(self, record_id: str) -> Query:
        """Finds the record if it breaks the rule."""
        this = Comparison(FieldPath(("Id",), NOWHERE), "=", StringValue(record_id, record_id, NOWHERE), NOWHERE)
        return Query(
            select=(SelectItem(FieldPath(("Id",), NOWHERE), None, NOWHERE),),
            source=(FromItem(FieldPath((self.object.name,), NOWHERE), None, NOWHERE),),
            span=NOWHERE,
            where=And((this, Paren(self.condition, NOWHERE)), NOWHERE),
        )


class Validation:
    """The rules of an org. Raises OrgError for one that is not SOQL, or speaks of what the org does not have."""

    def __init__(self, rules: Iterable[ValidationRule], schema: Schema, path: Path) -> None:
        self._path = path
        self._rules: list[_Rule] = []
        for number, rule in enumerate(rules, 1):
            place = f"validation {number}"
            sobject = schema.object(rule.object)
            if sobject is None:
                raise OrgError(f"there is no object `{rule.object}`", path, column=f"{place} object")
            field = sobject.field(rule.field) if rule.field else None
            if rule.field and field is None:
                raise OrgError(f"{sobject.name} has no field `{rule.field}`", path, column=f"{place} field")
            parsed = parse_condition(rule.condition)
            errors = [d for d in parsed.diagnostics if d.severity == "error"]
            if parsed.tree is None or errors:
                words = errors[0].message if errors else "is no condition"
                raise OrgError(f"`{rule.condition}`: {words}", path, column=f"{place} condition")
            problem = Problem("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, (field.name,) if field else ())
            self._rules.append(_Rule(sobject, rule.condition.lower(), parsed.tree, problem))

    def check(self, world: World) -> None:
        """Raise OrgError for a condition whose names or types do not fit the org."""
        for number, rule in enumerate(self._rules, 1):
            try:
                translate(rule.query("000000000000000AAA"), world)
            except SoqlError as error:
                raise OrgError(error.message, self._path, column=f"validation {number} condition") from error

    def concerns(self, sobject: SObject) -> bool:
        """Whether there are rules for the object."""
        return any(rule.object.name == sobject.name for rule in self._rules)

    def mentions(self, sobject: SObject, names: Iterable[str]) -> bool:
        """Whether a rule for the object may look at one of these fields; true sooner than false."""
        texts = [rule.text for rule in self._rules if rule.object.name == sobject.name]
        return any(name.lower() in text for name in names for text in texts)

    def problems(
        self, cursor: duckdb.DuckDBPyConnection, world: World, sobject: SObject, record_id: str
    ) -> list[Problem]:
        """The rules that the record, as it stands now, breaks."""
        return [
            rule.problem
            for rule in self._rules
            if rule.object.name == sobject.name
            and cursor.execute(translate(rule.query(record_id), world).sql).fetchall()
        ]
