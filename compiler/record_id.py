"""Salesforce record Ids: 15 case-sensitive characters, or 18 with a checksum of the case."""

from __future__ import annotations

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def is_record_id(text: str) -> bool:
    """Whether `text` has the form of a record Id; an 18-character Id must carry its right checksum."""
    if not (text.isascii() and text.isalnum()):
        return False
    return len(text) == 15 or (len(text) == 18 and to_18(text[:15]) == text)


def why_no_record_id(text: str) -> str | None:
    """What keeps a text from being a record Id, in words; None for one that is.

    >>> why_no_record_id("001000000000001AAB")
    'its last three characters, which are made from the first fifteen, do not fit them'
    """
    if is_record_id(text):
        return None
    if not (text.isascii() and text.isalnum() and len(text) in (15, 18)):
        return "an Id has 15 or 18 letters and digits"
    return "its last three characters, which are made from the first fifteen, do not fit them"


def to_18(record_id: str) -> str:
    """Return the 18-character form of a 15-character Id; one of 18 characters is returned as it is.

    Each of the three checksum characters has one bit for each of five characters that is a capital.

    >>> to_18("001000000000001")
    '001000000000001AAA'
    """
    if len(record_id) == 18:
        return record_id
    return record_id + "".join(
        _CHECK[sum(1 << i for i, char in enumerate(record_id[at : at + 5]) if "A" <= char <= "Z")] for at in (0, 5, 10)
    )
