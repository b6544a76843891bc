"""Answers go on the wire: whole, compressed where the client asked for it, or broken where a fault wants it."""

from __future__ import annotations

import asyncio
import socket
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.wire import Answer, Break, BreakKind

_SMALLEST_GZIP = 1024
_GZIP_LEVEL = 1
_TRANSPORT = "accord.transport"


class Protocol(H11Protocol):
    """HTTP/1.1 that keeps the letter case of header names, and lets the application break the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base class
        """Hand the transport to the application, as part of the state of each request."""
        self.app_state = {**self.app_state, _TRANSPORT: transport}
        super().connection_made(transport)


def encoded(answer: Answer, accept_encoding: str) -> Answer:
    """The answer with its body compressed if the client takes that and it is worth it, and its length said."""
    headers = list(answer.headers)
    body = answer.body
    names = {name for name, _ in headers}
    large = not isinstance(body, bytes) or len(body) >= _SMALLEST_GZIP
    if large and answer.compress and "Content-Encoding" not in names and "gzip" in accept_encoding:
        headers.append(("Content-Encoding", "gzip"))
        body = b"".join(_gzipped(iter((body,)))) if isinstance(body, bytes) else _gzipped(body)
    if answer.status != 204 and "Content-Length" not in names:
        chunked = not isinstance(body, bytes) or (answer.broken and answer.broken.kind is BreakKind.CLOSE)
        length = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))  # type: ignore[arg-type]
        headers.append(length)
    return answer._replace(body=body, headers=tuple(headers))


def _gzipped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for block in blocks:
        if packed := packer.compress(block):
            yield packed
    yield packer.flush()


async def send_answer(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an encoded answer."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
    start: dict[str, Any] = {"type": "http.response.start", "status": answer.status, "headers": raw}
    await send(start)
    if answer.broken is not None:
        await _send_broken(answer, answer.broken, scope, receive, send)
    elif isinstance(answer.body, bytes):
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})
    else:
        async for block in iterate_in_threadpool(answer.body):
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_broken(answer: Answer, broken: Break, scope: Scope, receive: Receive, send: Send) -> None:
    body = answer.body
    whole = body if isinstance(body, bytes) else await run_in_threadpool(b"".join, body)
    if broken.kind is BreakKind.DRIP:
        for at in range(len(whole)):
            await send({"type": "http.response.body", "body": whole[at : at + 1], "more_body": True})
            if await _is_gone(receive, broken.seconds):
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    kept = len(whole) // 2 if broken.after is None else min(broken.after, max(len(whole) - 1, 0))
    if kept:
        await send({"type": "http.response.body", "body": whole[:kept], "more_body": True})
    transport: asyncio.Transport = scope["state"][_TRANSPORT]
    if broken.kind is BreakKind.RESET:
        await asyncio.sleep(broken.seconds)  # what was sent arrives before the reset, which would overtake it
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    await receive()  # until the connection is gone


async def _is_gone(receive: Receive, seconds: float) -> bool:
    """Wait; whether the client went away meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            return bool((await receive())["type"] == "http.disconnect")
    except TimeoutError:
        return False
