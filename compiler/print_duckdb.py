"""Relation trees to DuckDB's SELECT statements: a step by step list of CTEs, with every column written out.

Equal parts of a tree are printed once. The text can be pasted into DuckDB as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, assert_never

from compiler.duckdb_functions import (
    FUNCTIONS,
    Typed,
    aggregate,
    as_type,
    duckdb_type,
    equal,
    literal,
    quote_name,
    quote_text,
)
from compiler.plan import Table
from compiler.printed import Printed, Writer
from compiler.relation import (
    Aggregated,
    Call,
    Col,
    Expr,
    Extracted,
    Filtered,
    First,
    Joined,
    Lit,
    OrderKey,
    Relation,
    Select,
    Union,
    Wanted,
)
from compiler.relation_columns import (
    Columns,
    Leaf,
    LeafOf,
    columns_of,
    columns_over,
    inputs_of,
    type_of,
)
from grammar.source import Span

__all__ = [
    "FUNCTIONS",
    "Leaf",
    "Printed",
    "columns_of",
    "duckdb_type",
    "print_expression",
    "print_relation",
    "print_table",
    "quote_name",
    "quote_text",
]


LINE_WIDTH = 100


def print_table(table: Table, leaf_of: LeafOf) -> Printed:
    """The statement for a table's wanted rows, marked with the places of its columns in the spec."""
    return print_relation(table.relation, leaf_of, {c.name: c.span for c in table.columns})


def print_relation(relation: Relation, leaf_of: LeafOf, spans: Mapping[str, Span] | None = None) -> Printed:
    """Print the SELECT statement that computes a relation.

    Args:
        relation: what to compute.
        leaf_of: the table that holds an extract's rows or another table's wanted rows, and its real columns.
        spans: for columns of the result, where the spec asks for them; becomes the source map.

    Raises:
        ValueError: the relation names a column that is not there, or mixes types that do not meet.
    """
    steps = _Steps(leaf_of)
    source = steps.add(relation)
    if not steps.named:
        steps.name("rows", _Select(_plain(source.columns), (f"FROM {source.sql}",)))
    *before, last = steps.named.items()
    writer = Writer()
    for number, (name, selects) in enumerate(before):
        writer.write("WITH " if number == 0 else ",\n", quote_name(name), " AS (\n")
        _write_selects(writer, selects, {}, "  ")
        writer.write("\n)")
    if before:
        writer.write("\n")
    _write_selects(writer, last[1], spans or {}, "")
    return writer.printed()


def print_expression(expr: Expr, columns: Columns, prefix: str = "") -> Typed:
    """The SQL of an expression over columns, each of which gets `prefix` (`l.`) before its quoted name."""
    kind = type_of(expr, columns)
    match expr:
        case Col():
            return Typed(prefix + quote_name(expr.name), kind)
        case Lit():
            return Typed(literal(expr, kind), kind)
        case Call():
            args = tuple(print_expression(arg, columns, prefix) for arg in expr.args)
            return Typed(FUNCTIONS[expr.function](args, kind), kind)
        case _:
            assert_never(expr)


class _Select(NamedTuple):
    """One SELECT: the columns as names with their SQL, and the lines from FROM on."""

    columns: Mapping[str, str]
    lines: tuple[str, ...]


class _Source(NamedTuple):
    """What can stand behind FROM, and the columns that it has."""

    sql: str
    columns: Columns


class _Steps:
    """The named SELECTs that a relation is computed by, in order; several in one step are a UNION ALL."""

    def __init__(self, leaf_of: LeafOf) -> None:
        self._leaf_of = leaf_of
        self._sources: dict[Relation, _Source] = {}
        self.named: dict[str, tuple[_Select, ...]] = {}

    def add(self, relation: Relation) -> _Source:
        """Add the steps of a relation, unless they are there, and return where its rows can be read."""
        source = self._sources.get(relation)
        if source is None:
            source = self._leaf(relation) if isinstance(relation, Extracted | Wanted) else self._step(relation)
            self._sources[relation] = source
        return source

    def name(self, word: str, *selects: _Select) -> str:
        """Add a step and return its quoted name."""
        name = f"{len(self.named) + 1}_{word}"
        self.named[name] = selects
        return quote_name(name)

    def _leaf(self, relation: Extracted | Wanted) -> _Source:
        leaf = self._leaf_of(relation)
        return _Source(".".join(quote_name(part) for part in leaf.name), leaf.columns)

    def _step(self, relation: Select | Filtered | Joined | Aggregated | First | Union) -> _Source:
        inputs = tuple(self.add(one) for one in inputs_of(relation))
        columns = columns_over(relation, tuple(one.columns for one in inputs))
        word, selects = self._selects(relation, inputs, columns)
        return _Source(self.name(word, *selects), columns)

    def _selects(
        self,
        relation: Select | Filtered | Joined | Aggregated | First | Union,
        inputs: tuple[_Source, ...],
        columns: Columns,
    ) -> tuple[str, tuple[_Select, ...]]:
        source = inputs[0]
        lines = (f"FROM {source.sql}",)
        match relation:
            case Select():
                values = {a.name: print_expression(a.value, source.columns).sql for a in relation.columns}
                return "columns", (_Select(values, lines),)
            case Filtered():
                condition = print_expression(relation.condition, source.columns).sql
                return "filtered", (_Select(_plain(columns), (*lines, f"WHERE {condition}")),)
            case Joined():
                return f"{relation.kind}_join", (_joined(relation, source, inputs[1]),)
            case Aggregated():
                return "totals", (_aggregated(relation, source, columns),)
            case First():
                ranked = self.name("ranked", _ranked(relation, source, _rank_name(columns)))
                chosen = (f"FROM {ranked}", f"WHERE {quote_name(_rank_name(columns))} = 1")
                return "first", (_Select(_plain(columns), chosen),)
            case Union():
                return "union", tuple(_widened(one, columns) for one in inputs)
            case _:
                assert_never(relation)


def _plain(columns: Columns) -> Mapping[str, str]:
    return {name: quote_name(name) for name in columns}


def _widened(source: _Source, wanted: Columns) -> _Select:
    values = {name: as_type(Typed(quote_name(name), source.columns[name]), kind) for name, kind in wanted.items()}
    return _Select(values, (f"FROM {source.sql}",))


def _joined(relation: Joined, left: _Source, right: _Source) -> _Select:
    pairs = " AND ".join(
        equal(
            print_expression(Col(ours), left.columns, "l."),
            print_expression(Col(theirs), right.columns, "r."),
        )
        for ours, theirs in relation.on
    )
    columns = {name: f"l.{quote_name(name)}" for name in left.columns}
    source = f"FROM {left.sql} AS l"
    if relation.kind in ("semi", "anti"):
        test = "WHERE EXISTS" if relation.kind == "semi" else "WHERE NOT EXISTS"
        partner = " ".join(("(SELECT 1 FROM", right.sql, "AS r WHERE", pairs))
        return _Select(columns, (source, f"{test} {partner})"))
    columns.update({take.name: f"r.{quote_name(take.column)}" for take in relation.take})
    return _Select(columns, (source, f"{relation.kind.upper()} JOIN {right.sql} AS r ON {pairs}"))


def _aggregated(relation: Aggregated, source: _Source, columns: Columns) -> _Select:
    values = {key: quote_name(key) for key in relation.keys}
    for measure in relation.measures:
        value = None if measure.value is None else print_expression(measure.value, source.columns)
        values[measure.name] = aggregate(measure.function, value, columns[measure.name])
    grouping = (f"GROUP BY {', '.join(quote_name(key) for key in relation.keys)}",) if relation.keys else ()
    return _Select(values, (f"FROM {source.sql}", *grouping))


def _rank_name(columns: Columns) -> str:
    """A name that no column has."""
    taken = {name.lower() for name in columns}
    name = "rank"
    while name in taken:
        name += "_"
    return name


def _ranked(relation: First, source: _Source, rank: str) -> _Select:
    keys = ", ".join(quote_name(key) for key in relation.keys)
    order = ", ".join(_order(key) for key in relation.order)
    window = f"{f'PARTITION BY {keys} ' if keys else ''}ORDER BY {order}"
    return _Select({**_plain(source.columns), rank: f"row_number() OVER ({window})"}, (f"FROM {source.sql}",))


def _order(key: OrderKey) -> str:
    return f"{quote_name(key.column)} {'DESC' if key.descending else 'ASC'} NULLS LAST"


def _write_selects(writer: Writer, selects: tuple[_Select, ...], spans: Mapping[str, Span], indent: str) -> None:
    for number, select in enumerate(selects):
        if number:
            writer.write(f"\n{indent}UNION ALL\n")
        writer.write(indent, "SELECT")
        _write_columns(writer, select.columns, spans, f"\n{indent}  ")
        for line in select.lines:
            writer.write("\n", indent, line)


def _write_columns(writer: Writer, columns: Mapping[str, str], spans: Mapping[str, Span], new_line: str) -> None:
    """Write the columns: plain ones share a line as long as it is short, each calculated one has its own."""
    width = LINE_WIDTH
    for number, (name, sql) in enumerate(columns.items()):
        quoted = quote_name(name)
        text = sql if sql in (quoted, f"l.{quoted}", f"r.{quoted}") else f"{sql} AS {quoted}"
        writer.write("," if number else "")
        if text is sql and width + len(text) < LINE_WIDTH:
            writer.write(" ")
            width += len(text) + 2
        else:
            writer.write(new_line)
            width = len(text) if text is sql else LINE_WIDTH
        start = writer.at
        writer.write(text)
        if name in spans:
            writer.mark(start, spans[name])
