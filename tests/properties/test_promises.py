"""An org that changes in any way, runs that fail in any way: whatever happened, the tables are what the judge says."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from engine.report import Outcome
from engine.salesforce.read import Reading
from tests.support.judged_org import BY_BULK, BY_REST, JudgedOrg, judged_org
from tests.support.nasty_org import OPERATIONS, SIZES, Change, Population, draw_change

Faults = Sequence[Mapping[str, Any]]
# Those that leave the org's rows alone: a run that succeeds although they are on has read the truth.
WIRE: Mapping[str, Mapping[str, Any]] = {
    "session_expired": {},
    "refresh_refused": {},
    "refresh_flaky": {},
    "daily_limit": {},
    "concurrent_limit": {"times": 2},
    "budget_low": {},
    "unavailable": {},
    "edge_codes": {"times": 2},
    "reset_midbody": {},
    "chunked_short": {},
    "gzip_corrupt": {},
    "query_timeout": {},
    "locator_gone": {},
    "ragged_pages": {},
    "done_false_no_next": {},
    "uri_too_long": {"bytes": 2000},
    "bulk_refused": {},
    "bulk_failed": {},
    "bulk_stuck": {"times": 1},
    "bulk_job_quota": {},
    "bulk_gone": {},
    "bulk_version": {},
    "bulk_aborted_by_admin": {},
    "results_early": {},
    "csv_bom": {},
    "csv_columns_shuffled": {},
    "out_of_window": {},
}
# Those that change rows or the schema while a run reads, or send what the org does not hold.
MOVING: Mapping[str, Mapping[str, Any]] = {
    "csv_hostile": {},
    "text_like_numbers": {},
    "soft_delete_undelete": {},
    "formula_drift": {},
    "duplicate_rows": {},
    "poison_row": {},
    "empty_result": {},
    "field_added": {},
    "field_removed": {},
    "type_changed": {},
    "object_hidden": {},
    "cursor_not_filterable": {},
}
seeds = st.integers(0, 2**32 - 1)


def _entry(name: str, options: Mapping[str, Any], nth: int, sobject: str | None = None) -> dict[str, Any]:
    # A fault that comes with a probability of its own begins at once.
    match = {} if name == "unavailable" else {"nth": nth}
    return {"fault": name, **options, "match": match if sobject is None else {**match, "object": sobject}}


def _faults(kinds: Mapping[str, Mapping[str, Any]], *, latest: int, objects: bool) -> st.SearchStrategy[list[Any]]:
    """One or two faults, which begin with one of the first requests (of an object) that they can take."""
    sobjects = st.sampled_from(sorted(SIZES)) if objects else st.none()
    one = st.tuples(st.sampled_from(sorted(kinds)), st.integers(1, latest), sobjects)
    return st.lists(one, min_size=1, max_size=2, unique_by=lambda it: it[0]).map(
        lambda drawn: [_entry(name, kinds[name], nth, sobject) for name, nth, sobject in drawn]
    )


bad_wires = _faults(WIRE, latest=12, objects=False)
moves = _faults(MOVING, latest=3, objects=True)


class Life(RuleBasedStateMachine):
    """What may happen to an org and to the store that is kept in step with it.

    `patience` is how many changes there must be before a run, which is what costs time.
    """

    patience: ClassVar[int] = 3

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.people = Population()
        self.pending = 0
        self.again = False

    @initialize(seed=seeds, keep=st.booleans())
    def begin(self, seed: int, keep: bool) -> None:
        """An org is there, and was never synced."""
        folder = self.open.enter_context(tempfile.TemporaryDirectory())
        self.org: JudgedOrg = self.open.enter_context(judged_org(Path(folder), seed, keep=keep))
        self.pending = self.patience

    def teardown(self) -> None:
        """At the end all is well: a last run succeeds, and the one after it has nothing to do."""
        with self.open:
            if hasattr(self, "org"):
                self.org.run()
                self.org.run()

    def happen(self, op: str, seed: int, **more: str) -> None:
        """A change of a kind, if there can be one."""
        change: Change | None = draw_change(Random(seed), self.people, op)
        if change is not None:
            self.org.change({**change, **more})
            self.pending += 1

    @rule(op=st.sampled_from(OPERATIONS), seed=seeds)
    def change(self, op: str, seed: int) -> None:
        """One change, now."""
        self.happen(op, seed)

    @rule(seed=seeds)
    def update(self, seed: int) -> None:
        """Values change."""
        self.happen("update", seed)

    @rule(seed=seeds)
    def move(self, seed: int) -> None:
        """A child goes to another parent, an account changes type."""
        self.happen("move", seed)

    @rule(seed=seeds)
    def remove(self, seed: int) -> None:
        """A record goes to the bin, or a record of the bin comes back."""
        self.happen("delete" if seed % 2 else "undelete", seed)

    @rule(seed=seeds)
    def merge(self, seed: int) -> None:
        """A record is merged into another."""
        self.happen("merge", seed)

    @rule(op=st.sampled_from(["create", "update", "move"]), seed=seeds, minutes=st.integers(1, 60 * 24 * 30))
    def commit_late(self, op: str, seed: int, minutes: int) -> None:
        """A change whose stamp is long past when it can be seen."""
        self.happen(op, seed, stamp=f"{(self.org.now - timedelta(minutes=minutes)).isoformat()}Z")

    @rule(time=st.sampled_from([timedelta(minutes=1), *(timedelta(hours=h) for h in (1, 5, 13, 25, 49))]))
    def wait(self, time: timedelta) -> None:
        """Time goes by; until it does all happens in one second."""
        self.org.wait(time)

    @precondition(lambda self: self.pending >= self.patience)
    @rule(how=st.sampled_from(["run", "whole", "guarded", "bad wire", "bad wire", "rows move"]), data=st.data())
    def run(self, how: str, data: st.DataObject) -> None:
        """A run, of whatever kind."""
        self.pending, self.again = 0, True
        reading = data.draw(st.sampled_from([BY_REST, BY_BULK]), label="reading")
        match how:
            case "guarded":
                self.run_guarded(reading)
            case "bad wire":
                self.run_over_a_bad_wire(data.draw(bad_wires, label="faults"), reading)
            case "rows move":
                self.run_while_rows_move(data.draw(moves, label="faults"), reading)
            case _:
                self.org.run(reading=reading, whole=how == "whole")

    def run_guarded(self, reading: Reading) -> None:
        """A run stops where it would move too much, and goes through once that is confirmed."""
        if self.org.run(confirmed=False, reading=reading).outcome is Outcome.STOPPED:
            self.org.run(reading=reading)

    def run_over_a_bad_wire(self, faults: Faults, reading: Reading) -> None:
        """A run that fails says so and leaves all as it was; one that succeeds has everything."""
        self.org.run_under_faults(faults, reading=reading)
        self.pending = self.patience // 2

    def run_while_rows_move(self, faults: Faults, reading: Reading) -> None:
        """What changes while a run reads is there after the next one."""
        self.org.run_under_faults(faults, reading=reading, moving=True)
        self.pending = self.patience // 2

    @precondition(lambda self: self.again and self.org.quiet)
    @rule()
    def run_again(self) -> None:
        """A run that finds the org as the run before left it touches nothing."""
        self.org.run()
        self.again = False


def live(examples: int, steps: int, patience: int, *, explore: bool = False) -> None:
    """Run so many lives of so many steps.

    `explore`: others each time; the steps to a failure are made fewer then, which takes minutes.
    """
    life = type("Life", (Life,), {"patience": patience})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not explore,
            database=None,
            phases=tuple(Phase) if explore else (Phase.generate,),
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_promises_hold() -> None:
    """300 steps: complete or failed, all or nothing, the same twice is nothing, and the report adds up."""
    live(examples=3, steps=100, patience=14)


@pytest.mark.slow
def test_promises_hold_for_longer() -> None:
    """2,000 steps, with a run after fewer changes."""
    live(examples=20, steps=100, patience=16)


@pytest.mark.long
def test_promises_hold_for_very_long() -> None:
    """As many steps as ACCORD_STEPS says, 20,000 unless it says otherwise, and others each time."""
    live(examples=int(os.environ.get("ACCORD_STEPS", "20000")) // 100, steps=100, patience=6, explore=True)
