"""Fields of several currencies that the connected user may not see: a number is right, or refused at its line."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import compiler
import grammar
from engine.drift import find_drift
from engine.salesforce.describe import describe
from engine.snapshot import schema_of
from engine.spec_needs import needs_of
from sandbox import serve
from tests.engine.scene import Scene
from tests.engine.test_currencies import dated_org
from tests.support.slow_cases import others_slow

ACCOUNTS = "accord 1\naccounts { customer where Type = 'Customer' }\narr from Fee__c\n"
OF_SUBSCRIPTIONS = "of Subscription__c via Account__c"
METRICS = {
    "corporate": f"sum(Amount__c) {OF_SUBSCRIPTIONS} in corporate currency",
    "account": f"max(Amount__c) {OF_SUBSCRIPTIONS} in account currency",
    "named": f'average(Amount__c) {OF_SUBSCRIPTIONS} in "USD" currency',
    "named_else": f'sum(Amount__c) {OF_SUBSCRIPTIONS} in "USD" currency else Fee__c',
    "dated": "sum(Amount) of Opportunity via AccountId in corporate currency",
    "dated_named": 'min(Amount) of Opportunity via AccountId in "USD" currency',
    "newest": f"latest(Amount__c) {OF_SUBSCRIPTIONS} by CreatedDate",
    "oldest_else": f"earliest(Amount__c) {OF_SUBSCRIPTIONS} by CreatedDate else Fee__c",
    "counted": f"count() {OF_SUBSCRIPTIONS}",
    "plain": "count() of Opportunity via AccountId",
}
CONVERTED = {"corporate", "account", "named", "named_else", "dated", "dated_named"}
DATED = {"dated", "dated_named"}
# What the connected user may not see, and the numbers that need it.
NEEDED_BY = {
    "Account.CurrencyIsoCode": {"arr", "account", "named_else", "oldest_else"},
    "Opportunity.CloseDate": DATED,
    "Subscription__c.CurrencyIsoCode": {
        "corporate", "account", "named", "named_else", "newest", "oldest_else",
    },
    "Opportunity.CurrencyIsoCode": DATED,
    "CurrencyType": CONVERTED,
    "CurrencyType.IsoCode": CONVERTED,
    "CurrencyType.ConversionRate": CONVERTED,
    "CurrencyType.IsCorporate": CONVERTED,
    "DatedConversionRate.IsoCode": DATED,
    "DatedConversionRate.ConversionRate": DATED,
    "DatedConversionRate.StartDate": DATED,
    "DatedConversionRate.NextStartDate": DATED,
}  # fmt: skip


def spec_of(names: set[str]) -> str:
    """A spec with these numbers, each on a line of its own."""
    head = ACCOUNTS if "arr" in names else ACCOUNTS.replace("arr from Fee__c", "arr none")
    return head + "".join(f'metric "{name}" from {METRICS[name]}\n' for name in METRICS if name in names)


def refused(org: Scene) -> set[str]:
    """The numbers of the org's spec at whose lines something that they need is reported as hidden."""
    tree = grammar.parse_spec(org.spec).tree
    needs = needs_of(tree)
    with org.client() as client:
        schema = schema_of(describe(client, needs.objects, needs.relationships))
    here = find_drift(tree, schema, org.store).spec
    errors = [one for one in compiler.check_spec(here, schema).diagnostics if one.severity == "error"]
    assert {one.code for one in errors} <= {"E0211"}
    lines = org.spec.splitlines()
    at = [lines[org.spec.count("\n", 0, one.primary.span.start)] for one in errors]
    return {"arr" if line.startswith("arr") else line.split('"')[1] for line in at}


def numbers(org: Scene, names: set[str]) -> dict[str, list[tuple[Decimal | None, str | None]]]:
    """The amounts of the accounts with their currencies, number by number."""
    found = {}
    for name in sorted(names):
        currency = "NULL" if name in ("counted", "plain") else f"{name}_currency"
        found[name] = org.rows(f"SELECT {name}, {currency} FROM accounts ORDER BY Id")
    return found


@cache
def seen_by_all() -> dict[str, list[tuple[Decimal | None, str | None]]]:
    """The numbers where nothing is hidden."""
    everything = {"arr", *METRICS}
    with TemporaryDirectory() as folder, serve(dated_org()) as running:
        org = Scene(running, Path(folder), spec_of(everything))
        assert org.run().outcome == "succeeded"
        return numbers(org, everything)


@pytest.mark.parametrize("hidden", others_slow(list(NEEDED_BY), 2))
def test_a_number_that_needs_what_is_hidden_is_refused_and_all_others_are_right(tmp_path: Path, hidden: str) -> None:
    """No amount is left in the wrong currency, or taken at the wrong rate, because the user sees less."""
    everything = {"arr", *METRICS}
    with serve(dated_org(hidden)) as running:
        org = Scene(running, tmp_path, spec_of(everything))
        needing = refused(org)
        org.spec = spec_of(everything - needing)
        report = org.run()
        got = numbers(org, everything - needing)

    assert needing == NEEDED_BY[hidden]
    assert report.outcome == "succeeded"
    assert got == {name: rows for name, rows in seen_by_all().items() if name not in needing}


def test_a_currency_that_becomes_hidden_is_lost_like_any_field_that_a_number_needs(tmp_path: Path) -> None:
    """The store that has the numbers of before is no reason to go on without."""
    with serve(dated_org()) as running:
        org = Scene(running, tmp_path, spec_of({"named_else"}))
        org.run()
    with serve(dated_org("Account.CurrencyIsoCode")) as running:
        assert refused(Scene(running, tmp_path, org.spec)) == {"named_else"}
