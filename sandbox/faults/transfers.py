"""Answers that do not arrive as they should: reset, cut short, spoilt on the way, too slow."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from sandbox.faults.model import Entry, Hit
from sandbox.faults.refusals import refusal
from sandbox.wire import Answer, Break, BreakKind, Call

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_RESET_SECONDS = 0.05


def whole_body(answer: Answer) -> bytes:
    """The body, read to its end."""
    return answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)


def reset_midbody(hit: Hit) -> Answer:
    """The connection is reset after some bytes of the body."""
    return _broken(hit, Break(BreakKind.RESET, hit.whole("bytes"), _RESET_SECONDS))


def chunked_short(hit: Hit) -> Answer:
    """Half of the body in chunks, then the connection is closed without the last chunk."""
    return _broken(hit, Break(BreakKind.CLOSE))


def slow_drip(hit: Hit) -> Answer:
    """One byte of the body at a time."""
    return _broken(hit, Break(BreakKind.DRIP, seconds=hit.figure("seconds")))


def _broken(hit: Hit, broken: Break) -> Answer:
    answer = hit.real()
    return answer._replace(broken=broken) if answer.status == 200 else hit.passed_over(answer)


def takes_gzip(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether the client takes compressed bodies."""
    return "gzip" in call.headers.get("accept-encoding", "")


def gzip_corrupt(hit: Hit) -> Answer:
    """A compressed body that ends too early, or whose checksum is wrong; the HTTP around it is whole."""
    answer = hit.real()
    if answer.status != 200:
        return hit.passed_over(answer)
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    packed = packer.compress(whole_body(answer)) + packer.flush()
    if hit.text("how") == "checksum":
        packed = packed[:-8] + bytes(byte ^ 0xFF for byte in packed[-8:-4]) + packed[-4:]
    else:
        packed = packed[: len(packed) // 2]
    return answer._replace(body=packed, headers=(*answer.headers, ("Content-Encoding", "gzip")))


def results_early(hit: Hit) -> Answer:
    """The results are not there yet, whatever the poll said: 412 and 204 in turn."""
    if hit.number % 2:
        return refusal(412, "JOB_NOT_COMPLETE", "the job has not completed yet: results are not available")
    return Answer(204, b"")
