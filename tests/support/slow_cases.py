"""Cases of a test of which the normal run tries the first ones only."""

from __future__ import annotations

from collections.abc import Sequence

import pytest


def others_slow(cases: Sequence[object], quick: int = 1) -> list[object]:
    """The cases of a `parametrize`, those behind the first `quick` marked as slow; a tuple has several arguments."""
    slow = (pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.slow) for one in cases[quick:])
    return [*cases[:quick], *slow]
