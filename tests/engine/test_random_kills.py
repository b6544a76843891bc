"""`kill -9` at random instants of first and later runs: nothing is lost, nothing doubled, little done again."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.engine.killing import PROGRAMS, Figures, Series, undisturbed
from tests.engine.scene import Rows, account, contact, record_id, scene, subscription, user

ROWS: Rows = {
    "Account": tuple(account(n, Type="Customer" if n % 10 else "Prospect") for n in range(1, 61)),
    "Contact": tuple(contact(n, 1 + n % 60) for n in range(1, 5001)),
    "Subscription__c": tuple(subscription(n, 1 + n % 60, f"{n}.25") for n in range(1, 201)),
    "User": (user(1), user(2)),
}


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[Series]]:
    """Kills of first and of later runs, of the command and of a run in small pages."""
    root = tmp_path_factory.mktemp("kills")
    with scene(root, ROWS) as org:
        before, none = root / "before", root / "none"
        before.mkdir()
        none.mkdir()
        undisturbed(org, before, "console")
        org.change(
            *(
                {"op": "update", "object": "Contact", "id": record_id("Contact", n), "fields": {"Email": f"{n}@a.de"}}
                for n in range(1, 601)
            ),
            *({"op": "delete", "object": "Contact", "id": record_id("Contact", n)} for n in range(2000, 2020)),
            {"op": "update", "object": "Account", "id": record_id("Account", 7), "fields": {"Type": "Other"}},
            {"op": "update", "object": "Account", "id": record_id("Account", 8), "fields": {"Name": "Neu"}},
            {"op": "delete", "object": "Subscription__c", "id": record_id("Subscription__c", 9)},
        )
        yield [
            Series.measured(org, program, template, root / f"{program}.{template.name}")
            for program in PROGRAMS
            for template in (none, before)
        ]


@pytest.mark.parametrize(
    "kills", [5, pytest.param(30, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.long)]
)
def test_kills_at_random_instants(series: Sequence[Series], tmp_path: Path, kills: int) -> None:
    """After every kill the store opens and is as before or as after; the next run completes it and leaves nothing."""
    chance, figures = random.Random(kills), Figures()
    for number, one in enumerate(islice(cycle(series), kills)):
        one.kill_once(tmp_path / str(number), chance, figures)
    print(figures.shown())

    assert figures.stages.total() == kills
