"""The currencies of an org with several of them: rates against the corporate currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import duckdb

from compiler.schema import Schema
from sandbox.quoting import identifier


class DatedRate(NamedTuple):
    """A rate that holds from a day on, until the one before `end`."""

    code: str
    rate: Decimal
    start: date
    end: date | None


class Currencies(NamedTuple):
    """`rates` holds, for each ISO code, how many units make one of the corporate currency.

    `dated` are the rates that hold on some days only, where the org has such. `inactive` are the codes that new amounts
    and conditions may not have; the amounts that records have in them are converted as before.
    """

    corporate: str
    rates: dict[str, Decimal]
    dated: tuple[DatedRate, ...] = ()
    inactive: frozenset[str] = frozenset()


def read_currencies(con: duckdb.DuckDBPyConnection, schema: Schema, default: str) -> Currencies | None:
    """Read CurrencyType; None for an org with one currency."""
    if not schema.multi_currency:
        return None
    sobject = schema.object("CurrencyType")
    if sobject is None or not (sobject.field("IsoCode") and sobject.field("ConversionRate")):
        return Currencies(default, {default: Decimal(1)})
    corporate = '"IsCorporate"' if sobject.field("IsCorporate") else '"ConversionRate" = 1'
    active = '"IsActive"' if sobject.field("IsActive") else "true"
    rows = con.execute(
        f'SELECT "IsoCode", "ConversionRate", {corporate}, {active} FROM "CurrencyType" ORDER BY 1'
    ).fetchall()
    rates = {str(code): Decimal(rate) for code, rate, _, _ in rows if rate}
    chosen = next((str(code) for code, _, is_corporate, _ in rows if is_corporate), default)
    inactive = frozenset(str(code) for code, _, _, is_active in rows if is_active is False)
    return Currencies(chosen, rates or {chosen: Decimal(1)}, _dated(con, schema), inactive)


def _dated(con: duckdb.DuckDBPyConnection, schema: Schema) -> tuple[DatedRate, ...]:
    sobject = schema.object("DatedConversionRate")
    names = ("IsoCode", "ConversionRate", "StartDate", "NextStartDate")
    if sobject is None or any(sobject.field(name) is None for name in names):
        return ()
    rows = con.execute(
        f'SELECT {", ".join(identifier(name) for name in names)} FROM "DatedConversionRate"'
        ' WHERE "ConversionRate" IS NOT NULL AND "StartDate" IS NOT NULL ORDER BY 1, 3'
    ).fetchall()
    return tuple(DatedRate(str(code), Decimal(rate), start, end) for code, rate, start, end in rows)
