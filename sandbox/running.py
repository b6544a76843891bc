"""Running the sandbox on loopback: in a thread for tests and demos, or until stopped for the command line."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvicorn

from sandbox.org import Org
from sandbox.server import Sandbox

HOST = "127.0.0.1"
_START_SECONDS = 30.0


class Running(NamedTuple):
    """A sandbox that answers: where, and how to sign in."""

    instance_url: str
    access_token: str
    client_id: str
    client_secret: str
    username: str
    org: Org
    sandbox: Sandbox


@contextmanager
def serve(org: Org | Path | str, port: int = 0, seed: int = 0) -> Iterator[Running]:
    """Run a sandbox in a thread as long as the block lasts.

    Args:
        org: an org, or the path of an org folder, which is loaded (and closed at the end).
        port: the port on 127.0.0.1; 0 takes a free one.
        seed: tokens follow from it.

    Raises:
        OrgError: the folder is no org.
        OSError: the port is taken.
    """
    owned = not isinstance(org, Org)
    opened = org if isinstance(org, Org) else Org.load(org)
    sandbox = Sandbox(opened, seed)
    listener = _listen(port)
    server = _server(sandbox)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    try:
        thread.start()
        _wait_until_started(server, thread)
        yield _running(sandbox, listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        sandbox.close()
        if owned:
            opened.close()


def serve_until_stopped(org: Org, port: int = 0, seed: int = 0, ready: Callable[[Running], None] | None = None) -> None:
    """Run a sandbox in this thread until it is interrupted; `ready` is told once it answers."""
    sandbox = Sandbox(org, seed)
    listener = _listen(port)
    server = _server(sandbox)
    try:
        if ready is not None:
            ready(_running(sandbox, listener))
        server.run(sockets=[listener])
    finally:
        listener.close()
        sandbox.close()


def _listen(port: int) -> socket.socket:
    """A socket that listens already: who is told its port cannot come too early."""
    # asyncio switches Nagle's algorithm off only where the protocol is named: 40 ms an answer otherwise.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _server(sandbox: Sandbox) -> uvicorn.Server:
    # h11 keeps the letter case of header names, which some clients depend on.
    config = uvicorn.Config(
        sandbox,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=300,
        h11_max_incomplete_event_size=64 * 1024,
    )
    return uvicorn.Server(config)


def _running(sandbox: Sandbox, listener: socket.socket) -> Running:
    return Running(
        f"http://{HOST}:{listener.getsockname()[1]}",
        sandbox.first_session.token,
        sandbox.sessions.client_id,
        sandbox.sessions.client_secret,
        sandbox.org.user.username,
        sandbox.org,
        sandbox,
    )


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    waited = threading.Event()
    for _ in range(int(_START_SECONDS * 200)):
        if server.started:
            return
        if not thread.is_alive():
            break
        waited.wait(0.005)
    raise RuntimeError("the sandbox did not start")
