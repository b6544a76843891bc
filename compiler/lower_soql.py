"""From bound conditions to filters with clause trees, and from the columns that are needed to queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from compiler.archived import out_of_bin
from compiler.condition_rules import comparisons
from compiler.plan import Clause, Extract, ExtractColumn, Filter
from compiler.print_soql import print_condition
from compiler.probe import conjunction, conjuncts
from compiler.relation import ColumnType
from compiler.resolved import FieldRef, ResolvedFilter
from compiler.schema import NUMBER_TYPES, Field, Schema, undescribed
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    FieldPath,
    FromItem,
    Not,
    Or,
    Paren,
    Query,
    SelectItem,
    Use,
)
from grammar.source import NOWHERE, Span

# An extract that has hardly more columns than its match list is read whole: one query instead of two.
FEW_MORE_COLUMNS = 2
MATCH_LIST = "a run reads the match list, and then the rows that are new or changed; the first run reads all rows"
NARROW = "a run reads all rows: the match list would be hardly narrower"
NO_STAMP = "a run reads all rows: {} has no SystemModstamp that would tell the changed ones"
NO_FILTER = "a run reads all rows: the SystemModstamp of {} cannot be filtered on"


def column_type(field: Field) -> ColumnType:
    """The type that a field's values are stored in. A number's scale is the describe's: data may raise it."""
    if field.type in NUMBER_TYPES:
        return ColumnType("decimal", field.scale)
    match field.type:
        case "id" | "reference":
            return ColumnType("id")
        case "boolean":
            return ColumnType("boolean")
        case "date":
            return ColumnType("date")
        case "datetime":
            return ColumnType("timestamp")
        case "time":
            return ColumnType("time")
        case _:
            return ColumnType("text")


def flatten(condition: Condition) -> Condition:
    """The same condition without parentheses of its own, AND in AND and OR in OR made one.

    Salesforce takes sub-selects on the top level only, so `(a AND b IN (SELECT ...)) AND c` must not nest. The printer
    puts the parentheses back that are needed.
    """
    match condition:
        case Paren(inner):
            return flatten(inner)
        case Not(operand, span):
            return Not(flatten(operand), span)
        case And(operands, span):
            return And(tuple(_spliced(operands, And)), span)
        case Or(operands, span):
            return Or(tuple(_spliced(operands, Or)), span)
        case Comparison() | Use():
            return condition


def _spliced(operands: Iterable[Condition], kind: type[And] | type[Or]) -> Iterable[Condition]:
    for operand in map(flatten, operands):
        if isinstance(operand, And | Or) and isinstance(operand, kind):
            yield from operand.operands
        else:
            yield operand


def lower_filter(filter_id: str, sobject: str, bound: ResolvedFilter | None, span: Span) -> Filter:
    """A filter under its id; without a condition it takes all rows of the object."""
    if bound is None:
        return Filter(filter_id, sobject, None, None, span)
    clauses = _clause(bound.written, bound.condition, f"{filter_id}/1", None)
    return Filter(filter_id, sobject, flatten(bound.condition), clauses, bound.span)


def _clause(written: Condition, expanded: Condition, clause_id: str, definition: str | None) -> Clause:
    """The clause tree. `written` has the uses of definitions where `expanded` has what they stand for."""
    if isinstance(written, Use) and isinstance(expanded, Paren):
        return _clause(expanded.inner, expanded.inner, clause_id, written.name)
    if isinstance(written, Paren) and isinstance(expanded, Paren):
        return _clause(written.inner, expanded.inner, clause_id, definition)
    soql = print_condition(flatten(expanded)).text
    match written, expanded:
        case (And(ours), And(theirs)) | (Or(ours), Or(theirs)):
            children = tuple(
                _clause(a, b, f"{clause_id}.{n}", None) for n, (a, b) in enumerate(zip(ours, theirs, strict=True), 1)
            )
            kind = "and" if isinstance(written, And) else "or"
            return Clause(clause_id, "and" if kind == "and" else "or", soql, definition, children, written.span)
        case Not(ours), Not(theirs):
            child = _clause(ours, theirs, f"{clause_id}.1", None)
            return Clause(clause_id, "not", soql, definition, (child,), written.span)
        case _:
            return Clause(clause_id, "leaf", soql, definition, (), written.span)


class ExtractDraft:
    """The columns that something needs of an object's rows, gathered before its queries are made."""

    def __init__(self, extract_id: str, sobject: str, schema: Schema, bound: ResolvedFilter | None, span: Span) -> None:
        self.id = extract_id
        self.object = sobject
        self.bound = bound
        self.condition = flatten(bound.condition) if bound else None
        self.out_of_bin = out_of_bin(schema.object(sobject) or undescribed(sobject))
        self.span = span
        self._columns: dict[str, FieldRef] = {}
        self._listed: set[str] = set()
        self._deciding: set[str] = set()
        known = schema.object(sobject) or undescribed(sobject)
        for name in ("Id", "SystemModstamp", "CreatedDate"):
            field = known.field(name)
            if field is not None and (name != "CreatedDate" or "systemmodstamp" not in self._columns):
                path = FieldPath((field.name,), NOWHERE)
                self.need(FieldRef(sobject, path, (), field, sobject, NOWHERE), link=True)
        self.decide(self.condition)

    def decide(self, condition: Condition | None) -> None:
        """Note whose values a filter asks for: where they are read, they must not be older than what it said."""
        for comparison in comparisons(condition) if condition is not None else ():
            left = comparison.left
            paths = (left,) if isinstance(left, FieldPath) else left.args
            self._deciding.update(path.text.lower() for path in paths if isinstance(path, FieldPath))

    def need(self, ref: FieldRef, *, deciding: bool = False, link: bool = False) -> str:
        """Read a field; returns its column name.

        `link`: it leads to a parent, which the match list tells of every row. `deciding`: it feeds an owner or a
        number; the match list has it if it can change while the row's stamp stays.
        """
        key = ref.name.lower()
        known = self._columns.setdefault(key, ref)
        if link or (deciding and known.volatile):
            self._listed.add(key)
        return known.name

    def filter(self) -> Filter:
        """The filter whose rows are read."""
        lowered = lower_filter(self.id, self.object, self.bound, self.span)
        return Filter(lowered.id, lowered.object, self.where, lowered.clauses, lowered.span)

    @property
    def where(self) -> Condition | None:
        """What the queries ask for: the filter, and where rows are archived, that they are not in the bin."""
        bin_out = () if self.out_of_bin is None else (self.out_of_bin,)
        return conjunction((*conjuncts(self.condition), *bin_out)) if bin_out else self.condition

    def extract(self) -> Extract:
        """The finished extract with its two queries."""
        columns = tuple(
            ExtractColumn(FieldPath(ref.path.names, ref.span), column_type(ref.field), ref.field.type, ref.volatile)
            for ref in self._columns.values()
        )
        deciding = {key for key, ref in self._columns.items() if ref.volatile and key in self._deciding}
        listed = self._listed | deciding
        census = [c.path for c, key in zip(columns, self._columns, strict=True) if key in listed]
        mode, why = self._mode(len(columns) - len(census))
        return Extract(
            self.id,
            self.id,
            self.object,
            columns,
            _query(self.object, census, self.where, self.span),
            _query(self.object, [c.path for c in columns], self.where, self.span),
            mode,
            why,
        )

    def _mode(self, more: int) -> tuple[Literal["full", "census"], str]:
        """How a run reads the rows, and why; `more` columns stand in no match list."""
        stamp = self._columns.get("systemmodstamp")
        if stamp is None:
            return "full", NO_STAMP.format(self.object)
        if not stamp.field.filterable:
            return "full", NO_FILTER.format(self.object)
        return ("full", NARROW) if more <= FEW_MORE_COLUMNS else ("census", MATCH_LIST)


class Drafts:
    """All reads of a plan. What asks for the same rows of the same object shares one."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.drafts: list[ExtractDraft] = []

    def draft(self, extract_id: str, sobject: str, bound: ResolvedFilter | None, span: Span) -> ExtractDraft:
        """The draft that reads these rows; `extract_id` names it if it is the first to do so.

        INVARIANT: ids differ in more than case, as names in DuckDB must. An object labelled "ARR" would have the id of
        the number; the later one gets a number behind it, with a dot, which no name made from a label has.
        """
        condition = flatten(bound.condition) if bound else None
        for known in self.drafts:
            if known.object == sobject and known.condition == condition:
                return known
        taken = {known.id.lower() for known in self.drafts}
        names = (extract_id, *(f"{extract_id}.{number}" for number in range(2, len(taken) + 3)))
        free = next(name for name in names if name.lower() not in taken)
        draft = ExtractDraft(free, sobject, self.schema, bound, span)
        self.drafts.append(draft)
        return draft


def _query(sobject: str, paths: Iterable[FieldPath], where: Condition | None, span: Span) -> Query:
    select = tuple(SelectItem(path, None, path.span) for path in paths)
    source = (FromItem(FieldPath((sobject,), span), None, span),)
    return Query(select, source, span, where=where)
