"""An org: schema, rows in an in-memory DuckDB, settings and a clock of its own."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from compiler.meaning import Calendar, Switches, week_start
from compiler.record_id import to_18
from compiler.schema import Schema, SObject, build_schema
from sandbox import data_files, load
from sandbox.access import check_access, visible_describes
from sandbox.column_types import ID18_MACRO
from sandbox.computed_fields import ComputedFields
from sandbox.currencies import read_currencies
from sandbox.describes import Describe, complete, read_describes
from sandbox.errors import ApiError, OrgError
from sandbox.new_ids import NewIds
from sandbox.org_rules import UserAccess
from sandbox.org_settings import FILE_NAME, OrgSettings, read_settings, settings_from
from sandbox.org_users import User, default_rows, missing_describes, named_user, read_user
from sandbox.soql_output import NUMBER_TEXT_MACRO
from sandbox.soql_scope import World
from sandbox.transactions import Transactions
from sandbox.validation import Validation

_IN_MEMORY = Path("rows")


class Org:
    """A Salesforce org held in memory. Safe to use from several threads: each takes a `cursor` of its own.

    Attributes:
        settings: what `org.toml` says.
        describes: complete describe answers, by lower-case object name.
        schema: the same as the compiler's model.
        described_at: when the describes last changed, by the org's clock.
        computed: the formula and roll-up fields that are given as SQL.
        validation: the validation rules.
        new_ids: where new records get their Ids from.
        switches: how the open questions about SOQL are answered here.
    """

    def __init__(self, settings: OrgSettings, describes: Iterable[Mapping[str, Any]]) -> None:
        given = list(describes)
        self.settings = settings
        self.describes: dict[str, Describe] = complete([*given, *missing_describes(given)])
        self.schema: Schema = build_schema(self.describes.values(), multi_currency=settings.multi_currency)
        self.switches: Switches = settings.switches
        self._now = settings.now
        self._con = duckdb.connect(":memory:")
        self._con.execute("SET GLOBAL TimeZone = 'UTC'")
        self._con.execute("SET enable_progress_bar = false")
        self._con.execute(ID18_MACRO)
        self._con.execute(NUMBER_TEXT_MACRO)
        self._con.execute("CREATE SCHEMA sandbox")
        self._con.execute("CREATE TABLE sandbox.purged (object VARCHAR, id VARCHAR, purged_at TIMESTAMP)")
        self.user: User = User("", "", "", "", "", "")
        self.described_at = self.now()
        self.computed = ComputedFields(given, self.schema)
        self.validation = Validation((), self.schema, Path(FILE_NAME))
        self.new_ids = NewIds()
        self._transactions = Transactions(self._con.cursor)
        self._whole = self
        self._eyes: dict[str, UserAccess] = {}

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
        org._finish(folder)
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
        org._finish(_IN_MEMORY)
        return org

    def _fill(self, sobject: SObject, staged: list[str], path: Path) -> None:
        author = self.settings.user or ""
        user_id = to_18(author) if author.startswith("005") else "005000000000001AAA"
        load.fill_table(self._con, sobject, staged, path, now=self.now(), user_id=user_id)

    def _finish(self, folder: Path) -> None:
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
        wanted = self.settings.user
        if "user" in tables and wanted and named_user(self._con, self.schema, self.settings, wanted) is None:
            raise OrgError(f"there is no active user `{wanted}` in the data", folder / FILE_NAME, column="user")
        for access in self.settings.accesses:
            check_access(access, self.schema, folder / FILE_NAME)
            user = named_user(self._con, self.schema, self.settings, access.username)
            if user is None:
                raise OrgError(f"there is no user `{access.username}`", folder / FILE_NAME, column="user username")
            self._eyes[user.id] = access
        self.computed.check(self._con, folder / "describe", self.now(), self.calendar().zone)
        self.validation = Validation(self.settings.validations, self.schema, folder / FILE_NAME)
        currencies = read_currencies(self._con, self.schema, self.settings.currency)
        self.validation.check(World(self.schema, self.calendar(), self.switches, currencies))

    def seen_by(self, user_id: str) -> Org:
        """The same org through the eyes of one of its users: rows and clock are shared, what is hidden is not there.

        Raises ApiError INVALID_SESSION_ID where the user is no longer active.
        """
        whole = self._whole
        access = whole._eyes.get(user_id)
        if access is None and user_id == whole.user.id:
            return whole
        view = copy.copy(whole)
        if user_id != whole.user.id:
            with self.reading() as cursor:
                user = named_user(cursor, whole.schema, whole.settings, user_id)
            if user is None:
                raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
            view.user = user
        if access is not None:
            view.user = view.user._replace(
                time_zone=access.time_zone or view.user.time_zone, locale=access.locale or view.user.locale
            )
            view.describes = visible_describes(whole.describes, access)
            view.schema = build_schema(view.describes.values(), multi_currency=whole.schema.multi_currency)
        return view

    @property
    def whole(self) -> Org:
        """The org with nothing hidden."""
        return self._whole

    def reading(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection on one state of the rows, for the length of the block."""
        return self._transactions.reading()

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that changes rows: kept when the block ends, undone when it raises. Blocks may be nested."""
        with self._transactions.writing() as cursor:
            yield cursor
            self.computed.recompute(cursor, self.now(), self._whole.calendar().zone)

    def catch_up(self) -> None:
        """Recompute what depends on the clock, if it has moved."""
        if self.computed.is_behind(self.now()):
            with self.writing():
                pass

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
        sobject = schema.object(path.stem)
        if path.suffix not in data_files.SUFFIXES:
            if sobject is not None:
                raise OrgError(f"data is read from {', '.join(data_files.SUFFIXES)} files only", path)
            continue
        if sobject is None:
            raise OrgError(f"there is no describe/{path.stem}.json", path)
        if sobject.name.lower() in files:
            raise OrgError(f"{sobject.name} has two data files", path)
        files[sobject.name.lower()] = path
    return files
