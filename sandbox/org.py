"""An org: schema, rows in an in-memory DuckDB, settings and a clock of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from compiler.meaning import DEFAULTS, Calendar, Switches, week_start
from compiler.record_id import to_18
from compiler.schema import Schema, SObject, build_schema
from sandbox import data_files, load
from sandbox.column_types import ID18_MACRO
from sandbox.describes import Describe, complete, read_describes
from sandbox.errors import OrgError
from sandbox.org_settings import FILE_NAME, OrgSettings, read_settings, settings_from
from sandbox.org_users import User, default_rows, missing_describes, read_user
from sandbox.soql_output import NUMBER_TEXT_MACRO

_IN_MEMORY = Path("rows")


class Org:
    """A Salesforce org held in memory. Safe to use from several threads: each takes a `cursor` of its own.

    Attributes:
        settings: what `org.toml` says.
        describes: complete describe answers, by lower-case object name.
        schema: the same as the compiler's model.
        changing: held by whoever changes rows.
        switches: how the open questions about SOQL are answered here.
    """

    def __init__(self, settings: OrgSettings, describes: Iterable[Mapping[str, Any]]) -> None:
        given = list(describes)
        self.settings = settings
        self.describes: dict[str, Describe] = complete([*given, *missing_describes(given)])
        self.schema: Schema = build_schema(self.describes.values(), multi_currency=settings.multi_currency)
        self.changing = threading.RLock()
        self.switches: Switches = DEFAULTS
        self._now = settings.now
        self._con = duckdb.connect(":memory:")
        self._con.execute("SET GLOBAL TimeZone = 'UTC'")
        self._con.execute(ID18_MACRO)
        self._con.execute(NUMBER_TEXT_MACRO)
        self._con.execute("CREATE SCHEMA sandbox")
        self._con.execute("CREATE TABLE sandbox.purged (object VARCHAR, id VARCHAR, purged_at TIMESTAMP)")
        self.user: User = User("", "", "", "", "", "")

    @classmethod
    def load(cls, folder: Path | str) -> Org:
        """Load an org folder; raises OrgError that names file, row and column of what is wrong."""
        folder = Path(folder)
        if not folder.is_dir():
            raise OrgError("there is no such folder", folder)
        org = cls(read_settings(folder), read_describes(folder))
        files = _data_files(folder / "data", org.schema)
        for sobject in org.schema.objects.values():
            if path := files.get(sobject.name.lower()):
                names = data_files.stage_file(org._con, path, sobject, "stage")
                org._fill(sobject, names, path)
        org._finish()
        return org

    @classmethod
    def from_rows(
        cls,
        describes: Iterable[Mapping[str, Any]],
        rows: Mapping[str, Iterable[Mapping[str, object]]],
        settings: Mapping[str, object] | None = None,
    ) -> Org:
        """Build an org from values at hand: describes, rows by object name, and the keys of an `org.toml`."""
        org = cls(settings_from({"name": "Sandbox", **(settings or {})}, Path(FILE_NAME)), describes)
        for name, given in rows.items():
            sobject = org.schema.object(name)
            if sobject is None:
                raise OrgError("there are rows of an object without a describe", _IN_MEMORY / name)
            path = _IN_MEMORY / sobject.name
            org._fill(sobject, data_files.stage_rows(org._con, given, sobject, "stage", path), path)
        org._finish()
        return org

    def _fill(self, sobject: SObject, staged: list[str], path: Path) -> None:
        author = self.settings.user or ""
        user_id = to_18(author) if author.startswith("005") else "005000000000001AAA"
        load.fill_table(self._con, sobject, staged, path, now=self.now(), user_id=user_id)

    def _finish(self) -> None:
        tables = {str(row[0]).lower() for row in self._con.execute("SHOW TABLES").fetchall()}
        for sobject in self.schema.objects.values():
            if sobject.name.lower() in tables:
                continue
            rows = default_rows(sobject.name, self.settings)
            if rows:
                path = _IN_MEMORY / sobject.name
                known = [{k: v for k, v in row.items() if sobject.field(k)} for row in rows]
                self._fill(sobject, data_files.stage_rows(self._con, known, sobject, "stage", path), path)
            else:
                load.create_empty(self._con, sobject)
        self.user = read_user(self._con, self.schema, self.settings)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of one's own to the same rows; close it after use."""
        return self._con.cursor()

    def close(self) -> None:
        """Let go of the rows."""
        self._con.close()

    def now(self) -> datetime:
        """The org's time, in UTC: fixed if it was ever set, else the host's, to the second."""
        return self._now or datetime.now(UTC).replace(microsecond=0)

    def set_now(self, now: datetime) -> None:
        """Set the org's clock; it stands still then."""
        self._now = now.astimezone(UTC)

    def calendar(self) -> Calendar:
        """The calendar of the connected user at this moment, by which date literals are read."""
        return Calendar(
            now=self.now(),
            zone=ZoneInfo(self.user.time_zone or self.settings.time_zone),
            week_start=week_start(self.user.locale or self.settings.locale),
            fiscal_month=self.settings.fiscal_year_start_month,
            fiscal_year_named_by_end=self.settings.fiscal_year_named_by == "end",
            days_start_in_utc=self.switches.days_start_in == "UTC",
        )


def _data_files(folder: Path, schema: Schema) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.suffix not in data_files.SUFFIXES:
            continue
        sobject = schema.object(path.stem)
        if sobject is None:
            raise OrgError(f"there is no describe/{path.stem}.json", path)
        if sobject.name.lower() in files:
            raise OrgError(f"{sobject.name} has two data files", path)
        files[sobject.name.lower()] = path
    return files
