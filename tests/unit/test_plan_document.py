from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from compiler.digest import document_digest, meaning_digest
from compiler.plan import (
    PLAN_VERSION,
    Cadence,
    Clause,
    Extract,
    ExtractColumn,
    Filter,
    Guard,
    OwnerKind,
    Parent,
    PicklistOption,
    Plan,
    Source,
    Table,
    TableColumn,
)
from compiler.plan_document import PlanError, from_document, to_document
from compiler.relation import (
    Aggregated,
    Assign,
    Call,
    Col,
    ColumnType,
    Extracted,
    Filtered,
    First,
    Joined,
    Lit,
    Measure,
    OrderKey,
    Select,
    Take,
    Union,
    Wanted,
)
from grammar.parse import parse_condition, parse_query
from grammar.soql_tree import FieldPath
from grammar.source import Span

EVERYTHING = (
    "SELECT Id, Account.Name, COUNT(Id) n, (SELECT Id FROM Contacts ORDER BY Name DESC NULLS LAST LIMIT 2), "
    "TYPEOF What WHEN Account THEN Phone ELSE Name END FROM Account a USING SCOPE mine "
    "WHERE A = 'x' AND (B = 1 OR (NOT C = TODAY)) AND D IN (SELECT X FROM Y WHERE E = USD5) AND F = true "
    "AND G = null AND H = 2026-01-01 AND I = 2026-01-01T00:00:00Z AND J = 10:00:00.000Z AND K IN ('a', 'b') "
    "WITH DATA CATEGORY G__c AT u__c GROUP BY ROLLUP(A) HAVING COUNT(Id) > 1 ORDER BY A LIMIT 1 OFFSET 2 "
    "FOR VIEW UPDATE TRACKING"
)


def plan(shift: int = 0, soql: str = EVERYTHING, condition: str = "Type = 'Customer'") -> Plan:
    """A plan in which every class of node stands once; all of its own spans lie `shift` further behind."""
    span = Span(shift, shift + 5)
    query = parse_query(soql).tree
    assert query is not None
    money = ColumnType("decimal", 2)
    text = ColumnType("text")
    relation = Select(
        Filtered(
            Joined(
                Union((Extracted("accounts"), Wanted("users"))),
                First(
                    Aggregated(Extracted("subs"), ("Account__c",), (Measure("arr", "sum", Col("Amount__c")),)),
                    ("Account__c",),
                    (OrderKey("Id", descending=True),),
                ),
                "left",
                (("Id", "Account__c"),),
                (Take("arr", "arr"),),
            ),
            Call("is_not_null", (Col("Id"),)),
        ),
        (Assign("arr", Call("coalesce", (Col("arr"), Lit("0", money), Lit(None, money)), money)),),
    )
    column = TableColumn("arr", money, "ARR", "sum", (Source("S__c", "Amount__c"),), True, False, span)
    leaf = Clause("accounts/1", "leaf", condition, "active", (), span)
    return Plan(
        version=PLAN_VERSION,
        schema="abc",
        filters=(Filter("accounts", "Account", parse_condition(condition).tree, leaf, span),),
        extracts=(
            Extract(
                "accounts",
                "accounts",
                "Account",
                (ExtractColumn(FieldPath(("Id",), span), ColumnType("id"), "id", False),),
                query,
                query,
                "census",
                "small",
            ),
        ),
        tables=(
            Table(
                "accounts",
                "record",
                None,
                "Accounts",
                ("Id",),
                (column, TableColumn("Name", text, "Name", "Name", (), False, True, span)),
                relation,
                ("accounts",),
                Parent("users", "OwnerId"),
                "keep",
                span,
            ),
        ),
        owner_kinds=(OwnerKind("csm", ("CSM__c", "OwnerId"), span),),
        picklists=(PicklistOption("Account", "Type", "Customer", "Kunde", True),),
        guards=(Guard("leave", "accounts", "10", span),),
        schedule=Cadence("day", None, "02:00", None),
        skip_inactive=True,
    )


def document() -> dict[str, Any]:
    """The plan's document after a journey through JSON."""
    loaded: dict[str, Any] = json.loads(json.dumps(to_document(plan())))
    return loaded


def all_values(value: object) -> list[object]:
    """Everything that a node holds, spans included, in order."""
    if hasattr(value, "__match_args__"):
        return [type(value), *(x for name in value.__match_args__ for x in all_values(getattr(value, name)))]
    if isinstance(value, tuple) and not isinstance(value, Span):
        return [tuple, *(x for one in value for x in all_values(one))]
    return [value]


def test_round_trip():
    """A plan comes back from JSON as it was, spans and classes included."""
    again = from_document(document())

    assert again == plan()
    assert all_values(again) == all_values(plan())


def test_document_starts_with_its_version():
    """The version is the first thing in a document."""
    assert next(iter(to_document(plan()).items())) == ("plan_version", PLAN_VERSION)


def changed(path: str, value: object) -> dict[str, Any]:
    """The document with another value at a path such as `tables[0].kind`."""
    out: Any = copy.deepcopy(document())
    *steps, last = path.replace("]", "").replace("[", ".").split(".")
    inside = out
    for step in steps:
        inside = inside[int(step) if step.isdigit() else step]
    inside[int(last) if last.isdigit() else last] = value
    loaded: dict[str, Any] = out
    return loaded


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("plan_version", PLAN_VERSION + 1, "reads up to"),
        ("plan_version", True, "missing or not a whole number"),
        ("plan_version", 0, "missing or not a whole number"),
        ("tables[0].columns[1].type", None, "null stands where ColumnType belongs"),
        ("tables[0].columns[1].type.kind", "float", "'float' is none of 'text', 'id'"),
        ("tables[0].columns[0].type.scale", 2.0, "a number with a point stands where a whole number belongs"),
        ("tables[0].columns[0].type.scale", True, "true or false stands where a whole number belongs"),
        ("tables[0].columns[0].type.node", "Decimal", "'Decimal' stands where ColumnType belongs"),
        ("tables[0].relation.node", "Pivot", "'Pivot' stands where Extracted or Wanted or"),
        ("tables[0].relation.node", "Plan", "'Plan' stands where"),
        ("tables[0].relation.input.input.on[0]", ["Id"], "a list of 2 belongs here, not of 1"),
        ("tables[0].key", "Id", "a text stands where a list belongs"),
        ("tables[0].key[0]", 1, "a whole number stands where a text belongs"),
        ("tables[0].span", [5, 1], "a span is a list of two offsets"),
        ("tables[0].span", [0, True], "a span is a list of two offsets"),
        ("tables[0].span", [0.0, 1], "a span is a list of two offsets"),
        ("tables[0].colour", "red", "Table has no such field"),
        ("filters[0].condition", "Type = 'x'", "a text stands where"),
        ("skip_inactive", 1, "a whole number stands where true or false belongs"),
        ("new", {}, "Plan has no such field"),
    ],
)
def test_strict(path: str, value: object, message: str):
    """A value that does not belong where it stands is refused with its place and a way out."""
    with pytest.raises(PlanError, match=message) as caught:
        from_document(changed(path, value))

    assert str(caught.value).endswith(caught.value.help)
    assert caught.value.path.removesuffix(".node") == path.removesuffix(".node")


def test_missing_field():
    """A field that is not there is named with its path, even where the class has a default."""
    short = document()
    del short["tables"][0]["columns"][1]["type"]["scale"]

    with pytest.raises(PlanError, match=r"^tables\[0\]\.columns\[1\]\.type\.scale: the field is missing"):
        from_document(short)


def test_missing_version():
    """A document without a version is no plan."""
    with pytest.raises(PlanError, match="plan_version"):
        from_document({})


def test_too_deep():
    """A document that is nested without end is refused like any other mistake."""
    relation: dict[str, Any] = {"node": "Extracted", "extract": "a"}
    for _ in range(5000):
        relation = {
            "node": "Filtered",
            "input": relation,
            "condition": {"node": "Lit", "value": True, "type": {"node": "ColumnType", "kind": "boolean", "scale": 0}},
        }

    with pytest.raises(PlanError, match="nested too deeply"):
        from_document(changed("tables[0].relation", relation))


def test_digests_are_stable():
    """The same plan has the same digests, also after a journey through JSON."""
    again = from_document(document())

    assert document_digest(again) == document_digest(plan())
    assert meaning_digest(again) == meaning_digest(plan())
    assert len(meaning_digest(plan())) == 64


def test_positions_do_not_change_the_meaning():
    """A spec that is moved or spaced differently has another document and the same meaning."""
    spaced = plan(shift=100, soql=EVERYTHING.replace(" AND ", "\n  AND "))

    assert document_digest(spaced) != document_digest(plan())
    assert meaning_digest(spaced) == meaning_digest(plan())


def test_a_condition_changes_the_meaning():
    """Another value in a filter is another meaning."""
    assert meaning_digest(plan(condition="Type = 'Partner'")) != meaning_digest(plan())
