"""Whether a gzip body is whole and its checksum right: DuckDB, which reads it later, does not look at the checksum."""

from __future__ import annotations

import zlib

_GZIP = 16 + zlib.MAX_WBITS


class GzipCheck:
    """Unpacks a gzip stream and throws the content away. Several members may follow each other."""

    def __init__(self) -> None:
        self._member: zlib._Decompress | None = None

    @property
    def ended(self) -> bool:
        """Whether what came so far, if anything did, ends with a whole member."""
        return self._member is None or self._member.eof

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises zlib.error for what is no gzip or has a wrong checksum."""
        while chunk:
            if self._member is None or self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            self._member.decompress(chunk)
            chunk = self._member.unused_data
