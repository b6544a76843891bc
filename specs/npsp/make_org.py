"""Makes the NPSP org folder from the public NPSP data set, the same each time.

    python -m specs.npsp.make_org DUMP METADATA DESCRIBES

DUMP is the CumulusCI dump `datasets/1k/test_data.sql`, METADATA the fields of the package's objects, DESCRIBES a
folder with public describes; SOURCES.md says where each comes from. Business values are the dump's own. Only what
Salesforce itself would have filled is added: Ids, stamps, owners, auto-numbers, names of people, IsClosed and IsWon.
"""

from __future__ import annotations

import argparse
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from specs.describes import Describe, names_with_data
from specs.npsp.schema import NAME_FORMATS, npsp_describes
from specs.org_folder import Row, Value, write_describes, write_rows, write_settings
from specs.record_ids import record_id

ORG = Path(__file__).parent / "org"
LOADED = datetime(2020, 1, 2, 9, tzinfo=UTC)  # the first row's CreatedDate; each row is a second later
SETTINGS: dict[str, str | int | bool] = {
    "name": "NPSP 1k",
    "now": "2020-01-15T12:00:00Z",
    "time_zone": "America/Los_Angeles",
    "locale": "en_US",
    "fiscal_year_start_month": 1,
    "multi_currency": False,
}
RECORD_TYPES = "Account_rt_mapping"
RECORD_TYPE_LABELS = {"HH_Account": "Household Account", "Organization": "Organization"}
INTEGRATION_USER, DATA_LOADER = record_id("005", 1), record_id("005", 2)

# Columns of the dump whose name is not the API name in another case.
COLUMNS = {
    "account_id": "AccountId",
    "campaign_id": "CampaignId",
    "contact_id": "ContactId",
    "opportunity_id": "OpportunityId",
    "stage_name": "StageName",
    "close_date": "CloseDate",
    "dont_create_payments": "npe01__Do_Not_Automatically_Create_Payment__c",
    "npe4__related_contact__c": "npe4__RelatedContact__c",
}
STAGES = {"Closed Won": (True, True), "Closed Lost": (True, False), "Pledged": (False, False)}


class Dump:
    """The tables of a CumulusCI dump; every value in them is text, empty text is null."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.row_factory = sqlite3.Row
        self._database.executescript(file.read_text(encoding="utf-8"))

    def tables(self) -> list[str]:
        """The names of all tables."""
        found = self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [str(row["name"]) for row in found]

    def rows(self, table: str) -> list[sqlite3.Row]:
        """The rows of a table by local key, which is its first column."""
        return self._database.execute(f'SELECT * FROM "{table}" ORDER BY 1').fetchall()  # noqa: S608 - own names

    def record_types(self) -> dict[str, str]:
        """Id and developer name of the record types, which all belong to Account."""
        return {row["record_type_id"]: row["developer_name"] for row in self.rows(RECORD_TYPES)}


def make_rows(dump: Dump, describes: list[Describe]) -> dict[str, list[Row]]:
    """The rows of all objects, in the describes' order."""
    prefixes = {describe["name"]: str(describe["keyPrefix"]) for describe in describes}
    if unknown := set(dump.tables()) - set(prefixes) - {RECORD_TYPES}:
        raise ValueError(f"the dump has tables without an object: {', '.join(sorted(unknown))}")
    tables = dict.fromkeys(dump.tables())
    made: dict[str, list[Row]] = {"User": _users(), "RecordType": _record_types(dump)}
    moment = LOADED
    for describe in describes:
        name = describe["name"]
        if name not in tables:
            continue
        made[name] = []
        for raw in dump.rows(name):
            moment += timedelta(seconds=1)
            made[name].append(_row(describe, prefixes, raw, _stamp(moment)))
    return made


def _row(describe: Describe, prefixes: dict[str, str], raw: sqlite3.Row, stamped: str) -> Row:
    """One row of the dump as a record."""
    name = describe["name"]
    fields = {field["name"].lower(): field for field in describe["fields"]}
    row: Row = _system_values(describe, stamped) | {"Id": record_id(prefixes[name], int(raw["id"]))}
    for column in raw.keys()[1:]:
        field = fields[COLUMNS.get(column, column).lower()]
        value = raw[column] or None
        if value and field["type"] == "reference" and field["name"] != "RecordTypeId":
            value = record_id(prefixes[field["referenceTo"][0]], int(value))
        row[field["name"]] = value
    if name in NAME_FORMATS:
        row["Name"] = NAME_FORMATS[name].format(int(raw["id"]))
    if name == "Contact":
        row["Name"] = " ".join(str(row[part]) for part in ("FirstName", "LastName") if row[part])
    if name == "Opportunity":
        row["IsClosed"], row["IsWon"] = STAGES[str(row["StageName"])]
    return row


def _system_values(describe: Describe, stamped: str) -> Row:
    usual: dict[str, Value] = {
        "IsDeleted": False,
        "OwnerId": DATA_LOADER,
        "CreatedDate": stamped,
        "CreatedById": DATA_LOADER,
        "LastModifiedDate": stamped,
        "LastModifiedById": DATA_LOADER,
        "SystemModstamp": stamped,
    }
    held = names_with_data(describe)
    return {name: value for name, value in usual.items() if name in held}


def _users() -> list[Row]:
    people = ((INTEGRATION_USER, "Accord", "Integration"), (DATA_LOADER, "Dana", "Loader"))
    return [
        {
            "Id": key,
            "FirstName": first,
            "LastName": last,
            "Name": f"{first} {last}",
            "IsActive": True,
            "Username": f"{last.lower()}@npsp.example",
            "Email": f"{last.lower()}@npsp.example",
            "Alias": last.lower()[:8],
            "UserType": "Standard",
            "TimeZoneSidKey": "America/Los_Angeles",
            "LocaleSidKey": "en_US",
            "LanguageLocaleKey": "en_US",
            "CreatedDate": _stamp(LOADED),
            "CreatedById": INTEGRATION_USER,
            "LastModifiedDate": _stamp(LOADED),
            "LastModifiedById": INTEGRATION_USER,
            "SystemModstamp": _stamp(LOADED),
        }
        for key, first, last in people
    ]


def _record_types(dump: Dump) -> list[Row]:
    return [
        {
            "Id": key,
            "DeveloperName": name,
            "Name": RECORD_TYPE_LABELS[name],
            "SobjectType": "Account",
            "IsActive": True,
            "CreatedDate": _stamp(LOADED),
            "CreatedById": INTEGRATION_USER,
            "LastModifiedDate": _stamp(LOADED),
            "LastModifiedById": INTEGRATION_USER,
            "SystemModstamp": _stamp(LOADED),
        }
        for key, name in dump.record_types().items()
    ]


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def main() -> None:
    """Write the org folder beside this file."""
    parser = argparse.ArgumentParser(description="Make the NPSP org folder; see SOURCES.md.")
    parser.add_argument("dump", type=Path, help="datasets/1k/test_data.sql of the NPSP repository")
    parser.add_argument("metadata", type=Path, help="fields.json: the package's fields, object by object")
    parser.add_argument("describes", type=Path, help="folder with public describes")
    parser.add_argument("--out", type=Path, default=ORG)
    arguments = parser.parse_args()

    dump = Dump(arguments.dump)
    describes = npsp_describes(arguments.describes, arguments.metadata, dump.record_types())
    rows = make_rows(dump, describes)
    write_settings(arguments.out, SETTINGS)
    write_describes(arguments.out, describes)
    write_rows(arguments.out, describes, rows)
    print("\n".join(f"{len(made):6} {name}" for name, made in sorted(rows.items())))


if __name__ == "__main__":
    main()
