"""A plan as text: its filters clause by clause, the SOQL of each extract, the SQL of each table."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection
from typing import TypeAlias

from compiler.archived import asks_all
from compiler.digest import document_digest, meaning_digest
from compiler.plan import Clause, Extract, Filter, Plan, Table
from compiler.plan_document import to_document
from compiler.print_duckdb import Leaf, print_table
from compiler.print_soql import print_query
from compiler.relation import Extracted, Wanted
from compiler.relation_columns import columns_of

WIDTH = 100

Only: TypeAlias = Collection[str]
"""Names of parts of a plan; empty for all of it."""

_QUOTED = re.compile(r"('(?:[^'\\]|\\.)*')")
_WORDS = re.compile(r"\S+\s*|\s+")
_NEW_LINE = frozenset({"FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "WITH"})
_HARD = "\x00"


def plan_text(plan: Plan, only: Only = ()) -> str:
    """The plan in sections, all of it or the named parts; the text ends without a line break."""
    sections = (
        ("Filters", filters_section(plan, only)),
        ("SOQL", soql_section(plan, only)),
        ("SQL", sql_section(plan, only)),
        ("Digests", f"document {document_digest(plan)}\nmeaning  {meaning_digest(plan)}"),
    )
    return "\n\n".join(f"-- {title} {'-' * (WIDTH - len(title) - 4)}\n\n{text}" for title, text in sections if text)


def parts_of(plan: Plan) -> list[str]:
    """The names that the parts of a plan go by: of filters, extracts and tables, and what stands before their point."""
    names = [*(f.id for f in plan.filters), *(e.id for e in plan.extracts)]
    return sorted({*names, *(name.partition(".")[0] for name in names), *(table.name for table in plan.tables)})


def _shown(name: str, only: Only) -> bool:
    return not only or name in only or name.partition(".")[0] in only


def filters_section(plan: Plan, only: Only = ()) -> str:
    """Each filter with its tree of clauses: the id of a clause, then its SOQL."""
    return "\n\n".join(_filter(f) for f in plan.filters if _shown(f.id, only))


def soql_section(plan: Plan, only: Only = ()) -> str:
    """What a run asks Salesforce for, extract by extract."""
    return "\n\n".join(extract_soql(e) for e in plan.extracts if _shown(e.id, only))


def extract_soql(extract: Extract) -> str:
    """The queries of one extract, with a line that says why it is read as it is."""
    lines = [f"-- {extract.id}: {extract.why}"]
    if asks_all(extract.fetch):
        lines.append("-- asked of queryAll: archived rows are in, the bin is not")
    if extract.mode == "census":
        lines += ["-- match list", soql_lines(print_query(extract.census).text), "-- rows that the copy lacks"]
    return "\n".join((*lines, soql_lines(print_query(extract.fetch).text)))


def sql_section(plan: Plan, only: Only = ()) -> str:
    """The statement that gives each table's wanted rows, in the order in which they are computed.

    Rows that were read stand in the schema `extract`, tables computed before in the schema `wanted`.
    """
    shown = ((table, sql) for table, sql in _statements(plan) if _shown(table.name, only))
    return "\n\n".join(f"-- {table.name}: {table.label}\n{sql}" for table, sql in shown)


def plan_document(plan: Plan) -> dict[str, object]:
    """What `--format json` prints: the plan as data, with its queries and statements as text and its digests."""
    return {
        "schema_version": 1,
        "digests": {"document": document_digest(plan), "meaning": meaning_digest(plan)},
        "soql": {
            extract.id: {
                "mode": extract.mode,
                "why": extract.why,
                "all_rows": asks_all(extract.fetch),
                "census": print_query(extract.census).text,
                "fetch": print_query(extract.fetch).text,
            }
            for extract in plan.extracts
        },
        "sql": {table.name: sql for table, sql in _statements(plan)},
        "plan": to_document(plan),
    }


def _statements(plan: Plan) -> list[tuple[Table, str]]:
    def leaf_of(leaf: Extracted | Wanted) -> Leaf:
        if isinstance(leaf, Extracted):
            return Leaf(("extract", leaf.extract), plan.extract(leaf.extract).types)
        return Leaf(("wanted", leaf.table), columns_of(plan.table(leaf.table).relation, leaf_of))

    return [(table, print_table(table, leaf_of).text) for table in plan.tables]


def _filter(filter_: Filter) -> str:
    head = f"{filter_.id}: {filter_.object}"
    if filter_.clauses is None:
        return f"{head}, every row"
    return "\n".join((head, *_clause(filter_.clauses, "  ")))


def _clause(clause: Clause, indent: str) -> list[str]:
    named = f" (defined as `{clause.definition}`)" if clause.definition else ""
    if clause.kind == "leaf":
        return [f"{indent}{clause.id}  {clause.soql}{named}"]
    words = {"and": "all of", "or": "at least one of", "not": "not"}[clause.kind]
    lines = [f"{indent}{clause.id}  {words}{named}"]
    for child in clause.children:
        lines += _clause(child, indent + "  ")
    return lines


def soql_lines(soql: str) -> str:
    """A query with a line for each of its parts, broken between words where it is long, but never inside quotes."""
    lines = [""]
    depth = 0
    for at, part in enumerate(_QUOTED.split(soql)):
        if at % 2:
            lines[-1] += part.replace(" ", _HARD)
            continue
        for word in _WORDS.findall(part):
            if depth == 0 and word.strip() in _NEW_LINE:
                lines.append("")
            depth += word.count("(") - word.count(")")
            lines[-1] += word
    return "\n".join(_filled(line.strip()) for line in lines).replace(_HARD, " ")


def _filled(line: str) -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
