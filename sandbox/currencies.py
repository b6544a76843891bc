"""The currencies of an org with several of them: rates against the corporate currency."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import duckdb

from compiler.schema import Schema


class Currencies(NamedTuple):
    """`rates` holds, for each active ISO code, how many units make one of the corporate currency."""

    corporate: str
    rates: dict[str, Decimal]


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
        f'SELECT "IsoCode", "ConversionRate", {corporate} FROM "CurrencyType" WHERE {active} ORDER BY 1'
    ).fetchall()
    rates = {str(code): Decimal(rate) for code, rate, _ in rows if rate}
    chosen = next((str(code) for code, _, is_corporate in rows if is_corporate), default)
    return Currencies(chosen, rates or {chosen: Decimal(1)})
