"""A Bulk query job: what was ordered, where it stands, what it tells about itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import duckdb

from sandbox.bulk_results import Results
from sandbox.soql_to_duckdb import Translation
from sandbox.wire import rest_time

DELIMITERS = {"COMMA": ",", "BACKQUOTE": "`", "CARET": "^", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}


class JobState(StrEnum):
    """Where a job stands."""

    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


TERMINAL = frozenset({JobState.JOB_COMPLETE, JobState.FAILED, JobState.ABORTED})


class Job:
    """A query job and what it has come to. `stuck` makes it run for ever, whatever it has done."""

    def __init__(
        self, job_id: str, body: Mapping[str, Any], translation: Translation, version: str, user_id: str, at: datetime
    ) -> None:
        self.id = job_id
        self.operation = str(body["operation"])
        self.delimiter = str(body.get("columnDelimiter") or "COMMA")
        self.line_end = str(body.get("lineEnding") or "LF")
        self.translation = translation
        self.version = version
        self.user_id = user_id
        self.created = at
        self.changed = at
        self.reached = JobState.UPLOAD_COMPLETE
        self.stuck = False
        self.error: str | None = None
        self.results: Results | None = None
        self.milliseconds = 0
        self.running: list[duckdb.DuckDBPyConnection] = []

    @property
    def state(self) -> JobState:
        """Where the job stands, for all that one can see."""
        if self.stuck and self.reached is not JobState.ABORTED:
            return JobState.IN_PROGRESS
        return self.reached

    @property
    def rows(self) -> int:
        """How many records the results have."""
        return self.results.rows if self.results and self.state is JobState.JOB_COMPLETE else 0

    def info(self, polled: bool) -> dict[str, object]:
        """The job as the API tells it; polling tells more than creating."""
        out: dict[str, object] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.translation.object.name,
            "createdById": self.user_id,
            "createdDate": rest_time(self.created),
            "systemModstamp": rest_time(self.changed),
            "state": str(self.state),
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_end,
            "columnDelimiter": self.delimiter,
        }
        if polled:
            out |= {
                "jobType": "V2Query",
                "numberRecordsProcessed": self.rows,
                "retries": 0,
                "totalProcessingTime": self.milliseconds,
                "isPkChunkingSupported": True,
            }
            if self.error:
                out["errorMessage"] = self.error
        return out
