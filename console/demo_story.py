"""What happens in the demo's org between its runs: a few changes, to records that the first run brought in."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from console.words import table

_LARGEST = """
    SELECT a.Name, s.Id, s.Name, s.Amount__c
    FROM statisfy.active_accounts AS a JOIN statisfy.active_subscriptions AS s ON s.account_id = a.Id
    WHERE a.account_type = 'customer' AND s.Status__c = 'Active' AND s.End_Date__c > DATE '2027-01-01'
    ORDER BY s.Amount__c DESC, s.Id LIMIT 1
"""
_WITHOUT_SUBSCRIPTION = """
    SELECT Id, Name FROM statisfy.active_accounts
    WHERE account_type = 'customer' AND Industry != 'Banking' AND arr = 0 ORDER BY Name, Id LIMIT 1
"""
_LEAVING_PARTNER = """
    SELECT Id, Name FROM statisfy.active_accounts AS a
    WHERE account_type = 'partner' AND record_type IS DISTINCT FROM 'Partner_Account'
      AND Id NOT IN (SELECT account_id FROM statisfy.active_contacts)
      AND Id NOT IN (SELECT account_id FROM statisfy.active_opportunities)
    ORDER BY Name, Id LIMIT 1
"""
_CONTACT = """
    SELECT c.Id, c.Name, a.Name FROM statisfy.active_contacts AS c
    JOIN statisfy.active_accounts AS a ON a.Id = c.account_id
    WHERE c.Id NOT IN (SELECT contact_id FROM statisfy.active_trainings)
      AND c.Id NOT IN (SELECT contact_id FROM statisfy.active_survey_responses)
      AND c.Id NOT IN (SELECT ReportsToId FROM statisfy.contacts WHERE ReportsToId IS NOT NULL)
    ORDER BY c.Name, c.Id LIMIT 1
"""
_HISTORY = """
    SELECT change, table_name, key, coalesce(column_name, ''), coalesce(old_value, ''), coalesce(new_value, '')
    FROM accord.changes
    WHERE run = ? AND column_name IS DISTINCT FROM 'SystemModstamp' AND column_name IS DISTINCT FROM 'LastModifiedDate'
    ORDER BY ALL
"""


class Change(NamedTuple):
    """A change as a person would tell it, and as the sandbox's control side takes it."""

    words: str
    request: dict[str, Any]


def choose_changes(store: Path) -> list[Change]:
    """Four changes, each a different thing that a sync must get right."""
    account, subscription_id, subscription, amount = _query(store, _LARGEST)[0]
    other_id, other = _query(store, _WITHOUT_SUBSCRIPTION)[0]
    partner_id, partner = _query(store, _LEAVING_PARTNER)[0]
    contact_id, contact, employer = _query(store, _CONTACT)[0]
    more = amount + 1000
    return [
        Change(
            f"{account}: the amount of {subscription} goes from {amount.normalize():f} to {more.normalize():f}",
            _update("Subscription__c", subscription_id, Amount__c=str(more)),
        ),
        Change(f"{other}: Industry becomes Banking", _update("Account", other_id, Industry="Banking")),
        Change(
            f"{partner}: Type becomes Competitor, which no filter wants",
            _update("Account", partner_id, Type="Competitor"),
        ),
        Change(f"{contact} of {employer} is deleted", {"op": "delete", "object": "Contact", "id": contact_id}),
    ]


def what_changed(store: Path, run: int) -> str:
    """The store's own record of a run as a table, without the stamps that Salesforce moves with every change."""
    rows = [tuple(map(str, row)) for row in _query(store, _HISTORY, run)]
    return table(("change", "table", "record", "column", "before", "after"), rows)


def _update(sobject: str, record_id: str, **fields: str) -> dict[str, Any]:
    return {"op": "update", "object": sobject, "id": record_id, "fields": fields}


def _query(store: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    import duckdb

    from compiler.print_duckdb import quote_text

    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {quote_text(str(store))} AS store (READ_ONLY)")
        connection.execute("USE store")
        return connection.execute(sql, parameters).fetchall()
