from __future__ import annotations

import json
from decimal import Decimal

import httpx
import pytest

from sandbox import Org, Running, serve

from .conftest import DESCRIBES, QUEUE, USER, account, contact
from .wire_help import DATA, query, refused


def _ids(client: httpx.Client, soql: str, resource: str = "query") -> list[str]:
    return [record["Id"] for record in query(client, soql, resource)["records"]]


def test_values_come_in_their_json_types(client: httpx.Client) -> None:
    """Numbers, booleans, dates, times and texts stand in JSON as Salesforce writes them."""
    fields = "Name, ARR__c, Active__c, Renewal__c, Opens__c, CreatedDate, Type"
    (record,) = query(client, f"SELECT {fields} FROM Account WHERE Id = '{account(1)}'")["records"]

    assert {k: v for k, v in record.items() if k != "attributes"} == {
        "Name": "Acme",
        "ARR__c": 1200.5,
        "Active__c": True,
        "Renewal__c": "2026-03-01",
        "Opens__c": "09:30:00.000Z",
        "CreatedDate": "2026-01-02T03:04:05.678+0000",
        "Type": "Customer",
    }


def test_numbers_keep_all_their_digits(client: httpx.Client) -> None:
    """An 18-digit number comes through digit by digit, and zeros that say nothing are left out."""
    answer = client.get(f"{DATA}/query", params={"q": "SELECT Big__c, ARR__c FROM Account ORDER BY Id LIMIT 2"})
    records = json.loads(answer.text, parse_int=Decimal, parse_float=str)["records"]

    assert (records[0]["Big__c"], records[0]["ARR__c"]) == (Decimal(123456789012345678), "1200.5")
    assert records[1]["ARR__c"] == Decimal(0)


def test_attributes_carry_type_and_address_even_without_id(client: httpx.Client) -> None:
    """A record says what it is and where it is, whether or not its Id was selected."""
    record = query(client, "SELECT Name FROM Account WHERE Name = 'Zeta'")["records"][0]

    assert record["attributes"] == {"type": "Account", "url": f"{DATA}/sobjects/Account/{account(3)}"}


def test_field_names_come_in_the_schemas_case(client: httpx.Client) -> None:
    """SOQL does not care for case; the answer uses the API names."""
    record = query(client, "select id, arr__C from ACCOUNT where name = 'ZETA'")["records"][0]

    assert list(record) == ["attributes", "Id", "ARR__c"]


def test_parent_fields_are_nested_and_null_without_parent(client: httpx.Client) -> None:
    """A parent comes as a record of its own, or as null."""
    records = query(client, "SELECT Id, Account.Name, Account.Type FROM Contact ORDER BY Id")["records"]

    assert records[0]["Account"]["Name"] == "Acme"
    assert records[3]["Account"] is None


def test_a_polymorphic_owner_is_reached_through_name(client: httpx.Client) -> None:
    """Owner may be a user or a queue: its fields are those of the object Name, and its record says so."""
    records = query(client, "SELECT Owner.Name, Owner.Type FROM Account WHERE Owner.Type = 'Queue'")["records"]

    assert [(r["Owner"]["Name"], r["Owner"]["Type"]) for r in records] == [("Inbound", "Queue")]
    assert records[0]["Owner"]["attributes"] == {"type": "Name", "url": f"{DATA}/sobjects/Group/{QUEUE}"}


def test_a_relationship_stands_in_typeof_or_in_the_list(client: httpx.Client) -> None:
    """Not in both."""
    typeof = "TYPEOF Owner WHEN User THEN Username ELSE Name END"

    assert refused(client, f"SELECT Owner.Name, {typeof} FROM Account")[0] == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Account WHERE Big__c > USD5", "INVALID_FIELD"),
        ("SELECT Type FROM Account GROUP BY Type HAVING SUM(ARR__c) > USD5", "MALFORMED_QUERY"),
        ("SELECT toLabel(Type), Type FROM Account", "INVALID_FIELD"),
        ("SELECT Type, toLabel(Type) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WITH DATA CATEGORY Geo__c AT Europe__c", "MALFORMED_QUERY"),
    ],
)
def test_what_would_be_ignored_or_mixed_up_is_refused(soql: str, code: str, client: httpx.Client) -> None:
    """Amounts beside what is no currency, one key for two values, categories that no org folder has."""
    assert refused(client, soql)[0] == code


def test_groups_and_joined_rows_come_in_the_same_order_each_time(client: httpx.Client) -> None:
    """Without ORDER BY groups are in the order of their keys, and rows in that of the table."""
    groups = query(client, "SELECT Type, COUNT(Id) FROM Account GROUP BY Type")["records"]

    assert [group["Type"] for group in groups] == [None, "Customer", "Prospect"]
    assert _ids(client, "SELECT Id FROM Account WHERE Owner.Name != 'x'") == [account(n) for n in (1, 2, 3)]


def test_fields_of_one_target_cannot_be_reached_through_name(client: httpx.Client) -> None:
    """A polymorphic reference shows the fields of Name only."""
    code, message = refused(client, "SELECT Owner.Industry FROM Account")

    assert code == "INVALID_FIELD"
    assert "No such column 'Industry' on entity 'Name'" in message


def test_an_alias_stands_for_its_object(client: httpx.Client) -> None:
    """FROM may name aliases, of the object and of its parents."""
    soql = "SELECT c.Id FROM Contact c, c.Account a WHERE a.Name = 'Acme' AND c.LastName = 'Bo'"

    assert _ids(client, soql) == [contact(1)]


def test_deleted_rows_show_in_query_all_only(client: httpx.Client) -> None:
    """/query hides the recycle bin even from a filter that names it; /queryAll does not."""
    assert _ids(client, "SELECT Id FROM Account WHERE IsDeleted = true") == []
    assert _ids(client, "SELECT Id FROM Account WHERE IsDeleted = true", "queryAll") == [account(4)]


def test_child_query_answers_records_or_null(client: httpx.Client) -> None:
    """A parent without children gets null, others a query answer of their own."""
    soql = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC LIMIT 1) FROM Account ORDER BY Id"
    records = query(client, soql)["records"]

    assert [c["LastName"] for c in records[1]["Contacts"]["records"]] == ["Di"]
    assert records[2]["Contacts"] is None


def test_count_alone_has_a_size_and_no_records(client: httpx.Client) -> None:
    """COUNT() answers through totalSize."""
    answer = query(client, "SELECT COUNT() FROM Contact")

    assert (answer["totalSize"], answer["records"]) == (4, [])


def test_aggregates_are_exact_and_named(client: httpx.Client) -> None:
    """Unaliased aggregates count up from expr0; averages are no floats."""
    answer = client.get(
        f"{DATA}/query", params={"q": "SELECT SUM(ARR__c), AVG(ARR__c) average, COUNT(ARR__c), COUNT(Id) FROM Account"}
    )
    (record,) = json.loads(answer.text, parse_float=str)["records"]

    assert record["attributes"] == {"type": "AggregateResult"}
    assert (record["expr0"], record["average"], record["expr1"], record["expr2"]) == ("1200.5", "600.25", 2, 3)


def test_groups_come_with_their_null_group(client: httpx.Client) -> None:
    """Rows without a value are a group of their own; HAVING sees aggregates."""
    grouped = "GROUP BY Account.Name HAVING COUNT(Id) < 2 ORDER BY Account.Name"
    soql = f"SELECT Account.Name n, COUNT(Id) c FROM Contact {grouped}"
    records = query(client, soql)["records"]

    assert [(r["n"], r["c"]) for r in records] == [(None, 1), ("Acme", 1)]


def test_rollup_marks_its_subtotals(client: httpx.Client) -> None:
    """GROUPING is 1 on the rows that stand for several groups."""
    soql = "SELECT Type, GROUPING(Type) g, COUNT(Id) c FROM Account WHERE Type != null GROUP BY ROLLUP(Type)"
    records = query(client, soql)["records"]

    assert sorted((r["g"], r["c"]) for r in records) == [(0, 1), (0, 1), (1, 2)]


def test_nulls_come_first_and_case_does_not_matter_in_order(client: httpx.Client) -> None:
    """ORDER BY puts nulls first and ignores case."""
    assert _ids(client, "SELECT Id FROM Account ORDER BY ARR__c") == [account(3), account(2), account(1)]
    assert _ids(client, "SELECT Id FROM Account ORDER BY Name") == [account(1), account(2), account(3)]


def test_a_picklist_sorts_by_its_list(client: httpx.Client) -> None:
    """The order of a picklist's values is that of the list, not of the alphabet."""
    assert _ids(client, "SELECT Id FROM Account WHERE Type != null ORDER BY Type") == [account(2), account(1)]


def test_limit_and_offset_cut_the_answer(client: httpx.Client) -> None:
    """OFFSET skips, LIMIT stops."""
    assert _ids(client, "SELECT Id FROM Contact ORDER BY Id LIMIT 2 OFFSET 1") == [contact(2), contact(3)]


def test_semi_and_anti_joins(client: httpx.Client) -> None:
    """A sub-select keeps or drops rows; nulls inside do not empty an anti-join, and a null lookup passes it."""
    inside = "SELECT Id FROM Account WHERE Type = 'Prospect'"

    assert _ids(client, "SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)") == [account(3)]
    assert _ids(client, f"SELECT Id FROM Contact WHERE AccountId NOT IN ({inside}) ORDER BY Id") == [
        contact(1),
        contact(4),
    ]


def test_an_address_comes_as_an_object(client: httpx.Client) -> None:
    """A compound field is put together from its parts; null if none has a value."""
    records = query(client, "SELECT BillingAddress FROM Account ORDER BY Id")["records"]

    assert records[0]["BillingAddress"] == {"city": "Zürich", "country": None}
    assert records[1]["BillingAddress"] is None


def test_typeof_answers_by_what_the_reference_leads_to(client: httpx.Client) -> None:
    """TYPEOF selects other fields for each type."""
    soql = "SELECT TYPEOF Owner WHEN User THEN Username WHEN Group THEN Type END FROM Account ORDER BY Id"
    records = query(client, soql)["records"]

    assert records[0]["Owner"]["Username"] == "ada@acme.example"
    assert records[1]["Owner"]["Type"] == "Queue"
    assert records[2]["Owner"] is None


def test_an_unknown_field_is_shown_with_its_place(client: httpx.Client) -> None:
    """The message begins with a line break, an excerpt and a caret; row and column count from 1."""
    code, message = refused(client, "SELECT Id, Nam FROM Account")
    lines = message.split("\n")

    assert code == "INVALID_FIELD"
    assert lines[0] == ""
    assert lines[1][lines[2].index("^") :].startswith("Nam")
    assert lines[3] == "ERROR at Row:1:Column:12"
    assert lines[4].startswith("No such column 'Nam' on entity 'Account'. If you are attempting to use a custom field")


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        ("SELECT Id FROM Acount", "INVALID_TYPE", "sObject type 'Acount' is not supported."),
        ("SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Account WHERE Name = :x", "MALFORMED_QUERY", "Bind variables only allowed in Apex code"),
        ("SELECT Id FROM Account WHERE Notes__c = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
        ("SELECT Id FROM Account WHERE ARR__c = '1'", "INVALID_FIELD", "should not be enclosed in quotes"),
        ("SELECT Id FROM Account WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: abc"),
        ("SELECT Id FROM Account WHERE Id LIKE 'a%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field"),
        ("SELECT Id, Id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id FROM Account LIMIT 1 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT Foo.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Foo' in field path."),
        ("SELECT Id FROM Account ORDER BY Notes__c", "INVALID_FIELD", "can not be sorted in a query call"),
    ],
)
def test_refusals_have_salesforces_codes(client: httpx.Client, soql: str, code: str, words: str) -> None:
    """What Salesforce refuses is refused with its error code and words."""
    found_code, message = refused(client, soql)

    assert found_code == code
    assert words in message


def _many(count: int) -> Org:
    rows = [{"Id": f"003000000{n:06d}AAA", "LastName": f"L{n}"} for n in range(count)]
    return Org.from_rows(DESCRIBES, {"Contact": rows})


def test_pages_follow_until_done() -> None:
    """A long answer comes in pages that together hold each row once."""
    org = _many(450)
    with (
        serve(org) as running,
        httpx.Client(
            base_url=running.instance_url, headers={"Authorization": f"Bearer {running.access_token}"}
        ) as client,
    ):
        headers = {"Sforce-Query-Options": "batchSize=200"}
        page = client.get(f"{DATA}/query", params={"q": "SELECT Id FROM Contact"}, headers=headers).json()
        sizes, ids = [len(page["records"])], {r["Id"] for r in page["records"]}
        while not page["done"]:
            page = client.get(page["nextRecordsUrl"]).json()
            sizes.append(len(page["records"]))
            ids |= {r["Id"] for r in page["records"]}
    org.close()

    assert sizes == [200, 200, 50]
    assert len(ids) == page["totalSize"] == 450


def test_a_locator_belongs_to_its_session() -> None:
    """Another session cannot go on with somebody's query."""
    org = _many(201)
    with serve(org) as running, httpx.Client(base_url=running.instance_url) as client:
        mine = {"Authorization": f"Bearer {running.access_token}", "Sforce-Query-Options": "batchSize=200"}
        page = client.get(f"{DATA}/query", params={"q": "SELECT Id FROM Contact"}, headers=mine).json()
        form = {
            "grant_type": "client_credentials",
            "client_id": running.client_id,
            "client_secret": running.client_secret,
        }
        token = client.post("/services/oauth2/token", data=form).json()["access_token"]
        answer = client.get(page["nextRecordsUrl"], headers={"Authorization": f"Bearer {token}"})
    org.close()

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_date_literals_follow_the_users_zone() -> None:
    """TODAY begins at midnight of the user's zone, by the org's clock."""
    rows = {"Account": [{"Id": account(1), "Name": "a", "CreatedDate": "2026-01-31T23:30:00Z"}]}
    org = Org.from_rows(DESCRIBES, rows, {"now": "2026-01-31T23:45:00Z", "time_zone": "Europe/Berlin"})
    with serve(org) as running:
        client = httpx.Client(
            base_url=running.instance_url, headers={"Authorization": f"Bearer {running.access_token}"}
        )
        with client:
            today = query(client, "SELECT Id FROM Account WHERE CreatedDate = TODAY")
            month = query(client, "SELECT Id FROM Account WHERE CreatedDate = THIS_MONTH")
            hour = query(client, "SELECT Id FROM Account WHERE HOUR_IN_DAY(convertTimezone(CreatedDate)) = 0")
    org.close()

    assert [answer["totalSize"] for answer in (today, month, hour)] == [1, 1, 1]


def test_queries_run_side_by_side(running: Running, client: httpx.Client) -> None:
    """Several threads may query while rows change."""
    from concurrent.futures import ThreadPoolExecutor

    def read(number: int) -> int:
        return int(query(client, "SELECT Id, Owner.Name FROM Account")["totalSize"])

    def change(number: int) -> int:
        body = {"changes": [{"op": "system_touch", "object": "Account", "id": account(1)}]}
        return client.post("/__sandbox__/changes", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        reads = list(pool.map(read, range(20)))
        changes = list(pool.map(change, range(20)))

    assert set(reads) == {3}
    assert set(changes) == {200}


def test_references_are_compared_in_both_lengths(client: httpx.Client) -> None:
    """An Id matches in its 15 and its 18 character form."""
    assert _ids(client, f"SELECT Id FROM Account WHERE OwnerId = '{QUEUE[:15]}'") == [account(2)]
    assert _ids(client, f"SELECT Id FROM Account WHERE OwnerId IN ('{USER}')") == [account(1)]
