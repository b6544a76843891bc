from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
import sqlglot

from compiler.plan import Table, TableColumn
from compiler.print_duckdb import (
    FUNCTIONS,
    Leaf,
    columns_of,
    duckdb_type,
    print_expression,
    print_relation,
    print_table,
    quote_name,
)
from compiler.record_id import to_18
from compiler.relation import (
    Aggregated,
    Assign,
    Call,
    Col,
    ColumnType,
    Expr,
    Extracted,
    Filtered,
    First,
    Joined,
    Lit,
    Measure,
    OrderKey,
    Relation,
    Select,
    Take,
    Union,
    Wanted,
)
from compiler.relation_columns import SIGNATURES
from grammar.source import Span

TEXT = ColumnType("text")
ID = ColumnType("id")
MONEY = ColumnType("decimal", 2)
MUCH = "296574560404.99"
BOOLEAN = ColumnType("boolean")

ACCOUNTS = Leaf(("staging", "accounts"), {"Id": ID, "Name": TEXT, "ARR__c": MONEY})
SUBSCRIPTIONS = Leaf(
    ("staging", "subscriptions"),
    {"Id": ID, "Account__c": ID, "Amount__c": MONEY, "Rate__c": ColumnType("decimal", 4)},
)
LEAVES = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS}


def leaf_of(leaf: Extracted | Wanted) -> Leaf:
    return LEAVES[leaf.extract if isinstance(leaf, Extracted) else leaf.table]


@pytest.fixture
def store() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA staging")
    for leaf in LEAVES.values():
        columns = ", ".join(f"{quote_name(name)} {duckdb_type(kind)}" for name, kind in leaf.columns.items())
        connection.execute(f"CREATE TABLE {'.'.join(leaf.name)} ({columns})")
    connection.execute("INSERT INTO staging.accounts VALUES ('a1', 'Acme', 10), ('a2', 'Ärger', NULL)")
    connection.execute(
        "INSERT INTO staging.subscriptions VALUES "
        "('s1', 'a1', 10.00, 1.5), ('s2', 'a1', 20.01, 2), ('s3', 'a2', NULL, NULL), ('s4', NULL, 5, 0)"
    )
    return connection


def rows(store: duckdb.DuckDBPyConnection, relation: Relation) -> list[tuple[object, ...]]:
    text = print_relation(relation, leaf_of).text
    assert len(sqlglot.parse(text, dialect="duckdb")) == 1
    cursor = store.execute(text)
    columns = columns_of(relation, leaf_of)
    assert [d[0] for d in cursor.description] == list(columns)
    types = [str(row[1]).replace(",", ", ") for row in store.execute(f"DESCRIBE {text}").fetchall()]
    assert types == [duckdb_type(kind) for kind in columns.values()]
    return sorted(store.execute(text).fetchall(), key=repr)


def value(expr: Expr) -> object:
    typed = print_expression(expr, {})
    sqlglot.parse_one(f"SELECT {typed.sql}", dialect="duckdb")
    (row,) = duckdb.sql(f"SELECT {typed.sql}, typeof({typed.sql})").fetchall()
    assert row[1].replace(",", ", ") == duckdb_type(typed.type)
    return row[0]


def text(value: str | None) -> Lit:
    return Lit(value, TEXT)


def number(value: str | None, scale: int = 2) -> Lit:
    return Lit(value, ColumnType("decimal", scale))


def test_every_function_has_a_form_and_a_signature():
    """The table of DuckDB's forms and the table of signatures name the same functions."""
    assert set(FUNCTIONS) == set(SIGNATURES)


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Acme.com/about?x=1#top", "acme.com"),
        ("  HTTP://user:pass@Shop.Acme.co.uk:8080  ", "shop.acme.co.uk"),
        ("acme.com", "acme.com"),
        ("www.acme.com.", "acme.com"),
        ("//cdn.acme.com", "cdn.acme.com"),
        ("http:/acme.com", "acme.com"),
        ("https://acme.com?next=http://other.org", "acme.com"),
        ("acme.com#@other.org", "acme.com"),
        ("http://münchen.de", "münchen.de"),
        ("www2.acme.com", "www2.acme.com"),
        ("acme.com (old)", "acme.com"),
        ("\u00a0acme.com\t", "acme.com"),
        ("localhost:80", None),
        ("www.localhost", None),
        ("see acme.com", None),
        ("n/a", None),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_web_domain(website: str | None, domain: str | None):
    """web_domain is the host alone, in small letters and without www; null where there is no host."""
    assert value(Call("web_domain", (text(website),))) == domain


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("001000000000001", "001000000000001AAA"),
        ("001D000000IRt53", "001D000000IRt53IAD"),
        ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
        ("001D000000IRt53IAD", "001D000000IRt53IAD"),
        ("0010000000000", "0010000000000"),
        ("fifteen letters", "fifteen letters"),
        (None, None),
    ],
)
def test_id18(written: str | None, full: str | None):
    """id18 completes an Id of 15 characters and leaves all other texts alone."""
    assert value(Call("id18", (text(written),))) == full


def test_id18_knows_every_checksum():
    """The checksum is right for each of the 32 patterns of capitals, in each third of an Id."""
    patterns = ["".join("Bb"[bit == "0"] for bit in f"{n:05b}") for n in range(32)]
    ids = [p + "00000" + p for p in patterns] + ["00000" + p + "zzzzz" for p in patterns]
    columns = ", ".join(print_expression(Call("id18", (text(i),)), {}).sql for i in ids)

    assert duckdb.connect().execute(f"SELECT {columns}").fetchone() == tuple(to_18(i) for i in ids)


@pytest.mark.parametrize(
    ("dividend", "divisor", "scale", "quotient"),
    [
        ("10.00", "3.00", 2, "3.33"),
        ("20.00", "3.00", 2, "6.67"),
        ("0.05", "10.00", 2, "0.01"),
        ("-0.05", "10.00", 2, "-0.01"),
        ("0.04", "10.00", 2, "0.00"),
        ("1.00", "-3.00", 6, "-0.333333"),
        ("7.00", "2.00", 0, "4"),
        ("99999999999999999.99", "0.01", 2, "9999999999999999999.00"),
    ],
)
def test_divide_exact(dividend: str, divisor: str, scale: int, quotient: str):
    """A quotient has the scale that was asked for, halves go away from zero, and no float is on the way."""
    result = value(Call("divide_exact", (number(dividend), number(divisor)), ColumnType("decimal", scale)))

    assert str(result) == quotient


def test_dividing_by_nothing():
    """A division by zero or by null is null."""
    kind = ColumnType("decimal", 2)

    assert value(Call("divide_exact", (number("1"), number("0")), kind)) is None
    assert value(Call("divide_exact", (number("1"), number(None)), kind)) is None


@pytest.mark.parametrize(
    ("amount", "target", "own", "there"),
    [
        (number("-10.10"), number("1.25050", 5), number("1"), "-12.63"),
        (number("0.5", 1), number("0.05"), number("1"), "0.03"),
        (number("0.00500", 5), number("1"), number("1"), "0.01"),
        (number("-0.00499", 5), number("1.0", 1), number("1.000", 3), "0.00"),
        (number("2000000000." + 17 * "0", 17), number("160.33333333333", 11), number("1.08123456789", 11), MUCH),
        (number("999999999999999.99999999999999999", 17), number("1.5", 6), number("1.5", 6), "1000000000000000.00"),
        (number("1"), number("1"), number("0"), None),
        (number("1.000", 3), number("1"), number("0"), None),
        (number("1.000", 3), number(None), number("1"), None),
    ],
)
def test_convert(amount: Lit, target: Lit, own: Lit, there: str | None):
    """An amount is multiplied and divided without a loss and rounded once, however many digits are between."""
    found = value(Call("convert", (amount, target, own), MONEY))

    assert (found if found is None else str(found)) == there


def test_mixed_scales_keep_all_digits():
    """Where decimals of two scales meet, the result has the larger one: DuckDB alone would round."""
    fine = number("1.2345", 4)

    assert str(value(Call("coalesce", (number(None), fine)))) == "1.2345"
    assert str(value(Call("if", (Lit(True, BOOLEAN), fine, number("1"))))) == "1.2345"
    assert value(Call("=", (number("1.23"), fine))) is False


def test_a_cast_never_narrows():
    """A cast to a smaller scale keeps the digits that are there, and a lossy cast is refused."""
    assert str(value(Call("cast", (number("1.2345", 4),), MONEY))) == "1.2345"
    with pytest.raises(ValueError, match="would not keep every value"):
        value(Call("cast", (text("1.2345"),), MONEY))


def test_literal_keeps_its_digits():
    """A number with more digits than its type says keeps them, and a text with quotes stays one text."""
    assert str(value(number("0.125"))) == "0.125"
    assert value(text("it's \\ \n \0 ä")) == "it's \\ \n \0 ä"
    with pytest.raises(ValueError, match="not in UTC"):
        value(Lit("2026-01-01T00:00:00+01:00", ColumnType("timestamp")))


def test_logic():
    """The logical functions are SQL's own, and true_if counts null as false."""
    null, yes = Lit(None, BOOLEAN), Lit(True, BOOLEAN)

    assert value(Call("and", (null, yes))) is None
    assert value(Call("true_if", (Call("not", (null,)),))) is False
    assert value(Call("or", (Call("is_null", (yes,)), Call("is_not_null", (yes,))))) is True


def test_dates_and_keys():
    """date_of is the day in UTC, match_key ignores case."""
    late = Lit("2026-01-31T23:59:59.999Z", ColumnType("timestamp"))

    assert str(value(Call("date_of", (late,)))) == "2026-01-31"
    assert value(Call("match_key", (text("ÄRGER & Co"),))) == "ärger & co"


def test_aggregates_are_decimals(store: duckdb.DuckDBPyConnection):
    """Sums keep their scale, averages are rounded at six digits, counts are whole; nothing is a float."""
    amount = Col("Amount__c")
    measures = (
        Measure("total", "sum", amount),
        Measure("mean", "average", amount),
        Measure("least", "min", amount),
        Measure("most", "max", amount),
        Measure("rows", "count", None),
        Measure("rates", "count_distinct", Col("Rate__c")),
    )

    assert rows(store, Aggregated(Extracted("subscriptions"), ("Account__c",), measures)) == [
        ("a1", Decimal("30.01"), Decimal("15.005000"), Decimal("10.00"), Decimal("20.01"), 2, 2),
        ("a2", None, None, None, None, 1, 0),
        (None, Decimal("5.00"), Decimal("5.000000"), Decimal("5.00"), Decimal("5.00"), 1, 1),
    ]


def test_sum_that_does_not_fit_is_an_error(store: duckdb.DuckDBPyConnection):
    """A sum with more than 38 digits stops with an error instead of a wrong number."""
    most = "9" * 36 + ".99"
    store.execute(f"INSERT INTO staging.subscriptions VALUES ('x', 'b', {most}, 0), ('y', 'b', {most}, 0)")
    total = Aggregated(Extracted("subscriptions"), ("Account__c",), (Measure("t", "sum", Col("Amount__c")),))

    with pytest.raises(duckdb.Error, match="Overflow"):
        rows(store, total)


def test_joins(store: duckdb.DuckDBPyConnection):
    """A left join keeps rows without a partner, an inner one drops them; semi and anti joins only choose."""
    children, accounts = Extracted("subscriptions"), Wanted("accounts")
    on = (("Account__c", "Id"),)
    take = (Take("account_name", "Name"),)
    id_and_name = (Assign("Id", Col("Id")), Assign("account_name", Col("account_name")))

    left = Select(Joined(children, accounts, "left", on, take), id_and_name)
    assert [row[1] for row in rows(store, left)] == ["Acme", "Acme", "Ärger", None]
    inner = Select(Joined(children, accounts, "inner", on, take), id_and_name)
    assert len(rows(store, inner)) == 3
    assert len(rows(store, Joined(children, accounts, "semi", on))) == 3
    assert [row[0] for row in rows(store, Joined(children, accounts, "anti", on))] == ["s4"]


def test_first_row(store: duckdb.DuckDBPyConnection):
    """The first row of a group by an order in which nulls come last, in either direction."""
    ranked = First(Extracted("subscriptions"), ("Account__c",), (OrderKey("Amount__c", True), OrderKey("Id", True)))

    assert [row[0] for row in rows(store, ranked)] == ["s2", "s3", "s4"]


def test_first_row_of_all(store: duckdb.DuckDBPyConnection):
    """Without keys all rows are one group; a null key comes last upwards too."""
    ranked = First(Extracted("subscriptions"), (), (OrderKey("Rate__c"), OrderKey("Id")))

    assert [row[0] for row in rows(store, ranked)] == ["s4"]


def test_a_column_named_rank(store: duckdb.DuckDBPyConnection):
    """A column that is called like the printer's own one stays what it is."""
    named = Select(Extracted("accounts"), (Assign("Rank", Col("Name")), Assign("Id", Col("Id"))))

    assert rows(store, First(named, (), (OrderKey("Id"),))) == [("Acme", "a1")]


def test_union_widens(store: duckdb.DuckDBPyConnection):
    """A union keeps duplicates and the digits of both sides."""
    amount = Select(Extracted("subscriptions"), (Assign("v", Col("Amount__c")),))
    rate = Select(Extracted("subscriptions"), (Assign("v", Col("Rate__c")),))

    assert (Decimal("1.5000"),) in rows(store, Union((amount, rate)))
    assert len(rows(store, Union((amount, rate, rate)))) == 12


def test_equal_parts_are_printed_once(store: duckdb.DuckDBPyConnection):
    """A part that stands twice in the tree is one step of the statement."""
    kept = Filtered(Extracted("accounts"), Call("is_not_null", (Col("Name"),)))
    statement = print_relation(Union((kept, kept)), leaf_of).text

    assert statement.count("IS NOT NULL") == 1
    assert len(rows(store, Union((kept, kept)))) == 4


def test_leaf_alone(store: duckdb.DuckDBPyConnection):
    """An extract by itself is a SELECT of its columns, each written out."""
    assert print_relation(Extracted("accounts"), leaf_of).text == (
        'SELECT\n  "Id", "Name", "ARR__c"\nFROM "staging"."accounts"'
    )
    assert len(rows(store, Extracted("accounts"))) == 2


def test_statement_reads_step_by_step():
    """Steps are numbered and named by what they do; calculated columns have lines of their own."""
    totals = Aggregated(Extracted("subscriptions"), ("Account__c",), (Measure("t", "sum", Col("Amount__c")),))
    joined = Joined(Wanted("accounts"), totals, "left", (("Id", "Account__c"),), (Take("arr", "t"),))
    columns = (Assign("Id", Col("Id")), Assign("arr", Call("coalesce", (Col("arr"), number("0")))))

    assert print_relation(Select(joined, columns), leaf_of).text == (
        'WITH "1_totals" AS (\n'
        "  SELECT\n"
        '    "Account__c",\n'
        '    sum("Amount__c") AS "t"\n'
        '  FROM "staging"."subscriptions"\n'
        '  GROUP BY "Account__c"\n'
        "),\n"
        '"2_left_join" AS (\n'
        "  SELECT\n"
        '    l."Id", l."Name", l."ARR__c",\n'
        '    r."t" AS "arr"\n'
        '  FROM "staging"."accounts" AS l\n'
        '  LEFT JOIN "1_totals" AS r ON l."Id" = r."Account__c"\n'
        ")\n"
        "SELECT\n"
        '  "Id",\n'
        '  coalesce("arr", CAST(\'0\' AS DECIMAL(38, 2))) AS "arr"\n'
        'FROM "2_left_join"'
    )


def test_hostile_names():
    """Names with quotes are names; a column that ends like another is not taken for it."""
    leaf = Leaf(('a"b',), {'x"y': TEXT})
    relation = Select(Extracted("any"), (Assign("y", Col('x"y')), Assign('";--', Col('x"y'))))
    statement = print_relation(relation, lambda _: leaf).text
    store = duckdb.connect()
    store.execute('CREATE TABLE "a""b" ("x""y" VARCHAR)')

    assert [d[0] for d in store.execute(statement).description] == ["y", '";--']


def test_marks_of_a_table():
    """A column of the final statement leads back to the statement of the spec that asked for it."""
    relation = Select(Extracted("accounts"), (Assign("Id", Col("Id")), Assign("arr", Col("ARR__c"))))
    columns = (
        TableColumn("Id", ID, "Id", "Account.Id", (), False, False, Span(0, 0)),
        TableColumn("arr", MONEY, "ARR", "Account.ARR__c", (), True, False, Span(40, 60)),
    )
    table = Table("accounts", "record", "Account", "Accounts", ("Id",), columns, relation, (), None, "keep", Span(1, 9))
    printed = print_table(table, leaf_of)

    assert printed.spec_span(printed.text.index('"ARR__c"')) == Span(40, 60)
    assert printed.spec_span(printed.text.index("FROM")) is None


@pytest.mark.parametrize(
    ("relation", "message"),
    [
        (Select(Extracted("accounts"), (Assign("x", Col("Nam")),)), "no column 'Nam' among Id, Name"),
        (Select(Extracted("accounts"), (Assign("x", Col("Id")), Assign("X", Col("Id")))), "there twice"),
        (Select(Extracted("accounts"), (Assign("x", Call("soundex", (Col("Id"),))),)), "no function"),
        (Filtered(Extracted("accounts"), Col("Name")), "true or false"),
        (Joined(Extracted("accounts"), Wanted("accounts"), "left", ()), "at least one pair"),
        (
            Joined(Extracted("accounts"), Wanted("accounts"), "semi", (("Id", "Id"),), (Take("a", "Id"),)),
            "take no",
        ),
        (Joined(Extracted("accounts"), Wanted("accounts"), "left", (("Id", "ARR__c"),)), "do not meet"),
        (Aggregated(Extracted("accounts"), (), (Measure("s", "sum", Col("Name")),)), "sum takes decimal"),
        (Union((Extracted("accounts"), Extracted("subscriptions"))), "the same columns"),
        (First(Extracted("accounts"), (), ()), "needs an order"),
    ],
)
def test_impossible_relations(relation: Relation, message: str):
    """A relation that cannot be computed is refused before DuckDB sees it, with the reason."""
    with pytest.raises(ValueError, match=message):
        print_relation(relation, leaf_of)
