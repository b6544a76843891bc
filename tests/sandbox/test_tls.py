from __future__ import annotations

import ssl
import sys

import httpx
import pytest

from sandbox import Org, serve
from sandbox.certificate import TlsUnavailableError


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_certificate_is_good_for_both_names(org: Org, host: str) -> None:
    """A client that trusts the certificate gets an answer, whichever name it uses."""
    pytest.importorskip("cryptography")
    with serve(org, tls=True) as running:
        context = ssl.create_default_context(cafile=running.certificate)
        port = httpx.URL(running.instance_url).port
        answer = httpx.get(f"https://{host}:{port}/services/data", verify=context)

    assert running.instance_url == f"https://127.0.0.1:{port}"
    assert answer.status_code == 200


def test_who_does_not_trust_it_gets_no_answer(org: Org) -> None:
    """The certificate is in nobody's list."""
    pytest.importorskip("cryptography")
    with serve(org, tls=True) as running, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{running.instance_url}/services/data", verify=ssl.create_default_context())


def test_without_the_package_the_error_says_what_to_install(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS is an extra."""
    for name in ("cryptography", "cryptography.x509"):
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(TlsUnavailableError, match=r"accord\[tls\]"), serve(org, tls=True):
        pass
