"""What `accord run` leaves behind equals what plain SQL over the org's own files gives.

The queries here are written by hand from the specs' words and share no code with Accord.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from tests.console.accord import accord
from tests.support.local_org import ROOT, local_org

# One worker runs them all, so that what they stand on is made once.
pytestmark = pytest.mark.xdist_group("totals")


class Filled(NamedTuple):
    """A store that a run filled, beside the org's files as tables, and what preview and run said."""

    db: duckdb.DuckDBPyConnection
    preview: dict[str, Any]
    report: dict[str, Any]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.db.execute(sql).fetchall()


def fill(name: str, folder: Path) -> Iterator[Filled]:
    spec = ROOT / "specs" / name / f"{name}.accord"
    org_folder = ROOT / "specs" / name / "org"
    with local_org(org_folder) as org:
        preview = accord("preview", spec, "--format", "json", cwd=folder, environment=org.environment)
        run = accord("run", spec, "--format", "json", cwd=folder, environment=org.environment)
    assert preview.code == 0, preview.err
    assert run.code == 0, run.err
    db = duckdb.connect()
    db.execute(f"ATTACH '{folder / 'statisfy.duckdb'}' AS store (READ_ONLY)")
    db.execute("ATTACH ':memory:' AS org")
    for path in sorted((org_folder / "data").glob("*.csv")):
        db.execute(
            f'CREATE TABLE org."{path.stem}" AS SELECT * FROM read_csv($path, all_varchar = true, header = true,'
            " nullstr = '', quote = '\"', escape = '\"', delim = ',', new_line = '\\n', strict_mode = false)",
            {"path": str(path)},
        )
    db.execute("USE store.statisfy")
    yield Filled(db, json.loads(preview.out), json.loads(run.out))
    db.close()


@pytest.fixture(scope="module")
def npsp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    yield from fill("npsp", tmp_path_factory.mktemp("npsp"))


@pytest.fixture(scope="module")
def acme_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    yield from fill("acme", tmp_path_factory.mktemp("acme"))


NPSP_TYPES = """
    WITH household AS (
      SELECT Id FROM org.Account WHERE npe01__SYSTEM_AccountType__c = 'Household Account'
    ), organization AS (
      SELECT a.Id FROM org.Account a JOIN org.RecordType r ON r.Id = a.RecordTypeId
      WHERE r.DeveloperName = 'Organization'
    ), typed AS (
      SELECT Id, 'customer' AS account_type, 1 AS rank FROM household WHERE Id IN (
        SELECT AccountId FROM org.Opportunity WHERE IsWon = 'true' AND CloseDate::DATE >= DATE '2018-01-01')
      UNION ALL
      SELECT Id, 'partner', 2 FROM organization WHERE Id IN (
        SELECT AccountId FROM org.Opportunity WHERE IsWon = 'true' AND Amount::DECIMAL(18, 2) > 0)
      UNION ALL
      SELECT Id, 'prospect', 3 FROM household WHERE Id IN (SELECT AccountId FROM org.Contact WHERE Email IS NOT NULL)
    )
    SELECT Id, arg_min(account_type, rank) AS account_type FROM typed GROUP BY Id
"""
ACME_TYPES = """
    WITH live AS (SELECT * FROM org.Account WHERE IsDeleted IS DISTINCT FROM 'true'), typed AS (
      SELECT Id, 'customer' AS account_type, 1 AS rank FROM live
      WHERE lower(Type) = 'customer' AND ARR__c::DECIMAL(38, 6) > 0
      UNION ALL
      SELECT Id, 'prospect', 2 FROM live
      WHERE lower(Type) = 'prospect' OR list_contains(string_split(Interested_In__c, ';'), 'Data Cloud')
        OR list_has_all(string_split(Interested_In__c, ';'), ['Analytics', 'Automation'])
      UNION ALL
      SELECT live.Id, 'partner', 3 FROM live LEFT JOIN org.RecordType r ON r.Id = live.RecordTypeId
      WHERE live.Type ILIKE '%Partner%' OR r.DeveloperName = 'Partner_Account'
    )
    SELECT Id, arg_min(account_type, rank) AS account_type FROM typed GROUP BY Id
"""
ACME_ACTIVE = """
    SELECT Account__c, Amount__c::DECIMAL(38, 6) AS amount, End_Date__c::DATE AS ends, Start_Date__c::DATE AS starts,
      Plan__c, Id
    FROM org.Subscription__c
    WHERE IsDeleted IS DISTINCT FROM 'true' AND lower(Status__c) = 'active'
      AND End_Date__c::DATE >= DATE '2026-11-20'
"""


def test_npsp_accounts_have_the_types_that_plain_sql_gives(npsp: Filled) -> None:
    """Each account is in, with its type, exactly where the filters say so."""
    got = npsp.rows("SELECT Id, account_type FROM accounts ORDER BY 1")

    assert got == npsp.rows(f"SELECT * FROM ({NPSP_TYPES}) ORDER BY 1")
    assert len(got) == 470


def test_npsp_numbers_equal_plain_sums(npsp: Filled) -> None:
    """ARR and each metric of every account equal an aggregate over the org's own rows."""
    expected = npsp.rows(f"""
        WITH won AS (
          SELECT AccountId, Amount::DECIMAL(38, 2) AS amount, CloseDate::DATE AS closed FROM org.Opportunity
          WHERE IsWon = 'true' AND Amount::DECIMAL(38, 2) > 0
        )
        SELECT t.Id,
          (SELECT coalesce(sum(amount), 0) FROM won WHERE AccountId = t.Id
             AND closed >= DATE '2018-01-01' AND closed < DATE '2020-01-01'),
          (SELECT max(closed) FROM won WHERE AccountId = t.Id),
          (SELECT coalesce(sum(amount), 0) FROM won WHERE AccountId = t.Id),
          (SELECT max(amount) FROM won WHERE AccountId = t.Id),
          (SELECT min(closed) FROM won WHERE AccountId = t.Id),
          (SELECT count(*) FROM won WHERE AccountId = t.Id)
        FROM ({NPSP_TYPES}) t ORDER BY 1
    """)
    got = npsp.rows(
        "SELECT Id, arr, renewal_date, lifetime_giving, largest_gift, first_gift, gifts FROM accounts ORDER BY 1"
    )

    # LAST_N_YEARS:2 has an open end behind `>=`, so gifts of this year count too.
    this_year = npsp.rows("SELECT count(*) FROM org.Opportunity WHERE CloseDate::DATE >= DATE '2020-01-01'")
    assert this_year == [(0,)]
    assert got == expected


def test_npsp_averages_are_exact(npsp: Filled) -> None:
    """An average is the exact quotient of sum and count, rounded once to six digits."""
    wrong = npsp.rows("""
        SELECT Id FROM accounts WHERE gifts > 0
          AND abs(average_gift * gifts - lifetime_giving) > 0.0000005 * gifts
    """)
    ((kind,),) = npsp.rows("SELECT DISTINCT typeof(average_gift) FROM accounts")

    assert wrong == []
    assert kind.startswith("DECIMAL(38,")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("contacts", "SELECT c.Id FROM org.Contact c JOIN types t ON t.Id = c.AccountId"),
        ("opportunities", "SELECT o.Id FROM org.Opportunity o JOIN types t ON t.Id = o.AccountId"),
        (
            "payments",
            """SELECT p.Id FROM org.npe01__OppPayment__c p JOIN org.Opportunity o ON o.Id = p.npe01__Opportunity__c
               JOIN types t ON t.Id = o.AccountId WHERE p.npe01__Payment_Date__c::DATE >= DATE '2018-01-01'""",
        ),
        ("addresses", "SELECT a.Id FROM org.Address__c a JOIN types t ON t.Id = a.Household_Account__c"),
        (
            "relationships",
            """SELECT r.Id FROM org.npe4__Relationship__c r JOIN org.Contact c ON c.Id = r.npe4__Contact__c
               JOIN types t ON t.Id = c.AccountId""",
        ),
        (
            "soft_credits",
            """SELECT s.Id FROM org.Partial_Soft_Credit__c s JOIN org.Contact c ON c.Id = s.Contact__c
               JOIN types t ON t.Id = c.AccountId""",
        ),
    ],
)
def test_npsp_records_are_those_of_accounts_that_are_in(npsp: Filled, table: str, expected: str) -> None:
    """A table holds exactly the rows whose account is in, found by plain joins."""
    got = npsp.rows(f"SELECT Id FROM {table} ORDER BY 1")

    assert got == npsp.rows(f"WITH types AS ({NPSP_TYPES}) {expected} ORDER BY 1")
    assert got


def test_npsp_payments_keep_every_cent(npsp: Filled) -> None:
    """The sum of the payments that came equals the sum over the file's rows."""
    ((got, kind),) = npsp.rows(
        "SELECT sum(npe01__Payment_Amount__c), min(typeof(npe01__Payment_Amount__c)) FROM payments"
    )
    ((expected,),) = npsp.rows(f"""
        WITH types AS ({NPSP_TYPES})
        SELECT sum(p.npe01__Payment_Amount__c::DECIMAL(38, 2)) FROM org.npe01__OppPayment__c p
        JOIN org.Opportunity o ON o.Id = p.npe01__Opportunity__c JOIN types t ON t.Id = o.AccountId
        WHERE p.npe01__Payment_Date__c::DATE >= DATE '2018-01-01'
    """)

    assert isinstance(got, Decimal)
    assert got == expected
    assert kind == "DECIMAL(38,2)"


def test_acme_accounts_have_the_types_that_plain_sql_gives(acme_store: Filled) -> None:
    """First match wins, letter case does not count, deleted accounts stay out."""
    got = acme_store.rows("SELECT Id, account_type FROM accounts ORDER BY 1")

    assert got == acme_store.rows(f"SELECT * FROM ({ACME_TYPES}) ORDER BY 1")


def test_acme_arr_and_renewal_equal_plain_aggregates(acme_store: Filled) -> None:
    """ARR sums active subscriptions with 0 for none; renewal is their earliest end, else finance's date."""
    expected = acme_store.rows(f"""
        WITH types AS ({ACME_TYPES}), active AS ({ACME_ACTIVE})
        SELECT t.Id, coalesce((SELECT sum(amount) FROM active WHERE Account__c = t.Id), 0),
          coalesce((SELECT min(ends) FROM active WHERE Account__c = t.Id), a.Renewal_Date__c::DATE),
          (SELECT max(amount) FROM active WHERE Account__c = t.Id),
          (SELECT Plan__c FROM active WHERE Account__c = t.Id AND starts IS NOT NULL
             ORDER BY starts DESC, Id DESC LIMIT 1)
        FROM types t JOIN org.Account a ON a.Id = t.Id ORDER BY 1
    """)

    assert (
        acme_store.rows("SELECT Id, arr, renewal_date, largest_subscription, current_plan FROM accounts ORDER BY 1")
        == expected
    )


def test_acme_owners_fall_through(acme_store: Filled) -> None:
    """The CSM is the account's, if that is an active user, else the oldest of the account team's."""
    expected = acme_store.rows(f"""
        WITH types AS ({ACME_TYPES}), person AS (SELECT Id FROM org.User WHERE IsActive = 'true'),
        team AS (
          SELECT AccountId, UserId, row_number() OVER (PARTITION BY AccountId ORDER BY CreatedDate, Id) AS n
          FROM org.AccountTeamMember WHERE TeamMemberRole = 'CSM' AND IsDeleted IS DISTINCT FROM 'true'
        )
        SELECT t.Id, coalesce(own.Id, second.Id) FROM types t JOIN org.Account a ON a.Id = t.Id
        LEFT JOIN person own ON own.Id = a.CSM__c
        LEFT JOIN team ON team.AccountId = t.Id AND team.n = 1
        LEFT JOIN person second ON second.Id = team.UserId
        WHERE coalesce(own.Id, second.Id) IS NOT NULL ORDER BY 1
    """)

    assert (
        acme_store.rows("SELECT account_id, user_id FROM account_owners WHERE owner_type = 'csm' ORDER BY 1")
        == expected
    )


@pytest.mark.parametrize(
    ("table", "source"),
    [
        ("accounts", "Account"),
        ("contacts", "Contact"),
        ("opportunities", "Opportunity"),
        ("subscriptions", "Subscription__c"),
    ],
)
def test_acme_values_arrive_as_they_are(acme_store: Filled, table: str, source: str) -> None:
    """Every synced text equals the file's, line breaks, quotes, emoji and leading zeros included."""
    ours = {r[0] for r in acme_store.rows(f"DESCRIBE {table}")}
    texts = [
        r[0] for r in acme_store.rows(f'DESCRIBE store.statisfy."{table}"') if r[1] == "VARCHAR" and not r[0].islower()
    ]
    there = {r[0] for r in acme_store.rows(f'DESCRIBE org."{source}"')}
    columns = [t for t in texts if t in there]
    differing = " OR ".join(f'(s."{c}" IS DISTINCT FROM o."{c}")' for c in columns)

    assert "Id" in ours
    assert len(columns) >= 3
    assert acme_store.rows(f'SELECT s.Id FROM "{table}" s JOIN org."{source}" o ON o.Id = s.Id WHERE {differing}') == []


@pytest.mark.parametrize("name", ["npsp", "acme_store"])
def test_preview_counts_what_the_run_brings(name: str, request: pytest.FixtureRequest) -> None:
    """The preview's count of each type is the number of accounts of that type after the run."""
    filled: Filled = request.getfixturevalue(name)
    counts = {kind: part["count"] for kind, part in filled.preview["accounts"].items() if "count" in part}

    assert counts == dict(filled.rows("SELECT account_type, count(*) FROM active_accounts GROUP BY 1"))


@pytest.mark.parametrize("name", ["npsp", "acme_store"])
def test_the_report_counts_what_is_in_the_tables(name: str, request: pytest.FixtureRequest) -> None:
    """For each table: matches are the inserted rows of a first run, and as many rows are there."""
    filled: Filled = request.getfixturevalue(name)

    assert filled.report["outcome"] == "succeeded"
    for table in filled.report["tables"]:
        ((rows,),) = filled.rows(f'SELECT count(*) FROM "{table["table"]}"')
        assert (table["table"], table["matches"], table["inserted"]) == (table["table"], rows, rows)
