"""Names of files for whatever is asked for: two questions never share one, since they may be read at the same time."""

from __future__ import annotations

import hashlib

# What follows a name (`.part12.345.csv.gz`) has room within the 255 bytes that a file's name may have.
LONGEST_NAME = 150
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_() ")


def file_name(name: str) -> str:
    """The name for files of an extract, or of a question about one; different names have different ones.

    It has no dot, since page numbers and suffixes follow after one, and differs by more than case.

    >>> file_name("accounts.prospect"), file_name("accounts_prospect"), file_name("contacts(late)")
    ('accounts-prospect', 'accounts_prospect', 'contacts(late)')
    >>> file_name("owners.Lead.1")
    'owners-~4c~ead-1'
    """
    written = "".join(map(_written, name))
    if len(written) <= LONGEST_NAME:
        return written
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    # Nothing else has a `+` in it.
    return f"{written[: LONGEST_NAME - len(digest) - 1]}+{digest}"


def _written(char: str) -> str:
    if char in _PLAIN:
        return char
    return "-" if char == "." else f"~{ord(char):x}~"
