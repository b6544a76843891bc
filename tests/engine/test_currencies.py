"""An org with three currencies: amounts are converted with the org's own rates before anything is added up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from compiler.record_id import to_18
from sandbox import Org, serve
from tests.engine.scene import FIELDS, PREFIXES, Scene, account, subscription, user

ISO = {"name": "CurrencyIsoCode", "type": "picklist"}
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
        account(3, CurrencyIsoCode="JPY"),
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


def org() -> Org:
    described: list[dict[str, Any]] = [
        {
            "name": name,
            "keyPrefix": PREFIXES[name],
            "fields": [*fields, ISO] if name in ("Account", "Subscription__c") else list(fields),
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
    return Org.from_rows(described, ROWS, {"name": "Currencies", "now": "2026-03-01T12:00:00Z", "multi_currency": True})


def arr(folder: Path, source: str) -> list[tuple[Decimal | None, str | None]]:
    spec = f"accord 1\naccounts {{ customer where Type = 'Customer' }}\narr from {source}\n"
    with serve(org()) as running:
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


def test_latest_carries_the_rows_own_currency(tmp_path: Path) -> None:
    """`latest` converts nothing: the amount comes with the currency of its row."""
    got = arr(tmp_path, "latest(Amount__c) of Subscription__c via Account__c by CreatedDate")

    assert got == [(Decimal("10.01"), "EUR"), (Decimal("3.33"), "USD"), (None, None)]


def test_a_largest_amount_is_found_after_conversion(tmp_path: Path) -> None:
    """1000 yen are less than 100 dollars."""
    got = arr(tmp_path, "max(Amount__c) of Subscription__c via Account__c in corporate currency")

    assert got == [(Decimal(80), "EUR"), (Decimal("6.25"), "EUR"), (None, "EUR")]
