"""docs/faults.md: its table is what the catalogue says and what clients see. `pytest --update` rewrites it."""

from __future__ import annotations

import json

import httpx
import pytest

from sandbox import Org, serve
from sandbox.faults import FAULTS
from sandbox.faults.model import Fault
from tests.sandbox.fault_scenes import SCENES, SETTINGS, Scene, Wire, describes, scene_rows
from tests.support.local_org import ROOT

PAGE = ROOT / "docs/faults.md"
MARK = "<!-- faults -->\n"
HEAD = "| fault | what the server does | unless said | example | seen by a client |\n|---|---|---|---|---|\n"


def seen(scene: Scene) -> str:
    """What a client sees of a fault."""
    org = Org.from_rows(describes(), scene_rows(), SETTINGS)
    try:
        with serve(org) as running:
            headers = {"Authorization": f"Bearer {running.access_token}"}
            with httpx.Client(base_url=running.instance_url, headers=headers) as client:
                assert client.post("/__sandbox__/faults", json=scene.entries).status_code == 200
                return scene.see(Wire(running, client))
    finally:
        org.close()


def unless_said(fault: Fault) -> str:
    """How often a fault strikes, and its options."""
    words = "always" if fault.times is None else "once" if fault.times == 1 else f"{fault.times} times"
    if fault.probability < 1:
        words = f"{fault.probability:.0%} of requests"
    options = (
        f"`{name}`: {json.dumps(option.default)}" + (f" of {', '.join(option.choices)}" if option.choices else "")
        for name, option in fault.options.items()
    )
    return "; ".join((words, *options))


def row(name: str, observed: str) -> str:
    """The line of a fault in the table."""
    fault = FAULTS[name]
    does = " ".join((fault.effect.__doc__ or "").split())
    example = json.dumps(SCENES[name].entries)
    cells = (f"`{name}` {fault.number}", does, unless_said(fault), f"`{example}`", observed)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def rows() -> dict[str, str]:
    """The lines of the page by the name of the fault."""
    lines = PAGE.read_text("utf-8").partition(MARK)[2].splitlines()
    return {line.split("`")[1]: line for line in lines if line.startswith("| `")}


def test_every_fault_has_a_scene_and_a_line(update: bool):
    """Catalogue, scenes and page name the same faults, in the same order."""
    if update:
        head = PAGE.read_text("utf-8").partition(MARK)[0]
        PAGE.write_text(head + MARK + HEAD + "".join(row(name, seen(SCENES[name])) + "\n" for name in FAULTS), "utf-8")

    assert list(FAULTS) == list(SCENES) == list(rows())


@pytest.mark.parametrize("name", FAULTS)
def test_the_page_says_what_a_client_sees(name: str):
    """The fault does on the wire what its line says."""
    assert rows()[name] == row(name, seen(SCENES[name]))
