"""Answers of `accord lint` that are kept: what was printed for the same texts, schema, options and code.

Kept in the user's own cache folder, a file for each answer. Whatever is wrong with a file or the folder, the
answer is simply worked out again. Imports nothing of the other stages: an answer from here costs no compiler.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from console.settings import CACHE_VARIABLE

LARGEST = 1_000_000
"""Bytes of an answer; larger ones are not kept."""
MOST_BYTES = 20_000_000
MOST_ANSWERS = 500

_MARK = b"accord-lint-1"
_NAMES = "surrogatepass"
"""Names of files may hold bytes that are no text, which Python keeps as surrogates."""


class Answer(NamedTuple):
    """What `accord lint` says: texts for stdout and stderr, and the exit code."""

    out: str
    err: str
    code: int


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where answers are kept: in ACCORD_CACHE_DIR, else in the system's folder for caches of the user."""
    given = environment.get(CACHE_VARIABLE)
    if given:
        return Path(given, "lint").absolute()
    from platformdirs import user_cache_path

    return user_cache_path("accord", appauthor=False) / "lint"


class LintCache:
    """The answers in a folder. A folder that others may write to is not used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Answer | None:
        """The answer for a key, if it is there and whole."""
        path = self.folder / key
        try:
            if not _is_ours(self.folder):
                return None
            answer = _read(path.read_bytes())
            if answer is not None:
                os.utime(path)  # what is used stays: the oldest answers are removed first
        except OSError:  # not there, or not to be read: either way there is no answer
            return None
        return answer

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer, whole or not at all, and remove the oldest ones beyond the bounds."""
        content = _written(answer)
        if len(content) > LARGEST:
            return
        temporary = self.folder / f".{key}.{os.getpid()}.part"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(self.folder):
                return
            try:
                with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                    file.write(content)
                temporary.replace(self.folder / key)
            finally:
                temporary.unlink(missing_ok=True)
            self._remove_oldest()
        except OSError:  # a home that cannot be written to, as in many CI jobs, has no cache: lint works without
            return

    def _remove_oldest(self) -> None:
        with os.scandir(self.folder) as entries:
            kept = sorted(((e.stat().st_mtime_ns, e.stat().st_size, e.path) for e in entries), reverse=True)
        size = 0
        for number, (_, bytes_, path) in enumerate(kept, start=1):
            size += bytes_
            if number > MOST_ANSWERS or size > MOST_BYTES:
                Path(path).unlink(missing_ok=True)


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can put answers into the folder."""
    if os.name != "posix":
        return True
    about = folder.stat()
    return about.st_uid == os.getuid() and not about.st_mode & 0o022


def _written(answer: Answer) -> bytes:
    out, err = (text.encode("utf-8", _NAMES) for text in (answer.out, answer.err))
    body = b"%d %d\n%b%b" % (answer.code, len(out), out, err)
    return b"%b %b\n%b" % (_MARK, sha256(body).hexdigest().encode(), body)


def _read(content: bytes) -> Answer | None:
    """The answer that was written, or None when the content is damaged or of another version."""
    head, _, body = content.partition(b"\n")
    if head != b"%b %b" % (_MARK, sha256(body).hexdigest().encode()):
        return None
    numbers, _, texts = body.partition(b"\n")
    code, length = map(int, numbers.split())
    out, err = (text.decode("utf-8", _NAMES) for text in (texts[:length], texts[length:]))
    return Answer(out, err, code)
