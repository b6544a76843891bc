"""An org with three currencies: amounts are converted with the org's own rates before anything is added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from compiler.record_id import to_18
from console.run_report import run_report
from sandbox import Org, serve
from tests.engine.scene import FIELDS, PREFIXES, Scene, account, record_id, subscription, user

ISO = {"name": "CurrencyIsoCode", "type": "picklist"}
MORE = {
    "Account": (ISO, {"name": "Fee__c", "type": "currency", "precision": 18, "scale": 2}),
    "Subscription__c": (ISO,),
}
RATES = (
    {
        "Id": to_18("01L000000000001"),
        "IsoCode": "EUR",
        "ConversionRate": "1",
        "IsCorporate": "true",
        "IsActive": "true",
    },
    {
        "Id": to_18("01L000000000002"),
        "IsoCode": "USD",
        "ConversionRate": "1.25",
        "IsCorporate": "false",
        "IsActive": "true",
    },
    {
        "Id": to_18("01L000000000003"),
        "IsoCode": "JPY",
        "ConversionRate": "160",
        "IsCorporate": "false",
        "IsActive": "true",
    },
)
ROWS = {
    "Account": (
        account(1, CurrencyIsoCode="USD"),
        account(2, CurrencyIsoCode="EUR"),
        account(3, CurrencyIsoCode="JPY", Fee__c="1600"),
    ),
    "Subscription__c": (
        subscription(1, 1, "100.00", CurrencyIsoCode="USD"),
        subscription(2, 1, "10.01", CurrencyIsoCode="EUR"),
        subscription(3, 2, "1000", CurrencyIsoCode="JPY"),
        subscription(4, 2, "3.33", CurrencyIsoCode="USD"),
    ),
    "CurrencyType": RATES,
    "User": (user(1),),
}


def org(rows: Mapping[str, Sequence[Mapping[str, Any]]] = ROWS) -> Org:
    described: list[dict[str, Any]] = [
        {
            "name": name,
            "keyPrefix": PREFIXES[name],
            "fields": [*fields, *MORE.get(name, ())],
        }
        for name, fields in FIELDS.items()
    ]
    described.append(
        {
            "name": "CurrencyType",
            "keyPrefix": "01L",
            "fields": [
                {"name": "IsoCode", "type": "picklist"},
                {"name": "ConversionRate", "type": "double", "precision": 18, "scale": 6},
                {"name": "IsCorporate", "type": "boolean"},
                {"name": "IsActive", "type": "boolean"},
            ],
        }
    )
    return Org.from_rows(described, rows, {"name": "Currencies", "now": "2026-03-01T12:00:00Z", "multi_currency": True})


def arr(
    folder: Path, source: str, rows: Mapping[str, Sequence[Mapping[str, Any]]] = ROWS
) -> list[tuple[Decimal | None, str | None]]:
    spec = f"accord 1\naccounts {{ customer where Type = 'Customer' }}\narr from {source}\n"
    with serve(org(rows)) as running:
        scene = Scene(running, folder, spec)
        report = scene.run()
        assert report.outcome == "succeeded", report
        return scene.rows("SELECT arr, arr_currency FROM accounts ORDER BY Id")


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        ("corporate", [("90.01", "EUR"), ("8.914", "EUR"), (None, "EUR")]),
        ("account", [("112.5125", "USD"), ("8.914", "EUR"), (None, "JPY")]),
        ('"JPY"', [("14401.6", "JPY"), ("1426.24", "JPY"), (None, "JPY")]),
    ],
)
def test_a_sum_is_in_the_named_currency(tmp_path: Path, currency: str, expected: list[tuple[str | None, str]]) -> None:
    """Amounts of several currencies add up in the corporate, the account's or a named one."""
    got = arr(tmp_path, f"sum(Amount__c) of Subscription__c via Account__c in {currency} currency")

    assert got == [(Decimal(amount) if amount else None, code) for amount, code in expected]


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("corporate", ("10.00", "EUR")), ("account", ("1600.00", "JPY")), ('"USD"', ("12.50", "USD"))],
)
def test_a_field_behind_else_is_converted_too(tmp_path: Path, currency: str, expected: tuple[str, str]) -> None:
    """An account without rows has its own amount, in the currency that `arr_currency` names."""
    source = f"sum(Amount__c) of Subscription__c via Account__c in {currency} currency else Fee__c"
    got = arr(tmp_path, source)

    assert got[2] == (Decimal(expected[0]), expected[1])


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("corporate", ("8", "EUR")), ("account", ("1280", "JPY")), ('"USD"', ("10", "USD"))],
)
def test_an_amount_of_the_account_above_is_converted_from_its_own_currency(
    tmp_path: Path, currency: str, expected: tuple[str, str]
) -> None:
    """Behind `else` the currency of an amount is that of the record which holds it, and not always the account's."""
    above = account(1, CurrencyIsoCode="USD", Fee__c="10")
    rows = {**ROWS, "Account": (above, account(3, CurrencyIsoCode="JPY", ParentId=record_id("Account", 1)))}
    source = f"sum(Amount__c) of Subscription__c via Account__c in {currency} currency else Parent.Fee__c"
    got = arr(tmp_path, source, rows)

    assert got[1] == (Decimal(expected[0]), expected[1])


def test_else_replaces_no_total_for_which_a_rate_is_missing(tmp_path: Path) -> None:
    """A total that cannot be known is empty, and not what `else` says of accounts without rows."""
    rows = {**ROWS, "CurrencyType": RATES[:2]}
    got = arr(tmp_path, "sum(Amount__c) of Subscription__c via Account__c in corporate currency else 0", rows)

    assert [amount for amount, _ in got] == [Decimal("90.01"), None, Decimal(0)]


def test_rates_of_many_decimals_tie_out(tmp_path: Path) -> None:
    """A rate is taken with all its decimals, here and in the org's own sum."""
    rates = [
        {**one, "ConversionRate": "7.123456789" if one["IsoCode"] == "USD" else one["ConversionRate"]} for one in RATES
    ]
    large = subscription(1, 1, "99999999999999.99", CurrencyIsoCode="USD")
    rows = {**ROWS, "CurrencyType": rates, "Subscription__c": (large,)}
    got = arr(tmp_path, "sum(Amount__c) of Subscription__c via Account__c in corporate currency", rows)

    assert got[0] == (Decimal("14038128251780.708598"), "EUR")


def test_an_amount_of_many_decimals_leaves_room_for_the_others(tmp_path: Path) -> None:
    """One that a difference of doubles left gives all of its column many decimals; large ones are still converted.

    The largest times its rate has more digits than 38 then.
    """
    given = {"EUR": "1", "USD": "1.08123456789", "JPY": "160.333333333"}
    rates = [{**one, "ConversionRate": given[one["IsoCode"]]} for one in RATES]
    odd = subscription(1, 1, "0.30000000000000004", CurrencyIsoCode="EUR")
    large = subscription(2, 3, "2000000000", CurrencyIsoCode="USD")
    rows = {**ROWS, "CurrencyType": rates, "Subscription__c": (odd, large)}
    got = arr(tmp_path, "sum(Amount__c) of Subscription__c via Account__c in account currency", rows)

    assert got == [(Decimal("0.324370"), "USD"), (None, "EUR"), (Decimal("296574560404.383225"), "JPY")]


def test_latest_falls_back_on_a_field_in_its_own_currency(tmp_path: Path) -> None:
    """Where no row gives the amount, the account's field does, with the account's currency."""
    got = arr(tmp_path, "latest(Amount__c) of Subscription__c via Account__c by CreatedDate else Fee__c")

    assert got[2] == (Decimal(1600), "JPY")


def test_latest_carries_the_rows_own_currency(tmp_path: Path) -> None:
    """`latest` converts nothing: the amount comes with the currency of its row."""
    got = arr(tmp_path, "latest(Amount__c) of Subscription__c via Account__c by CreatedDate")

    assert got == [(Decimal("10.01"), "EUR"), (Decimal("3.33"), "USD"), (None, None)]


def test_a_largest_amount_is_found_after_conversion(tmp_path: Path) -> None:
    """1000 yen are less than 100 dollars."""
    got = arr(tmp_path, "max(Amount__c) of Subscription__c via Account__c in corporate currency")

    assert got == [(Decimal(80), "EUR"), (Decimal("6.25"), "EUR"), (None, "EUR")]


DATED = (
    ("USD", "1.25", "2020-01-01", "2026-01-01"),
    ("USD", "2", "2026-01-01", "2026-02-01"),
    ("USD", "4", "2026-02-01", ""),
    ("JPY", "100", "2026-02-01", ""),
)


def dated_org(*hidden: str) -> Org:
    """An org with dated rates, and opportunities that close on days before, on and after a change of them.

    `hidden` are fields (`Account.CurrencyIsoCode`) and objects that the connected user may not see.
    """
    day = {"name": "CloseDate", "type": "date"}
    amount = {"name": "Amount", "type": "currency", "precision": 18, "scale": 2}
    described: list[dict[str, Any]] = [
        {
            "name": name,
            "keyPrefix": PREFIXES[name],
            "fields": [*fields, *MORE.get("Account" if name == "Opportunity" else name, ())]
            + ([day, amount] if name == "Opportunity" else []),
        }
        for name, fields in FIELDS.items()
    ]
    rate = {"name": "ConversionRate", "type": "double", "precision": 18, "scale": 6}
    described.append(
        {
            "name": "CurrencyType",
            "keyPrefix": "01L",
            "fields": [{"name": "IsoCode", "type": "picklist"}, rate, {"name": "IsCorporate", "type": "boolean"}],
        }
    )
    described.append(
        {
            "name": "DatedConversionRate",
            "keyPrefix": "04w",
            "fields": [
                {"name": "IsoCode", "type": "picklist"},
                rate,
                {"name": "StartDate", "type": "date"},
                {"name": "NextStartDate", "type": "date"},
            ],
        }
    )

    def deal(number: int, parent: int, amount: str, code: str, closes: str) -> dict[str, str]:
        row = {"Id": to_18(f"006{number:012d}"), "Name": f"D{number}", "AccountId": record_id("Account", parent)}
        return {**row, "Amount": amount, "CurrencyIsoCode": code, "CloseDate": closes}

    rows = {
        "Account": ROWS["Account"],
        "Subscription__c": ROWS["Subscription__c"],
        "User": ROWS["User"],
        "CurrencyType": [{k: v for k, v in one.items() if k != "IsActive"} for one in RATES],
        "DatedConversionRate": [
            {"Id": to_18(f"04w{n:012d}"), "IsoCode": code, "ConversionRate": r, "StartDate": f, "NextStartDate": u}
            for n, (code, r, f, u) in enumerate(DATED, 1)
        ],
        "Opportunity": [
            deal(1, 1, "100", "USD", "2025-12-31"),
            deal(2, 1, "100", "USD", "2026-01-01"),
            deal(3, 1, "100", "USD", "2026-02-15"),
            deal(4, 1, "7", "EUR", "2026-02-15"),
            deal(5, 2, "10", "EUR", "2026-02-15"),
            deal(6, 3, "500", "JPY", "2025-01-01"),
        ],
    }
    settings: dict[str, Any] = {"name": "Dated", "now": "2026-03-01T12:00:00Z", "multi_currency": True}
    user_sees = {
        "username": "user1@example.com",
        "connected": True,
        "hidden_fields": [name for name in hidden if "." in name],
        "hidden_objects": [name for name in hidden if "." not in name],
    }
    return Org.from_rows(described, rows, {**settings, "user": [user_sees]} if hidden else settings)


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        ("corporate", [("162", "EUR"), ("10", "EUR"), (None, "EUR")]),
        ('"USD"', [("328", "USD"), ("40", "USD"), (None, "USD")]),
    ],
)
def test_opportunities_are_converted_with_the_rates_of_their_days(
    tmp_path: Path, currency: str, expected: list[tuple[str | None, str]]
) -> None:
    """A deal counts at the rate of the day on which it closes; where a day has no rate there is no total."""
    source = f"sum(Amount) of Opportunity via AccountId in {currency} currency"
    spec = f"accord 1\naccounts {{ customer where Type = 'Customer' }}\narr from {source}\n"
    with serve(dated_org()) as running:
        scene = Scene(running, tmp_path, spec)
        report = scene.run()
        again = scene.run()
        got = scene.rows("SELECT arr, arr_currency FROM accounts ORDER BY Id")

    assert report.outcome == "succeeded"
    assert got == [(Decimal(amount) if amount else None, code) for amount, code in expected]
    assert [(one.salesforce, "rates of their days" in (one.note or "")) for one in report.tie_outs] == [(None, True)]
    assert not again.changed


def test_a_sum_that_is_not_known_is_not_said_to_be_nothing(tmp_path: Path) -> None:
    """Where amounts are converted with the rates of their days no total is known, and the report does not say 0."""
    source = "sum(Amount) of Opportunity via AccountId in corporate currency"
    spec = f"accord 1\naccounts {{ customer where Type = 'Customer' }}\narr from {source}\n"
    with serve(dated_org()) as running:
        text = run_report(Scene(running, tmp_path, spec).run())

    assert "arr, Amount: unknown over 6 rows, not verified" in text


def test_amounts_in_an_inactive_currency_are_converted(tmp_path: Path) -> None:
    """A currency that was put out of use keeps its rate: here and in Salesforce its old amounts are worth the same."""
    rates = [{**one, "IsActive": "false" if one["IsoCode"] == "USD" else "true"} for one in RATES]
    spec = (
        "accord 1\naccounts { customer where Type = 'Customer' }\n"
        "arr from sum(Amount__c) of Subscription__c via Account__c in corporate currency\n"
    )
    with serve(org({**ROWS, "CurrencyType": rates})) as running:
        scene = Scene(running, tmp_path, spec)
        report = scene.run()
        got = scene.rows("SELECT arr FROM accounts ORDER BY Id LIMIT 2")

    assert report.outcome == "succeeded"
    assert [one.differs for one in report.tie_outs] == [False]
    assert got == [(Decimal("90.01"),), (Decimal("8.914"),)]


def test_a_dated_rate_that_changes_moves_the_amounts_of_its_days(tmp_path: Path) -> None:
    """A rate that is put right later reaches the deals that close on its days, though they did not change."""
    source = "sum(Amount) of Opportunity via AccountId in corporate currency"
    spec = f"accord 1\naccounts {{ customer where Type = 'Customer' }}\narr from {source}\n"
    with serve(dated_org()) as running:
        scene = Scene(running, tmp_path, spec)
        scene.run()
        changed = {"ConversionRate": "5"}
        scene.change(
            {"op": "update", "object": "DatedConversionRate", "id": to_18("04w000000000002"), "fields": changed}
        )
        scene.run()

        assert scene.rows("SELECT arr FROM accounts ORDER BY Id LIMIT 1") == [(Decimal(132),)]


def test_the_sandbox_converts_opportunities_by_their_days() -> None:
    """`convertCurrency()` on an opportunity takes the rate of the day on which it closes, else the one of now."""
    with serve(dated_org()) as running:
        answer = httpx.get(
            f"{running.instance_url}/services/data/v66.0/query",
            params={"q": "SELECT convertCurrency(Amount) worth FROM Opportunity ORDER BY Id"},
            headers={"Authorization": f"Bearer {running.access_token}"},
        )

    assert [one["worth"] for one in answer.json()["records"]] == [80, 50, 25, 7, 10, 3.125]
