"""All extracts of a plan, read and staged; what fails is noted and the others go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from compiler.plan import Extract, Plan
from compiler.print_soql import print_query
from engine.by_id import file_name
from engine.errors import LoadError, QuotaError, SalesforceError
from engine.events import StageStarted
from engine.load import Staged, load, rejects_of
from engine.report import ExtractReport
from engine.salesforce.client import SalesforceClient
from engine.salesforce.read import Reading, read_query
from engine.workspace import WORK, Workspace, name_of


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was read: the staged extracts by id, a report for each, and whether a quota ended it early."""

    staged: Mapping[str, Staged]
    reports: tuple[ExtractReport, ...]
    quota: bool

    @property
    def failed(self) -> Mapping[str, str]:
        """The extracts that could not be read, with the reason."""
        return {one.extract: one.error for one in self.reports if one.error is not None}


def extract_all(client: SalesforceClient, space: Workspace, plan: Plan, folder: Path, reading: Reading) -> Extracted:
    """Read and stage every extract of a plan.

    A quota that is used up ends the reading: the rest is noted as not read. Raises SignInError, CancelledError and
    DiskError; all else that goes wrong with one extract is in its report.
    """
    staged: dict[str, Staged] = {}
    reports: list[ExtractReport] = []
    quota: str | None = None
    for extract in plan.extracts:
        if quota is not None:
            reports.append(_failure(extract, f"not read: {quota}"))
            continue
        client.cancel.check()
        client.events(StageStarted("extract", extract.id))
        try:
            loaded, transport = _read(client, space, extract, folder, reading)
        except (SalesforceError, LoadError) as error:
            reports.append(_failure(extract, str(error)))
            if isinstance(error, QuotaError):
                quota = error.message
            continue
        staged[extract.id] = loaded
        reports.append(
            ExtractReport(extract.id, extract.object, transport, loaded.read, loaded.duplicates, loaded.rejected)
        )
    return Extracted(spread_rejects(space, plan, staged), tuple(reports), quota is not None)


def _read(
    client: SalesforceClient, space: Workspace, extract: Extract, folder: Path, reading: Reading
) -> tuple[Staged, str]:
    columns = {column.name: column.type for column in extract.columns}
    pages = read_query(
        client, print_query(extract.fetch).text, tuple(columns), folder, file_name(extract.id), reading=reading
    )
    try:
        client.events(StageStarted("load", extract.id))
        return load(space, extract.id, columns, pages), pages.transport
    finally:
        pages.close()


def spread_rejects(space: Workspace, plan: Plan, staged: Mapping[str, Staged]) -> dict[str, Staged]:
    """Take a row that one extract of a table rejected out of the table's other extracts too.

    Otherwise an account whose customer row cannot be taken would come in as the prospect that it also is.
    """
    out = dict(staged)
    for table in plan.tables:
        ids = [extract for extract in table.extracts if extract in staged]
        if len(ids) < 2 or not any(staged[extract].rejected for extract in ids):
            continue
        keys = " UNION ALL ".join(f"SELECT key FROM {rejects_of(extract)}" for extract in ids)
        for extract in ids:
            target = name_of(WORK, "staged", extract)
            space.run(f'DELETE FROM {target} WHERE "Id" IN (SELECT key FROM ({keys}) AS r)')
            rows = space.value(f"SELECT count(*) FROM {target}")
            out[extract] = out[extract]._replace(rows=rows)
    return out


def _failure(extract: Extract, message: str) -> ExtractReport:
    return ExtractReport(extract.id, extract.object, None, 0, 0, 0, message)
