"""The reconciliation in SQL ends where a naive one in Python ends, whatever happens to the records."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.duckdb_functions import quote_name
from compiler.plan import Table, TableColumn
from compiler.record_id import to_18
from compiler.relation import ColumnType, Extracted
from compiler.relation_columns import Columns
from engine.absent import asked_of
from engine.copies import PLACE
from engine.differences import Comparison
from engine.identity import Identity
from engine.publish import NextStore, build_next
from engine.reconcile import Reconciled, reconcile
from engine.rows import create_from
from engine.store import StorePaths, attach_published, swap
from engine.workspace import CURRENT, Workspace, name_of
from grammar.source import NOWHERE

COLUMNS: Columns = {"Id": ColumnType("id"), "Name": ColumnType("text"), "Amount": ColumnType("decimal", 2)}
ASKED: Columns = {"key": ColumnType("id"), "answer": ColumnType("text"), "merged_into": ColumnType("id")}
WHO = Identity("00D000000000001AAA", "sandbox", None, "005000000000001AAA", "u", None, None, None, None)
# A store without accounts is none.
NAME = "accounts"
PLACED = quote_name(PLACE)
KEYS = tuple(to_18(f"001{n:012d}") for n in range(6))
# They stay as they are, and are so many that what happens to the others is little: the table is not written anew then.
STAYING = {to_18(f"001{n:012d}"): ("Z", Decimal(n)) for n in range(6, 30)}
Policy = Literal["keep", "remove"]


@dataclass(frozen=True)
class Row:
    """A row as the judge keeps it."""

    name: str | None
    amount: Decimal | None
    status: str = "active"
    merged_into: str | None = None


@dataclass(frozen=True)
class Step:
    """What the org shows at one run: wanted rows, rejected keys, and what becomes of those that are absent.

    `scoped`: the rows are reconciled as those that changes touch; `placed` are the keys whose places are known then.
    """

    wanted: dict[str, tuple[str | None, Decimal | None]]
    rejected: frozenset[str]
    answers: dict[str, str]
    policy: Policy
    scoped: bool
    placed: frozenset[str]


names = st.none() | st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=5)
amounts = st.none() | st.decimals("-99.99", "99.99", places=2)
steps = st.builds(
    Step,
    st.dictionaries(st.sampled_from(KEYS), st.tuples(names, amounts)),
    st.frozensets(st.sampled_from(KEYS), max_size=2),
    st.fixed_dictionaries(
        {key: st.sampled_from(("live", "deleted", "merged", "gone", "as_before", "unasked")) for key in KEYS}
    ),
    st.sampled_from(("keep", "keep", "remove")),
    st.booleans(),
    st.frozensets(st.sampled_from(KEYS)),
).map(
    lambda step: replace(step, wanted={**STAYING, **{k: v for k, v in step.wanted.items() if k not in step.rejected}})
)


def judge(before: dict[str, Row], step: Step) -> dict[str, Row]:
    """The naive reconciliation, one record after the other."""
    after = {}
    for key in {*before, *step.wanted}:
        if key in step.wanted:
            after[key] = Row(*step.wanted[key])
            continue
        old, answer = before[key], step.answers[key]
        status, merged_into = "left", None
        if key in step.rejected:
            status = "rejected"
        elif answer in ("deleted", "merged"):
            status = answer
            merged_into = KEYS[0] if answer == "merged" else None
        elif answer == "gone":
            status, merged_into = (
                (old.status, old.merged_into) if old.status in ("deleted", "merged") else ("gone", None)
            )
        elif answer == "as_before" and old.status in ("deleted", "merged", "gone"):
            status, merged_into = old.status, old.merged_into
        if status != "left" or step.policy == "keep":
            after[key] = replace(old, status=status, merged_into=merged_into)
    return after


def reconciled(folder: Path, step: Step, number: int) -> Reconciled:
    """The same through the engine: compare, build, swap."""
    paths = StorePaths.of(folder / "statisfy.duckdb")
    column = [TableColumn(name, kind, name, "", (), False, False, NOWHERE) for name, kind in COLUMNS.items()]
    columns = tuple(column)
    table = Table(NAME, "record", "X", "T", ("Id",), columns, Extracted("x"), ("x",), None, step.policy, NOWHERE)
    space = Workspace(folder)
    try:
        attach_published(space, paths)
        rows = [(key, name, None if n is None else str(n)) for key, (name, n) in step.wanted.items()]
        target = name_of("memory", "wanted", NAME)
        create_from(space, target, COLUMNS, rows)
        answers = [
            (key, answer, KEYS[0] if answer == "merged" else None)
            for key, answer in step.answers.items()
            if answer != "unasked"
        ]
        create_from(space, asked_of(NAME), ASKED, answers)
        create_from(space, "rejected", {"key": ColumnType("id")}, [(key,) for key in step.rejected])
        comparison = Comparison(table, COLUMNS, space.columns((CURRENT, "statisfy", NAME)))
        if step.scoped and comparison.current:
            comparison = scoped(space, comparison, step)
        found = reconcile(space, comparison, "SELECT key FROM rejected", 0)
        facts = NextStore(number, datetime(2026, 1, number), "succeeded", WHO, ("p", "m"), False, ())
        (done,) = build_next(space, paths, (found,), facts, lambda _: None)
        swap(paths)
        return done
    finally:
        space.close()


def scoped(space: Workspace, comparison: Comparison, step: Step) -> Comparison:
    """The same comparison, of the rows that changes can touch: all but those that stay."""
    space.run(
        f'CREATE TABLE known AS SELECT "Id", CASE WHEN "Id" IN (SELECT unnest(?)) THEN rowid END AS {PLACED}'
        f" FROM {comparison.published}",
        [sorted(step.placed)],
    )
    comparison = comparison._replace(scoped=True, placed=("known",))
    create_from(space, comparison.touched, {"key": ColumnType("id")}, [(key,) for key in KEYS])
    touched = f"SELECT key FROM {comparison.touched}"
    space.run(f'CREATE TABLE {comparison.rows} AS FROM {comparison.wanted} WHERE "Id" IN ({touched})')
    return comparison


def stored(folder: Path) -> dict[str, Row]:
    """What the published store holds."""
    space = Workspace(folder)
    try:
        attach_published(space, StorePaths.of(folder / "statisfy.duckdb"))
        columns = '"Id", "Name", "Amount", record_status, merged_into'
        return {
            key: Row(*rest) for key, *rest in space.run(f"SELECT {columns} FROM {name_of(CURRENT, 'statisfy', NAME)}")
        }
    finally:
        space.close()


@settings(max_examples=20, deadline=None)
@given(st.lists(steps, min_size=1, max_size=4))
def test_tables_end_as_the_judge_says(history: list[Step]) -> None:
    """After every run the table holds what a record by record reconciliation gives, and its counts balance."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected: dict[str, Row] = {}
        for number, step in enumerate(history, 1):
            before = expected
            expected = judge(before, step)
            done = reconciled(folder, step, number)

            assert stored(folder) == expected
            assert done.counts.balanced
            assert done.counts.active_after == sum(row.status == "active" for row in expected.values())
            assert done.counts.inserted == len(step.wanted.keys() - before.keys())


@settings(max_examples=5, deadline=None)
@given(st.lists(steps, min_size=1, max_size=2))
def test_same_step_twice_touches_nothing(history: list[Step]) -> None:
    """A run that finds the org as the run before left it has nothing to write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, step in enumerate(history, 1):
            reconciled(folder, step, number)
        again = reconciled(folder, history[-1], len(history) + 1)

        assert (again.touched, again.changed) == (0, False)
