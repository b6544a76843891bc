"""Running the sandbox on loopback: in a thread for tests and demos, or until stopped for the command line."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import uvicorn

from sandbox.certificate import Certificate, make_certificate
from sandbox.errors import ApiError, FaultsFileError
from sandbox.org import Org
from sandbox.scratch import Scratch
from sandbox.sending import Protocol
from sandbox.server import Sandbox

HOST = "127.0.0.1"
_START_SECONDS = 30.0
_HANG_UP_SECONDS = 0.01
_TICK_SECONDS = 0.02


class Running(NamedTuple):
    """A sandbox that answers: where, and how to sign in.

    `certificate` is the file that clients must trust where it speaks TLS.
    """

    instance_url: str
    access_token: str
    client_id: str
    client_secret: str
    username: str
    org: Org
    sandbox: Sandbox
    certificate: Path | None = None


@contextmanager
def serve(org: Org | Path | str, port: int = 0, seed: int = 0, *, tls: bool = False) -> Iterator[Running]:
    """Run a sandbox in a thread as long as the block lasts.

    Args:
        org: an org, or the path of an org folder, which is loaded (and closed at the end).
        port: the port on 127.0.0.1; 0 takes a free one.
        seed: tokens and faults follow from it.
        tls: speak https, with a certificate that signs itself.

    Raises:
        OrgError: the folder is no org.
        TlsUnavailableError: the package that makes certificates is not installed.
        OSError: the port is taken.
    """
    owned = not isinstance(org, Org)
    with _certificate(tls) as certificate:
        opened = org if isinstance(org, Org) else Org.load(org)
        sandbox = Sandbox(opened, seed)
        listener = _listen(port)
        server = _server(sandbox, certificate)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
        try:
            thread.start()
            _wait_until_started(server, thread)
            yield _running(sandbox, listener, certificate)
        finally:
            server.should_exit = True
            thread.join()
            listener.close()
            sandbox.close()
            if owned:
                opened.close()


def serve_until_stopped(
    org: Org,
    port: int = 0,
    seed: int = 0,
    ready: Callable[[Running], None] | None = None,
    *,
    tls: bool = False,
    faults: Path | None = None,
) -> None:
    """Run a sandbox in this thread until it is interrupted; `ready` is told once it answers.

    `faults` is a file with the list of faults to switch on. Raises OSError, TlsUnavailableError and FaultsFileError.
    """
    with _certificate(tls) as certificate:
        sandbox = Sandbox(org, seed)
        try:
            if faults is not None:
                _switch_on(sandbox, faults)
            with _listen(port) as listener:
                server = _server(sandbox, certificate)
                ended: list[int] = []

                def leave(number: int, frame: FrameType | None) -> None:
                    # Raising here could end the event loop before it has begun; a server that is told to stop stops
                    # at whatever point it is.
                    ended.append(number)
                    server.should_exit = True

                before = signal.signal(signal.SIGTERM, leave)
                try:
                    if ready is not None:
                        ready(_running(sandbox, listener, certificate))
                    server.run(sockets=[listener])
                finally:
                    signal.signal(signal.SIGTERM, before)
                if ended:
                    raise SystemExit(128 + ended[0])
        finally:
            sandbox.close()


def _switch_on(sandbox: Sandbox, path: Path) -> None:
    try:
        sandbox.faults.add(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise FaultsFileError(f"{path}: cannot be read as JSON: {error}") from error
    except ApiError as error:
        raise FaultsFileError(f"{path}: {error.message}") from error


@contextmanager
def _certificate(tls: bool) -> Iterator[Certificate | None]:
    if not tls:
        yield None
        return
    with closing(Scratch()) as scratch:
        yield make_certificate(scratch.path)


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


class _Server(uvicorn.Server):
    """A server that ends soon: it does not wait for clients which keep their TLS connections open, it hangs up."""

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            await asyncio.sleep(_TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        connections = list(self.server_state.connections)
        if not connections:
            # The inherited way is to give connections some time.
            for each in (*self.servers, *(sockets or ())):
                each.close()
            return
        await super().shutdown(sockets)
        for connection in connections:
            connection.transport.abort()
        await asyncio.sleep(_HANG_UP_SECONDS)


def _server(sandbox: Sandbox, certificate: Certificate | None) -> uvicorn.Server:
    # h11 keeps the letter case of header names, which some clients depend on.
    config = uvicorn.Config(
        sandbox,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=300,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_certfile=certificate.path if certificate else None,
        ssl_keyfile=certificate.key_path if certificate else None,
    )
    return _Server(config)


def _running(sandbox: Sandbox, listener: socket.socket, certificate: Certificate | None) -> Running:
    return Running(
        f"{'https' if certificate else 'http'}://{HOST}:{listener.getsockname()[1]}",
        sandbox.first_session.token,
        sandbox.sessions.client_id,
        sandbox.sessions.client_secret,
        sandbox.org.user.username,
        sandbox.org,
        sandbox,
        certificate.path if certificate else None,
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
