from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.print_duckdb import Leaf, columns_of, duckdb_type, print_expression, print_relation, quote_name
from compiler.relation import (
    Aggregated,
    Call,
    Col,
    ColumnType,
    Extracted,
    First,
    Joined,
    Lit,
    Measure,
    OrderKey,
    Relation,
    Take,
    Wanted,
)

Row = dict[str, Any]

COLUMNS = {
    "Id": ColumnType("id"),
    "key": ColumnType("text"),
    "amount": ColumnType("decimal", 2),
    "rate": ColumnType("decimal", 5),
}
LEAF = Leaf(("rows",), COLUMNS)
STORE = duckdb.connect(config={"threads": 1})

keys = st.one_of(st.none(), st.sampled_from(["a", "A", "ä", ""]))


def decimals(scale: int, most: int = 10**12) -> st.SearchStrategy[Decimal]:
    return st.integers(-most, most).map(lambda n: Decimal(n).scaleb(-scale))


rows = st.lists(
    st.tuples(keys, st.one_of(st.none(), decimals(2)), st.one_of(st.none(), decimals(5, 300))), max_size=8
).map(
    lambda values: [
        {"Id": f"id{at}", "key": key, "amount": amount, "rate": rate} for at, (key, amount, rate) in enumerate(values)
    ]
)


def run(relation: Relation, extracted: list[Row]) -> list[Row]:
    """The rows that DuckDB gives for the printed relation over these rows."""
    columns = ", ".join(f"{quote_name(n)} {duckdb_type(kind)}" for n, kind in COLUMNS.items())
    STORE.execute(f"CREATE OR REPLACE TABLE rows ({columns})")
    if extracted:
        places = ", ".join(["(?, ?, ?, ?)"] * len(extracted))
        STORE.execute(f"INSERT INTO rows VALUES {places}", [v for row in extracted for v in row.values()])
    found = STORE.execute(print_relation(relation, lambda _: LEAF).text).fetchall()
    names = list(columns_of(relation, lambda _: LEAF))
    return [dict(zip(names, values, strict=True)) for values in found]


def in_any_order(found: Iterable[Row]) -> list[str]:
    return sorted(str({name: str(value) for name, value in row.items()}) for row in found)


def groups(extracted: list[Row]) -> dict[Any, list[Row]]:
    out: dict[Any, list[Row]] = {}
    for row in extracted:
        out.setdefault(row["key"], []).append(row)
    return out


def rounded(value: Decimal, scale: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def over(values: list[Any], function: Callable[[list[Any]], Any]) -> Any:
    known = [value for value in values if value is not None]
    return function(known) if known else None


@settings(deadline=None, max_examples=60)
@given(rows)
def test_aggregates(extracted: list[Row]):
    """Sums, averages, extremes and counts are exactly those of Python's decimals."""
    amount = Col("amount")
    measures = (
        Measure("total", "sum", amount),
        Measure("mean", "average", amount),
        Measure("least", "min", amount),
        Measure("most", "max", amount),
        Measure("size", "count", None),
        Measure("filled", "count", amount),
        Measure("rates", "count_distinct", Col("rate")),
    )

    def expected(key: Any, members: list[Row]) -> Row:
        amounts = [row["amount"] for row in members]
        return {
            "key": key,
            "total": over(amounts, sum),
            "mean": over(amounts, lambda known: rounded(sum(known) / len(known), 6)),
            "least": over(amounts, min),
            "most": over(amounts, max),
            "size": len(members),
            "filled": sum(value is not None for value in amounts),
            "rates": len({row["rate"] for row in members} - {None}),
        }

    with localcontext(prec=100):
        wanted = [expected(key, members) for key, members in groups(extracted).items()]
    found = run(Aggregated(Extracted("any"), ("key",), measures), extracted)
    assert in_any_order(found) == in_any_order(wanted)


@settings(deadline=None, max_examples=60)
@given(rows, st.booleans(), st.booleans())
def test_first(extracted: list[Row], by_rate_down: bool, by_id_down: bool):
    """The first row is the one that a sort with nulls at the end puts first."""
    order = (OrderKey("rate", by_rate_down), OrderKey("Id", by_id_down))

    def first(members: list[Row]) -> Row:
        by_id = sorted(members, key=lambda row: row["Id"], reverse=by_id_down)
        sign = -1 if by_rate_down else 1
        return min(by_id, key=lambda row: (row["rate"] is None, sign * (row["rate"] or 0)))

    wanted = [first(members) for members in groups(extracted).values()]
    assert in_any_order(run(First(Extracted("any"), ("key",), order), extracted)) == in_any_order(wanted)


@settings(deadline=None, max_examples=60)
@given(rows, st.sampled_from(["left", "inner", "semi", "anti"]))
def test_joined(extracted: list[Row], kind: Any):
    """Joins keep, drop and fill rows as a loop over both sides does; null equals nothing."""
    totals = Aggregated(Wanted("any"), ("key",), (Measure("total", "sum", Col("amount")),))
    take = (Take("group_total", "total"),) if kind in ("left", "inner") else ()
    sums = {key: over([row["amount"] for row in rows], sum) for key, rows in groups(extracted).items()}

    wanted = []
    for row in extracted:
        partner = row["key"] is not None
        if (kind in ("inner", "semi") and not partner) or (kind == "anti" and partner):
            continue
        wanted.append({**row, "group_total": sums[row["key"]] if partner else None} if take else row)

    found = run(Joined(Extracted("any"), totals, kind, (("key", "key"),), take), extracted)
    assert in_any_order(found) == in_any_order(wanted)


@settings(deadline=None, max_examples=60)
@given(rows)
def test_joined_on_numbers(extracted: list[Row]):
    """Numbers of different scales are compared with all their digits."""
    rates = Aggregated(Wanted("any"), ("rate",), ())
    relation = Joined(Extracted("any"), rates, "semi", (("amount", "rate"),))
    known = {row["rate"] for row in extracted} - {None}

    wanted = [row for row in extracted if row["amount"] in known]
    assert in_any_order(run(relation, extracted)) == in_any_order(wanted)


@settings(deadline=None, max_examples=60)
@given(decimals(2), decimals(5), st.integers(0, 8))
def test_division(dividend: Decimal, divisor: Decimal, scale: int):
    """A quotient is rounded once, halves away from zero, as Python's decimals round."""
    args = (Lit(str(dividend), COLUMNS["amount"]), Lit(f"{divisor:f}", COLUMNS["rate"]))
    sql = print_expression(Call("divide_exact", args, ColumnType("decimal", scale)), {}).sql
    found = STORE.execute(f"SELECT {sql}").fetchall()

    with localcontext(prec=100):
        wanted = rounded(dividend / divisor, scale) if divisor else None
    assert found == [(wanted,)]


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(0, 18), st.integers(0, 8))
def test_conversion(data: st.DataObject, digits: int, scale: int):
    """An amount times one rate by another is exact until it is rounded, once."""
    kinds = ColumnType("decimal", digits), COLUMNS["rate"], COLUMNS["rate"]
    given = [data.draw(decimals(digits, 10 ** (15 + digits))), data.draw(decimals(5)), data.draw(decimals(5))]
    args = tuple(Lit(f"{one:f}", kind) for one, kind in zip(given, kinds, strict=True))
    sql = print_expression(Call("convert", args, ColumnType("decimal", scale)), {}).sql
    found = STORE.execute(f"SELECT {sql}").fetchall()

    amount, target, own = given
    with localcontext(prec=100):
        wanted = rounded(amount * target / own, scale) if own else None
    assert found == [(wanted,)]
