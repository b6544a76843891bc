from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.local_org import ROOT, LocalOrg, local_org


@pytest.fixture
def own_acme() -> Iterator[LocalOrg]:
    """The example org, for one test to change."""
    with local_org(ROOT / "specs/acme/org") as org:
        yield org
