"""Ids for rows that never were in Salesforce."""

from __future__ import annotations

from compiler.record_id import to_18

_BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def record_id(prefix: str, number: int, instance: str = "5g") -> str:
    """The 18-character Id of the record with that number among those of a key prefix.

    >>> record_id("001", 1)
    '0015g0000000001AAA'
    """
    digits = ""
    while number:
        number, digit = divmod(number, len(_BASE_62))
        digits = _BASE_62[digit] + digits
    return to_18(f"{prefix}{instance}{digits:0>10}")
