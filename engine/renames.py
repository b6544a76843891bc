"""A changed label: the table or column that was made from the old one is renamed in place, and keeps its rows.

Statements are the same when all but their labels is equal. Labels may be exchanged, or move along. Where several
statements could be meant nothing is renamed: then the old table goes and the new one comes, which the guards look at.
Either way a table holds the rows of one object only: those of another are never judged by what this one has.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

import grammar
from compiler.labels import lower_snake
from grammar.node import Node
from grammar.soql_tree import StringValue
from grammar.spec_tree import CustomObject, Metric, Spec

# Of a renamed money metric there may be one too.
_CURRENCY = "_currency"


class Described(NamedTuple):
    """A row of the published table `columns`."""

    table: str
    column: str
    source: str | None
    statement: str | None


class Renames(NamedTuple):
    """The new names of published tables, and of columns of accounts.

    `spelled`: columns of a table, as it is called from now on, whose fields have other letter cases in the org.
    `replaced`: tables whose names other statements have now, with the names under which they wait to be dropped, no
    label's; so the guards see them go. `dropped`: columns of accounts whose names metrics have now.
    """

    tables: Mapping[str, str] = {}
    columns: Mapping[str, str] = {}
    replaced: Mapping[str, str] = {}
    dropped: tuple[str, ...] = ()
    spelled: Mapping[tuple[str, str], str] = {}

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns or self.replaced or self.spelled)

    def of(self, described: Iterable[Described]) -> list[Described]:
        """The published columns as they are called from now on."""
        names = {**self.tables, **self.replaced}
        return [
            one._replace(table=names.get(one.table, one.table))
            if one.table != "accounts"
            else one._replace(column=self.columns.get(one.column, one.column))
            for one in described
            if one.table != "accounts" or one.column not in self.dropped
        ]

    @property
    def words(self) -> Iterable[str]:
        """What is said of each."""
        for old, new in self.tables.items():
            yield f"{old} is called {new} now, and keeps its rows: its label changed"
        for old, new in self.replaced.items():
            yield f"{old} is another statement's name now: the table that had it goes, in this report as {new}"
        for old, new in self.columns.items():
            yield f"accounts.{old} is called {new} now: its label changed"
        for (table, old), new in self.spelled.items():
            yield f"{table}.{old} is called {new} now: the org spells it so"
        if self.dropped:
            yield f"accounts: columns {', '.join(self.dropped)} are no longer brought by the spec, and dropped"


NO_RENAMES = Renames()


def find_renames(spec: Spec, described: Sequence[Described]) -> Renames:
    """What becomes of the published tables and columns whose statements have other labels in `spec`."""
    before = {text: _statement(text) for text in dict.fromkeys(one.statement for one in described) if text}
    objects: dict[str, Hashable] = {}
    metrics: dict[str, Hashable] = {}
    for one in described:
        name = one.column if one.table == "accounts" else one.table
        match before.get(one.statement or ""):
            case CustomObject() as statement if name == lower_snake(statement.label.value):
                objects[name] = _shape(statement)
            case Metric() as statement if name == lower_snake(statement.label.value):
                metrics[name] = _shape(statement)
            case None if one.statement and _has_label(one.statement):
                # Nobody knows what it was, so that it is taken for what has its name now.
                (metrics if one.table == "accounts" else objects).setdefault(name, None)
    now = {lower_snake(s.label.value): s for s in spec.statements if isinstance(s, CustomObject)}
    tables = _matched(objects, {name: _shape(s) for name, s in now.items()})
    new_metrics = {lower_snake(s.label.value): _shape(s) for s in spec.statements if isinstance(s, Metric)}
    columns = _matched(metrics, new_metrics)
    published = [one.column for one in described if one.table == "accounts"]
    for old, new in list(columns.items()):
        if old + _CURRENCY in published and old + _CURRENCY not in metrics:
            columns[old + _CURRENCY] = new + _CURRENCY
    # To DuckDB a name is the same in any letter case: a metric may be called what a field was.
    taken = {name.lower() for name in columns.values()}
    dropped = tuple(name for name in published if name.lower() in taken and name not in columns)
    return Renames(tables, columns, _replaced(now, described, tables), dropped)


def _replaced(
    now: Mapping[str, CustomObject], described: Iterable[Described], renamed: Mapping[str, str]
) -> dict[str, str]:
    """The tables that keep no name of theirs: it is the new name of another, or that of another object's table."""
    held = {one.table: (one.source or "").partition(".")[0] for one in described if one.column == "Id"}
    return {
        table: f"{table} ({sobject})"
        for table, sobject in held.items()
        if table in now
        and table not in renamed
        and (table in renamed.values() or sobject.lower() != now[table].object.text.lower())
    }


def _statement(text: str) -> CustomObject | Metric | None:
    """The statement that brought a column, if it has a label."""
    if not _has_label(text):
        return None
    for statement in grammar.parse_spec(f"accord 1\n{text}\n").tree.statements:
        if isinstance(statement, CustomObject | Metric):
            return statement
    return None


def _has_label(text: str) -> bool:
    return text.partition(" ")[0].lower() in ("object", "metric")


def _shape(statement: CustomObject | Metric) -> Hashable:
    """What makes a statement the same under another label, whatever the letter case of the names in it."""
    if isinstance(statement, CustomObject):
        return _folded((statement.object, statement.parent, statement.via))
    return _folded(statement.source)


def _folded(part: object) -> Hashable:
    match part:
        case StringValue(value=value):
            return (StringValue, value)
        case Node():
            names = (name for name in part.__match_args__ if not name.endswith("span"))
            return (type(part), *(_folded(getattr(part, name)) for name in names))
        case tuple():
            return tuple(_folded(one) for one in part)
        case str():
            return part.lower()
    assert isinstance(part, Hashable)
    return part


def _matched(before: Mapping[str, Hashable], now: Mapping[str, Hashable]) -> dict[str, str]:
    """The new names of what is the same; a name that is kept is nobody else's, nor one of which nothing is known."""
    kept = {name for name, shape in now.items() if name in before and before[name] in (shape, None)}
    gone = {name: shape for name, shape in before.items() if name not in kept and shape is not None}
    new = {name: shape for name, shape in now.items() if name not in kept}
    return {
        old: found[0]
        for old, shape in gone.items()
        if len(found := [name for name, other in new.items() if other == shape]) == 1
        and list(gone.values()).count(shape) == 1
    }
