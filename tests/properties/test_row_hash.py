"""Rows that differ have different hashes: what a hash does not propose is never looked at."""

from __future__ import annotations

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from compiler.relation import ColumnType
from engine.row_hash import row_hash

# Numbers of 38 digits have two halves of 64 bits.
HALF = 2**64
LARGEST = 10**38 - 1
NUMBER = ColumnType("decimal", 0)
halves = st.integers(-(2**40), 2**40)
digits = st.one_of(
    st.integers(-2, 2),
    st.integers(-LARGEST, LARGEST),
    st.builds(lambda high, low: high * HALF + low, halves, halves),
    halves.map(lambda half: half * (HALF + 1)),
)


@given(st.tuples(digits, digits), st.tuples(digits, digits))
def test_numbers_that_differ_have_different_hashes(one: tuple[int, int], other: tuple[int, int]) -> None:
    """Two rows of two numbers have one hash only if they are equal."""
    content = row_hash((name, NUMBER) for name in ("a", "b"))
    rows = "(VALUES (?::DECIMAL(38, 0), ?::DECIMAL(38, 0)), (?::DECIMAL(38, 0), ?::DECIMAL(38, 0))) AS v(a, b)"
    with duckdb.connect() as connection:
        distinct = connection.execute(
            f"SELECT count(DISTINCT {content}) FROM {rows}", [str(n) for n in (*one, *other)]
        ).fetchall()

    assert distinct == [(1 if one == other else 2,)]
