"""Rows that were read in parts: what makes them one, and what is asked for again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from compiler.relation import ColumnType
from engine.load import load
from engine.rejoin import CELLS, KEY, STAMP, Rejoining, rejoining
from engine.salesforce.pages import Page, write_page
from engine.salesforce.rest_query import RestPages
from engine.workspace import Workspace

A, B = "001000000000001AAA", "001000000000002AAA"
OLD, OLD_BY_BULK, NEW = "2026-01-01T00:00:00.000+0000", "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000+0000"
COLUMNS = (KEY, STAMP, "First__c", "Last__c")
ASKED = datetime(2026, 3, 1, tzinfo=UTC)
ODD = (
    *(
        "nul \x00 in it",
        'q"u"o',
        "l\nx\r\ny\rz",
        " blanks ",
        "NULL",
        "\\N",
        "'x",
        "\ufeffmark",
        "\U0001f600",
        "a,b",
        "",
    ),
    "x" * 200_000,
)


@pytest.fixture(params=[CELLS, 8])
def rows(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rejoining]:
    """All rows at a time, and two at a time."""
    with rejoining(tmp_path, "x", COLUMNS, request.param) as one:
        yield one


def pages(folder: Path, column: str, rows: Sequence[tuple[str, str, str]]) -> RestPages:
    """A part with one column besides the Id and the stamp."""
    header = (KEY, STAMP, column)
    path = folder / f"{column}.csv"
    written = write_page(path, header, [dict(zip(header, row, strict=True)) for row in rows])
    return RestPages((Page(path, header, written),), written, ASKED)


def take(
    rows: Rejoining, folder: Path, first: Sequence[tuple[str, str, str]], last: Sequence[tuple[str, str, str]]
) -> None:
    """One round of two parts."""
    for number, (column, part) in enumerate((("First__c", first), ("Last__c", last))):
        rows.load(number, (KEY, STAMP, column), pages(folder, column, part), first=True)
    rows.join(2, ASKED)


def written(rows: Rejoining, folder: Path) -> list[tuple[object, ...]]:
    """What loading finds in the page that is written in the end, by Id."""
    path = folder / "all.csv"
    page = Page(path, COLUMNS, rows.write(path))
    space = Workspace(folder)
    try:
        text = ColumnType("text")
        types = {KEY: ColumnType("id"), STAMP: ColumnType("timestamp"), "First__c": text, "Last__c": text}
        load(space, "x", types, RestPages((page,), page.rows, ASKED))
        return space.run('SELECT "Id", "First__c", "Last__c" FROM staged.x ORDER BY 1')
    finally:
        space.close()


def test_texts_stay_what_they_are(rows: Rejoining, tmp_path: Path) -> None:
    """Whatever a text holds, it comes out as it came; an empty one is null, as always."""
    ids = [f"001{n:012d}AAA" for n in range(len(ODD))]
    part = [(key, OLD, text) for key, text in zip(ids, ODD, strict=True)]
    take(rows, tmp_path, part, part)

    assert written(rows, tmp_path) == [(key, text or None, text or None) for key, text in zip(ids, ODD, strict=True)]


def test_stamps_of_both_ways_are_compared_as_moments(rows: Rejoining, tmp_path: Path) -> None:
    """REST and Bulk write the same moment differently."""
    take(rows, tmp_path, [(A, OLD, "a")], [(A, OLD_BY_BULK, "b")])

    assert rows.open_ids(9) == []
    assert written(rows, tmp_path) == [(A, "a", "b")]


def test_rows_that_differ_are_open(rows: Rejoining, tmp_path: Path) -> None:
    """A row with another stamp in one part, or in one part alone, is asked for again."""
    take(rows, tmp_path, [(A, OLD, "a"), (B, OLD, "b")], [(A, NEW, "a")])

    assert rows.open_ids(9) == [A, B]
    assert written(rows, tmp_path) == []


def test_row_that_is_gone_at_the_second_look_is_closed(rows: Rejoining, tmp_path: Path) -> None:
    """An Id that no part brings any more has stopped matching."""
    take(rows, tmp_path, [(A, OLD, "a"), (B, OLD, "b")], [(A, NEW, "a")])
    rows.begin_round()
    take(rows, tmp_path, [(A, NEW, "a2")], [(A, NEW, "a2")])

    assert rows.open_ids(9) == []
    assert written(rows, tmp_path) == [(A, "a2", "a2")]


def test_young_row_is_taken_when_it_comes_again_as_it_is(rows: Rejoining, tmp_path: Path) -> None:
    """A stamp of the very moment of asking says little until two readings agree."""
    now = "2026-03-01T00:00:00.000+0000"
    taken = []
    for last in ("b", "c", "c"):
        rows.begin_round()
        take(rows, tmp_path, [(A, now, "a")], [(A, now, last)])
        taken.append(written(rows, tmp_path))

    assert taken == [[], [], [(A, "a", "c")]]
