from __future__ import annotations

import os
from collections.abc import Iterator

import certifi
import pytest
from hypothesis import settings

from tests.support.local_org import ROOT, LocalOrg, local_org

# The same examples at every run: what fails here fails everywhere. ACCORD_EXPLORE=1 looks for others.
settings.register_profile("steady", derandomize=True)
if not os.environ.get("ACCORD_EXPLORE"):
    settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite golden files and the generated parts of the documentation instead of comparing them",
    )


@pytest.fixture(scope="session")
def update(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten."""
    return bool(request.config.getoption("--update"))


@pytest.fixture(scope="session")
def acme() -> Iterator[LocalOrg]:
    """The example org, for tests that only read from it."""
    with local_org(ROOT / "specs/acme/org") as org:
        yield org


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that a test starts touches the cache folder of the person who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Clients trust one authority of those that they know: reading all of them takes longer than most requests here."""
    end = "-----END CERTIFICATE-----\n"
    first, found, _ = certifi.contents().partition(end)
    path = tmp_path_factory.mktemp("authorities") / "one.pem"
    path.write_text(first + found, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(path))
        yield
