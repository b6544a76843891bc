from __future__ import annotations

from pathlib import Path

import pytest

from compiler import check_spec
from engine.snapshot import load_schema
from grammar import parse_spec

HEAD = "accord 1\naccounts { where Type = 'Customer' }\n"
LIKE = "Name LIKE 3"
PLACES = {
    "account filter": f"accord 1\naccounts {{ where {LIKE} }}\n",
    "typed filter": f"accord 1\naccounts {{ customer where {LIKE} }}\n",
    "contacts": f"{HEAD}contacts {{ where {LIKE} }}\n",
    "object": f'{HEAD}object Contract as "Contracts" on account via AccountId {{ where {LIKE} }}\n',
    "cases": f"{HEAD}cases {{ where {LIKE} lookback 9 days }}\n",
    "chatter": f"{HEAD}chatter on accounts {{ every hour where {LIKE} lookback 9 days }}\n",
    "arr": f"{HEAD}arr from sum(Amount) of Opportunity via AccountId where {LIKE}\n",
    "metric": f'{HEAD}metric "M" from sum(Amount) of Opportunity via AccountId where {LIKE}\n',
    "owner": f"{HEAD}owners {{ csm from UserId of AccountTeamMember via AccountId where {LIKE} }}\n",
    "definition": f"{HEAD}define d on Opportunity where {LIKE}\nopportunities {{ where d }}\n",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_rules_that_need_no_org_are_checked_without_one(text: str):
    """LIKE with a number is wrong in every org, wherever a condition may stand."""
    found = check_spec(parse_spec(text).tree, None).diagnostics

    assert [(d.code, text[slice(*d.span)]) for d in found] == [("E0425", "3")]


def test_a_sub_select_on_the_filtered_object_is_refused_without_a_schema():
    """The statement says which object its condition filters."""
    text = "accord 1\naccounts { where Id IN (SELECT Id FROM Account) }\n"

    assert [d.code for d in check_spec(parse_spec(text).tree, None).diagnostics] == ["E0402"]


def test_with_a_schema_nothing_is_said_twice():
    """The same finding comes once, whether a schema is there or not."""
    text = "accord 1\naccounts { where Id IN (SELECT Id FROM Account) OR Name LIKE 3 }\n"
    schema = load_schema(Path(__file__).parents[2] / "specs/acme/org")
    plain, bound = (check_spec(parse_spec(text).tree, known).diagnostics for known in (None, schema))

    assert {d.code for d in plain} <= {d.code for d in bound}
    assert len({(d.code, d.span) for d in bound}) == len(bound)
