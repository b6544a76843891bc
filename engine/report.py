"""The run report: what a run did, table by table, as data that the console draws and JSON carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.identity import Identity
from engine.reconcile import Counts

SCHEMA_VERSION = 1


class Outcome(StrEnum):
    """How a run ended. Incomplete: what could not be read is as it was, and says so. Stopped: a guard holds it back."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    STOPPED = "stopped"


EXIT_CODES: Mapping[Outcome, int] = {
    Outcome.SUCCEEDED: 0,
    Outcome.FAILED: 1,
    Outcome.INCOMPLETE: 1,
    Outcome.STOPPED: 3,
}


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """One read of Salesforce: rows as they came, dropped as duplicates, rejected; and why it failed, if it did.

    `proven_at`: when its match list was read, if that was not in this run, which then went by what changed since.
    `table`: the table that shows its rows; None for rows that only feed numbers and owners.
    """

    extract: str
    object: str
    transport: str | None
    rows: int
    duplicates: int
    rejected: int
    error: str | None = None
    proven_at: str | None = None
    table: str | None = None


@dataclass(frozen=True, slots=True)
class AsBefore:
    """Rows of a table that are out and were not asked for: nothing was heard of them since all were, at `asked_at`."""

    table: str
    rows: int
    asked_at: str


@dataclass(frozen=True, slots=True)
class Unattached:
    """Rows that match a child table's filter and hang on no row that is in.

    `no_parent`: the link is empty; `parent_not_in`: it names a row that is not synced; `ambiguous`: several parents
    share the value that the link compares.
    """

    table: str
    no_parent: int
    parent_not_in: int
    ambiguous: int


@dataclass(frozen=True, slots=True)
class OwnerReport:
    """How many of the accounts that are in have an owner of a kind, and why the others have none.

    `fell_through`: a later source than the first named the owner. Of the empty ones, `queues` name a queue or a group
    and `not_visible` a user whom the connected user cannot see. `inactive`: owned by an inactive user, or empty because
    such a one was skipped; None where the connected user may not see who is active. `several`: several rows of a child
    object named a user, and the oldest one's was taken.
    """

    kind: str
    resolved: int
    fell_through: int
    empty: int
    queues: int
    inactive: int | None
    not_visible: int
    several: int


@dataclass(frozen=True, slots=True)
class TypeReport:
    """How many of the accounts that are in have a type, now and before the run."""

    type: str
    accounts: int
    before: int


@dataclass(frozen=True, slots=True)
class ChoiceReport:
    """A column that takes the latest or earliest row: rows without a key, and accounts in which several were first."""

    column: str
    without_key: int
    ties: int


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a sum: its rows and what they add up to. None: unknown, since a rate or Salesforce's answer lacks."""

    rows: int
    sum: str | None


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a sum: rows on accounts that are in, on accounts that are not, on none, and rejected rows."""

    inside: Share
    outside: Share
    no_account: Share
    rejected: Share

    @property
    def shares(self) -> tuple[Share, Share, Share, Share]:
        """All parts."""
        return self.inside, self.outside, self.no_account, self.rejected

    def to_document(self) -> dict[str, dict[str, Any]]:
        """The parts as JSON."""
        names = ("in", "out", "no_account", "rejected")
        return {name: {"rows": one.rows, "sum": one.sum} for name, one in zip(names, self.shares, strict=True)}


@dataclass(frozen=True, slots=True)
class TieOut:
    """A number's sum over all rows of its filter, beside Salesforce's own. `salesforce` None: not verified.

    `split` are its parts; None where Salesforce did not answer. `note` says why it is not verified, or how it was
    compared. `differs` without an explanation: the run fails.
    """

    extract: str
    column: str
    rows: int
    ours: str | None
    salesforce: str | None
    note: str | None = None
    differs: bool = False
    split: Split | None = None


@dataclass(frozen=True, slots=True)
class GuardReport:
    """A guard, its limit, and what the run would do; both are percentages. `ids` are the first rows concerned.

    `written`: it stands in the spec. `exceeded`: without a confirmation it stops the run.
    """

    kind: str
    subject: str
    limit: str
    value: str
    words: str
    ids: tuple[str, ...]
    written: bool
    exceeded: bool

    @property
    def rule(self) -> str:
        """The guard, as the spec would say it."""
        match self.kind:
            case "leave":
                return f"{self.subject} may leave at most {self.limit}%"
            case "move":
                return f"{self.subject} may move at most {self.limit}%"
            case _:
                return f"{self.subject} filled on at least {self.limit}% of customers"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did. `changed` says whether a new store was published; `tables` is empty if the run failed before.

    Of a run that a guard stopped, `tables` is the forecast: what it would have done.
    """

    run: int
    outcome: Outcome
    started_at: datetime
    seconds: float
    identity: Identity
    changed: bool
    tables: tuple[Counts, ...]
    extracts: tuple[ExtractReport, ...]
    unattached: tuple[Unattached, ...]
    types: tuple[TypeReport, ...]
    owners: tuple[OwnerReport, ...]
    choices: tuple[ChoiceReport, ...]
    tie_outs: tuple[TieOut, ...]
    guards: tuple[GuardReport, ...]
    as_before: tuple[AsBefore, ...]
    stale: tuple[str, ...]
    dropped: tuple[str, ...]
    errors: tuple[str, ...]
    notices: tuple[str, ...]
    requests: int
    api_usage: tuple[int, int] | None

    @property
    def exit_code(self) -> int:
        """The process's exit code for this outcome."""
        return EXIT_CODES[self.outcome]

    def to_document(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "run": self.run,
            "outcome": self.outcome.value,
            "started_at": self.started_at.isoformat(),
            "seconds": round(self.seconds, 3),
            "changed": self.changed,
            "org": self.identity.to_document(),
            "tables": [_table(counts) for counts in self.tables],
            "extracts": [_fields(one) for one in self.extracts],
            "unattached": [_fields(one) for one in self.unattached],
            "types": [_fields(one) for one in self.types],
            "owners": [_fields(one) for one in self.owners],
            "choices": [_fields(one) for one in self.choices],
            "tie_outs": [_tie_out(one) for one in self.tie_outs],
            "guards": [_fields(one) for one in self.guards],
            "as_before": [_fields(one) for one in self.as_before],
            "stale": list(self.stale),
            "dropped": list(self.dropped),
            "errors": list(self.errors),
            "notices": list(self.notices),
            "requests": self.requests,
            "api_usage": None
            if self.api_usage is None
            else dict(zip(("used", "allowed"), self.api_usage, strict=True)),
        }


def _table(counts: Counts) -> dict[str, Any]:
    return {**_fields(counts), "balanced": counts.balanced}


def _tie_out(one: TieOut) -> dict[str, Any]:
    return {**_fields(one), "split": None if one.split is None else one.split.to_document()}


def _fields(
    value: Counts
    | ExtractReport
    | AsBefore
    | Unattached
    | TypeReport
    | OwnerReport
    | ChoiceReport
    | TieOut
    | GuardReport,
) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
