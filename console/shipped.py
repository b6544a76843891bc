"""Files that commands need: in the wheel beside this package, in a source checkout where they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_HERE = Path(__file__).parent
_IN_CHECKOUT = {"acme": Path("specs", "acme"), "diagnostics": Path("docs", "diagnostics")}


def shipped(name: Literal["acme", "diagnostics"]) -> Path:
    """The folder: `acme` is the example spec with its org, `diagnostics` has the page of each code."""
    in_wheel = _HERE / "data" / name
    return in_wheel if in_wheel.is_dir() else _HERE.parent / _IN_CHECKOUT[name]


def code_names() -> dict[str, str]:
    """The name of each diagnostic by its code, as its page has them."""
    pages = (path.stem.partition("-") for path in shipped("diagnostics").glob("[A-Z][0-9]*-*.md"))
    return {code: name for code, _, name in sorted(pages)}
