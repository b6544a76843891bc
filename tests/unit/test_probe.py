from __future__ import annotations

from urllib.parse import quote

import pytest

from compiler.plan import Extract, ExtractColumn, Filter
from compiler.print_soql import print_query
from compiler.probe import (
    by_id_query,
    changed_status_query,
    count_query,
    ids_that_fit,
    overlap_count,
    sample_query,
    status_query,
)
from compiler.relation import ColumnType
from compiler.schema import SObject, build_schema
from grammar.parse import parse_condition, parse_query
from grammar.soql_tree import FieldPath, Query
from grammar.source import NOWHERE

SEMI = "Id IN (SELECT AccountId FROM Contact WHERE Email LIKE '%@acme.com')"
ANTI = "Id NOT IN (SELECT AccountId FROM Opportunity WHERE IsClosed = false OR Amount > 10)"
OTHER = "OwnerId IN (SELECT Id FROM User WHERE IsActive = true)"
ONE_ID, TWO_IDS = ["001000000000001AAA"], ["001000000000001AAA", "001000000000002AAA"]


def filter_of(condition: str | None, sobject: str = "Account") -> Filter:
    tree = None if condition is None else parse_condition(condition).tree
    assert condition is None or tree is not None
    return Filter("accounts", sobject, tree, None, NOWHERE)


def extract_of(where: str) -> Extract:
    fetch = parse_query(f"SELECT Id, Name, Owner.Name FROM Account{where}").tree
    assert fetch is not None
    text = ColumnType("text")
    columns = tuple(
        ExtractColumn(FieldPath(tuple(name.split(".")), NOWHERE), text, "string", False)
        for name in ("Id", "Name", "Owner.Name")
    )
    return Extract("accounts", "accounts", "Account", columns, fetch, fetch, "full", "small")


def text_of(query: Query | None) -> str:
    assert query is not None
    text = print_query(query).text
    assert not parse_query(text).diagnostics
    return text


def test_count():
    """A filter is counted with its own condition, an object without one as a whole."""
    assert text_of(count_query(filter_of("Type = 'x' OR A = 1"))) == (
        "SELECT COUNT() FROM Account WHERE Type = 'x' OR A = 1"
    )
    assert text_of(count_query(filter_of(None))) == "SELECT COUNT() FROM Account"


def test_overlap_is_flat():
    """Conditions that must all hold stand side by side, so that semi-joins stay at the top level."""
    first = filter_of(f"Type = 'x' AND (A = 1 AND ({SEMI}))")

    assert text_of(overlap_count([first, filter_of("B = 1 OR C = 1")])) == (
        f"SELECT COUNT() FROM Account WHERE Type = 'x' AND A = 1 AND {SEMI} AND (B = 1 OR C = 1)"
    )


def test_overlap_asks_nothing_twice():
    """A condition that two filters share is asked once, which leaves room for other semi-joins."""
    query = overlap_count([filter_of(f"{SEMI} AND A = 1"), filter_of(f"{SEMI} AND {ANTI}")])

    assert text_of(query) == f"SELECT COUNT() FROM Account WHERE {SEMI} AND A = 1 AND {ANTI}"


def test_overlap_with_everything():
    """An object without a condition overlaps with all of the other."""
    assert text_of(overlap_count([filter_of(None), filter_of("A = 1")])) == ("SELECT COUNT() FROM Account WHERE A = 1")


@pytest.mark.parametrize(
    "conditions",
    [
        (SEMI, ANTI, OTHER),
        (f"{SEMI} OR A = 1", "B = 1"),
        (f"NOT ({SEMI})", "B = 1"),
        (f"A = 1 AND (B = 1 OR (C = 1 AND {ANTI}))", "B = 1"),
    ],
)
def test_overlap_that_cannot_be_asked(conditions: tuple[str, ...]):
    """More than two semi-joins, or one under OR or NOT, is nothing that Salesforce answers."""
    assert overlap_count([filter_of(condition) for condition in conditions]) is None


def test_overlap_of_two_objects():
    """Rows of different objects do not overlap: asking is a mistake of the caller's."""
    with pytest.raises(ValueError, match="one object"):
        overlap_count([filter_of(None), filter_of(None, "Contact")])


def test_sample():
    """A sample is the extract's own query for a few rows, the same ones every time."""
    assert text_of(sample_query(extract_of(" WHERE Type = 'x'"), 5)) == (
        "SELECT Id, Name, Owner.Name FROM Account WHERE Type = 'x' ORDER BY Id LIMIT 5"
    )


def test_by_id():
    """Rows are asked for by Id under the extract's condition, which keeps its own parentheses."""
    assert text_of(by_id_query(extract_of(" WHERE A = 1 OR B = 1"), TWO_IDS, ["Name"])) == (
        "SELECT Id, Name FROM Account WHERE (A = 1 OR B = 1) AND Id IN ('001000000000001AAA', '001000000000002AAA')"
    )


def test_by_id_without_condition():
    """Without a condition the Ids alone decide, and all columns come."""
    assert text_of(by_id_query(extract_of(""), ONE_ID)) == (
        "SELECT Id, Name, Owner.Name FROM Account WHERE Id IN ('001000000000001AAA')"
    )


def test_by_id_refuses():
    """No Ids at all, and a column that the extract does not have, are mistakes of the caller's."""
    with pytest.raises(ValueError, match="at least one Id"):
        by_id_query(extract_of(""), [])
    with pytest.raises(ValueError, match="no column Phone"):
        by_id_query(extract_of(""), ONE_ID, ["Phone"])


@pytest.mark.parametrize("limit", [90, 200, 1000, 4000])
def test_ids_that_fit(limit: int):
    """The number of Ids fills a query up to the limit, and one more would be too long."""
    extract = extract_of("")
    fit = ids_that_fit(lambda ids: by_id_query(extract, ids), limit)

    assert len(text_of(by_id_query(extract, ["001000000000001AAA"] * fit))) <= limit
    assert len(text_of(by_id_query(extract, ["001000000000001AAA"] * (fit + 1)))) > limit


def test_ids_that_fit_in_a_url():
    """Where a URL encodes the query, its encoded length counts."""
    extract = extract_of("")
    plain = ids_that_fit(lambda ids: by_id_query(extract, ids), 2000)

    assert ids_that_fit(lambda ids: by_id_query(extract, ids), 2000, lambda t: len(quote(t))) < plain


def test_not_even_one_id():
    """A limit that the query itself exceeds is an error, not zero Ids for ever."""
    with pytest.raises(ValueError, match="single Id"):
        ids_that_fit(lambda ids: by_id_query(extract_of(""), ids), 20)


def described(**fields: str) -> SObject:
    raw = {
        "name": "Thing",
        "urls": {},
        "fields": [{"name": name, "type": kind} for name, kind in fields.items()],
    }
    sobject = build_schema([raw]).object("Thing")
    assert sobject is not None
    return sobject


def test_status():
    """The bin and the merge are asked for as far as the object has them."""
    merged = described(Id="id", IsDeleted="boolean", MasterRecordId="reference", Name="string")

    assert text_of(status_query(merged, ONE_ID)) == (
        "SELECT Id, IsDeleted, MasterRecordId FROM Thing WHERE Id IN ('001000000000001AAA')"
    )
    assert text_of(status_query(described(Id="id"), ONE_ID)) == (
        "SELECT Id FROM Thing WHERE Id IN ('001000000000001AAA')"
    )


def test_status_of_what_changed():
    """The same is asked of all rows of an object that changed since a moment."""
    assert text_of(changed_status_query(described(Id="id", IsDeleted="boolean"), "2026-03-01T10:20:30Z")) == (
        "SELECT Id, IsDeleted FROM Thing WHERE SystemModstamp >= 2026-03-01T10:20:30Z"
    )
