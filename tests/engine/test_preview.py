"""Preview, snapshot and identity: what can be said without changing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.org import identify
from engine.preview import Preview, preview
from engine.snapshot import load_schema, pull_schema
from sandbox import Org
from tests.engine.scene import SMALL, SPEC, Scene, account, contact, scene

OVERLAPPING = (
    SPEC[: SPEC.index("accounts {")]
    + """accounts {
  customer where Type = 'Customer'
  prospect where Name LIKE 'A%' AND Id IN (SELECT AccountId FROM Contact)
  partner where Score__c > 5 OR Name = 'Zed'
}
"""
)
ROWS = {
    **SMALL,
    "Account": (
        *(account(n, Score__c=str(n)) for n in range(1, 8)),
        *(account(n, Type="Other", Score__c=str(n)) for n in range(8, 30)),
        account(30, Name="Zed", Type="Prospect"),
        account(31, Name="Nobody", Type="Prospect"),
    ),
    "Contact": tuple(contact(n, n) for n in range(5, 20)),
}


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("preview"), ROWS, OVERLAPPING) as one:
        yield one


def look(org: Scene, spec: str = OVERLAPPING) -> Preview:
    org.spec = spec
    with org.client() as client:
        plan, *_ = org.plan(client)
        return preview(plan, client, identify(client))


def test_counts_equal_what_a_run_brings(org: Scene) -> None:
    """The count of each type is the number of its accounts after the run: the first filter that matches wins."""
    seen = look(org)
    org.run()
    brought = Counter(kind for (kind,) in org.rows("SELECT account_type FROM accounts"))

    assert {one.type: one.count for one in seen.types} == dict(brought)
    assert dict(brought) == {"customer": 7, "prospect": 12, "partner": 11}


def test_filters_that_cannot_be_combined_are_counted_by_id(org: Scene) -> None:
    """Where one query cannot hold all semi-joins the Ids themselves are compared."""
    among = "Id IN (SELECT AccountId FROM Contact WHERE Name != 'x{}')"
    spec = OVERLAPPING.replace("Type = 'Customer'", f"Type = 'Customer' AND {among.format(1)}")
    spec = spec.replace("Name LIKE 'A%' AND Id IN (SELECT AccountId FROM Contact)", among.format(2))
    spec = spec.replace("Score__c > 5 OR Name = 'Zed'", f"Score__c > 0 AND {among.format(3)}")
    seen = look(org, spec)

    assert {one.type: one.count for one in seen.types} == {"customer": 3, "prospect": 12, "partner": 0}
    assert {one.types: one.count for one in seen.overlaps}["customer", "prospect", "partner"] == 3


def test_overlaps_are_told(org: Scene) -> None:
    """How many accounts match several filters is said for every combination that occurs."""
    seen = look(org)

    assert {one.types: one.count for one in seen.overlaps} == {
        ("customer", "prospect"): 3,
        ("customer", "partner"): 2,
        ("prospect", "partner"): 14,
        ("customer", "prospect", "partner"): 2,
    }


def test_samples_are_of_their_type_and_show_what_the_filter_reads(org: Scene) -> None:
    """Five accounts a type, none of which an earlier filter takes, with the fields of the condition."""
    seen = {one.type: one for one in look(org).types}

    assert [len(one.samples) for one in seen.values()] == [5, 5, 5]
    assert seen["customer"].samples[0].values == {"Type": "Customer"}
    assert {one.name for one in seen["prospect"].samples}.isdisjoint(f"Account {n}" for n in range(1, 8))


def test_snapshot_is_an_org_folder(org: Scene, tmp_path: Path) -> None:
    """What `schema pull` writes gives the same schema, and the sandbox takes it for an org."""
    with org.client() as client:
        identity = identify(client)
        files = pull_schema(client, identity, tmp_path / "snap", ["Account", "Contact", "Subscription__c"])
    schema = load_schema(tmp_path / "snap")
    account_ = schema.object("account")
    loaded = Org.load(tmp_path / "snap")
    loaded.close()

    assert account_ is not None
    assert account_.field("Score__c") is not None
    assert schema.object("User") is not None
    assert (tmp_path / "snap" / "org.toml") in files
    assert identity.organization_id in (tmp_path / "snap" / "org.toml").read_text(encoding="utf-8")
