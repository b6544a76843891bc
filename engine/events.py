"""What the engine tells while it works. It prints nothing: whoever calls it draws these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Stage: TypeAlias = Literal["connect", "extract", "load", "compare", "fetch", "check", "reconcile", "publish", "prove"]


@dataclass(frozen=True, slots=True)
class StageStarted:
    """The run enters a stage; `subject` is the extract or table that it works on, if it is one."""

    stage: Stage
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class RequestMade:
    """An answer came. `used` and `allowed` are the org's requests of the last 24 hours, where it says them."""

    method: str
    path: str
    status: int
    seconds: float
    used: int | None = None
    allowed: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The engine waits before it tries again."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class RowsRead:
    """So many rows of an extract are here; `expected` is None until Salesforce has said it."""

    extract: str
    rows: int
    expected: int | None


@dataclass(frozen=True, slots=True)
class CameBack:
    """A download goes on where a run that died left it: so many rows are here already."""

    extract: str
    job: str
    rows: int


@dataclass(frozen=True, slots=True)
class TableReconciled:
    """A table was compared with what is published."""

    table: str
    inserted: int
    updated: int
    removed: int


@dataclass(frozen=True, slots=True)
class Published:
    """The new store is in place; `changed` is False when there was nothing to change and the file was left alone."""

    run: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know but that stops nothing."""

    message: str


Event: TypeAlias = StageStarted | RequestMade | Waiting | RowsRead | CameBack | TableReconciled | Published | Notice
Listener: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener that does not listen."""
