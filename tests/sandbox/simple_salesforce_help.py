"""simple-salesforce, pointed at a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from sandbox import Running


class PlainHttp(HTTPAdapter):
    """The client always builds https addresses; the sandbox speaks http."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send the request without TLS."""
        assert request.url is not None
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, *args, **kwargs)


@contextmanager
def connected(running: Running) -> Iterator[Any]:
    """A client with a session, unmodified but for the transport."""
    simple_salesforce = pytest.importorskip("simple_salesforce")
    with requests.Session() as session:
        session.mount("https://", PlainHttp())
        yield simple_salesforce.Salesforce(
            instance_url=running.instance_url, session_id=running.access_token, session=session, version="66.0"
        )
