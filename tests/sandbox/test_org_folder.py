from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler.record_id import to_18
from sandbox import Org, OrgError

ACCOUNT = {
    "name": "Account",
    "fields": [
        {"name": "Name", "type": "string"},
        {"name": "Amount__c", "type": "currency", "precision": 18, "scale": 2},
        {"name": "Day__c", "type": "date"},
        {"name": "At__c", "type": "datetime"},
        {"name": "On__c", "type": "boolean"},
        {"name": "ParentId", "type": "reference", "referenceTo": ["Account"]},
    ],
}
ID = "001000000000001AAA"


def folder(tmp_path: Path, data: str | None, *, name: str = "Account.csv", toml: str = 'name = "T"\n') -> Path:
    (tmp_path / "describe").mkdir()
    (tmp_path / "describe" / "Account.json").write_text(json.dumps(ACCOUNT), encoding="utf-8")
    (tmp_path / "org.toml").write_text(toml, encoding="utf-8")
    if data is not None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / name).write_text(data, encoding="utf-8", newline="")
    return tmp_path


def rows_of(org: Org, columns: str) -> list[tuple[object, ...]]:
    with org.cursor() as cursor:
        rows: list[tuple[object, ...]] = cursor.execute(f'SELECT {columns} FROM "Account" ORDER BY "Id"').fetchall()
    org.close()
    return rows


def test_empty_text_is_null_and_missing_booleans_are_false(tmp_path: Path) -> None:
    """What a CSV leaves empty is null; columns that it lacks are null, booleans false."""
    org = Org.load(folder(tmp_path, f'Id,Name,Amount__c\n{ID},"",\n'))

    assert rows_of(org, '"Name", "Amount__c", "Day__c", "On__c"') == [(None, None, None, False)]


def test_numbers_are_decimals_as_wide_as_the_data(tmp_path: Path) -> None:
    """More decimals than describe shows are kept; nothing is ever a float."""
    org = Org.load(folder(tmp_path, f"Id,Amount__c\n{ID},1.23456\n"))

    assert rows_of(org, 'typeof("Amount__c"), CAST("Amount__c" AS VARCHAR)') == [("DECIMAL(38,5)", "1.23456")]


def test_datetimes_of_any_zone_become_utc(tmp_path: Path) -> None:
    """A zone in the data is honoured; none means UTC."""
    data = f"Id,At__c\n{ID},2026-01-01T02:00:00.500+02:00\n001000000000002AAA,2026-01-01T00:00:00Z\n"
    org = Org.load(folder(tmp_path, data))

    assert rows_of(org, 'CAST("At__c" AS VARCHAR)') == [("2026-01-01 00:00:00.5",), ("2026-01-01 00:00:00",)]


def test_short_ids_become_long_ones(tmp_path: Path) -> None:
    """Ids of 15 characters are stored with their checksum."""
    org = Org.load(folder(tmp_path, "Id,ParentId\n001000000000001,00100000000000A\n"))

    assert rows_of(org, '"Id", "ParentId"') == [(ID, to_18("00100000000000A"))]


def test_an_org_needs_no_data(tmp_path: Path) -> None:
    """Objects without a data file are empty, and optional keys have defaults."""
    org = Org.load(folder(tmp_path, None))

    assert (org.settings.time_zone, org.settings.locale, org.settings.fiscal_year_start_month) == ("UTC", "en_US", 1)
    assert rows_of(org, "*") == []


def test_json_lines_are_read(tmp_path: Path) -> None:
    """A .jsonl file gives the same rows as a CSV."""
    line = json.dumps({"Id": ID, "Name": "Ä \n", "Amount__c": 1.5, "On__c": True})
    org = Org.load(folder(tmp_path, line + "\n", name="Account.jsonl"))

    assert [(n, str(a), o) for n, a, o in rows_of(org, '"Name", "Amount__c", "On__c"')] == [("Ä \n", "1.50", True)]


def test_parquet_is_read(tmp_path: Path) -> None:
    """A .parquet file gives the same rows as a CSV."""
    import duckdb

    place = folder(tmp_path, None)
    (place / "data").mkdir()
    target = str(place / "data" / "Account.parquet")
    duckdb.sql(f"COPY (SELECT '{ID}' AS Id, DATE '2026-01-01' AS Day__c) TO '{target}' (FORMAT parquet)")

    assert rows_of(Org.load(place), 'CAST("Day__c" AS VARCHAR)') == [("2026-01-01",)]


@pytest.mark.parametrize(
    ("data", "row", "column", "words"),
    [
        (f"Id,Nope\n{ID},1\n", 1, "Nope", "no such field"),
        (f"Id,Amount__c\n{ID},1\n001000000000002AAA,abc\n", 3, "Amount__c", "`abc` is not a number"),
        (f"Id,Day__c\n{ID},2026-02-30\n", 2, "Day__c", "is not a date"),
        (f"Id,At__c\n{ID},yesterday\n", 2, "At__c", "is not a time"),
        (f"Id,On__c\n{ID},yes\n", 2, "On__c", "is not true or false"),
        (f"Id,ParentId\n{ID},nobody\n", 2, "ParentId", "is not a record Id"),
        (f"Id\n{ID}\n001\n", 3, "Id", "is not a record Id"),
        ("Id\n001000000000001AAB\n", 2, "Id", "is not a record Id"),
        (f"Id\n{ID}\n001000000000001\n", 3, "Id", "stands there twice"),
        ("Id,Name\n,x\n", 2, "Id", "the Id is missing"),
        ("Name\nx\n", 1, None, "the column Id is missing"),
        ("", 1, None, "is empty"),
        (f"Id,Name\n{ID},x\n001000000000002,y,z\n", 3, None, "the row has 3 values, the header 2"),
        (f'Id,Name\n{ID},"a\nb"\n001000000000002\n', 3, None, "the row has 1 value, the header 2"),
        (f'Id,Name\n{ID},"never closed\n', 2, None, "a quote is opened and never closed"),
    ],
)
def test_bad_data_is_named_by_file_row_and_column(
    tmp_path: Path, data: str, row: int, column: str | None, words: str
) -> None:
    """An error says where it is and what is wrong."""
    with pytest.raises(OrgError) as caught:
        Org.load(folder(tmp_path, data))

    error = caught.value
    assert (error.file.name, error.row, error.column) == ("Account.csv", row, column)
    assert words in str(error)


@pytest.mark.parametrize(
    ("lines", "row", "column", "words"),
    [
        ([{"Id": ID}, '{"Id": '], 2, None, "is not JSON"),
        ([{"Id": ID}, [1]], 2, None, "a JSON object is wanted"),
        (["5"], 1, None, "a JSON object is wanted"),
        ([{"Id": ID}, {"Id": "001000000000002", "Nope": 1}], 2, "Nope", "no such field"),
        ([{"Id": ID}, "", {"Id": "001000000000002", "Amount__c": "x"}], 3, "Amount__c", "`x` is not a number"),
        ([{"Id": ID}, {"Name": "x"}], 2, "Id", "the Id is missing"),
    ],
)
def test_bad_json_lines_are_named_by_line_and_column(
    tmp_path: Path, lines: list[object], row: int, column: str | None, words: str
) -> None:
    """The row is the line, blank ones counted."""
    data = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    with pytest.raises(OrgError, match=words) as caught:
        Org.load(folder(tmp_path, data, name="Account.jsonl"))

    assert (caught.value.file.name, caught.value.row, caught.value.column) == ("Account.jsonl", row, column)


def test_bytes_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    """Also far down in a file, with row and column."""
    place = folder(tmp_path, "")
    rows = "".join(f"0010000000{n:05d},ok\n" for n in range(3000)).encode()
    (place / "data" / "Account.csv").write_bytes(b"Id,Name\n" + rows + "001000000009999,é\n".encode("latin-1"))
    with pytest.raises(OrgError, match="is not UTF-8") as caught:
        Org.load(place)

    assert (caught.value.row, caught.value.column) == (3002, "Name")


@pytest.mark.parametrize(
    ("select", "column", "words"),
    [
        (f"'{ID}' AS Id, 'x' AS Amount__c", "Amount__c", "`x` is not a number"),
        (f"'{ID}' AS Id, CAST('nan' AS DOUBLE) AS Amount__c", "Amount__c", "`nan` is not a number"),
        (f"'{ID}' AS Id, TIMESTAMP '2026-01-01 10:00:00' AS Day__c", "Day__c", "is not a date"),
        ("5 AS Id", "Id", "is not a record Id"),
    ],
)
def test_parquet_of_other_types(tmp_path: Path, select: str, column: str, words: str) -> None:
    """Values are judged by the field, whatever the file's own type is."""
    import duckdb

    place = folder(tmp_path, "")
    (place / "data" / "Account.csv").unlink()
    duckdb.sql(f"COPY (SELECT {select}) TO '{place}/data/Account.parquet' (FORMAT parquet)")
    with pytest.raises(OrgError, match=words) as caught:
        Org.load(place)

    assert (caught.value.row, caught.value.column) == (1, column)


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    """A table in a format that is not read is not left out in silence."""
    with pytest.raises(OrgError, match=r"Account\.xlsx: data is read from \.csv, \.jsonl, \.parquet files only"):
        Org.load(folder(tmp_path, "x", name="Account.xlsx"))


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"length": "long"}, "Name"),
        ({"precision": 99}, "Name"),
        ({"precision": 5, "scale": 9}, "Name"),
        ({"nillable": "no"}, "Name"),
        ({"referenceTo": "User"}, "Name"),
        ({"picklistValues": ["New"]}, "Name"),
        ({"type": "double", "calculated": True, "_sql": "'much'"}, "Name"),
    ],
    ids=str,
)
def test_an_attribute_of_the_wrong_kind_is_named(tmp_path: Path, changed: dict[str, object], column: str) -> None:
    """Which describe, which field, and what it should be."""
    place = folder(tmp_path, f"Id\n{ID}\n")
    describe = {"name": "Account", "fields": [{"name": "Name", "type": "string", **changed}]}
    (place / "describe" / "Account.json").write_text(json.dumps(describe))
    with pytest.raises(OrgError) as caught:
        Org.load(place)

    assert (caught.value.file.name, caught.value.column) == ("Account.json", column)


@pytest.mark.parametrize("changed", [{"childRelationships": [5]}, {"keyPrefix": 7}, {"createable": "yes"}], ids=str)
def test_an_object_of_the_wrong_shape_is_named(tmp_path: Path, changed: dict[str, object]) -> None:
    """Its describe is told."""
    place = folder(tmp_path, None)
    (place / "describe" / "Account.json").write_text(json.dumps({**ACCOUNT, **changed}))
    with pytest.raises(OrgError, match=next(iter(changed))) as caught:
        Org.load(place)

    assert caught.value.file.name == "Account.json"


def test_a_connected_user_that_is_not_there(tmp_path: Path) -> None:
    """Where there are users in the data, the connected one is one of them."""
    place = folder(tmp_path, f"Id,Username\n{to_18('005000000000001')},ada@x.example\n", name="User.csv",
                   toml='name = "T"\nuser = "bo@x.example"\n')  # fmt: skip
    with pytest.raises(OrgError, match="there is no active user"):
        Org.load(place)


def test_data_without_a_describe_is_refused(tmp_path: Path) -> None:
    """A data file names an object; the object needs a describe."""
    with pytest.raises(OrgError, match=r"there is no describe/Contact\.json"):
        Org.load(folder(tmp_path, "Id\n", name="Contact.csv"))


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("name = ", "is not valid TOML"),
        ("", 'such as name = "Acme"'),
        ('name = "x"\ntime_zone = "Mars/Base"', "is not a time zone"),
        ('name = "x"\nfiscal_year_start_month = 13', "a month from 1 to 12"),
        ('name = "x"\nnow = "soon"', "a time such as"),
        ('name = "x"\nnome = "y"', "unknown key"),
        ('name = "x"\n[switches]\nnull_passes = true', "unknown key"),
        ('name = "x"\n[switches]\nnull_passes_not_in = "no"', "true or false is wanted"),
        ('name = "x"\n[switches]\ndate_on_datetime = "days"', "`refuse` or `day` is wanted"),
    ],
)
def test_a_broken_org_toml_is_named(tmp_path: Path, toml: str, words: str) -> None:
    """What org.toml gets wrong is said."""
    with pytest.raises(OrgError) as caught:
        Org.load(folder(tmp_path, None, toml=toml))

    assert caught.value.file.name == "org.toml"
    assert words in str(caught.value)


def test_open_questions_are_answered_by_the_org(tmp_path: Path) -> None:
    """A switch in org.toml decides what is uncertain about SOQL."""
    org = Org.load(folder(tmp_path, None, toml='name = "T"\n[switches]\nnull_passes_not_equal = false\n'))
    org.close()

    assert not org.switches.null_passes_not_equal
    assert org.switches.null_passes_not_in


def test_a_broken_describe_is_named(tmp_path: Path) -> None:
    """A describe with a type that Salesforce does not have is refused."""
    place = folder(tmp_path, None)
    (place / "describe" / "Bad.json").write_text('{"name": "Bad", "fields": [{"name": "X", "type": "text"}]}')

    with pytest.raises(OrgError, match=r"Bad\.json, column X: `text` is not a type"):
        Org.load(place)


def test_no_folder_and_no_describes(tmp_path: Path) -> None:
    """A missing folder, and one without describes, are told apart."""
    with pytest.raises(OrgError, match="there is no such folder"):
        Org.load(tmp_path / "nowhere")
    (tmp_path / "org.toml").write_text('name = "x"')
    with pytest.raises(OrgError, match="no describes here"):
        Org.load(tmp_path)
