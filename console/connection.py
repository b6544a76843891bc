"""From settings to a connected client, which a signal may stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from console.exits import NotStarted
from console.progress import progress
from console.settings import Settings

if TYPE_CHECKING:
    from engine.clock import CancelToken
    from engine.salesforce.client import SalesforceClient
    from engine.salesforce.session import Credentials


# Salesforce takes client credentials on an org's My Domain only.
LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")


@contextmanager
def connected(settings: Settings) -> Iterator[SalesforceClient]:
    """A client for the org of the settings. It draws its progress; Ctrl-C or SIGTERM asks it to end in order.

    Raises:
        NotStarted: the settings name no connection.
    """
    credentials = credentials_of(settings)
    from engine.clock import CancelToken, SystemClock
    from engine.salesforce.client import API_VERSION, SalesforceClient

    cancel = CancelToken()
    version = settings.api_version or API_VERSION
    with (
        progress() as events,
        _stopped_by_signals(cancel),
        SalesforceClient(
            credentials,
            clock=SystemClock(),
            cancel=cancel,
            events=events,
            api_version=version,
            reserve=int(settings.api_reserve.removesuffix("%")) / 100,
        ) as client,
    ):
        yield client


def credentials_of(settings: Settings) -> Credentials:
    """The session that already exists, if the settings have one, else the client's own credentials.

    Raises:
        NotStarted: the settings hold neither.
    """
    has_token = settings.instance_url and settings.access_token
    has_client = settings.client_id and settings.client_secret
    if not (has_token or has_client):
        raise NotStarted(*_missing(settings))
    from engine.salesforce.session import ClientCredentials, GivenToken

    if settings.instance_url and settings.access_token:
        return GivenToken(settings.instance_url, settings.access_token)
    assert settings.client_id
    assert settings.client_secret
    return ClientCredentials(_login_address(settings), settings.client_id, settings.client_secret)


def _login_address(settings: Settings) -> str:
    """Where an app signs in by its own credentials: on the org's My Domain, and not on the hosts for people."""
    login = settings.instance_url or settings.login_host
    way_out = "set login_host in accord.toml to the org's My Domain, such as acme.my.salesforce.com"
    if login is None:
        raise NotStarted("a client id is set, and no login_host", way_out)
    if login.removeprefix("https://").rstrip("/").lower() in LOGIN_HOSTS:
        raise NotStarted(f"an app cannot sign in on {login}", way_out)
    return login


def _missing(settings: Settings) -> tuple[str, str]:
    message = "there is no connection to Salesforce"
    if settings.access_token:
        return message, "ACCORD_ACCESS_TOKEN is set; set ACCORD_INSTANCE_URL too"
    if settings.client_id:
        return message, "a client id is set; set ACCORD_CLIENT_SECRET too"
    if settings.instance_url:
        return message, "ACCORD_INSTANCE_URL is set; set ACCORD_ACCESS_TOKEN too"
    return message, (
        "set ACCORD_INSTANCE_URL and ACCORD_ACCESS_TOKEN to use a session that exists, or a client id in accord.toml "
        "and ACCORD_CLIENT_SECRET; `accord sandbox` starts an org on this machine"
    )


@contextmanager
def _stopped_by_signals(cancel: CancelToken) -> Iterator[None]:
    """The first signal asks for the end; a second one of the same kind ends the process as usual."""

    def ask(number: int, _frame: Any) -> None:
        cancel.cancel()
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
