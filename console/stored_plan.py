"""A plan that `accord compile -o` stored: its document, and the spec that it was made from.

A run compiles that spec anew for the org as it is now and tells where the two plans differ. To refuse every other
schema would stop a nightly run for a new picklist value; to send the old queries would ask for what may be gone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from console.exits import NotStarted
from grammar.source import Source

if TYPE_CHECKING:
    from compiler.plan import Plan

SUFFIX = ".json"


class StoredPlan(NamedTuple):
    """The plan as it was stored, and the spec with the path that it had."""

    plan: Plan
    source: Source


def read_plan(path: Path) -> StoredPlan:
    """Read a stored plan.

    Raises:
        NotStarted: it cannot be read, was written by a newer version, or holds no spec.
    """
    from compiler.plan_document import PlanError, from_document

    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise NotStarted(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise NotStarted(f"{path} is not JSON", help="write it anew with `accord compile SPEC -o plan.json`") from error
    try:
        plan = from_document(document)
    except PlanError as error:
        raise NotStarted(f"{path} is no plan that this version can read: {error}") from error
    match document.get("spec"):
        case {"path": str(spec_path), "text": str(text)}:
            return StoredPlan(plan, Source(text, spec_path))
    raise NotStarted(
        f"{path} does not hold the spec that it was made from",
        help="write it anew with `accord compile SPEC -o plan.json`",
    )


def differences(stored: Plan, now: Plan) -> list[str]:
    """Which queries and tables of a plan are other ones now, as the org's schema changed in between."""
    found = []
    for what, before, after in (
        ("query", {one.id: one for one in stored.extracts}, {one.id: one for one in now.extracts}),
        ("table", {one.name: one for one in stored.tables}, {one.name: one for one in now.tables}),
    ):
        found += [f"{what} {name} is new" for name in after if name not in before]
        found += [f"{what} {name} is gone" for name in before if name not in after]
        found += [f"{what} {name} changed" for name in after if name in before and after[name] != before[name]]
    return found
