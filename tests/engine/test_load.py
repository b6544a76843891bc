"""From pages to typed tables: every value as it came, or its row among the rejects."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from compiler.relation import ColumnType
from compiler.relation_columns import Columns
from engine.errors import LoadError
from engine.in_place import Place
from engine.load import Staged, clear_place, load
from engine.publish import open_next
from engine.salesforce.pages import Page, Transport, read_header
from engine.store import StorePaths
from engine.workspace import WORK, Workspace, name_of

TEXT, NUMBER = ColumnType("text"), ColumnType("decimal", 2)
COLUMNS: Columns = {
    "Id": ColumnType("id"),
    "Name": TEXT,
    "Amount": NUMBER,
    "Flag": ColumnType("boolean"),
    "Day": ColumnType("date"),
    "SystemModstamp": ColumnType("timestamp"),
}
A, B, C = "001000000000001AAA", "001000000000002AAA", "001000000000003AAA"
STAMP = "2026-03-01T10:20:30.123Z"


class Given:
    """Pages that were written here."""

    transport: Transport = "bulk"
    asked_at = datetime(2026, 3, 1, tzinfo=UTC)

    def __init__(self, *pages: Page) -> None:
        self.pages = pages
        self.rows = sum(page.rows for page in pages)

    def fetch_again(self, page: Page) -> None:
        """Nobody has a better one."""

    def close(self) -> None:
        """Keep the files."""


class Desk:
    """A workspace and a folder for pages; `places`: rows may be loaded where they are published."""

    def __init__(self, folder: Path, *, places: bool) -> None:
        self.folder = folder
        self.space = Workspace(folder)
        self.count = 0
        self.places = places
        if places:
            open_next(self.space, StorePaths.of(folder / "statisfy.duckdb"))
            ids = [A, B, C]
            self.space.run(f'CREATE TABLE {name_of(WORK, "staged", "parents")} AS SELECT unnest(?) AS "Id"', [ids])

    def page(self, header: Sequence[str], *rows: Sequence[str], zipped: bool = False, bom: bool = False) -> Page:
        """Write a page as Bulk does: all quoted, LF."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([header, *rows])
        data = text.getvalue().encode("utf-8-sig" if bom else "utf-8")
        path = self.folder / f"p{self.count}.csv{'.gz' if zipped else ''}"
        path.write_bytes(gzip.compress(data) if zipped else data)
        self.count += 1
        return Page(path, read_header(path), len(rows))

    def load(self, *pages: Page, columns: Columns = COLUMNS) -> Staged:
        """Load pages as the extract `x`."""
        own = {name: name for name in columns}
        place = Place("x", own, "Id", "parents", ("parents",), datetime(2026, 3, 1)) if self.places else None
        return load(self.space, "x", columns, Given(*pages), place)

    def rows(self, *names: str) -> list[tuple[object, ...]]:
        """Columns of the loaded rows, by Id."""
        listed = ", ".join(f'"{name}"' for name in names)
        return self.space.run(f'SELECT {listed} FROM {name_of("memory", "staged", "x")} ORDER BY "Id"')

    def rejects(self, staged: Staged) -> list[tuple[object, ...]]:
        """The rejected values."""
        return self.space.run(f"SELECT key, column_name, raw FROM {staged.rejects} ORDER BY ALL")


@pytest.fixture(params=[False, True], ids=["workspace", "in place"])
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    one = Desk(tmp_path, places=request.param)
    yield one
    one.space.close()


def row(record_id: str, name: str = "n", amount: str = "1", flag: str = "true", day: str = "") -> tuple[str, ...]:
    return (record_id, name, amount, flag, day, STAMP)


@pytest.mark.parametrize(
    "text",
    [
        'a\r\nb\n"c",d',
        "nul\x00inside",
        "0012345",
        "123456789012345678",
        "1e5",
        "NaN",
        "null",
        "true",
        " spaces ",
        "👩‍💻 Zürich ﬁ",
        "﻿starts with a BOM",
        "é" * 131_072,
        "\\N",
        "'",
    ],
)
def test_text_arrives_as_it_is(desk: Desk, text: str) -> None:
    """Text that looks like something else, or holds what breaks readers, is the same text afterwards."""
    desk.load(desk.page(tuple(COLUMNS), row(A, name=text), row(B)))

    assert desk.rows("Name") == [(text,), ("n",)]


def test_only_rows_as_they_should_be_are_loaded_in_place(desk: Desk) -> None:
    """A reject, a number with more digits, a row that came twice, one too few, strangers: each goes the usual way."""
    header, good = tuple(COLUMNS), row(A)
    others = [row(B, flag="maybe"), row(B, amount="0.123"), row(A), row("bad")]

    loaded = desk.load(desk.page(header, good, row(B)))
    assert loaded.in_place is desk.places
    clear_place(desk.space, loaded)
    assert [desk.load(desk.page(header, good, other)).in_place for other in others] == [False] * 4
    assert not desk.load(desk.page(header, *(row(f"00100000000001{n}AAA") for n in range(9)))).in_place


def test_ids_of_15_characters_are_made_whole(desk: Desk) -> None:
    """A record has one Id here, however it was written."""
    desk.load(desk.page(tuple(COLUMNS), row(A[:15]), row(B)))

    assert desk.rows("Id") == [(A,), (B,)]

    desk.load(desk.page(("Id",), (A[:15],)), columns={"Id": ColumnType("id")})

    assert desk.rows("Id") == [(A,)]


def test_empty_text_is_null(desk: Desk) -> None:
    """Salesforce stores no empty text: an empty cell is null in every type."""
    desk.load(desk.page(tuple(COLUMNS), (A, "", "", "", "", "")))

    assert desk.rows("Name", "Amount", "Flag", "Day", "SystemModstamp") == [(None,) * 5]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.005", "1.005"),
        ("1.2345678E7", "12345678"),
        ("1.5E-7", "0.00000015"),
        ("100.0", "100"),
        ("-0.10", "-0.1"),
        ("123456789012345678", "123456789012345678"),
        ("33.333333333333336", "33.333333333333336"),
        ("99999999999999.9999", "99999999999999.9999"),
        ("1e+3", "1000"),
    ],
)
def test_numbers_lose_nothing(desk: Desk, written: str, value: str) -> None:
    """The scale follows the data, in plain and in scientific notation; nothing is rounded."""
    staged = desk.load(desk.page(tuple(COLUMNS), row(A, amount=written), row(B, amount="0.01")))

    assert desk.rows("Amount") == [(Decimal(value),), (Decimal("0.01"),)]
    assert staged.columns["Amount"].scale >= 2


def test_scale_is_the_describes_where_that_is_enough(desk: Desk) -> None:
    """Data that shows fewer or as many decimals keeps the describe's scale; noughts at the end do not count."""
    staged = desk.load(desk.page(tuple(COLUMNS), row(A, amount="1.5000"), row(B, amount="2.0E2")))

    assert staged.columns["Amount"] == NUMBER


def test_stamps_keep_milliseconds_in_utc(desk: Desk) -> None:
    """Bulk's `Z`, REST's `+0000` and an offset all become the same UTC."""
    stamps = ("2026-03-01T10:20:30.123Z", "2026-03-01T10:20:30.123+0000", "2026-03-01T12:20:30.123+02:00")
    rows = [(one, "n", "1", "true", "", stamp) for one, stamp in zip((A, B, C), stamps, strict=True)]
    desk.load(desk.page(tuple(COLUMNS), *rows))

    assert {one for (one,) in desk.rows("SystemModstamp")} == {datetime(2026, 3, 1, 10, 20, 30, 123000)}


def test_poison_rows_are_rejected_with_their_text(desk: Desk) -> None:
    """A row with an impossible value is kept out with its reason; the others load."""
    staged = desk.load(
        desk.page(
            tuple(COLUMNS),
            row(A, day="2026-02-30"),
            row(B, amount="twelve", flag="maybe"),
            row(C),
            row("short"),
        )
    )

    assert desk.rows("Id") == [(C,)]
    assert staged.rejected == 3
    assert desk.rejects(staged) == [
        (A, "Day", "2026-02-30"),
        (B, "Amount", "twelve"),
        (B, "Flag", "maybe"),
        ("short", "Id", "short"),
    ]


def test_number_out_of_range_costs_only_its_row(desk: Desk) -> None:
    """One enormous number neither fails the load nor takes the others' decimals."""
    staged = desk.load(desk.page(tuple(COLUMNS), row(A, amount="1E40"), row(B, amount="0.123456789012")))

    assert desk.rows("Id", "Amount") == [(B, Decimal("0.123456789012"))]
    assert desk.rejects(staged) == [(A, "Amount", "1E40")]


def test_pages_may_differ_in_order_and_case_of_columns(desk: Desk) -> None:
    """Columns are found by each page's own header."""
    turned = tuple(name.upper() for name in reversed(tuple(COLUMNS)))
    desk.load(
        desk.page(tuple(COLUMNS), row(A, name="first")),
        desk.page(turned, tuple(reversed(row(B, name="second"))), zipped=True),
        desk.page(tuple(COLUMNS), row(C, name="third"), bom=True),
    )

    assert desk.rows("Id", "Name") == [(A, "first"), (B, "second"), (C, "third")]


def test_duplicate_is_kept_once_in_its_newest_form(desk: Desk) -> None:
    """A row that came several times is there once, as of its newest stamp."""
    newer = (A, "newer", "1", "true", "", "2026-03-02T00:00:00.000Z")
    staged = desk.load(
        desk.page(tuple(COLUMNS), row(A, name="old"), newer), desk.page(tuple(COLUMNS), row(A, name="old"))
    )

    assert desk.rows("Name") == [("newer",)]
    assert (staged.read, staged.rows, staged.duplicates) == (3, 1, 2)


def test_no_rows_come_as_header_or_as_nothing(desk: Desk) -> None:
    """An empty answer is a table without rows, whether it has a header or no byte at all."""
    nothing = desk.folder / "empty.csv"
    nothing.write_bytes(b"")
    staged = desk.load(desk.page(tuple(COLUMNS)), Page(nothing, read_header(nothing), 0))

    assert (staged.rows, desk.rows("Id")) == (0, [])


def test_page_without_a_column_fails(desk: Desk) -> None:
    """A column that is missing from the answer empties nothing: the load fails and names it."""
    with pytest.raises(LoadError, match="lacks the column Day"):
        desk.load(desk.page(tuple(COLUMNS)[:4], row(A)[:4]))


def test_unreadable_page_shows_no_value(desk: Desk) -> None:
    """The error of a torn page names the page and none of its values."""
    page = desk.page(tuple(COLUMNS), row(A, name="secret"))
    page.path.write_bytes(page.path.read_bytes()[:-20] + b'"oops')
    with pytest.raises(LoadError, match=r"p0\.csv") as caught:
        desk.load(page)

    assert "secret" not in str(caught.value)


def test_memory_that_does_not_suffice(tmp_path: Path) -> None:
    """Pages for which there is no memory are an error with a way out, and are not taken for damaged ones."""
    desk = Desk(tmp_path, places=False)
    page = desk.page(["Id", "Name"], [A, "x" * 1000])
    desk.space.run("SET memory_limit = '1MB'")
    with pytest.raises(LoadError, match=r"more memory than it may take.*on a larger machine"):
        desk.load(page, columns={"Id": ColumnType("id"), "Name": TEXT})
    desk.space.close()
