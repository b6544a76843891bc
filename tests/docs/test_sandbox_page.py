"""docs/sandbox.md lists what the server answers: all of it, and nothing else."""

from __future__ import annotations

import re

from sandbox.routes import ROUTES
from tests.support.local_org import ROOT


def test_the_page_lists_every_resource() -> None:
    """Each method of each path stands in a table, once."""
    page = (ROOT / "docs/sandbox.md").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Z, ]+) \| `([^`]+)` \| .+ \|$", page, re.MULTILINE)
    listed = [(method, path) for methods, path in rows for method in methods.split(", ")]

    assert sorted(listed) == sorted((route.method, route.path) for route in ROUTES)
