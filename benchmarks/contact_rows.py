"""An org folder of generated contacts: thirty columns, the same rows every time, made by DuckDB in one statement."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

_WORDS = [
    "customer",
    "reported",
    "a",
    "login",
    "issue",
    "after",
    "the",
    "upgrade",
    "and",
    "asked",
    "for",
    "a",
    "refund;",
    "the",
    "agent",
    "escalated",
    "to",
    "tier",
    "two",
    '"urgent"',
    "support,",
    "invoice",
    "number",
    "does",
    "not",
    "match",
    "contract",
    "terms.",
    "please",
    "verify",
    "the",
    "renewal",
    "date\nZürich",
    "Malmö",
    "naïve",
    "façade",
]
_LIST = "[" + ", ".join("'" + word.replace("'", "''") + "'" for word in _WORDS) + "]"


def _hash(k: int) -> str:
    return f"hash(i * 1009 + {k})"


def _id(prefix: str, number: str) -> str:
    return f"id18('{prefix}Hs000' || lpad(CAST({number} AS VARCHAR), 7, '0'))"


def _words(k: int, count: int) -> str:
    return " || ' ' || ".join(f"words[1 + CAST({_hash(k * 31 + n)} % {len(_WORDS)} AS INTEGER)]" for n in range(count))


def _sql(kind: str, k: int, number: int) -> str:
    """A value of a describe type for the k-th column; `number` is the number of accounts."""
    match kind:
        case "reference":
            return _id("001", f"{_hash(k)} % {number}")
        case "picklist":
            return f"['Alpha', 'Beta', 'Gamma'][1 + CAST({_hash(k)} % 3 AS INTEGER)]"
        case "email":
            return f"'person' || i || '@example' || ({_hash(k)} % 500) || '.com'"
        case "phone":
            return f"'+49 30 ' || ({_hash(k)} % 10000000)"
        case "boolean":
            return f"({_hash(k)} % 4 = 0)"
        case "date":
            return f"DATE '1950-01-01' + CAST({_hash(k)} % 20000 AS INTEGER)"
        case "datetime":
            return f"TIMESTAMP '2015-01-01' + to_seconds(CAST({_hash(k)} % 336960000 AS BIGINT))"
        case "currency" | "double":
            return f"CAST({_hash(k)} % 100000000 AS DECIMAL(18,2)) / 100"
        case "textarea":
            return _words(k, 12)
        case _:
            return _words(k, 2)


_COLUMNS: tuple[tuple[str, str, float], ...] = (
    ("AccountId", "reference", 0.98), ("FirstName", "string", 0.9), ("LastName", "string", 1), ("Email", "email", 0.9),
    ("Phone", "phone", 0.5), ("MobilePhone", "phone", 0.4), ("Title", "string", 0.5),
    ("MailingCountry", "picklist", 0.5), ("HasOptedOutOfEmail", "boolean", 1), ("Birthdate", "date", 0.1),
    ("IsDeleted", "none", 1), ("CreatedDate", "datetime", 1), ("LastModifiedDate", "datetime", 1),
    ("SystemModstamp", "datetime", 1), ("Level__c", "picklist", 0.2), ("Score__c", "double", 0.2),
    ("Vip__c", "boolean", 1), ("Since__c", "date", 0.2), ("Seen__c", "datetime", 0.2), ("Spent__c", "currency", 0.2),
    ("Source__c", "string", 0.2), ("Region__c", "picklist", 0.2), ("Notes__c", "textarea", 0.2),
    ("Nickname__c", "string", 0.2), ("Segment__c", "picklist", 0.2), ("Limit__c", "double", 0.2),
    ("Invited__c", "boolean", 1), ("Left__c", "date", 0.2), ("Called__c", "datetime", 0.2),
)  # fmt: skip
NAMES = ("Id", *(name for name, _, _ in _COLUMNS))


def write_org(folder: Path, contacts: int, accounts: int = 1000) -> None:
    """Write an org folder with that many contacts, as Parquet."""
    from sandbox.column_types import ID18_MACRO

    (folder / "describe").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "org.toml").write_text('name = "Big"\n', "utf-8")
    fields = [{"name": name, "type": "boolean" if kind == "none" else kind} for name, kind, _ in _COLUMNS]
    for field in fields:
        if field["type"] == "reference":
            field["referenceTo"] = ["Account"]  # type: ignore[assignment]  # a describe is JSON
    described = {"Contact": fields, "Account": [{"name": "Name", "type": "string"}]}
    for name, listed in described.items():
        (folder / f"describe/{name}.json").write_text(json.dumps({"name": name, "fields": listed}), "utf-8")
    parts = [f'{_id("003", "i")} AS "Id"']
    for k, (name, kind, filled) in enumerate(_COLUMNS, 1):
        value = "false" if kind == "none" else _sql(kind, k * 101, accounts)
        if filled < 1:
            value = f"CASE WHEN hash(i * 31 + {k}) % 1000 < {round(filled * 1000)} THEN {value} END"
        parts.append(f'{value} AS "{name}"')
    with duckdb.connect() as con:
        con.execute(ID18_MACRO)
        con.execute(
            f"COPY (SELECT {', '.join(parts)} FROM range({contacts}) r(i), (SELECT {_LIST} AS words)) "
            f"TO '{folder}/data/Contact.parquet' (FORMAT parquet)"
        )
        con.execute(
            f'COPY (SELECT {_id("001", "i")} AS "Id", \'Account \' || i AS "Name" FROM range({accounts}) r(i)) '
            f"TO '{folder}/data/Account.parquet' (FORMAT parquet)"
        )
