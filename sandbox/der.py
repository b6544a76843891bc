"""As much of DER and PEM as keys need."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Iterator

INTEGER, BIT_STRING, OCTET_STRING, NULL, OBJECT_ID, SEQUENCE = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)


def element(tag: int, *contents: bytes) -> bytes:
    """One element."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value: int) -> bytes:
    """A number that is not negative."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def members(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Tag, content and whole bytes of each element; raises ValueError where the bytes end too soon."""
    at = 0
    while at < len(content):
        if at + 2 > len(content):
            raise ValueError("the DER ends too soon")
        tag, size, start = content[at], content[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(content[start : start + count], "big")
            start += count
        end = start + size
        if end > len(content):
            raise ValueError("the DER ends too soon")
        yield tag, content[start:end], content[at:end]
        at = end


def to_pem(label: str, der: bytes) -> str:
    """PEM text."""
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def from_pem(text: str) -> tuple[str, bytes]:
    """Label and DER of the first PEM block; raises ValueError where there is none."""
    found = _PEM.search(text)
    if found is None:
        raise ValueError("there is no PEM block")
    return found[1], base64.b64decode("".join(found[2].split()), validate=True)
