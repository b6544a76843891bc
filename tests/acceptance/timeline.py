"""Timelines: lists of changes with their moments, made from a seed or kept in a file, and their replay.

A list is JSON, of the changes that `POST /__sandbox__/changes` takes, each with its `at`. Replaying it lets the org's
clock follow, and has runs in between: whole ones, killed ones, ones over a bad wire, by REST and by Bulk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from tests.support.judged_org import BY_BULK, BY_REST, JudgedOrg
from tests.support.nasty_org import FORMULAS, OPERATIONS, SIZES, START, Change, Population, an_id, draw_change

Timeline: TypeAlias = Sequence[Change]
# What happens after each batch of changes, in turn. After what may fail a run that succeeds is due at the next turn.
TURNS = ("run", "killed", "run", "again", "bad wire", "run", "bulk", "killed", "whole", "rows move", "bulk", "guarded")
BAD_WIRES: Sequence[Sequence[Mapping[str, Any]]] = (
    [{"fault": "unavailable"}],
    [{"fault": "daily_limit", "match": {"nth": 12}}],
    [{"fault": "reset_midbody", "match": {"nth": 3}}, {"fault": "ragged_pages"}],
    [{"fault": "bulk_failed", "times": None}],
    [{"fault": "done_false_no_next", "match": {"object": "Invoice__c"}, "times": None}],
    [{"fault": "session_expired", "match": {"nth": 9}}],
)
MOVING: Sequence[Sequence[Mapping[str, Any]]] = (
    [{"fault": "soft_delete_undelete", "match": {"object": "Account", "nth": 2}}],
    [{"fault": "csv_hostile", "match": {"object": "Contact"}}, {"fault": "formula_drift"}],
    [{"fault": "duplicate_rows"}, {"fault": "poison_row", "match": {"object": "Training__c"}}],
)


def read_timeline(path: Path) -> Timeline:
    """A list of changes from a file: a JSON array, or an object that has it under `changes`."""
    given = json.loads(path.read_text(encoding="utf-8"))
    changes: Timeline = given["changes"] if isinstance(given, dict) else given
    return changes


def nasty_timeline(seed: int, length: int) -> Timeline:
    """So many changes of every kind, some of them in orders that connectors are known to stumble over."""
    random, people = Random(seed), Population()
    now = datetime.fromisoformat(START)
    found: list[Change] = []
    while len(found) < length:
        now += timedelta(minutes=random.randrange(1, 400))
        for change in _scene(random, people):
            at = now
            if random.random() < 0.2:  # committed late: seen now, stamped long ago
                change["stamp"] = _text(now - timedelta(minutes=random.randrange(1, 60 * 24 * 20)))
            found.append({**change, "at": _text(at)})
    return found[:length]


def _scene(random: Random, people: Population) -> Iterator[Change]:
    """One change, or several that belong together, at one moment."""
    match random.randrange(12):
        case 0:
            yield from _bin_and_back(random, people)
        case 1:
            yield from _chain_of_merges(random, people)
        case 2:
            yield from _out_and_in(random, people)
        case 3:
            yield from _twins(random, people)
        case _:
            change = draw_change(random, people, random.choice(OPERATIONS))
            if change is not None:
                yield change


def _bin_and_back(random: Random, people: Population) -> Iterator[Change]:
    """A record is deleted and undeleted with no run in between, and touched afterwards."""
    change = draw_change(random, people, "delete")
    if change is None:
        return
    yield change
    sobject, record = change["object"], change["id"]
    people.binned[sobject].remove(record)
    people.live[sobject].append(record)
    yield {"op": "undelete", "object": sobject, "id": record}
    yield {"op": "system_touch", "object": sobject, "id": record}


def _chain_of_merges(random: Random, people: Population) -> Iterator[Change]:
    """The winner of a merge loses the next one, and the first loser may be purged from the bin."""
    if len(people.live["Contact"]) < 8:
        return
    first, second, third = random.sample(people.live["Contact"], 3)
    for winner, loser in ((second, first), (third, second)):
        people.live["Contact"].remove(loser)
        people.binned["Contact"].append(loser)
        yield {"op": "merge", "object": "Contact", "id": winner, "loser": loser}
    if random.random() < 0.3:
        people.binned["Contact"].remove(first)
        yield {"op": "hard_delete", "object": "Contact", "id": first}


def _out_and_in(random: Random, people: Population) -> Iterator[Change]:
    """A formula or a field takes an account out, and its child moves to it in the same moment; or the other way."""
    account, contact = random.choice(people.live["Account"]), random.choice(people.live["Contact"])
    kind = random.choice(("Other", "Customer", "prospect"))
    yield {"op": "update", "object": "Account", "id": account, "fields": {"Type": kind}}
    yield {"op": "formula_change", "object": "Account", "id": account, "fields": {"Health__c": random.choice("BG")}}
    yield {"op": "update", "object": "Contact", "id": contact, "fields": {"AccountId": account}}


def _twins(random: Random, people: Population) -> Iterator[Change]:
    """Two records whose Ids differ by case alone change in ways that must not be mixed up."""
    sobject = random.choice(sorted(set(SIZES) - {"User"}))
    number = random.randrange(people.made[sobject] // 2) * 2
    for twin, word in ((number, "small"), (number + 1, "CAPITAL")):
        record = an_id(sobject, twin)
        if record in people.live[sobject]:
            name = "LastName" if sobject == "Contact" else "Name"
            yield {"op": "update", "object": sobject, "id": record, "fields": {name: f"{word} {random.random()}"}}
            if sobject in FORMULAS:
                fields = {column: draw(random) for column, draw in FORMULAS[sobject].items()}
                yield {"op": "formula_change", "object": sobject, "id": record, "fields": fields}


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def replay(org: JudgedOrg, timeline: Timeline, seed: int, a_batch: int = 18) -> dict[str, int]:
    """Replay a timeline with runs in between; the judge holds each run to its promises. Returns how often which turn.

    Args:
        org: the org, with an empty store.
        timeline: the changes; the org's clock follows their `at`.
        seed: where runs are killed follows from it.
        a_batch: about how many changes there are between two runs.
    """
    random = Random(seed)
    turns, wires, moves = cycle(TURNS), cycle(BAD_WIRES), cycle(MOVING)
    done: dict[str, int] = dict.fromkeys((*TURNS, "published before it died"), 0)
    org.run()
    at = 0
    while at < len(timeline):
        batch = timeline[at : at + random.randrange(a_batch // 2, a_batch * 3 // 2 + 1)]
        at += len(batch)
        _set_clock(org, batch[-1])
        org.change(*batch)
        turn = next(turns)
        done[turn] += 1
        match turn:
            case "killed":
                done["published before it died"] += org.run_killed(random.randrange(1, 75))
            case "bad wire":
                org.run_under_faults(next(wires), reading=random.choice((BY_REST, BY_BULK)))
            case "rows move":
                org.run_under_faults(next(moves), reading=random.choice((BY_REST, BY_BULK)), moving=True)
            case "guarded":
                org.run(confirmed=False)
            case _:
                org.run(whole=turn == "whole", reading=BY_BULK if turn == "bulk" else BY_REST)
                if turn == "again":
                    org.run()
    org.run()
    org.run()
    return done


def _set_clock(org: JudgedOrg, change: Change) -> None:
    at = datetime.fromisoformat(str(change.get("at", START))).replace(tzinfo=None)
    if at > org.now:
        org.wait(at - org.now)
