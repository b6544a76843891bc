"""Fields that the org has and the snapshot does not show are called hidden, and others misspelt."""

from __future__ import annotations

from typing import Any

import pytest

from compiler import build_schema
from tests.support.expecting import expect_accounts

FIELDS: list[dict[str, Any]] = [
    {"name": "Id", "type": "id"},
    {"name": "Name", "type": "string"},
    {"name": "OwnerId", "type": "reference", "referenceTo": ["User"], "relationshipName": "Owner"},
]
REGION = {
    "name": "Region__c",
    "fields": [{"name": "Name", "type": "string"}],
    "childRelationships": [{"relationshipName": "Accounts__r", "childSObject": "Account", "field": "Region__c"}],
}
AS_DESCRIBED = build_schema([{"name": "Account", "urls": {}, "fields": FIELDS}, REGION])
REDUCED = build_schema([{"name": "Account", "fields": FIELDS}, REGION])


def test_a_standard_field_that_a_describe_lacks_is_hidden():
    """Every org has Industry, so a describe without it comes from somebody who may not see it."""
    expect_accounts("Industry = 'Energy'", AS_DESCRIBED).error("E0214").underlines("Industry").helps("Read access")


def test_a_reduced_describe_hides_nothing():
    """A describe that somebody wrote by hand lists what they needed: nothing follows from what it lacks."""
    expect_accounts("Industry = 'Energy'", REDUCED).error("E0202").underlines("Industry")


@pytest.mark.parametrize("schema", [AS_DESCRIBED, REDUCED])
@pytest.mark.parametrize(
    ("condition", "underlined"), [("Region__c != null", "Region__c"), ("Region__r.Name = 'North'", "Region__r")]
)
def test_a_lookup_that_its_parent_knows_is_hidden(schema: Any, condition: str, underlined: str):
    """The parent's describe names the lookup by which child rows hang on it."""
    expect_accounts(condition, schema).error("E0214").underlines(underlined)


def test_a_misspelt_field_is_not_called_hidden():
    """What nothing in the org names is unknown."""
    expect_accounts("Indstry = 'Energy'", AS_DESCRIBED).error("E0202").underlines("Indstry")


def test_a_parent_that_is_not_described_may_be_hidden():
    """A lookup leads to an object that the snapshot lacks: the message says to which, and that it may be hidden."""
    found = expect_accounts("Owner.Name = 'Ann'", AS_DESCRIBED).error("E0201")

    found.underlines("Owner").helps("the connected user may not read that object")
