"""One run of Accord in this process, with the time and CPU of each stage.

python -m benchmarks.accord_run URL TOKEN SPEC.accord STORE.duckdb
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path

import compiler
import grammar
from benchmarks.measured import peak_mb
from engine.clock import SystemClock
from engine.events import Event, StageStarted
from engine.run import run
from engine.salesforce.client import SalesforceClient
from engine.salesforce.describe import describe
from engine.salesforce.session import GivenToken
from engine.snapshot import schema_of
from engine.spec_needs import needs_of


class Stages:
    """A listener that adds up the seconds and the CPU between the starts of stages."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._since = (time.monotonic(), time.process_time())
        self._stage = "start"

    def __call__(self, event: Event) -> None:
        """Hear an event of the engine's."""
        if isinstance(event, StageStarted):
            self.enter(f"{event.stage} {event.subject}" if event.subject else event.stage)

    def enter(self, stage: str) -> None:
        """End the stage before and begin another."""
        now = (time.monotonic(), time.process_time())
        spent = self.spent[self._stage]
        spent[0] += now[0] - self._since[0]
        spent[1] += now[1] - self._since[1]
        self._since, self._stage = now, stage


def main(url: str, token: str, spec: str, store: str) -> None:
    """Describe, compile, run; the last line is what it took, as JSON."""
    stages = Stages()
    text = Path(spec).read_text("utf-8")
    parsed = grammar.parse_spec(text)
    with SalesforceClient(GivenToken(url, token), clock=SystemClock(), events=stages) as client:
        needs = needs_of(parsed.tree)
        schema = schema_of(describe(client, needs.objects, needs.relationships))
        plan = compiler.compile_spec(parsed.tree, schema)
        report = run(plan, text, client, Path(store), schema=schema)
        stages.enter("end")
        requests = client.requests
    if report.errors:
        sys.exit("; ".join(report.errors))
    document = {
        "outcome": report.outcome.value,
        "changed": report.changed,
        "requests": requests,
        "peak_mb": peak_mb(),
        "rows": {one.table: one.active_after for one in report.tables},
        "stages": {name: [round(value, 3) for value in spent] for name, spent in stages.spent.items()},
    }
    sys.stdout.write(json.dumps(document) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
